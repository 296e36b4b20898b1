"""Each family's outputs, read from real ONNX files that answer with known boxes."""

from pathlib import Path

import numpy as np
import pytest

from tests.detection.detection_tiny_models import cells_of, constant_model
from vision.common.object_class import CLASSES, ObjectClass
from vision.core import Detections
from vision.detection import Detector, load_detector
from vision.detection.class_map import COCO

GREY = np.full((64, 64, 3), 90, np.uint8)
CELLS = cells_of(64, 64)
CAR, PERSON = COCO.index("car"), COCO.index("person")


def detections_of(detector: Detector) -> Detections:
    (found,) = detector.detect([GREY])
    return found


def assert_one_car(found: Detections, confidence: float = 0.8) -> None:
    assert [CLASSES[i] for i in found.class_id] == [ObjectClass.CAR]
    np.testing.assert_allclose(found.xyxy, [[10, 20, 30, 50]], atol=0.01)
    np.testing.assert_allclose(found.confidence, [confidence], atol=0.001)


def test_yolo_gives_centre_and_size_and_a_score_a_class(tmp_path: Path) -> None:
    output = np.zeros((84, CELLS), np.float32)
    output[:4, 7] = [20, 35, 20, 30]
    output[4 + CAR, 7] = 0.8
    output[4 + COCO.index("chair"), 9] = 0.99
    detector = load_detector(constant_model(tmp_path / "m.onnx", {"output0": output}, sides=(64, 64)))
    assert detector.model.family == "yolo"
    assert_one_car(detections_of(detector))


def test_end_to_end_yolo_gives_corners_score_and_class(tmp_path: Path) -> None:
    output = np.zeros((300, 6), np.float32)
    output[0] = [10, 20, 30, 50, 0.8, CAR]
    output[1] = [10, 20, 30, 50, 0.9, COCO.index("chair")]
    detector = load_detector(constant_model(tmp_path / "m.onnx", {"output0": output}, sides=(64, 64)))
    assert detector.model.family == "yolo-end-to-end"
    assert_one_car(detections_of(detector))


def test_yolox_gives_offsets_from_cells_and_objectness_times_class(tmp_path: Path) -> None:
    output = np.zeros((cells_of(96, 96), 85), np.float32)
    cell = 12 * 12 + 2 * 6 + 1  # stride 16, row 2, column 1
    output[cell, :4] = [20 / 16 - 1, 35 / 16 - 2, np.log(20 / 16), np.log(30 / 16)]
    output[cell, 4], output[cell, 5 + CAR] = 0.9, 0.8
    detector = load_detector(constant_model(tmp_path / "m.onnx", {"output": output}, sides=(96, 96)))
    assert detector.model.family == "yolox"
    assert detector.model.input.colour == "bgr"
    (found,) = detector.detect([np.full((96, 96, 3), 90, np.uint8)])
    assert_one_car(found, 0.72)


def test_nanodet_gives_distances_as_distributions(tmp_path: Path) -> None:
    levels = [(64 // s) ** 2 for s in (8, 16, 32)]
    scores = [np.zeros((n, 80), np.float32) for n in levels]
    bins = [np.zeros((n, 4, 11), np.float32) for n in levels]
    cell = 4 * 8 + 2  # stride 8, row 4, column 2: its centre is 20, 36
    scores[0][cell, CAR] = 0.5
    for side, distance in enumerate([10 / 8, 16 / 8, 10 / 8, 14 / 8]):
        below = int(distance)
        bins[0][cell, side] = -50
        bins[0][cell, side, below : below + 2] = np.log([1 - distance % 1 + 1e-9, distance % 1 + 1e-9])
    outputs = {f"cls{i}": s for i, s in enumerate(scores)} | {f"dis{i}": b.reshape(-1, 44) for i, b in enumerate(bins)}
    detector = load_detector(constant_model(tmp_path / "m.onnx", outputs, sides=(64, 64)))
    assert detector.model.family == "nanodet"
    assert_one_car(detections_of(detector), 0.5)


def test_detr_gives_labels_boxes_and_scores_in_the_given_size(tmp_path: Path) -> None:
    outputs = {
        "labels": np.array([CAR, CAR, COCO.index("chair")], np.int64),
        "boxes": np.array([[10, 20, 30, 50], [0, 0, 9, 9], [10, 20, 30, 50]], np.float32),
        "scores": np.array([0.48, 0.1, 0.9], np.float32),
    }
    file = constant_model(tmp_path / "m.onnx", outputs, sides=(64, 64), sizes_input=True)
    detector = load_detector(file)
    assert detector.model.family == "detr"
    assert_one_car(detections_of(detector), 0.5)


def test_the_models_own_class_names_are_read_from_its_metadata(tmp_path: Path) -> None:
    output = np.zeros((6, CELLS), np.float32)
    output[:, 3] = [20, 35, 20, 30, 0.1, 0.8]
    names = {"names": "{0: 'helmet', 1: 'Car'}"}
    file = constant_model(tmp_path / "m.onnx", {"output0": output}, sides=(64, 64), metadata=names)
    assert_one_car(detections_of(load_detector(file)))


def test_class_thresholds_apply_before_the_best_class_is_chosen(
    tmp_path: Path,
) -> None:
    output = np.zeros((84, CELLS), np.float32)
    output[:4, 7] = [20, 35, 20, 30]
    output[4 + CAR, 7], output[4 + PERSON, 7] = 0.3, 0.4
    file = constant_model(tmp_path / "m.onnx", {"output0": output}, sides=(64, 64))
    assert_one_car(detections_of(load_detector(file, thresholds={ObjectClass.PERSON: 0.5})), 0.3)
    assert len(detections_of(load_detector(file, thresholds={ObjectClass.PERSON: 0.5, ObjectClass.CAR: 0.35}))) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_box_with_nan_is_dropped(tmp_path: Path, bad: float) -> None:
    output = np.zeros((84, CELLS), np.float32)
    output[:4, 7] = [bad, 35, 20, 30]
    output[4 + CAR, 7] = 0.9
    found = detections_of(load_detector(constant_model(tmp_path / "m.onnx", {"output0": output}, sides=(64, 64))))
    assert np.isfinite(found.xyxy).all()
