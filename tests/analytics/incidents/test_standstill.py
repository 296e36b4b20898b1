"""Stopped vehicles: which are incidents, and which wait, queue or are parked."""

from dataclasses import replace

import numpy as np
import pytest

from tests.analytics.incidents.incidents_road import (
    LANES_M,
    NORTH,
    PAVEMENT,
    SHOULDER,
    SHOULDER_M,
    SIZE,
    Actor,
    Camera,
    Noise,
    Position,
    Trajectory,
    box_m,
    camera,
    detect,
    drives,
    flow,
    halts,
    kinds,
    line_m,
    raised,
    stop_time_s,
)
from vision.analytics.incidents.features.standstill import StandstillTracker
from vision.common.object_class import ObjectClass
from vision.config.incidents import StoppedVehicleConfig

OTHERS = [21.75, 28.75, 32.25]
"""The lanes without the stopped vehicle."""


@pytest.mark.parametrize("calibrated", [True, False])
@pytest.mark.parametrize("object_class", [ObjectClass.CAR, ObjectClass.MOTORCYCLE, ObjectClass.TRUCK])
def test_a_vehicle_that_stops_in_flowing_traffic_is_reported_after_six_seconds(
    object_class: ObjectClass, calibrated: bool
) -> None:
    stops = Actor(halts(25.25, 14, 60, start_s=10), object_class)
    changes = detect(camera(calibrated=calibrated), [stops, *flow(OTHERS)], 40)
    assert kinds(changes) == ["stopped_vehicle"]
    assert changes[0].started_s == pytest.approx(stop_time_s(14, 60, start_s=10), abs=1.2)
    assert changes[0].at_s - stop_time_s(14, 60, start_s=10) < 8
    assert changes[0].evidence.facts["class"] == object_class


def test_a_creeping_vehicle_that_continues_another_standstill_still_creeps() -> None:
    def creeps(t: float) -> Position:
        return (4 + 8 * min(t, 4) + 0.45 * max(t - 4, 0), 25.25)

    view, tracker = Camera(camera(NORTH)), StandstillTracker(camera(NORTH).zones, *SIZE)
    actors = [Actor(creeps, ObjectClass.TRUCK), Actor(halts(25.25, 14, 60, start_s=4))]
    for t in np.arange(0, 24, 1 / 8).tolist():
        scene = view.scene(actors[: 2 if t < 14 else 1], t)
        stopped_since_s = scene.tracks.stopped_since_s.copy()
        if t >= 6:
            stopped_since_s[0] = 5.0 if t < 16 else 10.0
        tracker.update(replace(scene, tracks=replace(scene.tracks, stopped_since_s=stopped_since_s)))
    (standstill,) = tracker.standstills
    assert standstill.since_s == 10.0
    assert not tracker.unexplained


def test_a_stop_on_an_empty_road_is_reported_too() -> None:
    assert kinds(detect(camera(), [Actor(halts(25.25, 14, 60, start_s=10))], 40)) == ["stopped_vehicle"]


def test_the_incident_ends_when_the_vehicle_drives_on() -> None:
    changes = detect(camera(), [Actor(halts(25.25, 14, 60, start_s=10, for_s=20)), *flow(OTHERS)], 70)
    assert [str(c.phase) for c in changes] == ["raised", "ended"]
    assert changes[1].ended_s == pytest.approx(stop_time_s(14, 60, start_s=10) + 20, abs=2)


def test_a_short_halt_is_no_incident() -> None:
    assert kinds(detect(camera(), [Actor(halts(25.25, 14, 60, start_s=10, for_s=4)), *flow(OTHERS)], 40)) == []


def test_a_vehicle_stopped_behind_another_is_no_second_incident() -> None:
    queue = [Actor(halts(25.25, 14, 60 - 7.5 * n, start_s=10 + 3 * n)) for n in range(3)]
    changes = detect(camera(), [*queue, *flow(OTHERS)], 40)
    assert kinds(changes) == ["stopped_vehicle"]
    assert changes[0].at_s - stop_time_s(14, 60, start_s=10) < 10


QUEUE = {
    "lines": [line_m("stop", 110, 20, 110, 34)],
    "incidents": {"sudden_slowdown": {"enabled": False}},
}


def test_a_queue_at_a_stop_line_is_no_incident() -> None:
    waits = [
        Actor(halts(lane, 10, 105 - 7.5 * n, start_s=3 * n + k)) for n in range(4) for k, lane in enumerate(LANES_M)
    ]
    approach = {**NORTH, "polygon": box_m(2, 20, 110, 34), "stop_line": "stop"}
    assert kinds(detect(camera(approach, **QUEUE), waits, 70)) == []


def test_a_queued_vehicle_that_creeps_over_the_stop_line_still_waits() -> None:
    beyond = {"id": "crossing", "polygon": box_m(110, 20, 126, 34)}
    approach = {**NORTH, "polygon": box_m(2, 20, 110, 34), "stop_line": "stop"}
    waits = halts(25.25, 10, 109.2, start_s=2)
    creeps = Actor(lambda t: waits(t) if t < 25 else (min(109.2 + 0.3 * (t - 25), 110.6), 25.25))
    others = flow([21.75, 32.25], until_s=70)
    assert "stopped_vehicle" not in kinds(detect(camera(approach, beyond, **QUEUE), [creeps, *others], 60))


def test_vehicles_that_wait_side_by_side_without_a_stop_line_are_no_incident() -> None:
    waits = [Actor(halts(lane, 10, 90, start_s=2 * k, for_s=30)) for k, lane in enumerate(LANES_M)]
    assert kinds(detect(camera(NORTH, **QUEUE), waits, 70)) == []


def test_motorway_traffic_does_not_pass_a_queue_on_a_slip_road_zone() -> None:
    motorway = {**NORTH, "polygon": box_m(2, 20, 126, 30.5)}
    slip_road = {**NORTH, "id": "slip-road", "polygon": box_m(2, 30.5, 126, 34)}
    waits = [Actor(halts(32.25, 10, 123 - 7.5 * n, start_s=2 * n)) for n in range(6)]
    others = flow([21.75, 25.25, 28.75], until_s=60)
    assert "stopped_vehicle" in kinds(detect(camera(), [*waits, *others], 50))
    assert "stopped_vehicle" not in kinds(detect(camera(motorway, slip_road), [*waits, *others], 50))


def test_a_jam_is_congestion_without_stopped_vehicles() -> None:
    rng = np.random.default_rng(3)

    def crawls(lane: float, x: float) -> Trajectory:
        """Stop and go: three metres, then a stop of a few seconds."""
        begins = np.cumsum(rng.uniform(6, 14, 30))
        times = np.repeat(begins, 2) + np.tile([0.0, 2.0], 30)
        steps = np.repeat(np.arange(31), 2)[1:-1]

        def trajectory(t: float) -> Position | None:
            at = x + 3 * float(np.interp(t, times, steps))
            return (at, lane) if 0 <= at <= 128 else None

        return trajectory

    jam = [Actor(crawls(lane, x)) for lane in LANES_M for x in range(-60, 128, 8)]
    assert set(kinds(detect(camera(), jam, 120))) <= {"congestion"}


def test_a_stop_on_the_shoulder_is_reported_whatever_traffic_does() -> None:
    jam = [Actor(lambda t, x=x, y=y: (x + 0.3 * t, y)) for y in LANES_M for x in range(5, 120, 8)]
    stops = Actor(halts(SHOULDER_M, 10, 60, start_s=5))
    assert "stopped_vehicle" in kinds(detect(camera(), [stops, *jam], 40))


def test_a_vehicle_parked_before_the_analysis_began_is_no_incident() -> None:
    parked = [Actor(lambda t: (60.0, 25.25)), Actor(lambda t: (40.0, SHOULDER_M))]
    assert kinds(detect(camera(), [*parked, *flow(OTHERS)], 60, noise=Noise(jitter=0.03, missed=0.02))) == []


def test_a_bus_may_serve_a_stop() -> None:
    serves = Actor(halts(32.25, 10, 60, start_s=10, for_s=35), ObjectClass.BUS)
    assert kinds(detect(camera(), [serves, *flow([21.75, 25.25, 28.75])], 70)) == []
    broken = Actor(halts(32.25, 10, 60, start_s=10), ObjectClass.BUS)
    assert kinds(detect(camera(), [broken, *flow([21.75, 25.25, 28.75], until_s=100)], 100)) == ["stopped_vehicle"]


def test_a_standing_person_is_no_stopped_vehicle() -> None:
    person = Actor(lambda t: (30 + min(t, 20), 25.25), ObjectClass.PERSON)
    assert "stopped_vehicle" not in kinds(detect(camera(), [person, *flow(OTHERS)], 60))


def test_a_stop_where_stopping_is_banned_is_illegal_stopping_alone() -> None:
    kerb = {"id": "kerb", "polygon": box_m(2, 31, 126, 34), "stopping_banned": True}
    stops = Actor(halts(32.25, 10, 60, start_s=5))
    changes = detect(camera(NORTH, kerb), [stops, *flow([21.75, 25.25, 28.75])], 50)
    assert kinds(changes) == ["illegal_stopping"]
    assert 7 <= changes[0].at_s - stop_time_s(10, 60, start_s=5) < 10


def test_where_stopping_is_banned_a_stop_in_a_jam_counts_and_creeping_does_not() -> None:
    banned = {**NORTH, "stopping_banned": True}
    creep = [Actor(lambda t, x=x, y=y: (x + 0.8 * t, y)) for y in (21.75, 25.25) for x in range(-40, 120, 9)]
    assert set(kinds(detect(camera(banned), creep, 60, fps=5))) <= {"congestion"}
    stopped = Actor(halts(28.75, 8, 60, start_s=5))
    assert "illegal_stopping" in kinds(detect(camera(banned), [stopped, *creep], 60, fps=5))


def test_missed_detections_and_id_switches_make_no_second_incident() -> None:
    noise = Noise(jitter=0.03, missed=0.03, switched=0.005, seed=4)
    changes = detect(camera(), [Actor(halts(25.25, 14, 60, start_s=10)), *flow(OTHERS)], 60, noise=noise)
    assert kinds(changes) == ["stopped_vehicle"]
    assert len(changes[-1].evidence.track_ids) > 1


def test_settings_disable_or_delay_the_rule() -> None:
    stops = Actor(halts(25.25, 14, 60, start_s=10))
    off = {"stopped_vehicle": {"enabled": False}}
    assert kinds(detect(camera(incidents=off), [stops, *flow(OTHERS)], 40)) == []
    patient = {"stopped_vehicle": {"confirm_after": 20}}
    [change] = raised(detect(camera(incidents=patient), [stops, *flow(OTHERS)], 60))
    assert change.at_s - stop_time_s(14, 60, start_s=10) >= 20 - 1
    assert StoppedVehicleConfig().confirm_after.total_seconds() == 6


@pytest.mark.parametrize("fps", [4.0, 8.0, 25.0])
def test_the_frame_rate_makes_little_difference(fps: float) -> None:
    stops = Actor(halts(25.25, 14, 60, start_s=10))
    [change] = raised(detect(camera(), [stops, *flow(OTHERS)], 40, fps=fps))
    assert change.at_s - stop_time_s(14, 60, start_s=10) == pytest.approx(6, abs=1.5)


def test_a_stop_is_reported_in_its_own_zone() -> None:
    stops = Actor(halts(SHOULDER_M, 10, 60, start_s=5))
    changes = detect(camera(NORTH, SHOULDER, PAVEMENT), [stops, Actor(drives(41, 1), ObjectClass.PERSON)], 30)
    assert kinds(changes) == ["stopped_vehicle"]
    assert changes[0].evidence.zone_id == "shoulder"
