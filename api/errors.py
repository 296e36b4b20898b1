"""Errors as RFC 9457 problem documents that name the culprit and the remedy."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from vision.common.redaction import redact

PROBLEM_JSON = "application/problem+json"
log = structlog.get_logger(__name__)


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(description="The parameter or field.", examples=["query.from"])
    what: str = Field(description="What is wrong with it.", examples=["Input should have timezone info"])
    remedy: str = Field("", description="What to do.", examples=["write a time with its offset: 2026-11-22T08:00:00Z"])


class Problem(BaseModel):
    """What went wrong, and what to do about it."""

    type: str = Field(examples=["urn:ngatu:problem:unknown-camera"])
    title: str = Field(examples=["Unknown camera"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["there is no camera 'nts-1'; cameras: nts-01, nts-02"])
    instance: str = Field("", description="The request's path.", examples=["/api/v1/cameras/nts-1"])
    errors: list[Fault] = Field(default_factory=list)


class ProblemError(Exception):
    """An error that becomes the response, raised anywhere below a route."""

    def __init__(self, status: int, kind: str, detail: str, errors: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.errors = tuple(errors)


def unknown_camera(camera_id: str, known: Sequence[str]) -> ProblemError:
    """A 404 that names the cameras there are."""
    names = ", ".join(sorted(known)[:20]) or "none; put one YAML file per camera into the cameras' folder"
    more = f" and {len(known) - 20} more" if len(known) > 20 else ""
    return ProblemError(404, "unknown-camera", f"there is no camera {camera_id!r}; cameras: {names}{more}")


def bad_parameter(name: str, what: str, remedy: str) -> ProblemError:
    """A 422 about one parameter."""
    return ProblemError(
        422, "bad-parameter", f"{name}: {what}; {remedy}", [Fault(where=name, what=what, remedy=remedy)]
    )


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": title,
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, title in (
        (400, "Body that cannot be read as text"),
        (403, "Request from another site's page"),
        (404, "Unknown camera, or another unknown id"),
        (408, "Body that did not arrive in time"),
        (413, "Body that is too large"),
        (422, "Bad parameter"),
        (503, "Database or Redis away"),
        (504, "No frame in time"),
    )
}
"""The problems that routes can return, by status."""


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `PROBLEMS` of some statuses; for a route's `responses=`."""
    return {status: PROBLEMS[status] for status in statuses}


def install(app: FastAPI, explain_database: Callable[[Exception], str]) -> None:
    """Make every error of `app` a problem document; `explain_database` describes a database's error to clients."""

    async def database_away(request: Request, error: Exception) -> JSONResponse:
        detail = explain_database(error)
        log.warning("request failed", path=request.url.path, reason=detail)
        response = problem_response(request, ProblemError(503, "database-away", detail))
        response.headers["Retry-After"] = "5"
        return response

    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(SQLAlchemyError, database_away)
    app.add_exception_handler(OSError, database_away)
    app.add_exception_handler(Exception, _unexpected)


def problem_response(request: Request, error: ProblemError) -> JSONResponse:
    """The problem document of an error."""
    problem = Problem(
        type=f"urn:ngatu:problem:{error.kind}",
        title=error.kind.replace("-", " ").capitalize(),
        status=error.status,
        detail=redact(error.detail),
        instance=request.url.path,
        errors=[fault.model_copy(update={"what": redact(fault.what)}) for fault in error.errors],
    )
    return JSONResponse(problem.model_dump(), error.status, media_type=PROBLEM_JSON)


async def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)  # noqa: S101
    return problem_response(request, error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    faults = [_fault(one) for one in error.errors()]
    detail = "; ".join(f"{f.where}: {f.what}" + (f" ({f.remedy})" if f.remedy else "") for f in faults)
    return problem_response(request, ProblemError(422, "bad-parameter", detail, faults))


def _fault(error: Mapping[str, Any]) -> Fault:
    kind = str(error["type"])
    remedy = ""
    if kind.startswith(("datetime", "timezone")):
        remedy = "write a time with its offset: 2026-11-22T08:00:00Z, or +07:00 with the + written as %2B"
    return Fault(where=".".join(str(part) for part in error["loc"]), what=str(error["msg"]), remedy=remedy)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    title = HTTPStatus(error.status_code).phrase
    detail = error.detail if error.detail != title else f"{request.method} {request.url.path}: {title.lower()}"
    response = problem_response(request, ProblemError(error.status_code, title.lower().replace(" ", "-"), detail))
    response.headers.update(error.headers or {})
    return response


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    """Starlette logs the error with its traceback after this."""
    detail = f"{type(error).__name__}; the service's log has the traceback"
    return problem_response(request, ProblemError(500, "internal-error", detail))
