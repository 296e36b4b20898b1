"""Re-identification of lost tracks by motion."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.tracking_kit import Box, follow, ids
from vision.common.object_class import ObjectClass
from vision.config.camera import TrackingConfig
from vision.tracking import Tracker
from vision.tracking.reidentification import ReidentificationParameters, find_predecessor
from vision.tracking.track_life import TrackedBox, TrackLife


def occluded(path: list[Box], start: int, end: int) -> list[list[Box]]:
    """The frames of one vehicle, some of them empty."""
    return [[] if start <= n < end else [box] for n, box in enumerate(path)]


def test_a_vehicle_keeps_its_id_behind_an_obstacle() -> None:
    assert ids(follow(occluded([Box(100 + 15 * n, 100) for n in range(40)], 12, 25))) == [1]


def test_a_shorter_maximum_gap_ends_reidentification_sooner() -> None:
    shorter = Tracker(TrackingConfig(), fps=10, reidentification=ReidentificationParameters(max_gap_s=0.5))
    path = [Box(100 + 12 * n, 100) for n in range(12)] + [Box(240 + 26 * n, 100) for n in range(25)]
    assert ids(follow(occluded(path, 11, 19), shorter)) == [1, 2]


def test_a_vehicle_keeps_its_id_when_it_accelerates_while_occluded() -> None:
    path = [Box(100 + 12 * n, 100) for n in range(12)] + [Box(240 + 26 * n, 100) for n in range(25)]
    assert ids(follow(occluded(path, 11, 19))) == [1]


def test_boxes_before_and_after_an_occlusion_have_one_id() -> None:
    path = [Box(100 + 12 * n, 100) for n in range(12)] + [Box(240 + 26 * n, 100) for n in range(25)]
    tracked = [(s.at_s, s.tracks.track_id.tolist()) for s in follow(occluded(path, 11, 19)) if len(s.tracks)]
    observed_s = [n / 10 for n in (*range(11), *range(19, 37))]
    assert [t for t, _ in tracked] == observed_s


def test_a_vehicle_in_the_opposite_direction_is_another() -> None:
    away = [[Box(100 + 15 * n, 100)] for n in range(12)]
    back = [[Box(470 - 15 * n, 115)] for n in range(12)]
    assert len(ids(follow([*away, *[[]] * 6, *back]))) == 2


def test_a_follower_that_was_visible_all_the_time_is_another() -> None:
    leader = occluded([Box(300 + 15 * n, 100) for n in range(30)], 10, 30)
    follower = [[Box(100 + 15 * n, 100)] for n in range(30)]
    assert len(ids(follow([a + b for a, b in zip(leader, follower, strict=True)]))) == 2


@pytest.mark.parametrize(("later", "vehicles"), [(ObjectClass.TRUCK, 1), (ObjectClass.MOTORCYCLE, 2)])
def test_a_bus_may_continue_as_a_truck_but_not_as_a_motorcycle(later: ObjectClass, vehicles: int) -> None:
    bus = [[Box(100 + 15 * n, 100, 100, 80, object_class=ObjectClass.BUS)] for n in range(12)]
    after = [[Box(400 + 15 * n, 200, 60, 80, object_class=later)] for n in range(12)]
    assert len(ids(follow([*bus, *[[]] * 8, *after]))) == vehicles


def test_a_vehicle_far_from_where_the_lost_one_was_going_is_another() -> None:
    gone = [[Box(100 + 15 * n, 100)] for n in range(12)]
    new = [[Box(300 + 15 * n, 400)] for n in range(12)]
    assert len(ids(follow([*gone, *[[]] * 5, *new]))) == 2


def test_a_vehicle_that_appears_after_the_maximum_gap_is_another() -> None:
    gone = [[Box(100 + 5 * n, 100)] for n in range(12)]
    new = [[Box(320 + 5 * n, 100)] for n in range(12)]
    assert len(ids(follow([*gone, *[[]] * 32, *new]))) == 2


def seen(place_px: tuple[float, float], velocity_px: tuple[float, float], at_s: float, steps: range) -> TrackLife:
    """A track of boxes 60 pixels wide and 40 high, at a constant velocity; it is at the place at `at_s`."""
    life = TrackLife(track_id=1)
    for step in steps:
        x, y = np.array(place_px) + np.array(velocity_px) * step * 0.1
        box = TrackedBox(at_s + step * 0.1, np.array([x - 30, y - 20, x + 30, y + 20], np.float32), 0.9)
        life.add(box, ObjectClass.CAR.class_id)
    return life


speeds = st.floats(100, 800)
angles = st.floats(0, 2 * np.pi)


@given(speeds, speeds, angles, st.floats(0.2, 1.9), st.floats(60, 600))
def test_a_track_that_begins_against_the_lost_ones_motion_is_another(
    speed_px: float, new_speed_px: float, angle: float, gap_s: float, back_px: float
) -> None:
    ahead = np.array([np.cos(angle), np.sin(angle)])
    lost = seen((0, 0), tuple(ahead * speed_px), 0, range(-5, 1))
    for heading in (ahead, -ahead):
        new = seen(tuple(-ahead * back_px), tuple(heading * new_speed_px), gap_s, range(6))
        assert find_predecessor(new, [lost]) is None


@given(speeds, angles, st.floats(0.2, 1.9))
def test_a_track_that_begins_where_the_lost_one_was_going_continues_it(
    speed_px: float, angle: float, gap_s: float
) -> None:
    velocity_px = tuple(np.array([np.cos(angle), np.sin(angle)]) * speed_px)
    lost = seen((0, 0), velocity_px, 0, range(-5, 1))
    new = seen(tuple(np.array(velocity_px) * gap_s), velocity_px, gap_s, range(6))
    assert find_predecessor(new, [lost]) is lost
