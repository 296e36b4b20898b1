"""`ngatu serve`: runs the command centre's service."""

import asyncio
import errno
import socket
import sys
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from api.settings import ServiceSettings

STALLED_CLIENT_MS = 30_000


def register(app: typer.Typer) -> None:
    """Add `serve` to the tool."""
    app.command("serve")(serve)


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; all but loopback addresses can be reached by others.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free port.")] = None,
    redis: Annotated[str | None, typer.Option(help="Address of Redis.", metavar="URL")] = None,
    database: Annotated[str | None, typer.Option(help="sqlite:///FILE or postgresql://…", metavar="URL")] = None,
    cameras: Annotated[Path | None, typer.Option(help="Folder of camera files.", file_okay=False)] = None,
) -> None:
    """Run the command centre's service: store events, answer /api/v1, serve the page.

    Options that are not given come from the environment: NGATU_HOST, NGATU_PORT, NGATU_REDIS_URL, NGATU_DATABASE,
    NGATU_CAMERAS.
    """
    from pydantic import ValidationError

    from api.settings import ServiceSettings
    from vision.common.logging import configure_logging, route_library_logs

    configure_logging()
    route_library_logs()
    given: dict[str, Any] = {"host": host, "port": port, "redis_url": redis, "database": database, "cameras": cameras}
    try:
        settings = ServiceSettings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problems = (f"NGATU_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors(include_input=False))
        _give_up("; ".join(problems))
    _run(settings)


def _run(settings: "ServiceSettings") -> None:
    from api.app import create_app
    from api.commands.server import Server
    from api.storage.database import DatabaseError
    from vision.config.bus import BusError
    from vision.config.errors import ConfigError

    listening = _listen(settings.host, settings.port)
    try:
        _check_cameras(settings)
        asyncio.run(_migrate(settings))
        app = create_app(asyncio.run(_with_agreed_shards(settings)))
    except (BusError, ConfigError, DatabaseError) as error:
        listening.close()
        _give_up(str(error))
    host, port = listening.getsockname()[:2]
    address = f"[{host}]" if ":" in host else host
    if not is_loopback(host):
        typer.secho(
            f"WARNING: {address}:{port} can be reached from other machines, and there are no passwords yet: everyone "
            "who reaches it sees every camera. Put a proxy with a password in front of it, or leave --host out.",
            fg="red",
            bold=True,
            err=True,
        )
    typer.echo(f"ngatu serves on http://{address}:{port}")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        Server(app, app.state.services.live.close).run(sockets=[listening])


def _check_cameras(settings: "ServiceSettings") -> None:
    """Refuse a folder that is named and absent, as `ngatu work` does. A service of remote workers needs to name none.

    Raises:
        ConfigError: there is no such folder.
    """
    from vision.config.files.folder import require_folder

    if "cameras" in settings.model_fields_set:
        require_folder(settings.cameras, settings.state)


async def _with_agreed_shards(settings: "ServiceSettings") -> "ServiceSettings":
    """The settings with the number of event streams that is agreed on in Redis; as they are while Redis is away."""
    from redis.exceptions import RedisError

    from api.storage.streams import agree_on_shards
    from vision.config.bus import connect_async

    redis = connect_async(settings.redis_url, timeout_s=1, retries=0)
    try:
        return settings.model_copy(update={"event_shards": await agree_on_shards(redis, settings.event_shards)})
    except (RedisError, OSError):
        return settings
    finally:
        await redis.aclose()


async def _migrate(settings: "ServiceSettings") -> None:
    from api.storage.database import Database

    database = Database(settings.database)
    try:
        await database.migrate()
    finally:
        await database.close()


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket; the kernel disconnects a client that reads nothing for `STALLED_CLIENT_MS`."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            _give_up(f"port {port} on {host} is taken by another process: give another by --port (0: any free one)")
        if error.errno == errno.EACCES:
            _give_up(f"port {port} on {host} needs root: give one above 1023 by --port")
        _give_up(f"cannot listen on {host}: {error.strerror or error}; give one of this machine's addresses by --host")
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_CLIENT_MS)
    return listening


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    return ip_address(host).is_loopback


def _give_up(message: str) -> NoReturn:
    typer.secho(f"ngatu serve: {message}", fg="red", err=True)
    raise typer.Exit(1)
