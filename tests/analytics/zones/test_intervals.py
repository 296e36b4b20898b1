"""Zone measures per interval of the wall clock, and live."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analytics.zones.zones_kit import FREE_MPS, Road, Vehicle, across, camera, parked, road, steady, stopping
from vision.analytics.events import Crossing, ZoneExit
from vision.analytics.zones.control_delay import ControlDelay
from vision.analytics.zones.intervals import ZoneAggregator, ZoneInterval
from vision.analytics.zones.level_of_service import level_of_service
from vision.analytics.zones.live import zones_now
from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig
from vision.config.zones import RoadClass
from vision.contracts import Direction

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def measured(
    vehicles: Sequence[Vehicle], seconds: float, config: CameraConfig, *, fps: float = 5, starts: float = 0
) -> list[ZoneInterval]:
    aggregator = ZoneAggregator(config, began_at=at(starts))
    for scene in Road(config).watch(vehicles, seconds, fps=fps):
        aggregator.add(scene, at(starts + scene.at_s))
    return aggregator.close_all(at(starts + seconds))


PLAIN = camera([road(40, 90, lanes=2, road_class="III")])


def test_intervals_are_aligned_to_the_clock_and_returned_once() -> None:
    aggregator = ZoneAggregator(PLAIN, began_at=at(50))
    intervals = []
    for scene in Road(PLAIN).watch([], 100, fps=1):
        aggregator.add(scene, at(50 + scene.at_s))
        intervals += aggregator.close(at(50 + scene.at_s))
    intervals += aggregator.close_all(at(150))
    assert [interval.start for interval in intervals] == [at(0), at(60), at(120)]
    assert {interval.zone_id for interval in intervals} == {"road"}


def test_an_interval_without_frames_is_returned_too() -> None:
    [interval] = ZoneAggregator(PLAIN, began_at=at(0)).close(at(63))
    assert (interval.measures.mean_present, interval.measures.congestion) == (0, None)


def test_entries_exits_presence_and_speed_are_those_of_the_traffic() -> None:
    cars = [Vehicle(n, steady(10, -60 * n)) for n in range(4)]
    [interval] = measured(cars, 40, PLAIN)
    found = interval.measures
    [presence] = found.presence
    assert (presence.object_class, presence.entries, presence.exits) == ("car", 4, 4)
    assert found.mean_present == pytest.approx(4 * 5 / 40, rel=0.1)
    assert found.max_present == 1
    assert found.time_occupancy_pct == pytest.approx(50, abs=5)
    assert found.space_mean_speed_kmh == pytest.approx(36, rel=0.02)
    assert found.speed_kmh is not None
    assert found.speed_kmh.count == 4
    assert found.speed_kmh.median == pytest.approx(36, rel=0.03)
    assert found.mean_stop_s == 0
    assert found.relative_speed == pytest.approx(10 / FREE_MPS, rel=0.05)


def test_density_is_per_lane_and_calibrated_length() -> None:
    cars = [Vehicle(n, parked(43 + 10 * n), y_m=y) for n, y in enumerate([30, 34, 38, 42])]
    [interval] = measured(cars, 20, PLAIN)
    assert interval.measures.density_veh_km_lane == pytest.approx(4 / 0.05 / 2, rel=0.05)


def test_space_mean_speed_weighs_vehicles_by_their_time_in_the_zone() -> None:
    slow_and_fast = [Vehicle(1, steady(5, 15), y_m=30), Vehicle(2, steady(20, -60), y_m=40)]
    [interval] = measured(slow_and_fast, 20, PLAIN, fps=10)
    edie_kmh = 3.6 * (50 + 50) / (50 / 5 + 50 / 20)
    assert interval.measures.space_mean_speed_kmh == pytest.approx(edie_kmh, rel=0.05)


def test_without_calibration_there_is_no_speed_in_km_h_and_no_density() -> None:
    config = camera([road(40, 90, lanes=2, road_class="III")], calibration=None)
    [interval] = measured([Vehicle(1, steady(10))], 15, config)
    found = interval.measures
    assert (found.space_mean_speed_kmh, found.speed_kmh, found.density_veh_km_lane) == (None, None, None)
    assert found.level_of_service is None
    assert found.relative_speed is not None


def test_level_of_service_is_that_of_the_mean_travel_speed() -> None:
    [interval] = measured([Vehicle(n, steady(8, -40 * n)) for n in range(3)], 25, PLAIN)
    assert interval.measures.level_of_service == "D"


@pytest.mark.parametrize(
    ("speed_mph", "road_class", "level"),
    [(43, "I", "A"), (30, "I", "C"), (16, "I", "F"), (25.5, "IV", "A"), (8, "IV", "E"), (6, "IV", "F")],
)
def test_levels_of_service_are_those_of_the_highway_capacity_manual(
    speed_mph: float, road_class: str, level: str
) -> None:
    assert level_of_service(speed_mph * 1.609344, RoadClass(road_class)) == level


APPROACH = camera([road(10, 112, stop_line="stop")], [across(110, "stop")])


def test_queue_and_control_delay_are_those_of_the_cars_at_the_signal() -> None:
    cars = [Vehicle(n, stopping(106.75 - 7 * n, stops_s=10 + 2 * n, starts_s=30 + 1.5 * n)) for n in range(5)]
    [interval] = measured(cars, 55, APPROACH, fps=8)
    queue = interval.measures.queue
    assert queue is not None
    assert queue.max_veh == 5
    assert queue.max_length_m == pytest.approx(110 - 106.75 + 28 + 2.25, abs=0.6)
    # Each car is stopped for 20 s less half a second for each before it, and loses more in braking and starting.
    assert queue.control_delay_s == pytest.approx(20 - 1 + FREE_MPS / 2.5 / 2 + FREE_MPS / 2 / 2, abs=3)
    assert queue.mean_veh == pytest.approx(sum(20 - 0.5 * n for n in range(5)) / 55, rel=0.15)
    assert queue.spillback_s == 0


def test_control_delay_is_known_whichever_of_crossing_and_exit_comes_first() -> None:
    crossing = Crossing("stop", Direction.IN, ObjectClass.CAR, 7, 30.0, (0.5, 0.5), 0.9)
    left = ZoneExit("road", ObjectClass.CAR, 7, 0.0, 31.0, 100.0, 31.0, 10.0)
    one, other = ControlDelay(), ControlDelay()
    assert one.update([crossing], [], 10.0, 30.5) == []
    assert one.update([], [left], 10.0, 31.5) == [21.0]
    assert other.update([], [left], 10.0, 31.1) == []
    assert other.update([crossing], [], 10.0, 31.2) == [21.0]
    assert (len(one), len(other)) == (0, 0)


def test_the_state_of_control_delays_is_bounded() -> None:
    delays = ControlDelay()
    for n in range(2000):
        delays.update([Crossing("stop", Direction.IN, ObjectClass.CAR, n, n, (0, 0), 0.9)], [], 10.0, float(n))
        delays.update([], [ZoneExit("road", ObjectClass.CAR, -n - 1, 0, n, 9, 9, 0)], 10.0, float(n))
        assert len(delays) <= 130


def test_live_measures_are_those_of_the_last_scene() -> None:
    road_view = Road(APPROACH)
    cars = [Vehicle(n, parked(106.75 - 7 * n)) for n in range(3)]
    *_, scene = road_view.watch(cars, 8, fps=5)
    [now] = zones_now(scene)
    assert (now.zone_id, now.present, now.queue_veh) == ("road", 3, 3)
    assert now.queue_length_m == pytest.approx(3.25 + 14 + 2.25, abs=0.3)
    assert now.speed_kmh is None or now.speed_kmh < 1
    assert now.congestion in {"free", "dense"}


def test_the_intervals_level_is_the_worst_published_one() -> None:
    jam = [Vehicle(n, parked(42 + 7 * (n // 4)), y_m=29 + 4 * (n % 4)) for n in range(28)]
    aggregator = ZoneAggregator(PLAIN, began_at=at(0))
    for scene in Road(PLAIN).watch(jam, 20, fps=4):
        aggregator.add(scene, at(scene.at_s))
    [interval] = aggregator.close_all(at(20))
    assert interval.measures.congestion == "jammed"


@given(st.integers(1, 59), st.sampled_from([4.0, 9.0]))
@settings(max_examples=6)
def test_no_entry_or_exit_is_lost_between_intervals(starts: int, fps: float) -> None:
    cars = [Vehicle(n, steady(12, -30 * n)) for n in range(3)]
    intervals = measured(cars, 20, PLAIN, starts=starts, fps=fps)
    assert sum(p.entries for i in intervals for p in i.measures.presence) == 3
    assert sum(p.exits for i in intervals for p in i.measures.presence) == 3
