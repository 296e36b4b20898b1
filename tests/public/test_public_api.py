"""`import vision as vn`: what developers embed."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import supervision

import vision as vn

STREET = Path(__file__).resolve().parents[2] / "examples" / "street.yaml"
PAGE = (STREET.parents[1] / "docs" / "python.md").read_text(encoding="utf-8")
CAR, BUS = vn.ObjectClass.CAR.class_id, vn.ObjectClass.BUS.class_id


def detections() -> vn.Detections:
    return vn.Detections(
        xyxy=np.array([[0, 0, 10, 20], [5, 5, 50, 40]], np.float32),
        confidence=np.array([0.9, 0.25], np.float32),
        class_id=np.array([CAR, BUS], np.int64),
    )


def test_every_public_name_can_be_loaded() -> None:
    for name in vn.__all__:
        assert getattr(vn, name) is not None
    assert set(vn.__all__) <= set(dir(vn))


@pytest.mark.parametrize("name", vn.__all__)
def test_every_public_name_is_documented_with_an_example(name: str) -> None:
    documented = getattr(vn, name)
    assert f"### vn.{name}\n" in PAGE
    assert documented.__doc__
    assert "Examples:\n" in documented.__doc__ or issubclass(documented, Enum)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Cammera"):
        _ = vn.Cammera  # type: ignore[attr-defined]


def test_importing_the_package_loads_no_numpy() -> None:
    code = "import sys, vision; sys.exit('numpy' in sys.modules or 'cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_camera_is_read_from_yaml() -> None:
    camera = vn.Camera.from_yaml(STREET)
    assert [line.id for line in camera.lines] == ["left-arm", "right-arm"]
    assert camera.calibration is not None


def test_a_camera_of_own_frames_needs_no_source() -> None:
    camera = vn.Camera(id="gate", zones=(vn.Zone(id="z", polygon=((0, 0), (1, 0), (1, 1))),))
    assert camera.zones[0].id == "z"


def test_a_wrong_camera_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="3 or more points"):
        vn.Zone(id="z", polygon=((0, 0), (1, 0)))
    (tmp_path / "a.yaml").write_text("id: a\nsource: {kind: rtsp, url: 'rtsp://192.0.2.1/x'}\nlinez: []\n")
    with pytest.raises(vn.NgatuError, match=r"a\.yaml:3: linez: unknown key"):
        vn.Camera.from_yaml(tmp_path / "a.yaml")


def test_a_pipeline_counts_detections_of_any_detector() -> None:
    camera = vn.Camera(id="gate", lines=(vn.Line(id="middle", start=(0.5, 0.0), end=(0.5, 1.0)),))
    pipeline = vn.Pipeline(camera)
    began = datetime(2026, 1, 1, tzinfo=UTC)
    crossings: list[vn.Crossing] = []
    for index in range(30):
        at_s = index / 10
        car = np.array([[10.0 * index, 100, 10.0 * index + 60, 150]], np.float32)
        seen = vn.Detections(xyxy=car, confidence=np.ones(1, np.float32), class_id=np.array([CAR]))
        image = np.zeros((240, 320, 3), np.uint8)
        frame = vn.Frame("gate", index, began + timedelta(seconds=at_s), at_s, image)
        crossings += pipeline.process(frame, seen).crossings
    assert [(c.line_id, c.object_class) for c in crossings] == [("middle", vn.ObjectClass.CAR)]


def test_detections_survive_supervision_and_back() -> None:
    back = vn.Detections.from_supervision(detections().to_supervision())
    assert back.xyxy.tolist() == detections().xyxy.tolist()
    assert back.confidence.tolist() == detections().confidence.tolist()
    assert back.class_id.tolist() == detections().class_id.tolist()


def test_no_detections_survive_supervision_and_back() -> None:
    assert len(vn.Detections.from_supervision(vn.Detections.empty().to_supervision())) == 0


def test_supervision_detections_without_class_names_are_refused() -> None:
    unnamed = supervision.Detections(xyxy=np.zeros((1, 4)), class_id=np.array([2]))
    with pytest.raises(ValueError, match="class_name"):
        vn.Detections.from_supervision(unnamed)


class Tensor:
    """What a torch tensor offers of itself."""

    def __init__(self, values: object) -> None:
        self._values = np.asarray(values)

    def cpu(self) -> "Tensor":
        return self

    def numpy(self) -> np.ndarray:
        return self._values


def ultralytics_result(names: dict[int, str]) -> SimpleNamespace:
    """As `ultralytics.engine.results.Results`: `boxes` with tensors, and `names`."""
    data = detections().to_ultralytics()
    boxes = SimpleNamespace(xyxy=Tensor(data[:, :4]), conf=Tensor(data[:, 4]), cls=Tensor(data[:, 5]))
    return SimpleNamespace(boxes=boxes, names=names)


def test_ultralytics_results_become_detections() -> None:
    names = {c.class_id: c.value.title() for c in vn.ObjectClass}
    back = vn.Detections.from_ultralytics(ultralytics_result(names))
    assert back.class_id.tolist() == [CAR, BUS]
    assert back.xyxy.tolist() == detections().xyxy.tolist()


def test_own_class_names_are_mapped_and_others_dropped() -> None:
    names = dict.fromkeys(range(6), "tree") | {CAR: "xe con"}
    back = vn.Detections.from_ultralytics(ultralytics_result(names), classes={"xe con": vn.ObjectClass.CAR})
    assert back.class_id.tolist() == [CAR]
