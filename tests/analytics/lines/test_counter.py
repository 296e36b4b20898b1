"""Counting over lines: once per vehicle and direction, whatever vehicles and trackers do."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.analytics.analytics_kit import LEVEL, SIZE, At, Counting, count, down, line, tracks, ways
from vision.analytics.lines.crossing_state import CrossingParameters
from vision.common.object_class import ObjectClass
from vision.config.lines import Anchor, LineConfig


def test_a_vehicle_that_passes_is_counted_once_where_and_when_its_centre_crosses() -> None:
    [crossing] = count(down([360, 380, 420, 440]))
    assert crossing.direction == "in"
    assert crossing.at_s == pytest.approx(0.15)
    assert crossing.place == pytest.approx((0.5, 0.5))
    assert (crossing.track_id, crossing.object_class, crossing.line_id) == (1, ObjectClass.CAR, "l")


def test_a_crossing_tells_for_how_long_its_vehicle_was_seen_before_the_line() -> None:
    [there, back] = count(down([300] * 21 + [500] * 11 + [300]))
    assert (there.observed_before_s, back.observed_before_s) == (pytest.approx(2.0), pytest.approx(1.0))


def test_left_to_right_of_somebody_who_looks_along_the_line_is_in_and_the_other_way_is_out() -> None:
    assert ways(count(down([300, 500]))) == ["in"]
    assert ways(count(down([500, 300]))) == ["out"]


def test_a_vehicle_that_stops_on_the_line_and_trembles_is_counted_once() -> None:
    rng = np.random.default_rng(1)
    trembling = 400 + rng.normal(0, 3, 300)
    assert ways(count(down([300, 340, 380, *trembling, 440, 480]))) == ["in"]


def test_a_vehicle_that_halts_on_the_line_is_counted_when_it_first_reaches_it() -> None:
    [crossing] = count(down([300, 350, 398.5, 400.4, 399, 400.3, 399.5, 399.8, 430]))
    assert crossing.at_s == pytest.approx(0.28, abs=0.01)


def test_a_parked_vehicle_on_the_line_is_never_counted() -> None:
    rng = np.random.default_rng(2)
    assert count(down(400 + rng.normal(0, 0.5, 500))) == []


def test_a_vehicle_that_really_comes_back_is_counted_once_each_way() -> None:
    assert ways(count(down([300, 500, 300, 500, 300]))) == ["in", "out"]


def test_a_gap_across_the_line_is_bridged_and_the_crossing_dated_inside_it() -> None:
    sightings = [At(0, 1, 500, 300), At(0.1, 1, 500, 310), At(1.1, 1, 500, 410), At(1.2, 1, 500, 420)]
    [crossing] = count(sightings)
    assert crossing.at_s == pytest.approx(1.0)


def test_a_vehicle_that_passes_beside_the_segment_is_not_counted() -> None:
    assert count(down([300, 500], x=950)) == []
    assert count(down([300, 500], x=50)) == []


def test_a_vehicle_that_crosses_between_its_first_two_sightings_is_counted() -> None:
    assert ways(count([At(0, 1, 500, 390), At(0.1, 1, 500, 430)])) == ["in"]


def test_a_vehicle_first_seen_beyond_the_line_is_not_counted() -> None:
    assert count(down([410, 440, 480, 520])) == []


def test_a_vehicle_first_seen_exactly_on_the_line_is_not_counted() -> None:
    assert count(down([400, 440, 480])) == []


def test_what_the_line_does_not_count_is_not_counted() -> None:
    people = [At(n / 10, 1, 500, y, object_class=ObjectClass.PERSON) for n, y in enumerate([300, 500])]
    assert count(people) == []


def test_the_bottom_of_the_box_crosses_first_when_the_line_asks_for_it() -> None:
    bottom = line(100, 400, 900, 400, anchor=Anchor.BOTTOM_CENTER)
    [crossing] = count(down([360, 370, 390]), [bottom])
    assert crossing.at_s == pytest.approx(0.15)


def test_many_vehicles_that_cross_in_the_same_instant_are_all_counted() -> None:
    crowd = [At(t / 10, n, 110 + n * 7.5, 380 + t * 30, width=20, height=20) for n in range(100) for t in range(3)]
    crossings = count(crowd)
    assert sorted(c.track_id for c in crossings) == list(range(100))


def test_each_of_many_lines_counts_for_itself() -> None:
    lines = [line(100, y, 900, y, line_id=f"l{y}") for y in (200, 400, 600)]
    assert [c.line_id for c in count(down(range(100, 760, 20)), lines)] == ["l200", "l400", "l600"]


def test_a_line_near_the_edge_counts_a_vehicle_that_leaves_the_picture() -> None:
    near_bottom = line(100, 785, 900, 785)
    leaving = [
        At(t / 10, 1, 500, (y + min(y + 100, 800)) / 2, 60, min(y + 100, 800) - y)
        for t, y in enumerate(range(500, 780, 20))
    ]
    assert ways(count(leaving, [near_bottom])) == ["in"]


def test_a_line_near_the_edge_counts_a_vehicle_that_comes_into_the_picture() -> None:
    near_top = line(100, 15, 900, 15)
    coming = [
        At(t / 10, 1, 500, (max(y - 100, 0) + y) / 2, 60, y - max(y - 100, 0)) for t, y in enumerate(range(40, 300, 20))
    ]
    [crossing] = count(coming, [near_top])
    assert (crossing.direction, crossing.observed_before_s) == ("in", 0.0)


def test_a_vehicle_that_stands_at_the_edge_over_a_line_is_not_counted() -> None:
    rng = np.random.default_rng(3)
    standing = [At(t / 10, 1, 500, 20 + d, 60, 40 + 2 * d) for t, d in enumerate(rng.normal(0, 0.5, 100))]
    assert count(standing, [line(100, 15, 900, 15)]) == []


def test_a_track_is_forgotten_when_it_has_not_been_seen_for_long_enough() -> None:
    counting = Counting()
    for n in range(1000):
        counting.see(tracks([At(n, n, 500, 300)]), float(n))
        assert len(counting.sights.rows) <= 5
    counting.see(tracks([]), 2000.0)
    assert len(counting.sights.rows) == 0


def stood(ys: Sequence[float], stands: Sequence[bool]) -> list[str]:
    """What is counted of a vehicle that is known to stand at some of its sightings."""
    counting = Counting()
    looks = zip(down(ys), stands, strict=True)
    return ways(
        [c for at, stopped in looks for c in counting.see(tracks([at]), at.t_s, is_stopped=np.array([stopped]))]
    )


def test_who_waits_before_the_line_is_counted_when_he_drives_on_however_his_box_trembles() -> None:
    rng = np.random.default_rng(3)
    comes, waits, goes = [300, 330, 360, 385], 388 + rng.normal(0, 7, 300).clip(-18, 18), [395, 410, 430]
    still = [False] * 4 + [True] * 300
    assert waits.max() > 404
    assert stood([*comes, *waits], still) == []
    assert stood([*comes, *waits, *goes], [*still, False, False, False]) == ["in"]


def test_who_creeps_over_the_line_is_counted_though_he_hardly_moves() -> None:
    ys = np.linspace(370, 430, 300)
    assert stood(list(ys), [True] * 300) == ["in"]


def test_whose_waiting_box_was_first_seen_beyond_the_line_by_trembling_is_counted_when_he_drives_on() -> None:
    ys = [403.0, 397, *[390.0] * 30, 400, 415, 430]
    assert stood(ys, [True] * 32 + [False] * 3) == ["in"]


def test_a_track_hidden_at_the_line_for_less_than_that_is_still_known() -> None:
    assert ways(count([At(0, 1, 500, 350), At(3.9, 1, 500, 450)])) == ["in"]
    assert count([At(0, 1, 500, 350), At(4.1, 1, 500, 450)]) == []


def test_where_earlier_sightings_are_told_late_they_count() -> None:
    counting = Counting()
    counting.see(tracks([At(0.2, 7, 300, 300)]), 0.2)
    assert counting.see(tracks([At(0.1, 1, 500, 380)]), 0.1) == []
    [crossing] = counting.see(tracks([At(0.3, 1, 500, 440), At(0.3, 7, 300, 310)]), 0.3)
    assert crossing.track_id == 1


def test_without_lines_nothing_is_counted() -> None:
    assert count(down([300, 500]), []) == []


ordinates = st.lists(st.floats(150, 650), min_size=2, max_size=25)


def summary(crossings: list) -> list[tuple[str, float]]:
    return [(str(c.direction), round(c.at_s, 6)) for c in crossings]


@given(ordinates)
def test_no_way_of_driving_counts_a_vehicle_twice_in_one_direction(ys: list[float]) -> None:
    found = ways(count(down(ys)))
    assert len(found) == len(set(found))


@given(ordinates)
def test_reversing_the_line_swaps_in_and_out(ys: list[float]) -> None:
    reverse = LineConfig(id="l", start=LEVEL.end, end=LEVEL.start)
    swapped = {"in": "out", "out": "in"}
    assert [swapped[w] for w in ways(count(down(ys)))] == ways(count(down(ys), [reverse]))


def is_on_the_brink(ys: list[float]) -> bool:
    """Whether rounding, by a thousandth of a pixel, decides on which side somebody is, or if he is far enough away."""
    depths_px = np.subtract(ys, 400)
    steps_px = np.subtract.outer(depths_px, depths_px)
    height_px, p = At(0, 1, 0, 0).height, CrossingParameters()
    limits_px = (depths_px, np.abs(depths_px) - p.return_depth * height_px, steps_px - p.min_depth * height_px)
    return any(bool((np.abs(px) < 1e-3).any()) for px in limits_px)


@given(ordinates, st.floats(-150, 150), st.floats(-90, 90))
@example([150, 420.002, 150], 19, 0)
def test_moving_road_and_line_together_changes_nothing(ys: list[float], dy: float, dx: float) -> None:
    assume(not is_on_the_brink(ys))
    moved = line(100 + dx, 400 + dy, 900 + dx, 400 + dy)
    at_rest = count(down(ys))
    together = count(down([y + dy for y in ys], x=500 + dx), [moved])
    assert ways(at_rest) == ways(together)


@given(ordinates, st.sampled_from([0.5, 2.0, 4.0]))
def test_a_larger_picture_of_the_same_road_changes_nothing(ys: list[float], scale: float) -> None:
    sightings = down(ys)
    larger = [At(s.t_s, 1, s.x * scale, s.y * scale, s.width * scale, s.height * scale) for s in sightings]
    size = (int(SIZE[0] * scale), int(SIZE[1] * scale))
    assert summary(count(sightings)) == summary(count(larger, size=size))


@given(ordinates, st.integers(0, 1000))
def test_a_later_hour_changes_only_the_times(ys: list[float], hours: int) -> None:
    shift_s = hours * 3600.0
    early, late = count(down(ys)), count(down(ys, start_s=shift_s))
    assert [(d, pytest.approx(t + shift_s, abs=1e-4)) for d, t in summary(early)] == summary(late)


@given(st.permutations(range(12)), st.integers(1, 10**9))
@settings(max_examples=30)
def test_as_many_are_counted_as_cross_whatever_their_order_and_ids(order: list[int], first_id: int) -> None:
    start = {n: place for place, n in enumerate(order)}
    crowd = [At(t / 10, first_id + n, 150 + 60 * n, 250 - 40 * start[n] + 25 * t) for t in range(40) for n in order]
    crossings = count(crowd)
    assert sorted(c.track_id for c in crossings) == [first_id + n for n in range(12)]
    assert set(ways(crossings)) == {"in"}
