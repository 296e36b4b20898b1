"""Prints an OpenAPI document of what the page reads: the service's answers, its events, and the live views."""

import json
import sys

from pydantic.json_schema import models_json_schema

from api.cameras.schemas import CameraList, CameraStatus
from api.history.schemas import CrossingPage
from api.incidents.schemas import IncidentPage
from vision.contracts import Incident, LineCrossing, LiveView

READ = (CameraList, CameraStatus, CrossingPage, IncidentPage, LineCrossing, Incident, LiveView)


def document() -> dict[str, object]:
    """The schemas as they are sent: what the service always fills in is required."""
    _, schemas = models_json_schema(
        [(model, "serialization") for model in READ], ref_template="#/components/schemas/{model}"
    )
    for schema in schemas["$defs"].values():
        if "properties" in schema:
            schema["required"] = list(schema["properties"])
    return {
        "openapi": "3.1.0",
        "info": {"title": "ngatu", "version": "1"},
        "paths": {},
        "components": {"schemas": schemas["$defs"]},
    }


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=2)
