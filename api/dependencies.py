"""FastAPI dependencies: each reads one service of the running process."""

from difflib import get_close_matches
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Request
from redis.asyncio import Redis
from starlette.requests import HTTPConnection

from api.errors import ProblemError, bad_parameter, unknown_camera
from api.pagination.responses import ListResponder
from api.pagination.store_reader import StoreReader
from api.settings import ServiceSettings
from api.storage.camera_files import CameraFiles

ServiceT = TypeVar("ServiceT")


def provide(app: FastAPI, *services: object) -> None:
    """Make services available to `provided`, each under its own type."""
    app.state.services_by_type = {type(service): service for service in services}


def provided(kind: type[ServiceT]) -> Any:
    """A dependency on the service of a type, for requests and WebSockets alike: `Annotated[T, provided(T)]`."""

    def read(connection: HTTPConnection) -> ServiceT:
        service = connection.app.state.services_by_type[kind]
        assert isinstance(service, kind)  # noqa: S101
        return service

    return Depends(read)


SettingsDep = Annotated[ServiceSettings, provided(ServiceSettings)]
RedisDep = Annotated[Redis, provided(Redis)]
ReaderDep = Annotated[StoreReader, provided(StoreReader)]
CameraFilesDep = Annotated[CameraFiles, provided(CameraFiles)]


def _check_query(connection: HTTPConnection) -> None:
    """Refuse what the operation does not know: a parameter that is spelt wrong must not widen a filter.

    Raises:
        ProblemError: 422, an unknown parameter, or a character that no database can hold.
    """
    if connection.scope["type"] != "http":
        return
    known = _query_parameters(connection)
    for name, value in connection.query_params.multi_items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            remedy = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known) or 'none'}"
            raise bad_parameter(f"query.{name[:64]}", "there is no such parameter", remedy)
        if "\0" in value:
            raise bad_parameter(f"query.{name}", "it contains the character NUL", "leave it out")
    if any("\0" in str(value) for value in connection.path_params.values()):
        raise ProblemError(404, "not-found", "there is nothing under a path that contains the character NUL")


def _query_parameters(connection: HTTPConnection) -> list[str]:
    """The names that the operation's description gives."""
    path, method = connection.scope["route"].path, connection.scope["method"].lower()
    described = connection.app.openapi()["paths"].get(path, {}).get(method, {}).get("parameters", [])
    return [parameter["name"] for parameter in described if parameter["in"] == "query"]


CheckedQuery = Depends(_check_query)
"""For `dependencies=` of every router."""


async def _check_cameras(request: Request, files: CameraFilesDep, reader: ReaderDep) -> None:
    """Refuse a filter by cameras that have neither a file nor a stored event.

    Raises:
        ProblemError: 404, names the cameras that have a file.
    """
    known = {*files.now.cameras, *files.now.problems}
    unknown = sorted(set(request.query_params.getlist("camera")) - known)
    if unknown:
        stored = await reader.cameras_with_events(unknown)
        missing = [camera_id for camera_id in unknown if camera_id not in stored]
        if missing:
            raise unknown_camera(missing[0][:64], sorted(known))


KnownCameras = Depends(_check_cameras)
"""For `dependencies=` of routers whose operations filter stored events by `camera`."""


def _list_responder(request: Request, reader: ReaderDep) -> ListResponder:
    return ListResponder(request, reader)


ListsDep = Annotated[ListResponder, Depends(_list_responder)]


def is_same_origin(connection: HTTPConnection) -> bool:
    """Whether the request comes from the service's own page, or from no page at all.

    Browsers let any page send requests to any address, and name the page's origin.
    """
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == connection.headers.get("host")


def _require_same_origin(request: Request) -> None:
    if not is_same_origin(request):
        raise ProblemError(403, "other-origin", "the page's origin is not the service's; send no Origin, or its own")


SameOrigin = Depends(_require_same_origin)
"""For `dependencies=` of a route that changes something: refuses other sites' pages with a 403."""
