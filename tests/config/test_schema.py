"""The schema that editors of configs are built from."""

from collections.abc import Iterator
from typing import Any

import pytest

from vision.config.camera import CameraConfig
from vision.config.zones import ControllerConfig, SignalConfig

SCHEMA = CameraConfig.model_json_schema()


def fields() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, model in {"CameraConfig": SCHEMA, **SCHEMA["$defs"]}.items():
        for key, field in model.get("properties", {}).items():
            yield f"{name}.{key}", field


@pytest.mark.parametrize(("name", "field"), list(fields()), ids=[name for name, _ in fields()])
def test_every_field_has_title_description_and_bounds(name: str, field: dict[str, Any]) -> None:
    assert field["title"]
    assert field["description"]
    kind = field.get("type")
    if kind in {"number", "integer"}:
        assert field["minimum"] < field["maximum"]
    if kind == "string" and "const" not in field:
        assert "maxLength" in field or "pattern" in field
    if kind == "array":
        assert field.get("uniqueItems") or "maxItems" in field


def test_durations_are_described_in_seconds() -> None:
    interval = SCHEMA["properties"]["interval"]
    assert (interval["type"], interval["unit"], interval["default"]) == ("number", "s", 60)
    assert (interval["minimum"], interval["maximum"]) == (1, 3600)


def test_the_former_kind_of_a_signal_state_is_read_as_controller() -> None:
    signal = SignalConfig.model_validate({"id": "lights", "state": {"kind": "told", "stale_after": 3}})
    assert isinstance(signal.state, ControllerConfig)
    assert signal.model_dump(mode="json")["state"]["kind"] == "controller"
