"""Blurring of heads and number plates of detected road users."""

import cv2
import numpy as np

from tests.labels.labels_kit import noise
from vision.common.object_class import CLASSES, ObjectClass
from vision.core import Detections
from vision.labels.anonymization import BLOCKS, blur, regions_to_blur


def detections(*rows: tuple[ObjectClass, tuple[float, float, float, float]]) -> Detections:
    return Detections(
        xyxy=np.array([box for _, box in rows], np.float32).reshape(-1, 4),
        confidence=np.full(len(rows), 0.2, np.float32),
        class_id=np.array([kind.class_id for kind, _ in rows], np.int64),
    )


def test_head_and_plate_of_a_motorcycle_are_blurred_and_nothing_else() -> None:
    image = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    regions = regions_to_blur(detections((ObjectClass.MOTORCYCLE, (50, 40, 110, 160))))
    assert regions.tolist() == [[50, 40, 110, 82], [65, 100, 95, 148]]
    out = blur(image, regions)
    changed = (out != image).any(axis=2)
    expected = np.zeros((200, 200), bool)
    for left, top, right, bottom in regions:
        expected[top:bottom, left:right] = True
        within = out[top:bottom, left:right].astype(float)
        assert within.std() < image[top:bottom, left:right].std() / 3
    assert not changed[~expected].any()
    assert changed[expected].mean() > 0.95


def test_a_blurred_region_keeps_a_few_blocks_at_any_size() -> None:
    image = np.random.default_rng(0).integers(0, 255, (400, 400, 3), np.uint8)
    out = blur(image, np.array([[0, 0, 300, 300]]))
    grey = cv2.cvtColor(out[:300, :300], cv2.COLOR_BGR2GRAY).astype(float)
    small = cv2.resize(grey, (BLOCKS, BLOCKS), interpolation=cv2.INTER_AREA)
    again = cv2.resize(small, (300, 300), interpolation=cv2.INTER_LINEAR)
    assert np.abs(grey - again).mean() < 3, "only the blocks are left"


def test_every_class_has_a_region_and_regions_may_extend_beyond_the_picture() -> None:
    rows = [(kind, (-20.0, -20.0, 400.0, 300.0)) for kind in CLASSES]
    regions = regions_to_blur(detections(*rows))
    assert len(regions) >= len(CLASSES)
    assert blur(noise(1), regions).shape == noise(1).shape
    assert blur(noise(1), regions_to_blur(Detections.empty())).tolist() == noise(1).tolist()


def test_regions_of_one_pixel_are_accepted() -> None:
    assert blur(noise(1), np.array([[5, 5, 6, 6], [9, 9, 9, 20], [319, 179, 400, 400]])).shape == (180, 320, 3)


def test_a_person_too_small_to_be_recognised_is_not_blurred() -> None:
    assert len(regions_to_blur(detections((ObjectClass.PERSON, (50, 40, 60, 82))))) == 0
    assert len(regions_to_blur(detections((ObjectClass.PERSON, (50, 40, 60, 83))))) == 1
