"""Alarms are matched with events as a fair judge would, and scores add up."""

from dataclasses import replace

import numpy as np
import pytest

from tests.bench.simulation.simulation_kit import Driver, recording
from vision.bench.simulation.episodes import DAY, plan
from vision.bench.simulation.evaluation.matching import match
from vision.bench.simulation.evaluation.scoring import TRAJECTORY_KINDS, Score, report_json, score, total
from vision.bench.simulation.ground_truth.expected import Event
from vision.bench.simulation.ground_truth.truth import Truth
from vision.bench.simulation.roads import ROADS
from vision.bench.simulation.sensor.noise_levels import CLEAN
from vision.bench.simulation.simulate import Done
from vision.bench.simulation.system_under_test import Crossed, Raised, Watched, watch
from vision.contracts import Direction
from vision.contracts import IncidentKind as Kind

CAMERA_M = (140.0, -16.0)
EVENT = Event(Kind.STOPPED_VEHICLE, 10, 40, np.array([10.0, 40.0]), np.array([[200.0, -5], [200, -5]]))
ZONE_EVENT = Event(Kind.CONGESTION, 30, 90, np.array([10.0, 90.0]), np.zeros((2, 2)), "north")
ALARM = Raised(Kind.STOPPED_VEHICLE, 1, 16, 10, (203, -6), "carriageway", "a car stands")


def test_an_alarm_of_the_kind_at_the_time_and_place_notices_the_event() -> None:
    result = match([EVENT], [], [ALARM], CAMERA_M)
    assert result.noticed == [(EVENT, ALARM)]
    assert result.missed + result.false + result.repeated == []


@pytest.mark.parametrize(
    "off",
    [{"kind": Kind.WRONG_WAY}, {"at_s": 7.0}, {"at_s": 71.0}, {"place_m": (245, -5)}, {"place_m": None}],
    ids=["kind", "early", "late", "place", "nowhere"],
)
def test_an_alarm_of_another_kind_time_or_place_is_false_and_the_event_missed(off: dict[str, object]) -> None:
    alarm = replace(ALARM, **off)
    result = match([EVENT], [], [alarm], CAMERA_M)
    assert result.missed == [EVENT]
    assert result.false == [alarm] or (result.excused == [alarm])
    assert alarm not in [a for _, a in result.noticed]


def test_a_second_alarm_of_the_same_event_is_repeated_not_false() -> None:
    again = replace(ALARM, number=2, at_s=30, place_m=(185, -5))
    result = match([EVENT], [], [again, ALARM], CAMERA_M)
    assert result.noticed == [(EVENT, ALARM)]
    assert result.repeated == [again]


def test_an_alarm_in_an_excuse_is_neither_right_nor_wrong() -> None:
    assert match([], [EVENT], [ALARM], CAMERA_M).excused == [ALARM]
    assert match([], [], [ALARM], CAMERA_M).false == [ALARM]


def test_a_zones_affair_is_noticed_in_its_zone_wherever_it_is_told() -> None:
    alarm = Raised(Kind.CONGESTION, 1, 25, 20, None, "north", "jammed")
    assert match([ZONE_EVENT], [], [alarm], CAMERA_M).noticed
    assert not match([ZONE_EVENT], [], [replace(alarm, zone_id="south")], CAMERA_M).noticed


def test_scores_add_up_and_rates_are_per_camera_day() -> None:
    part = Score(hours=12, quiet_hours=12, noticed_s={"wrong_way": [1.0, 3.0]})
    part.missed["wrong_way"] = 2
    part.quiet_false["wrong_way"] = part.false["wrong_way"] = 1
    whole = report_json(total([part, part]))
    row = whole["kinds"]["wrong_way"]
    assert (row["events"], row["detection_rate"], row["median_ttd_s"]) == (8, 0.5, 2.0)
    assert row["false_alarms_per_camera_day"] == 2.0
    assert whole["camera_hours"] == 24
    assert set(whole["kinds"]) == {k.value for k in TRAJECTORY_KINDS}


def test_measures_errors_are_parts_of_the_truth() -> None:
    measured = report_json(Score(speed_errors=[0.1, -0.2], queue_errors=[(3, 4), (8, 8)], flows=[(98, 100), (51, 50)]))[
        "measures"
    ]
    assert measured["speed_mae_pct"] == 15
    assert measured["queue_mae_veh"] == 0.5
    assert measured["flow_error_pct"] == 2


def test_a_plan_has_so_many_attempts_of_each_kind_and_so_many_quiet_hours() -> None:
    episodes = plan(events=5, hours=12, seed=3)
    attempts = dict.fromkeys(TRAJECTORY_KINDS, 0.0)
    for episode in episodes:
        for index in episode.happenings:
            happening = episode.place.happenings[index]
            attempts[happening.kind] += happening.yields
            assert episode.demand in happening.demands
    assert all(5 <= n < 6 for n in attempts.values())
    quiet = [e for e in episodes if not e.happenings]
    assert sum(e.lasts_s for e in quiet) / 3600 == pytest.approx(12, rel=0.01)
    assert {e.demand for e in quiet} == set(DAY)
    assert {(e.road, e.mix) for e in quiet} == {(r, m) for r in ROADS for m in ("cars", "motorcycles")}


def test_the_same_seed_plans_and_scripts_the_same_and_another_does_not() -> None:
    one, same, other = (plan(events=2, hours=1, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert [e.job() for e in one] == [e.job() for e in same]
    assert [e.job() for e in one] != [e.job() for e in other]


def test_names_of_episodes_are_unique() -> None:
    names = [e.name for e in plan(events=30, hours=30, seed=1)]
    assert len(set(names)) == len(names)


def test_a_vehicle_that_was_not_counted_takes_no_others_crossing() -> None:
    road = ROADS["motorway"]
    speeds_mps = (20.0, 10.0, 25.0, 12.0)
    drivers = [
        Driver((195 - 5 * v, -5.0), (1.0, 0.0), ((0, v),), from_s=1.2 * n) for n, v in enumerate(speeds_mps, start=2)
    ]
    truth = Truth(recording(drivers, 20), road, road.sites[0])
    first, *others = truth.seen_crossings
    told = [Crossed(c.line_id, Direction.IN, c.at_s + 0.1, c.along, c.speed_kmh) for c in others]
    scored, _ = score(truth, Watched(crossed=told), is_quiet=True)
    assert first.speed_kmh == pytest.approx(72)
    assert scored.flows == [(3, 4)]
    assert scored.speed_errors == pytest.approx([0, 0, 0], abs=1e-3)


def test_the_products_own_analytics_notice_a_stopped_car_through_a_clean_camera() -> None:
    road = ROADS["motorway"]
    stops = Driver((150, -8.75), (1.0, 0.0), ((0, 20), (3, 0), (33, 10)))
    flow = [Driver((130, -1.75), (1.0, 0.0), ((0, 20),), from_s=2.0 * n) for n in range(20)]
    recorded = recording([stops, *flow], 40, acts=(Done("stopped_vehicle", 3, 33, (0,)),))
    told = [
        watch(recorded, road, road.sites[0], CLEAN, is_calibrated=True, real_tracker=is_real, seed=1)
        for is_real in (False, True)
    ]
    scored, matches = score(Truth(recorded, road, road.sites[0]), told[0], is_quiet=False)
    assert [event.kind for event, _ in matches.noticed] == [Kind.STOPPED_VEHICLE]
    assert matches.missed + matches.false == []
    assert scored.noticed_s["stopped_vehicle"][0] < 10
    ((counted, passed),) = scored.flows
    assert passed == 17
    assert abs(counted - passed) <= 1
    assert [r.kind for r in told[1].raised] == [Kind.STOPPED_VEHICLE]
