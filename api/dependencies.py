"""FastAPI dependencies: each reads one service of the running process."""

from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Request
from redis.asyncio import Redis
from starlette.requests import HTTPConnection

from api.errors import ProblemError
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
