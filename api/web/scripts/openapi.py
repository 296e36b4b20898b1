"""Prints an OpenAPI document of the answers, events and live views that the page reads."""

import json
import sys

from pydantic.json_schema import models_json_schema

from api.cameras.schemas import CameraList, CameraStatus
from api.history.schemas import CrossingPage
from api.incidents.schemas import IncidentPage
from vision.contracts import Incident, LineCrossing, LiveView

SCHEMAS = (CameraList, CameraStatus, CrossingPage, IncidentPage, LineCrossing, Incident, LiveView)


def document() -> dict[str, object]:
    """The schemas as they are sent; fields that the service always sends are required."""
    _, schemas = models_json_schema(
        [(model, "serialization") for model in SCHEMAS], ref_template="#/components/schemas/{model}"
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
