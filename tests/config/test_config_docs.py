"""What the pages tell an operator to write is right."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from vision.config.camera import CameraConfig
from vision.config.loading import load_camera

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "cameras.md").read_text(encoding="utf-8")
EXAMPLES = [
    dedent(found)
    for page in ("docs/cameras.md", "README.md")
    for found in re.findall(r"```yaml\n(.*?)\n *```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_example_is_a_camera(tmp_path: Path, example: str) -> None:
    name = re.search(r"^\s*id: (\S+)", example)
    assert name
    path = tmp_path / f"{name[1]}.yaml"
    path.write_text(example + "\n", encoding="utf-8")
    assert load_camera(path).lines


def test_the_table_of_keys_has_every_key_with_its_default_and_bounds() -> None:
    schema = CameraConfig.model_json_schema()
    rooms = {
        "": schema,
        "source.": schema["$defs"]["RtspSource"],
        "lines[].": schema["$defs"]["LineConfig"],
        "movements[].": schema["$defs"]["MovementConfig"],
        "detection.": schema["$defs"]["DetectionConfig"],
        "tracking.": schema["$defs"]["TrackingConfig"],
    }
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    for prefix, room in rooms.items():
        for key, field in room["properties"].items():
            if key in {"source", "lines", "movements", "detection", "tracking"}:
                continue
            [row] = [row for row in rows if f"`{prefix}{key}`" in row.split("|")[1]]
            if "minimum" in field:
                assert f"{field['minimum']:g} – {field['maximum']:g}" in row
                assert f" {field.get('default', ''):g} " in row
