"""Redis clients from Redis addresses, for workers and the service alike."""

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import signature
from typing import Any, Literal, cast
from urllib.parse import SplitResult, urlsplit, urlunsplit

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel
from pydantic import SecretStr
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.connection import parse_url
from redis.exceptions import AuthenticationError, AuthorizationError, NoPermissionError, OutOfMemoryError
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError

from vision.common.addresses import IN_DOUBT, AddressError, is_in_doubt, split_address
from vision.common.errors import NgatuError
from vision.common.redaction import redact, remember_secrets

FORMS = (
    "redis://[user:password@]host:port/db, rediss://… (TLS), unix:///path/to/socket?db=0, or "
    "redis+sentinel://[user:password@]host:port,host:port/service/db (rediss+sentinel:// with TLS)"
)
_PLAIN = ("redis", "rediss", "unix")
_SENTINEL: dict[str, Literal["redis", "rediss"]] = {"redis+sentinel": "redis", "rediss+sentinel": "rediss"}
_SENTINEL_PORT = 26379
_OPTIONS = {*signature(redis.Redis).parameters, "path", "sentinel_username", "sentinel_password"}


class BusError(NgatuError):
    """A Redis address that cannot be used, named without its password, and the remedy."""


class _MistakeError(ValueError):
    """What is wrong with an address, without any secret of it."""


@dataclass(frozen=True, slots=True)
class _Address:
    options: dict[str, Any]
    """What redis-py's clients take by name."""
    service: str = ""
    sentinels: tuple[tuple[str, int], ...] = ()
    sentinel_options: dict[str, Any] = field(default_factory=dict)


def connect(
    url: str | SecretStr,
    *,
    timeout_s: float = 5.0,
    retries: int = 3,
    on_connect: Callable[[], None] | None = None,
) -> redis.Redis:
    """A client that connects at its first command, and again whenever the connection was lost.

    Args:
        url: one of `FORMS`. redis-py's options go into its query, as `?ssl_ca_certs=/etc/ssl/ca.pem`; sentinels with a
            password of their own get it by `?sentinel_username=…&sentinel_password=…`.
        timeout_s: to connect, and to wait for an answer. A command that blocks must block for less.
        retries: how often a command is tried again after a lost connection.
        on_connect: called after each new connection, the first included.

    Raises:
        BusError: the address has none of the forms.
    """
    address = _address(url)
    options = _with_times(address.options, timeout_s)
    options["retry"] = Retry(ExponentialWithJitterBackoff(base=0.05, cap=1), retries)
    if on_connect is not None:
        options["redis_connect_func"] = _connect_and_notify(on_connect)
    if not address.service:
        return redis.Redis(**options)
    sentinel = redis.sentinel.Sentinel(  # type: ignore[no-untyped-call]
        address.sentinels,
        sentinel_kwargs=_with_times(address.sentinel_options, timeout_s) | {"retry": Retry(NoBackoff(), 0)},
    )
    return cast("redis.Redis", sentinel.master_for(address.service, **options))  # type: ignore[no-untyped-call]


def connect_async(url: str | SecretStr, *, timeout_s: float = 5.0, retries: int = 3) -> redis.asyncio.Redis:
    """`connect` for asyncio."""
    address = _address(url)
    options = _with_times(address.options, timeout_s)
    options["retry"] = AsyncRetry(ExponentialWithJitterBackoff(base=0.05, cap=1), retries)
    if not address.service:
        return redis.asyncio.Redis(**options)
    sentinel = redis.asyncio.sentinel.Sentinel(  # type: ignore[no-untyped-call]
        address.sentinels,
        sentinel_kwargs=_with_times(address.sentinel_options, timeout_s) | {"retry": AsyncRetry(NoBackoff(), 0)},
    )
    return cast("redis.asyncio.Redis", sentinel.master_for(address.service, **options))


def explain(error: Exception, url: str | SecretStr) -> str:
    """What failed at which address, and the remedy, in one sentence without credentials."""
    return f"Redis at {redact(_plain(url))}: {redact(str(error))}; {_remedy(error)}"


_REMEDIES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((AuthenticationError, AuthorizationError), "check the user and password in NGATU_REDIS_URL"),
    ((NoPermissionError,), "grant this user the keys and channels `ngatu:*`"),
    ((MasterNotFoundError,), "check the sentinels' addresses and the service's name in NGATU_REDIS_URL"),
    ((OutOfMemoryError,), "raise its maxmemory, or lower NGATU_EVENTS_KEPT"),
    ((redis.ConnectionError, redis.TimeoutError), "check that it runs and that NGATU_REDIS_URL names it"),
)


def _remedy(error: Exception) -> str:
    if "ssl" in str(error).lower() or "certificate" in str(error).lower():
        return "check the certificates (`?ssl_ca_certs=FILE`), and that both ends speak TLS"
    return next((remedy for kinds, remedy in _REMEDIES if isinstance(error, kinds)), "see its log")


def _address(url: str | SecretStr) -> _Address:
    text = remember_secrets(_plain(url))
    try:
        if is_in_doubt(text):
            raise _MistakeError(IN_DOUBT)
        parts = urlsplit(text)
        if parts.scheme in _PLAIN:
            return _plain_address(text)
        if parts.scheme in _SENTINEL:
            return _sentinel_address(parts)
    except ValueError as error:
        raise BusError(f"Redis address {redact(text)}: {_mistake(error, text)}; write {FORMS}") from None
    raise BusError(f"Redis address {redact(text)}: unknown kind; write {FORMS}")


def _mistake(error: ValueError, text: str) -> str:
    """What is wrong; libraries' messages may show a part of the password as a port or a host."""
    if isinstance(error, _MistakeError) or str(error).startswith("Invalid value for"):
        return str(error)
    try:
        split_address(text)
    except AddressError as mistake:
        return str(mistake)
    return "it cannot be read"


def _plain_address(text: str) -> _Address:
    options = _parsed(text)
    if text.startswith("unix:"):
        if not options.get("path"):
            raise _MistakeError("no path of a socket")
        options["unix_socket_path"] = options.pop("path")
    return _Address(options)


def _sentinel_address(parts: SplitResult) -> _Address:
    user_info, _, hosts = parts.netloc.rpartition("@")
    service, _, db = parts.path.strip("/").partition("/")
    if not service:
        raise _MistakeError("no name of the sentinels' service")
    netloc = f"{user_info}@master" if user_info else "master"
    options = _parsed(urlunsplit((_SENTINEL[parts.scheme], netloc, f"/{db}", parts.query, "")))
    options.pop("host")
    own = {key.removeprefix("sentinel_"): options.pop(key) for key in list(options) if key.startswith("sentinel_")}
    shared = {key: value for key, value in options.items() if key.startswith(("ssl", "socket_"))}
    return _Address(options, service, tuple(_host_port(host) for host in hosts.split(",")), shared | own)


def _parsed(text: str) -> dict[str, Any]:
    """A plain address as redis-py parses it, as arguments of its clients.

    redis-py ignores a database that is no number; here that is an error.
    """
    parts = urlsplit(text)
    options = dict(parse_url(text))  # type: ignore[no-untyped-call]
    path = parts.path.strip("/")
    if parts.scheme != "unix" and path and not path.isdigit():
        raise _MistakeError(f"the database {path!r} is no number" if path.isalnum() else "the database is no number")
    options.pop("connection_class", None)
    if parts.scheme == "rediss":
        options["ssl"] = True
    for name in options.keys() - _OPTIONS:
        raise _MistakeError(f"unknown option {name!r}")
    return options


def _host_port(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise _MistakeError("a sentinel without a host")
    return parts.hostname, parts.port or _SENTINEL_PORT


def _with_times(options: dict[str, Any], timeout_s: float) -> dict[str, Any]:
    return {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s, "socket_keepalive": True} | options


def _connect_and_notify(on_connect: Callable[[], None]) -> Callable[[Any], None]:
    def connected(connection: Any) -> None:
        connection.on_connect()
        on_connect()

    return connected


def _plain(url: str | SecretStr) -> str:
    return url.get_secret_value() if isinstance(url, SecretStr) else url
