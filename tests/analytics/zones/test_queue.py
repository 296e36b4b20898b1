"""Queues: how many wait, how far back, and whether it spills back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analytics.zones.zones_kit import Road, Vehicle, across, camera, halting, last, parked, road, steady
from vision.analytics.scene import ZoneState
from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig

STOP_M = 110.0
LINES = [across(STOP_M, "stop"), across(40.0, "spill")]
APPROACH = camera([road(10, 112, stop_line="stop", spillback_line="spill")], LINES)
SPACING_M = 7.0
CAR_M = 4.5


def standing_at(n: int) -> float:
    """Where the middle of the n-th car stands, from the stop line backwards."""
    return STOP_M - 1 - CAR_M / 2 - n * SPACING_M


def queue_of(count: int, *, goes_s: float = np.inf, wave_s: float = 1.2) -> list[Vehicle]:
    """Cars that come one after the other, and start one after the other."""
    return [
        Vehicle(n + 1, halting(standing_at(n), comes_s=4 + 2.0 * n, goes_s=goes_s + wave_s * n)) for n in range(count)
    ]


def state(
    vehicles: list[Vehicle], seconds: float, config: CameraConfig = APPROACH, *, jitter_m: float = 0
) -> ZoneState:
    return last(Road(config, jitter_m=jitter_m).watch(vehicles, seconds, fps=8)).zones[0]


@pytest.mark.parametrize("count", [1, 4, 10])
def test_length_is_from_the_stop_line_to_the_rear_of_the_last(count: int) -> None:
    found = state(queue_of(count), 30, jitter_m=0.1)
    assert found.queue_track_ids == set(range(1, count + 1))
    assert found.queue_length_m == pytest.approx(1 + CAR_M + (count - 1) * SPACING_M, abs=0.5)


def test_length_stays_right_while_tracks_blink_and_boxes_tremble() -> None:
    rng = np.random.default_rng(4)
    gone = {n: np.arange(20, 60, 5) + rng.uniform(0, 3) for n in range(1, 9)}
    cars = [
        Vehicle(v.track_id, v.way, unseen=lambda t_s, n=v.track_id: bool(np.any(np.abs(t_s - gone[n]) < 0.8)))
        for v in queue_of(8)
    ]
    told = [s.zones[0] for s in Road(APPROACH, jitter_m=0.15).watch(cars, 60, fps=8) if s.at_s > 25]
    wrong = [abs(len(s.queue_track_ids) - 8) for s in told]
    assert max(wrong) <= 1
    assert np.mean([abs(s.queue_length_m - 54.5) for s in told]) < 5.4


def test_who_stands_waits_on_while_his_box_trembles_as_that_of_one_who_drives() -> None:
    cars = queue_of(4)
    rough = Vehicle(4, lambda t_s: cars[3].way(t_s) + (1.4 * np.sin(3.9 * t_s) if t_s > 22 else 0.0))
    told = [s for s in Road(APPROACH).watch([*cars[:3], rough], 60, fps=8) if s.at_s > 25]
    assert any((s.tracks.speed_mps > 10 / 3.6).any() for s in told)
    assert all(s.zones[0].queue_track_ids == {1, 2, 3, 4} for s in told)


def test_a_vehicle_that_gets_another_id_while_it_waits_is_one_vehicle() -> None:
    cars = queue_of(3)
    old = Vehicle(2, cars[1].way, unseen=lambda t_s: t_s >= 20)
    new = Vehicle(99, cars[1].way, unseen=lambda t_s: t_s < 20.3)
    counts = [
        len(s.zones[0].queue_track_ids) for s in Road(APPROACH).watch([cars[0], old, new, cars[2]], 30) if s.at_s > 15
    ]
    assert set(counts) == {3}


def test_a_hidden_car_does_not_cut_the_queue() -> None:
    cars = [v for v in queue_of(6) if v.track_id != 3]
    assert len(state(cars, 30).queue_track_ids) == 5


def test_a_vehicle_that_stands_alone_far_behind_is_not_in_the_queue() -> None:
    found = state([*queue_of(2), Vehicle(50, parked(60))], 20)
    assert found.queue_track_ids == {1, 2}
    assert state([Vehicle(50, parked(60))], 20).queue_track_ids == frozenset()


def test_who_drives_past_is_not_in_the_queue() -> None:
    found = state([*queue_of(3), Vehicle(60, steady(10, start_m=-90), y_m=42)], 16)
    assert found.queue_track_ids == {1, 2, 3}


def test_motorcycles_between_cars_wait_with_them() -> None:
    motorcycles = [
        Vehicle(100 + n, parked(108 - 3 * n), y_m=30 + 2 * (n % 6), object_class=ObjectClass.MOTORCYCLE)
        for n in range(12)
    ]
    assert len(state([*queue_of(4), *motorcycles], 20).queue_track_ids) == 16


def test_while_the_head_has_started_those_behind_still_wait() -> None:
    scenes = list(Road(APPROACH).watch(queue_of(8, goes_s=30), 60, fps=8))
    lengths = {round(s.at_s, 2): len(s.zones[0].queue_track_ids) for s in scenes}
    assert lengths[30.0] == 8
    assert 3 <= lengths[35.0] <= 7
    assert lengths[50.0] == 0


def test_one_that_does_not_start_with_the_others_is_a_queue_no_more() -> None:
    cars = queue_of(6, goes_s=20)
    broken = Vehicle(6, halting(standing_at(5), comes_s=14))
    found = state([*cars[:5], broken], 75)
    assert found.queue_track_ids == frozenset()


def test_a_queue_that_reaches_the_marked_line_spills_back() -> None:
    assert not state(queue_of(9), 35).reaches_spillback
    assert state(queue_of(10), 35).reaches_spillback


def test_a_lone_vehicle_on_the_marked_line_is_no_spillback() -> None:
    assert not state([*queue_of(2), Vehicle(50, parked(40))], 20).reaches_spillback


def test_spillback_lasts_over_a_blink_of_the_last_vehicle() -> None:
    *cars, end = queue_of(10)
    blinking = Vehicle(end.track_id, end.way, unseen=lambda t_s: t_s > 35 and t_s % 5 < 1.5)
    told = [s.zones[0].reaches_spillback for s in Road(APPROACH).watch([*cars, blinking], 60, fps=8) if s.at_s > 30]
    assert all(told)


def test_who_seemed_to_wait_for_a_look_before_he_was_lost_makes_no_spillback() -> None:
    *cars, end = queue_of(10)
    slip = Vehicle(end.track_id, end.way, unseen=lambda t_s: not 34.2 < t_s < 35)
    told = [s.zones[0].reaches_spillback for s in Road(APPROACH).watch([*cars, slip], 60, fps=8) if s.at_s > 30]
    assert sum(told) < (0.8 + 0.8 + 2) * 8


def test_a_queue_that_nobody_waits_in_any_more_reaches_nothing() -> None:
    scenes = [s for s in Road(APPROACH).watch(queue_of(10, goes_s=40), 90, fps=8) if s.zones[0].reaches_spillback]
    assert scenes
    assert all(s.zones[0].queue_track_ids for s in scenes)


def test_without_calibration_the_queue_is_counted_all_the_same() -> None:
    config = camera([road(10, 112, stop_line="stop")], LINES, calibration=None)
    assert len(state(queue_of(6), 30, config).queue_track_ids) == 6


def test_what_is_remembered_of_those_that_waited_is_bounded() -> None:
    seeing = Road(APPROACH)
    watch = seeing.zones._analyzers[0]._queue
    assert watch is not None
    for n in range(600):
        seeing.see([Vehicle(n // 10, parked(standing_at(0)))], n / 4)
        assert len(watch) <= 3
    seeing.see([], 1000)
    assert len(watch) == 0


places = st.lists(st.floats(15, 107), min_size=1, max_size=8, unique_by=lambda x: round(x / 6))


@given(places, st.integers(1, 10**8), st.integers(0, 5000), st.sampled_from([4.0, 8.0]))
@settings(max_examples=12)
def test_ids_the_hour_and_the_frame_rate_change_nothing(
    places: list[float], first_id: int, start_s: int, fps: float
) -> None:
    here = [Vehicle(n, parked(x)) for n, x in enumerate(places)]
    there = [Vehicle(first_id + n, parked(x)) for n, x in enumerate(places)]
    one = last(Road(APPROACH).watch(here, 5, fps=8)).zones[0]
    other = last(Road(APPROACH).watch(there, 5, fps=fps, start_s=start_s)).zones[0]
    assert other.queue_length_m == pytest.approx(one.queue_length_m)
    assert {i - first_id for i in other.queue_track_ids} == one.queue_track_ids


@given(places, st.floats(-8, 8))
@settings(max_examples=12)
def test_moving_road_and_vehicles_together_changes_nothing(places: list[float], by_m: float) -> None:
    moved = camera([road(10 + by_m, 112 + by_m, stop_line="stop")], [across(STOP_M + by_m, "stop")])
    at_rest = last(Road(APPROACH).watch([Vehicle(n, parked(x)) for n, x in enumerate(places)], 4, fps=5)).zones[0]
    along = last(Road(moved).watch([Vehicle(n, parked(x + by_m)) for n, x in enumerate(places)], 4, fps=5)).zones[0]
    assert along.queue_track_ids == at_rest.queue_track_ids
    assert along.queue_length_m == pytest.approx(at_rest.queue_length_m, abs=0.02)
