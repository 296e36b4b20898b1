"""Line counting: once per vehicle and direction, whatever vehicles and trackers do."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.analytics.analytics_kit import LEVEL, SIZE, At, Counting, count, directions, down, line, tracks
from vision.analytics.lines.crossing_state import CrossingParameters
from vision.common.object_class import ObjectClass
from vision.config.lines import Anchor, LineConfig


def test_a_crossing_is_counted_where_and_when_the_center_crosses() -> None:
    [crossing] = count(down([360, 380, 420, 440]))
    assert crossing.direction == "in"
    assert crossing.at_s == pytest.approx(0.15)
    assert crossing.place == pytest.approx((0.5, 0.5))
    assert (crossing.track_id, crossing.object_class, crossing.line_id) == (1, ObjectClass.CAR, "l")


def test_a_crossing_says_how_long_its_vehicle_was_observed_before_the_line() -> None:
    [there, back] = count(down([300] * 21 + [500] * 11 + [300]))
    assert (there.observed_before_s, back.observed_before_s) == (pytest.approx(2.0), pytest.approx(1.0))


def test_left_to_right_across_the_line_is_in_and_right_to_left_is_out() -> None:
    assert directions(count(down([300, 500]))) == ["in"]
    assert directions(count(down([500, 300]))) == ["out"]


def test_a_stopped_vehicle_with_box_jitter_on_the_line_is_counted_once() -> None:
    rng = np.random.default_rng(1)
    jittering = 400 + rng.normal(0, 3, 300)
    assert directions(count(down([300, 340, 380, *jittering, 440, 480]))) == ["in"]


def test_a_vehicle_that_stops_on_the_line_is_counted_when_it_passes_it() -> None:
    [crossing] = count(down([300, 350, 398.5, 400.4, 399, 400.3, 399.5, 399.8, 430]))
    assert crossing.at_s == pytest.approx(0.70, abs=0.01)


def waits(at_px: float, seconds: float, jitter_px: float) -> list[At]:
    """A vehicle that drives up to a place, waits there and reverses."""
    approach, back = np.linspace(100, at_px, 36), np.linspace(at_px, 100, 36)
    jitter = np.random.default_rng(4).normal(0, jitter_px, int(seconds * 12))
    return down([*approach, *(at_px + jitter), *back], step_s=1 / 12)


def test_a_vehicle_that_waits_before_the_line_and_reverses_is_not_counted() -> None:
    assert count(waits(398, 30, jitter_px=1.2)) == []


@pytest.mark.parametrize("beyond_px", [7, 10, 25, 40])
def test_a_vehicle_that_creeps_over_the_line_and_reverses_is_counted_back(beyond_px: float) -> None:
    assert directions(count(waits(400 + beyond_px, 10, jitter_px=0))) == ["in", "out"]


def test_a_parked_vehicle_on_the_line_is_never_counted() -> None:
    rng = np.random.default_rng(2)
    assert count(down(400 + rng.normal(0, 0.5, 500))) == []


def test_a_vehicle_that_returns_is_counted_once_per_direction() -> None:
    assert directions(count(down([300, 500, 300, 500, 300]))) == ["in", "out"]


def test_a_crossing_during_a_gap_in_the_track_is_dated_inside_the_gap() -> None:
    observations = [At(0, 1, 500, 300), At(0.1, 1, 500, 310), At(1.1, 1, 500, 410), At(1.2, 1, 500, 420)]
    [crossing] = count(observations)
    assert crossing.at_s == pytest.approx(1.0)


def test_a_vehicle_that_passes_beyond_the_ends_of_the_line_is_not_counted() -> None:
    assert count(down([300, 500], x=950)) == []
    assert count(down([300, 500], x=50)) == []


def test_a_vehicle_that_crosses_between_its_first_two_observations_is_counted() -> None:
    assert directions(count([At(0, 1, 500, 390), At(0.1, 1, 500, 430)])) == ["in"]


def test_a_vehicle_first_observed_beyond_the_line_is_not_counted() -> None:
    assert count(down([410, 440, 480, 520])) == []


def test_a_vehicle_first_observed_exactly_on_the_line_is_not_counted() -> None:
    assert count(down([400, 440, 480])) == []


def test_classes_that_the_line_does_not_count_are_ignored() -> None:
    people = [At(n / 10, 1, 500, y, object_class=ObjectClass.PERSON) for n, y in enumerate([300, 500])]
    assert count(people) == []


def test_a_line_with_a_bottom_center_anchor_is_crossed_by_the_bottom_of_the_box() -> None:
    bottom = line(100, 400, 900, 400, anchor=Anchor.BOTTOM_CENTER)
    [crossing] = count(down([360, 370, 390]), [bottom])
    assert crossing.at_s == pytest.approx(0.15)


def test_vehicles_that_cross_at_the_same_instant_are_all_counted() -> None:
    crowd = [At(t / 10, n, 110 + n * 7.5, 380 + t * 30, width=20, height=20) for n in range(100) for t in range(3)]
    crossings = count(crowd)
    assert sorted(c.track_id for c in crossings) == list(range(100))


def test_each_line_counts_independently() -> None:
    lines = [line(100, y, 900, y, line_id=f"l{y}") for y in (200, 400, 600)]
    assert [c.line_id for c in count(down(range(100, 760, 20)), lines)] == ["l200", "l400", "l600"]


def test_a_line_near_the_edge_counts_a_vehicle_that_leaves_the_frame() -> None:
    near_bottom = line(100, 785, 900, 785)
    leaving = [
        At(t / 10, 1, 500, (y + min(y + 100, 800)) / 2, 60, min(y + 100, 800) - y)
        for t, y in enumerate(range(500, 780, 20))
    ]
    assert directions(count(leaving, [near_bottom])) == ["in"]


def test_a_line_near_the_edge_counts_a_vehicle_that_enters_the_frame() -> None:
    near_top = line(100, 15, 900, 15)
    coming = [
        At(t / 10, 1, 500, (max(y - 100, 0) + y) / 2, 60, y - max(y - 100, 0)) for t, y in enumerate(range(40, 300, 20))
    ]
    [crossing] = count(coming, [near_top])
    assert (crossing.direction, crossing.observed_before_s) == ("in", 0.0)


def test_a_vehicle_stopped_at_the_edge_over_a_line_is_not_counted() -> None:
    rng = np.random.default_rng(3)
    waiting = [At(t / 10, 1, 500, 20 + d, 60, 40 + 2 * d) for t, d in enumerate(rng.normal(0, 0.5, 100))]
    assert count(waiting, [line(100, 15, 900, 15)]) == []


def test_a_track_that_is_lost_for_long_enough_is_dropped() -> None:
    counting = Counting()
    for n in range(1000):
        counting.update(tracks([At(n, n, 500, 300)]), float(n))
        assert len(counting.builder.rows) <= 5
    counting.update(tracks([]), 2000.0)
    assert len(counting.builder.rows) == 0


def counted(ys: Sequence[float], is_stopped: Sequence[bool]) -> list[str]:
    """Directions counted of a vehicle that is known to be stopped at some observations."""
    counting = Counting()
    steps = zip(down(ys), is_stopped, strict=True)
    return directions(
        [c for at, stopped in steps for c in counting.update(tracks([at]), at.t_s, is_stopped=np.array([stopped]))]
    )


def test_a_vehicle_waiting_at_the_line_is_counted_when_it_drives_on_despite_jitter() -> None:
    rng = np.random.default_rng(3)
    comes, waits, goes = [300, 330, 360, 385], 388 + rng.normal(0, 7, 300).clip(-18, 18), [395, 410, 430]
    stopped = [False] * 4 + [True] * 300
    assert waits.max() > 404
    assert counted([*comes, *waits], stopped) == []
    assert counted([*comes, *waits, *goes], [*stopped, False, False, False]) == ["in"]


def test_a_vehicle_that_creeps_over_the_line_is_counted() -> None:
    ys = np.linspace(370, 430, 300)
    assert counted(list(ys), [True] * 300) == ["in"]


def test_a_waiting_vehicle_first_observed_beyond_the_line_by_jitter_is_counted() -> None:
    ys = [403.0, 397, *[390.0] * 30, 400, 415, 430]
    assert counted(ys, [True] * 32 + [False] * 3) == ["in"]


def test_a_track_occluded_at_the_line_for_less_than_the_retention_time_is_counted() -> None:
    assert directions(count([At(0, 1, 500, 350), At(3.9, 1, 500, 450)])) == ["in"]
    assert count([At(0, 1, 500, 350), At(4.1, 1, 500, 450)]) == []


def test_observations_that_become_known_late_count() -> None:
    counting = Counting()
    counting.update(tracks([At(0.2, 7, 300, 300)]), 0.2)
    assert counting.update(tracks([At(0.1, 1, 500, 380)]), 0.1) == []
    [crossing] = counting.update(tracks([At(0.3, 1, 500, 440), At(0.3, 7, 300, 310)]), 0.3)
    assert crossing.track_id == 1


def test_without_lines_nothing_is_counted() -> None:
    assert count(down([300, 500]), []) == []


ordinates = st.lists(st.floats(150, 650), min_size=2, max_size=25)


def summary(crossings: list) -> list[tuple[str, float]]:
    return [(str(c.direction), round(c.at_s, 6)) for c in crossings]


@given(ordinates)
def test_no_trajectory_is_counted_twice_in_one_direction(ys: list[float]) -> None:
    found = directions(count(down(ys)))
    assert len(found) == len(set(found))


@given(ordinates)
def test_reversing_the_line_swaps_in_and_out(ys: list[float]) -> None:
    reverse = LineConfig(id="l", start=LEVEL.end, end=LEVEL.start)
    swapped = {"in": "out", "out": "in"}
    assert [swapped[w] for w in directions(count(down(ys)))] == directions(count(down(ys), [reverse]))


def is_at_a_threshold(ys: list[float]) -> bool:
    """Whether rounding, by a thousandth of a pixel, decides the side of a vehicle, or whether it is deep enough."""
    depths_px = np.subtract(ys, 400)
    steps_px = np.subtract.outer(depths_px, depths_px)
    height_px, p = At(0, 1, 0, 0).height, CrossingParameters()
    limits_px = (depths_px, np.abs(depths_px) - p.return_depth * height_px, steps_px - p.min_depth * height_px)
    return any(bool((np.abs(px) < 1e-3).any()) for px in limits_px)


@given(ordinates, st.floats(-150, 150), st.floats(-90, 90))
@example([150, 420.002, 150], 19, 0)
def test_moving_road_and_line_together_changes_nothing(ys: list[float], dy: float, dx: float) -> None:
    assume(not is_at_a_threshold(ys))
    moved = line(100 + dx, 400 + dy, 900 + dx, 400 + dy)
    original = count(down(ys))
    moved_counts = count(down([y + dy for y in ys], x=500 + dx), [moved])
    assert directions(original) == directions(moved_counts)


@given(ordinates, st.sampled_from([0.5, 2.0, 4.0]))
def test_a_larger_picture_of_the_same_road_changes_nothing(ys: list[float], scale: float) -> None:
    observations = down(ys)
    larger = [At(s.t_s, 1, s.x * scale, s.y * scale, s.width * scale, s.height * scale) for s in observations]
    size = (int(SIZE[0] * scale), int(SIZE[1] * scale))
    assert summary(count(observations)) == summary(count(larger, size=size))


@given(ordinates, st.integers(0, 1000))
def test_shifting_time_changes_only_the_times(ys: list[float], hours: int) -> None:
    shift_s = hours * 3600.0
    early, late = count(down(ys)), count(down(ys, start_s=shift_s))
    assert [(d, pytest.approx(t + shift_s, abs=1e-4)) for d, t in summary(early)] == summary(late)


@given(st.permutations(range(12)), st.integers(1, 10**9))
@settings(max_examples=30)
def test_the_count_does_not_depend_on_order_and_ids(order: list[int], first_id: int) -> None:
    start = {n: place for place, n in enumerate(order)}
    crowd = [At(t / 10, first_id + n, 150 + 60 * n, 250 - 40 * start[n] + 25 * t) for t in range(40) for n in order]
    crossings = count(crowd)
    assert sorted(c.track_id for c in crossings) == [first_id + n for n in range(12)]
    assert set(directions(crossings)) == {"in"}
