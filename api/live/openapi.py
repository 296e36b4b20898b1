"""Adds to the OpenAPI document what routes cannot describe: the events' schemas and the live views."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api.cameras.schemas import CameraStatus
from api.errors import Problem
from vision.contracts import FlowReport, HealthChange, Incident, LineCrossing, LiveView, Movement, ZoneReport

EVENTS = (LineCrossing, Movement, FlowReport, ZoneReport, Incident, HealthChange, CameraStatus)
REF = "#/components/schemas/{model}"

LIVE_VIEWS = """
`/api/v1/cameras/{id}/live` is a WebSocket. Each binary message is one frame with its tracks, lines, zones and
incidents: the length of the JSON in four bytes, big-endian; the JSON, a `LiveView`; then the JPEG. Only the newest
frame is sent; frames that a client is too slow for are dropped. Close codes: 4403 another site's page, 4404 no such
camera, 1012 the service restarts.
"""


def describe(app: FastAPI) -> None:
    """Make `app` return the complete document."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description + LIVE_VIEWS,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    models = [(model, "serialization") for model in (*EVENTS, LiveView, Problem)]
    _, schemas = models_json_schema(models, ref_template=REF)  # type: ignore[arg-type]
    known = document["components"]["schemas"]
    document["components"]["schemas"] = {**schemas["$defs"], **known}
    events = document["paths"]["/api/v1/events"]["get"]["responses"]["200"]["content"]
    events["text/event-stream"] = {"schema": {"oneOf": [{"$ref": REF.format(model=e.__name__)} for e in EVENTS]}}
    return document
