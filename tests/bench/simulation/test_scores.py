"""Matching alarms with expected incidents, adding scores up, and planning episodes."""

from dataclasses import replace

import numpy as np
import pytest

from tests.bench.simulation.simulation_kit import Driver, recording
from vision.bench.simulation.episodes import DEMAND_SHARES, plan
from vision.bench.simulation.evaluation.matching import match
from vision.bench.simulation.evaluation.scoring import SCORED_KINDS, Score, report_json, score, total
from vision.bench.simulation.ground_truth.expected import ExpectedIncident
from vision.bench.simulation.ground_truth.truth import GroundTruth
from vision.bench.simulation.roads import ROADS
from vision.bench.simulation.sensor.noise_levels import CLEAN
from vision.bench.simulation.simulate import CompletedAct
from vision.bench.simulation.system_under_test import Alarm, CountedCrossing, SystemOutput, run_system
from vision.contracts import Direction
from vision.contracts import IncidentKind as Kind

CAMERA_M = (140.0, -16.0)
INCIDENT = ExpectedIncident(Kind.STOPPED_VEHICLE, 10, 40, np.array([10.0, 40.0]), np.array([[200.0, -5], [200, -5]]))
ZONE_INCIDENT = ExpectedIncident(Kind.CONGESTION, 30, 90, np.array([10.0, 90.0]), np.zeros((2, 2)), "north")
ALARM = Alarm(Kind.STOPPED_VEHICLE, 1, 16, 10, (203, -6), "carriageway", "a car has stopped")


def test_an_alarm_of_the_same_kind_time_and_place_detects_the_incident() -> None:
    result = match([INCIDENT], [], [ALARM], CAMERA_M)
    assert result.detected == [(INCIDENT, ALARM)]
    assert result.missed + result.false + result.repeated == []


@pytest.mark.parametrize(
    "off",
    [{"kind": Kind.WRONG_WAY}, {"at_s": 7.0}, {"at_s": 71.0}, {"place_m": (245, -5)}, {"place_m": None}],
    ids=["kind", "early", "late", "place", "nowhere"],
)
def test_an_alarm_of_another_kind_time_or_place_does_not_detect_the_incident(off: dict[str, object]) -> None:
    alarm = replace(ALARM, **off)
    result = match([INCIDENT], [], [alarm], CAMERA_M)
    assert result.missed == [INCIDENT]
    assert result.false == [alarm] or (result.excused == [alarm])
    assert alarm not in [a for _, a in result.detected]


def test_a_second_alarm_of_the_same_incident_is_repeated_not_false() -> None:
    again = replace(ALARM, number=2, at_s=30, place_m=(185, -5))
    result = match([INCIDENT], [], [again, ALARM], CAMERA_M)
    assert result.detected == [(INCIDENT, ALARM)]
    assert result.repeated == [again]


def test_an_alarm_of_a_borderline_case_is_neither_right_nor_wrong() -> None:
    assert match([], [INCIDENT], [ALARM], CAMERA_M).excused == [ALARM]
    assert match([], [], [ALARM], CAMERA_M).false == [ALARM]


def test_an_alarm_of_a_zone_needs_the_zone_and_no_place() -> None:
    alarm = Alarm(Kind.CONGESTION, 1, 25, 20, None, "north", "jammed")
    assert match([ZONE_INCIDENT], [], [alarm], CAMERA_M).detected
    assert not match([ZONE_INCIDENT], [], [replace(alarm, zone_id="south")], CAMERA_M).detected


def test_scores_add_up_and_rates_are_per_camera_day() -> None:
    part = Score(hours=12, quiet_hours=12, detection_delays_s={"wrong_way": [1.0, 3.0]})
    part.missed["wrong_way"] = 2
    part.quiet_false["wrong_way"] = part.false["wrong_way"] = 1
    whole = report_json(total([part, part]))
    row = whole["kinds"]["wrong_way"]
    assert (row["events"], row["detection_rate"], row["median_ttd_s"]) == (8, 0.5, 2.0)
    assert row["false_alarms_per_camera_day"] == 2.0
    assert whole["camera_hours"] == 24
    assert set(whole["kinds"]) == {k.value for k in SCORED_KINDS}


def test_errors_of_measures_are_relative_to_the_truth() -> None:
    measured = report_json(Score(speed_errors=[0.1, -0.2], queue_errors=[(3, 4), (8, 8)], flows=[(98, 100), (51, 50)]))[
        "measures"
    ]
    assert measured["speed_mae_pct"] == 15
    assert measured["queue_mae_veh"] == 0.5
    assert measured["flow_error_pct"] == 2


def test_a_plan_has_the_incidents_of_each_kind_and_the_quiet_hours_asked_for() -> None:
    episodes = plan(events=5, hours=12, seed=3)
    attempts = dict.fromkeys(SCORED_KINDS, 0.0)
    for episode in episodes:
        for index in episode.incidents:
            incident = episode.place.incidents[index]
            attempts[incident.kind] += incident.success_rate
            assert episode.demand in incident.demands
    assert all(5 <= n < 6 for n in attempts.values())
    quiet = [e for e in episodes if not e.incidents]
    assert sum(e.duration_s for e in quiet) / 3600 == pytest.approx(12, rel=0.01)
    assert {e.demand for e in quiet} == set(DEMAND_SHARES)
    assert {(e.road, e.mix) for e in quiet} == {(r, m) for r in ROADS for m in ("cars", "motorcycles")}


def test_the_same_seed_gives_the_same_plan_and_scripts() -> None:
    one, same, other = (plan(events=2, hours=1, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert [e.job() for e in one] == [e.job() for e in same]
    assert [e.job() for e in one] != [e.job() for e in other]


def test_names_of_episodes_are_unique() -> None:
    names = [e.name for e in plan(events=30, hours=30, seed=1)]
    assert len(set(names)) == len(names)


def test_a_missed_crossing_does_not_take_the_match_of_another() -> None:
    road = ROADS["motorway"]
    speeds_mps = (20.0, 10.0, 25.0, 12.0)
    drivers = [
        Driver((195 - 5 * v, -5.0), (1.0, 0.0), ((0, v),), from_s=1.2 * n) for n, v in enumerate(speeds_mps, start=2)
    ]
    truth = GroundTruth(recording(drivers, 20), road, road.sites[0])
    first, *others = truth.bottom_center_crossings
    counted = [CountedCrossing(c.line_id, Direction.IN, c.at_s + 0.1, c.along, c.speed_kmh) for c in others]
    scored, _ = score(truth, SystemOutput(crossings=counted), is_quiet=True)
    assert first.speed_kmh == pytest.approx(72)
    assert scored.flows == [(3, 4)]
    assert scored.speed_errors == pytest.approx([0, 0, 0], abs=1e-3)


def test_the_analytics_detect_a_stopped_car_without_noise() -> None:
    road = ROADS["motorway"]
    stops = Driver((150, -8.75), (1.0, 0.0), ((0, 20), (3, 0), (33, 10)))
    flow = [Driver((130, -1.75), (1.0, 0.0), ((0, 20),), from_s=2.0 * n) for n in range(20)]
    recorded = recording([stops, *flow], 40, acts=(CompletedAct("stopped_vehicle", 3, 33, (0,)),))
    outputs = [
        run_system(recorded, road, road.sites[0], CLEAN, is_calibrated=True, real_tracker=is_real, seed=1)
        for is_real in (False, True)
    ]
    scored, matches = score(GroundTruth(recorded, road, road.sites[0]), outputs[0], is_quiet=False)
    assert [incident.kind for incident, _ in matches.detected] == [Kind.STOPPED_VEHICLE]
    assert matches.missed + matches.false == []
    assert scored.detection_delays_s["stopped_vehicle"][0] < 10
    ((counted, passed),) = scored.flows
    assert passed == 17
    assert abs(counted - passed) <= 1
    assert [alarm.kind for alarm in outputs[1].alarms] == [Kind.STOPPED_VEHICLE]
