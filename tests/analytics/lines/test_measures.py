"""Measures at lines: speeds, headways, gaps, flow in passenger car units."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analytics.zones.zones_kit import Road, Vehicle, across, camera, steady
from vision.analytics import Crossing, FlowAggregator
from vision.analytics.lines.live import LiveLines
from vision.analytics.lines.measures import harmonic_mean, measures_of, passenger_car_units
from vision.analytics.statistics import percentiles
from vision.common.object_class import ObjectClass
from vision.config.measures import EquivalentsConfig, FactorTable
from vision.contracts import Direction, FlowQuality
from vision.contracts.measures import DirectionMeasures, LineMeasures

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLAIN = EquivalentsConfig()


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def quality(watched_s: float = 60.0) -> FlowQuality:
    return FlowQuality(watched_s=watched_s, blind_s=max(0.0, 60 - watched_s), effective_fps=12, frames_dropped=0)


def crossing(
    at_s: float,
    *,
    object_class: ObjectClass = ObjectClass.CAR,
    speed_kmh: float | None = 36.0,
    passage_s: float | None = 0.5,
    direction: Direction = Direction.IN,
) -> Crossing:
    front_s = None if passage_s is None else at_s
    return Crossing("l", direction, object_class, 1, at_s, (0.5, 0.5), 0.9, speed_kmh, False, passage_s, front_s)


def measures_for(
    crossings: Sequence[Crossing], *, watched_s: float = 60.0, length: timedelta = MINUTE
) -> list[LineMeasures]:
    flow = FlowAggregator(["l"], length, began_at=NOON)
    for passing in crossings:
        flow.add(passing, at(passing.at_s))
    last_s = max((c.at_s for c in crossings), default=0.0)
    return [measures_of(f, quality(watched_s), PLAIN) for f in flow.close_all(at(last_s))]


def direction_in(measures: LineMeasures) -> DirectionMeasures:
    [found] = [d for d in measures.directions if d.direction == "in"]
    return found


def crossings_of(vehicles: Sequence[Vehicle], seconds: float, **more: object) -> list[Crossing]:
    config = camera((), [across(64.0, "l")], **more)
    return [c for scene in Road(config).watch(vehicles, seconds, fps=12) for c in scene.crossings]


def test_a_crossing_has_the_vehicles_speed_passage_time_and_front() -> None:
    [passing] = crossings_of([Vehicle(1, steady(12))], 8)
    assert passing.speed_kmh == pytest.approx(43.2, rel=0.01)
    assert passing.passage_s == pytest.approx(4.5 / 12, rel=0.01)
    assert passing.at_s == pytest.approx(64 / 12, abs=0.01)
    assert passing.front_at_s == pytest.approx((64 - 2.25) / 12, abs=0.01)


def test_without_calibration_a_crossing_has_a_passage_time_but_no_speed() -> None:
    [passing] = crossings_of([Vehicle(1, steady(12))], 8, calibration=None)
    assert passing.speed_kmh is None
    assert not passing.is_implausible
    assert passing.passage_s is not None


def test_an_implausible_speed_is_dropped_and_counted() -> None:
    [passing] = crossings_of([Vehicle(1, steady(60))], 2.2)
    assert passing.speed_kmh is None
    assert passing.is_implausible
    [measures] = measures_for([passing, crossing(20)])
    assert measures.speeds_dropped == 1
    assert direction_in(measures).vehicles == 2
    assert direction_in(measures).speed_kmh == percentiles(np.array([36.0]))


def test_headway_is_from_front_to_front_and_gap_from_rear_to_front() -> None:
    cars = [Vehicle(n, steady(10, -20 * n)) for n in range(4)]
    [measures] = measures_for(crossings_of(cars, 14))
    found = direction_in(measures)
    assert found.headway_s is not None
    assert found.gap_s is not None
    assert (found.headway_s.count, found.headway_s.mean) == (3, pytest.approx(2.0, abs=0.01))
    assert found.gap_s.median == pytest.approx(2.0 - 0.45, abs=0.01)


def test_the_front_of_a_bus_is_further_ahead_than_that_of_a_motorcycle() -> None:
    bus, motorcycle = (
        Vehicle(1, steady(10), object_class=ObjectClass.BUS),
        Vehicle(2, steady(10, -20), object_class=ObjectClass.MOTORCYCLE),
    )
    found = direction_in(measures_for(crossings_of([bus, motorcycle], 12))[0])
    assert found.headway_s is not None
    assert found.gap_s is not None
    assert found.headway_s.mean == pytest.approx((20 + 5.5 - 0.95) / 10, abs=0.02)
    assert found.gap_s.mean == pytest.approx((20 - 5.5 - 0.95) / 10, abs=0.02)


def test_the_first_headway_refers_to_the_previous_interval() -> None:
    one, two = measures_for([crossing(58.0), crossing(61.0)])
    assert direction_in(one).headway_s is None
    assert direction_in(two).headway_s == percentiles(np.array([3.0]))


def test_headways_are_per_direction() -> None:
    found = measures_for([crossing(1.0), crossing(2.0, direction=Direction.OUT), crossing(4.0)])[0]
    assert direction_in(found).headway_s == percentiles(np.array([3.0]))


def test_a_crossing_that_arrives_late_is_sorted_by_its_time() -> None:
    found = direction_in(measures_for([crossing(1.0), crossing(9.0), crossing(4.0)])[0])
    assert found.headway_s == percentiles(np.array([3.0, 5.0]))


def test_there_is_no_headway_across_an_interruption() -> None:
    flow = FlowAggregator(["l"], MINUTE, began_at=NOON)
    flow.add(crossing(1.0), at(1.0))
    flow.interrupt()
    flow.add(crossing(40.0), at(40.0))
    flow.add(crossing(42.0), at(42.0))
    [closed] = flow.close_all(at(50))
    assert direction_in(measures_of(closed, quality(), PLAIN)).headway_s == percentiles(np.array([2.0]))


def test_the_gap_of_vehicles_abreast_is_zero() -> None:
    found = direction_in(measures_for([crossing(1.0), crossing(1.2)])[0])
    assert found.gap_s == percentiles(np.array([0.0]))


def test_time_mean_speed_is_the_mean_and_space_mean_speed_the_harmonic_mean() -> None:
    found = direction_in(measures_for([crossing(1, speed_kmh=20.0), crossing(2, speed_kmh=60.0)])[0])
    assert found.speed_kmh is not None
    assert found.speed_kmh.mean == 40
    assert found.space_mean_speed_kmh == pytest.approx(30)


def test_rates_refer_to_the_seconds_watched() -> None:
    [measures] = measures_for([crossing(n) for n in range(10)], watched_s=30.0)
    assert direction_in(measures).flow_veh_h == 1200
    [blind] = measures_for([crossing(1.0)], watched_s=0.0)
    assert (direction_in(blind).flow_veh_h, direction_in(blind).pcu_h) == (None, None)


def test_a_report_names_its_factor_tables_and_counts_in_their_units() -> None:
    mixed = [crossing(1, object_class=c) for c in (ObjectClass.CAR, ObjectClass.MOTORCYCLE, ObjectClass.BUS)]
    [measures] = measures_for(mixed, watched_s=3600.0)
    assert (measures.pcu_table, measures.mcu_table) == ("tcxdvn-104-2007-30", "hanoi-mcu-2012")
    assert direction_in(measures).pcu_h == pytest.approx(1 + 0.25 + 3)
    assert direction_in(measures).mcu_h == pytest.approx(3.4 + 1 + 10.5)


def test_a_class_without_a_factor_counts_as_zero() -> None:
    own = EquivalentsConfig(pcu=FactorTable.CUSTOM, custom_pcu={ObjectClass.CAR: 2.0})
    assert passenger_car_units({ObjectClass.CAR: 3, ObjectClass.BUS: 5}, own.pcu_factors()) == 6


def test_no_vehicles_have_no_speed() -> None:
    assert harmonic_mean(np.empty(0)) is None
    assert percentiles(np.array([np.nan])) is None


def test_only_passages_of_open_intervals_are_kept() -> None:
    flow = FlowAggregator(["l"], MINUTE, began_at=NOON)
    for n in range(3600):
        flow.add(crossing(n), at(n))
        flow.close(at(n))
        assert sum(map(len, flow._passages.values())) <= 63
    assert len(flow._leaders) == 1


def test_live_rates_are_those_of_the_last_minute() -> None:
    lines = LiveLines(["l"], PLAIN, began_at=at(0))
    for n in range(300):
        lines.add(crossing(n, speed_kmh=float(n)), at(n))
    [now] = lines.now(at(299.5))
    assert now.into_veh_h == 60 * 60
    assert now.into_pcu_h == 60 * 60
    assert now.out_veh_h == 0
    assert now.speed_kmh == pytest.approx(np.mean(range(240, 300)), abs=0.6)
    assert len(lines) <= 61
    assert lines.now(at(400))[0].into_veh_h == 0


def test_live_rates_start_after_some_seconds_and_again_after_an_interruption() -> None:
    lines = LiveLines(["l"], PLAIN, began_at=at(0))
    lines.add(crossing(2), at(2))
    assert lines.now(at(5))[0].into_veh_h is None
    assert lines.now(at(20))[0].into_veh_h == 180
    lines.interrupt(at(100))
    assert lines.now(at(105))[0].into_veh_h is None
    assert lines.now(at(130))[0].into_veh_h == 0


times = st.lists(st.floats(0, 600).map(lambda s: round(s, 3)), min_size=2, max_size=40, unique=True)


@given(times, st.integers(0, 10**6), st.sampled_from([1, 7, 60, 300]))
def test_headways_add_up_whatever_the_interval_length(times: list[float], hours: int, length_s: int) -> None:
    flow = FlowAggregator(["l"], timedelta(seconds=length_s), began_at=NOON + timedelta(hours=hours))
    for t_s in times:
        flow.add(crossing(t_s), at(t_s) + timedelta(hours=hours))
    closed = flow.close_all(at(max(times)) + timedelta(hours=hours))
    headways = np.concatenate([p.headways_s() for f in closed for p in f.headways.values()])
    assert len(headways) == len(times) - 1
    assert headways.sum() == pytest.approx(max(times) - min(times), abs=1e-3)
