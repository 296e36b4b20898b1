"""One box for one object."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vision.common.object_class import CLASSES, VEHICLES, ObjectClass
from vision.detection.suppression import suppress
from vision.geometry import iou

VEHICLE = np.array([c in VEHICLES for c in CLASSES])
Boxes = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]


@st.composite
def crowds(draw: st.DrawFn) -> Boxes:
    """Up to 40 boxes on a small canvas, so that many overlap."""
    count = draw(st.integers(0, 40))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    corner, size = random.uniform(0, 60, (count, 2)), random.uniform(1, 60, (count, 2))
    xyxy = np.concatenate([corner, corner + size], axis=1).astype(np.float32)
    return xyxy, random.uniform(0, 1, count).astype(np.float32), random.integers(0, len(CLASSES), count)


def kept(boxes: Boxes, same: float = 0.5, vehicle: float = 0.7) -> list[int]:
    return suppress(*boxes, same_class_iou=same, vehicle_iou=vehicle, vehicles=VEHICLE).tolist()


def slowly(boxes: Boxes, same: float, vehicle: float) -> list[int]:
    """The definition, taken literally."""
    xyxy, confidence, kinds = boxes
    overlap = iou(xyxy, xyxy)
    stays: list[int] = []
    for i in np.argsort(-confidence, kind="stable").tolist():
        alike = any(kinds[i] == kinds[j] and overlap[i, j] > same for j in stays)
        twice = any(VEHICLE[kinds[i]] and VEHICLE[kinds[j]] and overlap[i, j] > vehicle for j in stays)
        if not alike and not twice:
            stays.append(i)
    return stays


@given(crowds(), st.floats(0.1, 0.9), st.floats(0.1, 0.9))
def test_suppression_equals_its_definition(boxes: Boxes, same: float, vehicle: float) -> None:
    assert kept(boxes, same, vehicle) == slowly(boxes, same, vehicle)


@given(crowds())
def test_suppression_is_idempotent(boxes: Boxes) -> None:
    once = kept(boxes)
    again = kept((boxes[0][once], boxes[1][once], boxes[2][once]))
    assert again == list(range(len(once)))


def test_a_pick_up_detected_as_car_and_truck_is_one_vehicle() -> None:
    xyxy = np.array([[10, 10, 110, 60], [11, 10, 112, 61]], np.float32)
    kinds = np.array([ObjectClass.CAR.class_id, ObjectClass.TRUCK.class_id])
    assert kept((xyxy, np.array([0.4, 0.5], np.float32), kinds)) == [1]


def test_a_person_in_front_of_a_motorcycle_of_the_same_size_stays() -> None:
    xyxy = np.array([[10, 10, 40, 90], [10, 10, 40, 90]], np.float32)
    kinds = np.array([ObjectClass.PERSON.class_id, ObjectClass.MOTORCYCLE.class_id])
    assert kept((xyxy, np.array([0.4, 0.5], np.float32), kinds)) == [1, 0]


def test_two_motorcycles_side_by_side_stay_two() -> None:
    xyxy = np.array([[10, 10, 40, 90], [25, 10, 55, 90]], np.float32)
    kinds = np.full(2, ObjectClass.MOTORCYCLE.class_id)
    assert kept((xyxy, np.array([0.4, 0.5], np.float32), kinds)) == [1, 0]
