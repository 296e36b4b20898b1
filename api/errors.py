"""Errors as clients read them: RFC 9457 problem documents that name the culprit and the remedy."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from api.storage.database import explain

PROBLEM_JSON = "application/problem+json"
log = structlog.get_logger(__name__)


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(examples=["query.from"])
    what: str = Field(examples=["Input should have timezone info"])
    remedy: str = Field("", examples=["write a time with its zone: 2026-11-22T08:00:00Z"])


class Problem(BaseModel):
    """What went wrong, and what to do about it."""

    type: str = Field(examples=["urn:ngatu:problem:unknown-camera"])
    title: str = Field(examples=["Unknown camera"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["there is no camera 'nts-1'; cameras: nts-01, nts-02"])
    instance: str = Field("", examples=["/api/v1/cameras/nts-1"])
    errors: list[Fault] = Field(default_factory=list)


class ProblemError(Exception):
    """Raised anywhere below a route; becomes the answer."""

    def __init__(self, status: int, kind: str, detail: str, errors: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.errors = tuple(errors)


def unknown_camera(camera_id: str, known: Sequence[str]) -> ProblemError:
    """A 404 that says which cameras there are."""
    names = ", ".join(sorted(known)[:20]) or "none; put one YAML file a camera into the cameras' folder"
    more = f" and {len(known) - 20} more" if len(known) > 20 else ""
    return ProblemError(404, "unknown-camera", f"there is no camera {camera_id!r}; cameras: {names}{more}")


def bad_parameter(name: str, what: str, remedy: str) -> ProblemError:
    """A 422 about one query parameter."""
    return ProblemError(
        422, "bad-parameter", f"{name}: {what}; {remedy}", [Fault(where=name, what=what, remedy=remedy)]
    )


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": title,
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, title in (
        (403, "Another site's page"),
        (404, "Unknown camera, or what else is named"),
        (422, "Bad parameter"),
        (503, "Database or Redis away"),
        (504, "No picture came"),
    )
}
"""What a route can answer besides; for `responses=`."""


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Of `PROBLEMS`, those that a route has."""
    return {status: PROBLEMS[status] for status in statuses}


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(SQLAlchemyError, _database_away)
    app.add_exception_handler(OSError, _database_away)
    app.add_exception_handler(Exception, _unexpected)


def _answer(request: Request, error: ProblemError) -> JSONResponse:
    problem = Problem(
        type=f"urn:ngatu:problem:{error.kind}",
        title=error.kind.replace("-", " ").capitalize(),
        status=error.status,
        detail=error.detail,
        instance=request.url.path,
        errors=list(error.errors),
    )
    return JSONResponse(problem.model_dump(), error.status, media_type=PROBLEM_JSON)


async def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)  # noqa: S101
    return _answer(request, error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    faults = [_fault(one) for one in error.errors()]
    detail = "; ".join(f"{f.where}: {f.what}" + (f" ({f.remedy})" if f.remedy else "") for f in faults)
    return _answer(request, ProblemError(422, "bad-parameter", detail, faults))


def _fault(error: Mapping[str, Any]) -> Fault:
    kind = str(error["type"])
    remedy = ""
    if kind.startswith(("datetime", "timezone")):
        remedy = "write a time with its zone: 2026-11-22T08:00:00Z, or +07:00 with the + written as %2B"
    return Fault(where=".".join(str(part) for part in error["loc"]), what=str(error["msg"]), remedy=remedy)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    title = HTTPStatus(error.status_code).phrase
    detail = error.detail if error.detail != title else f"{request.method} {request.url.path}: {title.lower()}"
    answer = _answer(request, ProblemError(error.status_code, title.lower().replace(" ", "-"), detail))
    answer.headers.update(error.headers or {})
    return answer


async def _database_away(request: Request, error: Exception) -> JSONResponse:
    name = request.app.state.services.database.name
    detail = explain(error, name)
    log.warning("request failed", path=request.url.path, reason=detail)
    answer = _answer(request, ProblemError(503, "database-away", detail))
    answer.headers["Retry-After"] = "5"
    return answer


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    """Starlette logs the error with its trace after this."""
    detail = f"{type(error).__name__}; the service's log has the whole of it"
    return _answer(request, ProblemError(500, "internal-error", detail))
