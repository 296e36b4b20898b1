"""Congestion levels: free, dense, congested, jammed, with and without history."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analytics.zones.zones_kit import (
    FREE_MPS,
    Road,
    Vehicle,
    across,
    camera,
    last,
    parked,
    road,
    steady,
    stopping,
)
from vision.analytics.zones.congestion import (
    CONGESTED,
    DENSE,
    FREE,
    JAMMED,
    LEVELS,
    CongestionHysteresis,
    TrafficState,
    level_of,
)
from vision.analytics.zones.free_flow import FreeFlow
from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig
from vision.config.measures import CongestionConfig
from vision.contracts import CongestionLevel

SETTINGS = CongestionConfig()
PLAIN = camera([road(20, 110)])


def flowing(speed_mps: float, spacing_m: float, *, lanes: int = 3, start_s: float = 0.0) -> list[Vehicle]:
    """Lanes of cars at even distances, enough for some minutes."""
    ids = count(1)
    return [
        Vehicle(next(ids), steady(speed_mps, 120 - n * spacing_m, start_s), y_m=30 + 4 * lane)
        for n in range(int(120 / spacing_m) + int(speed_mps * 60 / spacing_m))
        for lane in range(lanes)
    ]


def level(
    vehicles: list[Vehicle], seconds: float, config: CameraConfig = PLAIN, fps: float = 5
) -> CongestionLevel | None:
    return last(Road(config).watch(vehicles, seconds, fps=fps)).zones[0].congestion


def test_no_level_is_published_in_the_first_seconds() -> None:
    assert level([], 4) is None


def test_an_empty_road_is_free() -> None:
    assert level([], 6) == "free"


@pytest.mark.parametrize(
    ("speed_mps", "spacing_m", "expected"),
    [(14, 60, "free"), (8.5, 25, "dense"), (5, 14, "congested"), (1.5, 7.5, "jammed")],
)
def test_the_level_is_right_after_ten_seconds_without_history(
    speed_mps: float, spacing_m: float, expected: str
) -> None:
    assert level(flowing(speed_mps, spacing_m), 10) == expected


@pytest.mark.parametrize(
    ("speed_mps", "spacing_m", "expected"), [(14, 60, "free"), (5, 9, "congested"), (1.5, 7.5, "jammed")]
)
def test_the_level_needs_neither_zones_nor_calibration(speed_mps: float, spacing_m: float, expected: str) -> None:
    road_view = Road(camera(calibration=None))
    last(road_view.watch(flowing(speed_mps, spacing_m), 10, fps=5))
    assert road_view.zones.congestion == expected
    assert road_view.zones.zones == ()


def test_a_few_parked_cars_are_no_congestion() -> None:
    cars = [Vehicle(n, parked(30 + 8 * n), y_m=28) for n in range(5)]
    assert level(cars, 40) == "free"


def test_parked_cars_do_not_slow_the_traffic_that_passes() -> None:
    cars = [Vehicle(1000 + n, parked(30 + 8 * n), y_m=28) for n in range(9)]
    assert level([*cars, *flowing(14, 60, lanes=2)], 30) == "free"


def test_a_road_full_of_cars_that_never_moved_is_jammed() -> None:
    assert level([Vehicle(n, parked(22 + 7 * (n // 4)), y_m=29 + 4 * (n % 4)) for n in range(48)], 8) == "jammed"


def test_without_metres_and_free_flow_congestion_takes_a_fuller_road() -> None:
    slow = flowing(5, 16)
    assert level(slow, 12, camera([road(20, 110)])) == "congested"
    assert level(slow, 12, camera([road(20, 110)], calibration=None)) == "dense"


def test_one_slow_vehicle_is_no_congestion() -> None:
    assert level([Vehicle(1, steady(2, 20))], 30) == "free"


def test_cyclists_are_not_slow_traffic() -> None:
    riders = [Vehicle(n, steady(4, 100 - 8 * n), y_m=29, object_class=ObjectClass.BICYCLE) for n in range(14)]
    assert level(riders, 15) == "free"


def test_slow_traffic_on_a_road_that_is_not_full_is_dense_at_most() -> None:
    assert level(flowing(5, 45), 12) == "dense"


def rise_and_fall(vehicles: Callable[[float], list[Vehicle]], seconds: float) -> Iterator[tuple[float, str]]:
    """When which level was first published."""
    road_view, before = Road(PLAIN), None
    for n in range(int(seconds * 4)):
        scene = road_view.update(vehicles(n / 4), n / 4)
        if scene.zones[0].congestion not in {None, before}:
            before = scene.zones[0].congestion
            yield n / 4, str(before)


def test_a_worse_level_is_published_after_some_time_a_better_one_after_longer() -> None:
    free = flowing(14, 60)
    jam = [Vehicle(9000 + n, parked(22 + 7 * (n // 4)), y_m=29 + 4 * (n % 4)) for n in range(48)]
    levels = list(rise_and_fall(lambda t_s: jam if 40 <= t_s < 120 else free, 190))
    [worst_s] = [t_s for t_s, name in levels if name == "jammed"]
    free_s = [t_s for t_s, name in levels if name == "free"]
    assert 60 <= worst_s <= 72
    assert free_s[0] < 10
    assert 160 <= free_s[-1] <= 180
    assert len(levels) <= 8


STOP = [across(105.0, "stop"), across(30.0, "spill")]
SIGNALLED = camera([road(10, 107, stop_line="stop", spillback_line="spill")], STOP)


def red_light(count_: int, *, starts_s: float = float("inf"), lanes: int = 1) -> list[Vehicle]:
    return [
        Vehicle(
            n * 10 + lane, stopping(101.5 - 7 * n, stops_s=6 + 2.0 * n, starts_s=starts_s + 1.2 * n), y_m=30 + 4 * lane
        )
        for n in range(count_)
        for lane in range(lanes)
    ]


def test_a_red_light_is_not_congestion() -> None:
    levels = {s.zones[0].congestion for s in Road(SIGNALLED).watch(red_light(8, lanes=4, starts_s=70), 110, fps=4)}
    assert levels <= {None, "free", "dense"}


def test_a_queue_that_waits_longer_than_any_red_light_is_congestion() -> None:
    assert level(red_light(8, lanes=4), 175, SIGNALLED, fps=2) in {"congested", "jammed"}


def test_a_queue_that_spills_back_is_congestion() -> None:
    assert level(red_light(12, lanes=4), 70, SIGNALLED, fps=4) in {"congested", "jammed"}


def test_pavements_have_no_congestion_level() -> None:
    assert level(flowing(1.5, 7.5), 12, camera([road(20, 110, kind="pavement")])) is None


def test_the_camera_is_as_congested_as_its_worst_zone() -> None:
    halves = camera([road(5, 60), road(64, 125) | {"id": "far"}])
    jam = [Vehicle(n, parked(66 + 7 * (n // 4)), y_m=29 + 4 * (n % 4)) for n in range(32)]
    road_view = Road(halves)
    scene = last(road_view.watch(jam, 8, fps=5))
    assert [zone.congestion for zone in scene.zones] == ["free", "jammed"]
    assert road_view.zones.congestion == "jammed"


def test_speeds_are_relative_to_the_configured_free_flow_speed() -> None:
    slow_street = camera([road(20, 110)], measures={"congestion": {"free_flow_kmh": 18}})
    assert level(flowing(5, 14), 12, slow_street) in {"free", "dense"}


def test_a_slow_street_is_free_once_its_free_flow_is_learned() -> None:
    learned = FreeFlow()
    road_view = Road(PLAIN, free_flow=learned)
    last(road_view.watch([Vehicle(n, steady(6, -30 * n)) for n in range(60)], 320, fps=3))
    speed_mps = learned.speed_mps("road", FREE_MPS)
    assert speed_mps < 9
    assert level_of(TrafficState(5.5 / speed_mps, 0.1, 8), SETTINGS, min_vehicles=3) <= DENSE


def test_the_level_rises_as_traffic_slows() -> None:
    levels = [
        level_of(TrafficState(relative / 100, 0.15, 10), SETTINGS, min_vehicles=3) for relative in range(100, 0, -1)
    ]
    assert levels == sorted(levels)
    assert set(levels) == {FREE, DENSE, CONGESTED, JAMMED}


def test_a_full_road_that_flows_is_dense() -> None:
    assert level_of(TrafficState(0.9, 0.25, 20), SETTINGS, min_vehicles=3) == DENSE


def test_a_crowd_that_is_stopped_is_jammed_at_any_occupancy() -> None:
    assert level_of(TrafficState(0.0, 0.01, 6, stopped_share=0.95), SETTINGS, min_vehicles=3) == JAMMED


def test_a_crowd_that_creeps_is_congested_at_low_occupancy() -> None:
    assert level_of(TrafficState(0.15, 0.04, 6, stopped_share=0.6), SETTINGS, min_vehicles=3) >= CONGESTED
    assert level_of(TrafficState(0.15, 0.04, 4, stopped_share=0.6), SETTINGS, min_vehicles=3) == DENSE
    assert (
        level_of(TrafficState(0.15, 0.04, 6, stopped_share=0.6), SETTINGS, min_vehicles=3, critical_occupancy=0.1)
        == DENSE
    )


def published(levels: list[int], *, fps: float = 2, start_s: float = 0.0) -> list[str | None]:
    hysteresis = CongestionHysteresis(SETTINGS)
    over_time = []
    for n, now in enumerate(levels):
        hysteresis.update(now, now, start_s + n / fps)
        over_time.append(hysteresis.level)
    return over_time


def test_a_level_that_alternates_is_not_published_again_and_again() -> None:
    levels = published([FREE] * 60 + [JAMMED, FREE] * 200)
    assert set(levels[60:]) == {"free"}


def test_time_without_frames_does_not_count_for_a_level() -> None:
    hysteresis = CongestionHysteresis(SETTINGS)
    for n in range(60):
        hysteresis.update(FREE, FREE, n / 2)
    hysteresis.update(JAMMED, JAMMED, 30.0)
    hysteresis.update(JAMMED, JAMMED, 90.0)
    assert hysteresis.level == "free"


runs = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 60)), min_size=1, max_size=12)


@given(runs, st.integers(0, 10**5))
def test_shifting_time_changes_no_level(runs: list[tuple[int, int]], start_s: int) -> None:
    levels = [n for n, seconds in runs for _ in range(seconds * 2)]
    assert published(levels) == published(levels, start_s=start_s)


@given(runs)
def test_the_frame_rate_changes_no_level(runs: list[tuple[int, int]]) -> None:
    slow = published([n for n, seconds in runs for _ in range(seconds * 2)], fps=2)
    fast = published([n for n, seconds in runs for _ in range(seconds * 8)], fps=8)
    assert slow[-1] == fast[-1] or runs[-1][1] in {2, 5, 10, 20, 40}


@given(runs)
def test_a_level_that_lasts_is_published(runs: list[tuple[int, int]]) -> None:
    levels = [n for n, seconds in runs for _ in range(seconds * 2)]
    assert published([*levels, *[CONGESTED] * 100])[-1] == LEVELS[CONGESTED]


def test_the_slower_a_crowd_is_the_lower_the_occupancy_it_takes_to_be_congested() -> None:
    def congested(
        relative_speed: float, occupancy: float, vehicles: float = 20, critical_occupancy: float = 0.065
    ) -> bool:
        return (
            level_of(
                TrafficState(relative_speed, occupancy, vehicles),
                SETTINGS,
                min_vehicles=3,
                critical_occupancy=critical_occupancy,
            )
            > DENSE
        )

    assert congested(0.25, 0.02)
    assert not congested(0.45, 0.02)
    assert congested(0.45, 0.06)
    assert not congested(0.25, 0.02, vehicles=4)
    assert not congested(0.25, 0.02, critical_occupancy=0.0975)
