"""The examples and tables in the documentation are right."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from vision.config.camera import CameraConfig
from vision.config.files.loading import load_camera

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "docs" / "cameras.md").read_text(encoding="utf-8")
EXAMPLES = [
    dedent(found)
    for page in ("docs/index.md", "docs/operators.md", "README.md")
    for found in re.findall(r"```yaml\n(.*?)\n *```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_example_is_a_camera(tmp_path: Path, example: str) -> None:
    name = re.search(r"^\s*id: (\S+)", example)
    assert name
    path = tmp_path / f"{name[1]}.yaml"
    path.write_text(example + "\n", encoding="utf-8")
    assert load_camera(path).lines


SECTIONS = [
    ("", "CameraConfig"),
    ("source.", "RtspSource"),
    ("lines[].", "LineConfig"),
    ("movements[].", "MovementConfig"),
    ("detection.", "DetectionConfig"),
    ("tracking.", "TrackingConfig"),
    ("zones[].", "ZoneConfig"),
    ("signals[].", "SignalConfig"),
    ("signals[].state.", "LampsConfig"),
    ("signals[].state.", "TimedConfig"),
    ("signals[].state.", "ControllerConfig"),
    ("calibration.", "PointsCalibration"),
    ("calibration.", "LaneCalibration"),
    ("measures.", "MeasuresConfig"),
    ("measures.equivalents.", "EquivalentsConfig"),
    ("measures.congestion.", "CongestionConfig"),
]
WITH_SECTIONS = {
    "source", "lines", "movements", "detection", "tracking", "zones", "signals", "state", "calibration", "measures",
    "equivalents", "congestion", "incidents",
}  # fmt: skip


@pytest.mark.parametrize(("prefix", "model"), SECTIONS)
def test_the_tables_of_keys_have_every_key_with_its_default_and_bounds(prefix: str, model: str) -> None:
    schema = CameraConfig.model_json_schema()
    fields = (schema if model == "CameraConfig" else schema["$defs"][model])["properties"]
    rows = [line for line in REFERENCE.splitlines() if line.startswith("| `")]
    for key, field in fields.items():
        if key in WITH_SECTIONS:
            continue
        found = [row for row in rows if f"`{prefix}{key}`" in row.split("|")[1]]
        assert found, f"{prefix}{key} is not in the tables"
        if "minimum" in field:
            bounds = f"{field['minimum']:g} – {field['maximum']:g}"
            default = f" {field['default']:g} " if "default" in field else ""
            assert any(bounds in row and default in row for row in found)


def test_the_table_of_incidents_has_every_kind_with_its_durations() -> None:
    schema = CameraConfig.model_json_schema()["$defs"]
    rows = [line for line in REFERENCE.splitlines() if line.startswith("| `")]
    for kind, field in schema["IncidentsConfig"]["properties"].items():
        rule = schema[field["$ref"].rsplit("/", 1)[-1]]["properties"]
        durations = " | ".join(f"{rule[key]['default']:g}" for key in ("confirm_after", "clear_after", "cool_down"))
        [row] = [row for row in rows if row.startswith(f"| `{kind}` |")]
        assert f"| {durations} |" in row
        for key in rule.keys() - {"enabled", "confirm_after", "clear_after", "cool_down"}:
            assert f"`{key}` {rule[key]['default']:g}" in row
