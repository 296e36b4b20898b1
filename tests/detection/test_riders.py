"""A rider and the two-wheeler under him are one vehicle."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.common.object_class import CLASSES, ObjectClass
from vision.core import Detections
from vision.detection.riders import TWO_WHEELERS, merge_riders

PERSON, MOTORCYCLE, BICYCLE, CAR = (
    c.class_id for c in (ObjectClass.PERSON, ObjectClass.MOTORCYCLE, ObjectClass.BICYCLE, ObjectClass.CAR)
)


def detections(*rows: tuple[int, float, tuple[float, float, float, float]]) -> Detections:
    return Detections(
        xyxy=np.array([r[2] for r in rows], np.float32).reshape(-1, 4),
        confidence=np.array([r[1] for r in rows], np.float32),
        class_id=np.array([r[0] for r in rows], np.int64),
    )


@st.composite
def streets(draw: st.DrawFn) -> Detections:
    count = draw(st.integers(0, 30))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    corner, size = random.uniform(0, 200, (count, 2)), random.uniform(5, 90, (count, 2))
    return Detections(
        xyxy=np.concatenate([corner, corner + size], axis=1).astype(np.float32),
        confidence=random.uniform(0.1, 1, count).astype(np.float32),
        class_id=random.integers(0, len(CLASSES), count),
    )


def of_class(found: Detections, *classes: int) -> Detections:
    return found[np.isin(found.class_id, classes)]


@pytest.mark.parametrize("two_wheeler", [MOTORCYCLE, BICYCLE])
def test_rider_and_two_wheeler_become_one_box(two_wheeler: int) -> None:
    street = detections((PERSON, 0.7, (12, 0, 38, 60)), (two_wheeler, 0.3, (10, 30, 40, 90)))
    merged = merge_riders(street)
    assert merged.class_id.tolist() == [two_wheeler]
    np.testing.assert_array_equal(merged.xyxy, [[10, 0, 40, 90]])
    assert merged.confidence[0] == pytest.approx(0.7)


def test_a_passenger_joins_like_the_rider() -> None:
    street = detections(
        (MOTORCYCLE, 0.5, (10, 30, 60, 90)), (PERSON, 0.7, (15, 0, 40, 60)), (PERSON, 0.6, (30, 5, 55, 65))
    )
    assert merge_riders(street).class_id.tolist() == [MOTORCYCLE]


def test_riders_side_by_side_keep_their_own_two_wheelers() -> None:
    street = detections(
        (MOTORCYCLE, 0.5, (0, 40, 30, 90)),
        (MOTORCYCLE, 0.5, (32, 42, 62, 92)),
        (PERSON, 0.7, (2, 0, 28, 65)),
        (PERSON, 0.7, (34, 2, 60, 67)),
    )
    merged = merge_riders(street)
    assert merged.class_id.tolist() == [MOTORCYCLE, MOTORCYCLE]
    np.testing.assert_array_equal(merged.xyxy, [[0, 0, 30, 90], [32, 2, 62, 92]])


@pytest.mark.parametrize(
    ("position", "box"),
    [
        ("walks next to it", (45, 10, 65, 90)),
        ("is in front of it, feet below its wheels", (12, 40, 38, 130)),
        ("walks behind it, higher up in the picture", (12, -40, 38, 35)),
        ("is far too small for it", (20, 32, 26, 50)),
        ("is far too large for it", (-60, -130, 100, 92)),
    ],
)
def test_a_pedestrian_stays_a_person(position: str, box: tuple[float, float, float, float]) -> None:
    street = detections((MOTORCYCLE, 0.5, (10, 30, 40, 90)), (PERSON, 0.7, box))
    assert sorted(merge_riders(street).class_id.tolist()) == sorted([MOTORCYCLE, PERSON]), position


def test_a_driver_behind_a_windscreen_is_not_merged() -> None:
    street = detections((CAR, 0.9, (0, 0, 100, 80)), (PERSON, 0.4, (40, 10, 60, 40)))
    assert merge_riders(street) is street


@given(streets())
def test_no_two_wheeler_is_lost_and_none_is_made(street: Detections) -> None:
    merged = merge_riders(street)
    for two_wheeler in TWO_WHEELERS:
        assert len(of_class(merged, two_wheeler)) == len(of_class(street, two_wheeler))


@given(streets())
def test_persons_that_do_not_ride_stay_unchanged(street: Detections) -> None:
    merged = merge_riders(street)
    before = {tuple(box) for box in of_class(street, PERSON).xyxy.tolist()}
    assert {tuple(box) for box in of_class(merged, PERSON).xyxy.tolist()} <= before
    others = [c.class_id for c in ObjectClass if c.class_id not in (PERSON, *TWO_WHEELERS)]
    np.testing.assert_array_equal(of_class(merged, *others).xyxy, of_class(street, *others).xyxy)


@given(streets())
def test_a_merged_box_contains_the_two_wheeler_at_least_as_confident(street: Detections) -> None:
    before, after = of_class(street, *TWO_WHEELERS), of_class(merge_riders(street), *TWO_WHEELERS)
    assert (after.xyxy[:, :2] <= before.xyxy[:, :2]).all()
    assert (after.xyxy[:, 2:] >= before.xyxy[:, 2:]).all()
    assert (after.confidence >= before.confidence).all()


@given(streets(), st.sampled_from([0.25, 0.5, 2.0, 8.0]))
def test_merging_is_independent_of_resolution(street: Detections, scale: float) -> None:
    larger = replace(street, xyxy=street.xyxy * np.float32(scale))
    np.testing.assert_array_equal(merge_riders(larger).xyxy, merge_riders(street).xyxy * np.float32(scale))
