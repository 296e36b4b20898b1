"""The same vehicle behind a bus, and another one that only looks like it."""

import pytest

from tests.tracking.tracking_kit import Box, follow, ids
from vision.common.object_class import ObjectClass


def hidden(way: list[Box], start: int, end: int) -> list[list[Box]]:
    """A vehicle's way of which some frames show nothing."""
    return [[] if start <= n < end else [box] for n, box in enumerate(way)]


def test_a_vehicle_keeps_its_id_behind_an_obstacle() -> None:
    assert ids(follow(hidden([Box(100 + 15 * n, 100) for n in range(40)], 12, 25))) == [1]


def test_a_vehicle_keeps_its_id_when_it_speeds_up_out_of_sight() -> None:
    way = [Box(100 + 12 * n, 100) for n in range(12)] + [Box(240 + 26 * n, 100) for n in range(25)]
    assert ids(follow(hidden(way, 11, 19))) == [1]


def test_its_sightings_before_and_after_are_told_under_the_one_id() -> None:
    way = [Box(100 + 12 * n, 100) for n in range(12)] + [Box(240 + 26 * n, 100) for n in range(25)]
    told = [(s.at_s, s.tracks.track_id.tolist()) for s in follow(hidden(way, 11, 19)) if len(s.tracks)]
    seen = [n / 10 for n in (*range(11), *range(19, 37))]
    assert [t for t, _ in told] == seen


def test_a_vehicle_that_comes_the_other_way_is_another() -> None:
    away = [[Box(100 + 15 * n, 100)] for n in range(12)]
    back = [[Box(470 - 15 * n, 115)] for n in range(12)]
    assert len(ids(follow([*away, *[[]] * 6, *back]))) == 2


def test_a_follower_that_was_in_sight_all_the_time_is_another() -> None:
    leader = hidden([Box(300 + 15 * n, 100) for n in range(30)], 10, 30)
    follower = [[Box(100 + 15 * n, 100)] for n in range(30)]
    assert len(ids(follow([a + b for a, b in zip(leader, follower, strict=True)]))) == 2


@pytest.mark.parametrize(("later", "vehicles"), [(ObjectClass.TRUCK, 1), (ObjectClass.MOTORCYCLE, 2)])
def test_a_bus_may_go_on_as_a_truck_but_not_as_a_motorcycle(later: ObjectClass, vehicles: int) -> None:
    bus = [[Box(100 + 15 * n, 100, 100, 80, object_class=ObjectClass.BUS)] for n in range(12)]
    after = [[Box(400 + 15 * n, 200, 60, 80, object_class=later)] for n in range(12)]
    assert len(ids(follow([*bus, *[[]] * 8, *after]))) == vehicles


def test_a_vehicle_far_from_where_the_lost_one_was_going_is_another() -> None:
    gone = [[Box(100 + 15 * n, 100)] for n in range(12)]
    new = [[Box(300 + 15 * n, 400)] for n in range(12)]
    assert len(ids(follow([*gone, *[[]] * 5, *new]))) == 2


def test_a_vehicle_that_appears_after_a_long_time_is_another() -> None:
    gone = [[Box(100 + 5 * n, 100)] for n in range(12)]
    new = [[Box(320 + 5 * n, 100)] for n in range(12)]
    assert len(ids(follow([*gone, *[[]] * 32, *new]))) == 2
