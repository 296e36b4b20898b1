"""Queues: which vehicles are in them, how long they are, and whether they spill back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analytics.zones.zones_kit import Road, Vehicle, across, camera, last, parked, road, steady, stopping
from vision.analytics.scene import ZoneState
from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig

STOP_M = 110.0
LINES = [across(STOP_M, "stop"), across(40.0, "spill")]
APPROACH = camera([road(10, 112, stop_line="stop", spillback_line="spill")], LINES)
SPACING_M = 7.0
CAR_M = 4.5


def queue_place_m(n: int) -> float:
    """Position of the n-th car's center, upstream from the stop line."""
    return STOP_M - 1 - CAR_M / 2 - n * SPACING_M


def queue_of(count: int, *, starts_s: float = np.inf, wave_s: float = 1.2) -> list[Vehicle]:
    """Cars that stop one after the other, and start one after the other."""
    return [
        Vehicle(n + 1, stopping(queue_place_m(n), stops_s=4 + 2.0 * n, starts_s=starts_s + wave_s * n))
        for n in range(count)
    ]


def state(
    vehicles: list[Vehicle], seconds: float, config: CameraConfig = APPROACH, *, jitter_m: float = 0
) -> ZoneState:
    return last(Road(config, jitter_m=jitter_m).watch(vehicles, seconds, fps=8)).zones[0]


@pytest.mark.parametrize("count", [1, 4, 10])
def test_length_is_from_the_stop_line_to_the_rear_of_the_last_vehicle(count: int) -> None:
    found = state(queue_of(count), 30, jitter_m=0.1)
    assert found.queue_track_ids == set(range(1, count + 1))
    assert found.queue_length_m == pytest.approx(1 + CAR_M + (count - 1) * SPACING_M, abs=0.5)


def test_length_is_right_despite_gaps_in_tracks_and_box_jitter() -> None:
    rng = np.random.default_rng(4)
    gone = {n: np.arange(20, 60, 5) + rng.uniform(0, 3) for n in range(1, 9)}
    cars = [
        Vehicle(
            v.track_id, v.trajectory, undetected=lambda t_s, n=v.track_id: bool(np.any(np.abs(t_s - gone[n]) < 0.8))
        )
        for v in queue_of(8)
    ]
    found = [s.zones[0] for s in Road(APPROACH, jitter_m=0.15).watch(cars, 60, fps=8) if s.at_s > 25]
    wrong = [abs(len(s.queue_track_ids) - 8) for s in found]
    assert max(wrong) <= 1
    assert np.mean([abs(s.queue_length_m - 54.5) for s in found]) < 5.4


def test_a_stopped_vehicle_stays_queued_while_its_box_jitters_as_if_it_drove() -> None:
    cars = queue_of(4)
    rough = Vehicle(4, lambda t_s: cars[3].trajectory(t_s) + (1.4 * np.sin(3.9 * t_s) if t_s > 22 else 0.0))
    found = [s for s in Road(APPROACH).watch([*cars[:3], rough], 60, fps=8) if s.at_s > 25]
    assert any((s.tracks.speed_mps > 10 / 3.6).any() for s in found)
    assert all(s.zones[0].queue_track_ids == {1, 2, 3, 4} for s in found)


def test_a_queued_vehicle_that_changes_its_id_is_counted_once() -> None:
    cars = queue_of(3)
    old = Vehicle(2, cars[1].trajectory, undetected=lambda t_s: t_s >= 20)
    new = Vehicle(99, cars[1].trajectory, undetected=lambda t_s: t_s < 20.3)
    counts = [
        len(s.zones[0].queue_track_ids) for s in Road(APPROACH).watch([cars[0], old, new, cars[2]], 30) if s.at_s > 15
    ]
    assert set(counts) == {3}


def test_an_undetected_car_does_not_split_the_queue() -> None:
    cars = [v for v in queue_of(6) if v.track_id != 3]
    assert len(state(cars, 30).queue_track_ids) == 5


def test_a_vehicle_stopped_far_behind_is_not_in_the_queue() -> None:
    found = state([*queue_of(2), Vehicle(50, parked(60))], 20)
    assert found.queue_track_ids == {1, 2}
    assert state([Vehicle(50, parked(60))], 20).queue_track_ids == frozenset()


def test_a_vehicle_that_drives_past_is_not_in_the_queue() -> None:
    found = state([*queue_of(3), Vehicle(60, steady(10, start_m=-90), y_m=42)], 16)
    assert found.queue_track_ids == {1, 2, 3}


def test_motorcycles_between_cars_are_queued_with_them() -> None:
    motorcycles = [
        Vehicle(100 + n, parked(108 - 3 * n), y_m=30 + 2 * (n % 6), object_class=ObjectClass.MOTORCYCLE)
        for n in range(12)
    ]
    assert len(state([*queue_of(4), *motorcycles], 20).queue_track_ids) == 16


def test_vehicles_behind_stay_queued_while_the_head_starts() -> None:
    scenes = list(Road(APPROACH).watch(queue_of(8, starts_s=30), 60, fps=8))
    lengths = {round(s.at_s, 2): len(s.zones[0].queue_track_ids) for s in scenes}
    assert lengths[30.0] == 8
    assert 3 <= lengths[35.0] <= 7
    assert lengths[50.0] == 0


def test_a_vehicle_that_does_not_start_with_the_others_leaves_the_queue() -> None:
    cars = queue_of(6, starts_s=20)
    broken = Vehicle(6, stopping(queue_place_m(5), stops_s=14))
    found = state([*cars[:5], broken], 75)
    assert found.queue_track_ids == frozenset()


def test_a_queue_that_reaches_the_spillback_line_spills_back() -> None:
    assert not state(queue_of(9), 35).reaches_spillback
    assert state(queue_of(10), 35).reaches_spillback


def test_a_single_vehicle_on_the_spillback_line_is_no_spillback() -> None:
    assert not state([*queue_of(2), Vehicle(50, parked(40))], 20).reaches_spillback


def test_spillback_lasts_over_gaps_in_the_last_vehicles_track() -> None:
    *cars, end = queue_of(10)
    blinking = Vehicle(end.track_id, end.trajectory, undetected=lambda t_s: t_s > 35 and t_s % 5 < 1.5)
    found = [s.zones[0].reaches_spillback for s in Road(APPROACH).watch([*cars, blinking], 60, fps=8) if s.at_s > 30]
    assert all(found)


def test_a_vehicle_lost_soon_after_it_joined_makes_no_lasting_spillback() -> None:
    *cars, end = queue_of(10)
    slip = Vehicle(end.track_id, end.trajectory, undetected=lambda t_s: not 34.2 < t_s < 35)
    found = [s.zones[0].reaches_spillback for s in Road(APPROACH).watch([*cars, slip], 60, fps=8) if s.at_s > 30]
    assert sum(found) < (0.8 + 0.8 + 2) * 8


def test_a_queue_without_vehicles_does_not_spill_back() -> None:
    scenes = [s for s in Road(APPROACH).watch(queue_of(10, starts_s=40), 90, fps=8) if s.zones[0].reaches_spillback]
    assert scenes
    assert all(s.zones[0].queue_track_ids for s in scenes)


def test_without_calibration_queued_vehicles_are_counted_as_well() -> None:
    config = camera([road(10, 112, stop_line="stop")], LINES, calibration=None)
    assert len(state(queue_of(6), 30, config).queue_track_ids) == 6


def test_the_state_of_queued_vehicles_is_bounded() -> None:
    road_view = Road(APPROACH)
    watch = road_view.zones._analyzers[0]._queue
    assert watch is not None
    for n in range(600):
        road_view.update([Vehicle(n // 10, parked(queue_place_m(0)))], n / 4)
        assert len(watch) <= 3
    road_view.update([], 1000)
    assert len(watch) == 0


places = st.lists(st.floats(15, 107), min_size=1, max_size=8, unique_by=lambda x: round(x / 6))


@given(places, st.integers(1, 10**8), st.integers(0, 5000), st.sampled_from([4.0, 8.0]))
@settings(max_examples=12)
def test_ids_time_and_frame_rate_change_nothing(places: list[float], first_id: int, start_s: int, fps: float) -> None:
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
