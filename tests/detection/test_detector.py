"""One session for all cameras: in order, in batches, by several threads at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.detection.detection_tiny_models import mirror_model
from vision.detection import Detector, load_detector
from vision.detection.models.self_test import known_picture, run_self_test

FAMILIES = {
    "yolo26n.onnx": "yolo",
    "yolo11n.onnx": "yolo",
    "yolov8n.onnx": "yolo",
    "yolox_nano_416.onnx": "yolox",
    "deimv2_femto_416.onnx": "detr",
    "nanodet_g_640.onnx": "nanodet",
    "traffic26n-clean.onnx": "yolo",
}


def brightness_seen(detector: Detector, images: list[np.ndarray]) -> list[int]:
    """The tiny model's box is as wide as the picture is bright."""
    return [round(float(d.xyxy[0, 2] - d.xyxy[0, 0]) / 32 * 255) for d in detector.detect(images)]


def grey(level: int) -> np.ndarray:
    return np.full((32, 32, 3), level, np.uint8)


def test_answers_come_in_the_order_of_the_pictures(tmp_path: Path) -> None:
    detector = load_detector(mirror_model(tmp_path / "m.onnx"))
    levels = [200, 50, 120, 90, 255]
    assert brightness_seen(detector, [grey(v) for v in levels]) == pytest.approx(levels, abs=1)


def test_no_picture_gives_no_answer(tmp_path: Path) -> None:
    assert load_detector(mirror_model(tmp_path / "m.onnx")).detect([]) == []


def test_threads_that_share_a_detector_get_each_their_own_answer(tmp_path: Path) -> None:
    detector = load_detector(mirror_model(tmp_path / "m.onnx"), threads=1)

    def camera(level: int) -> list[int]:
        return [brightness_seen(detector, [grey(level)])[0] for _ in range(50)]

    levels = [60, 100, 140, 180, 220, 250]
    with ThreadPoolExecutor(len(levels)) as pool:
        for level, levels_found in zip(levels, pool.map(camera, levels), strict=True):
            assert set(levels_found) <= {level - 1, level, level + 1}


@pytest.mark.shared
@pytest.mark.parametrize("file", FAMILIES)
def test_every_family_detects_the_road_users_of_the_known_picture(shared: Path, file: str) -> None:
    detector = load_detector(shared / "models" / file)
    assert detector.model.family == FAMILIES[file]
    result = run_self_test(detector)
    assert result.passed
    assert sum(result.found.values()) >= 6


@pytest.mark.shared
def test_a_batch_of_several_shapes_gives_the_detections_of_each_picture_alone(shared: Path) -> None:
    detector = load_detector(shared / "models" / "yolo26n.onnx")
    _, street = known_picture()
    pictures = [street, street[:, :540], street[:, ::-1].copy(), street[60:, 200:740], street]
    together = detector.detect(pictures)
    for picture, batched in zip(pictures, together, strict=True):
        (alone,) = detector.detect([picture])
        assert len(batched) == len(alone)
        np.testing.assert_allclose(batched.xyxy, alone.xyxy, atol=0.1)
        np.testing.assert_array_equal(batched.class_id, alone.class_id)
