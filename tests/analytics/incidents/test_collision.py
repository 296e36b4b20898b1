"""Suspected collisions with lost, taken-over, truncated and switched tracks."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.analytics.incidents.incidents_road import (
    NORTH,
    SIZE,
    Actor,
    Camera,
    Trajectory,
    camera,
    detect,
    drives,
    flow,
    halts,
    kinds,
    stop_time_s,
)
from vision.analytics.incidents import IncidentChange, IncidentDetector
from vision.analytics.incidents.features.track_history import TrackHistory
from vision.common.object_class import ObjectClass

OTHERS = [21.75, 28.75, 32.25]
HIT_S = 8.6 + 55.4 / 14


def runs_into() -> tuple[Trajectory, Trajectory]:
    """One brakes hard, the next runs into it at `HIT_S`."""
    return halts(25.25, 14, 60, start_s=8, braking=9), halts(25.25, 14, 55.4, start_s=8.6, braking=60)


def enters_at_the_edge() -> list[Actor]:
    """The vehicle that runs into another enters the picture just before."""
    first, hit_s = halts(25.25, 8, 9.7, start_s=10, braking=7), 12.3
    return [Actor(first), Actor(lambda t: None if t < hit_s - 0.3 else (min(5.1 + 12 * (t - hit_s), 5.1), 25.25))]


def taken_over() -> list[Actor]:
    """A passing vehicle and the one that ran into another swap their ids."""
    first, second = runs_into()
    meets_s = HIT_S + 4.5
    passes = drives(21.75, 2.5, start_s=meets_s - 55.4 / 2.5)
    return [
        Actor(first),
        Actor(lambda t: second(t) if t < meets_s else passes(t)),
        Actor(lambda t: passes(t) if t < meets_s else second(t)),
    ]


def occluded() -> list[Actor]:
    """Both are occluded for a while, and have other ids then."""
    trajectories, lost_s = runs_into(), HIT_S + 3.5
    before = [Actor(lambda t, at=at: at(t) if t < lost_s else None) for at in trajectories]  # type: ignore[misc]
    after = [Actor(lambda t, at=at: at(t) if t > lost_s + 2.6 else None) for at in trajectories]  # type: ignore[misc]
    return [*before, *after]


def stops_under_another_id() -> list[Actor]:
    """The id of the vehicle that ran into another switches to that one, and it gets a new id after a while."""
    first, second = runs_into()
    return [
        Actor(lambda t: first(t) if t < HIT_S - 0.3 else None),
        Actor(lambda t: second(t) if t < HIT_S + 1.2 else (60, 25.25)),
        Actor(lambda t: second(t) if t >= HIT_S + 2.6 else None),
    ]


@pytest.mark.parametrize("crash", [enters_at_the_edge, taken_over, occluded, stops_under_another_id])
def test_vehicles_stopped_in_contact_are_a_collision_whatever_their_tracks_do(
    crash: Callable[[], list[Actor]],
) -> None:
    changes = detect(camera(NORTH), [*crash(), *flow(OTHERS[1:])], 40)
    assert kinds(changes) == ["collision"]


def test_waiting_close_behind_a_vehicle_that_stopped_alone_is_no_collision() -> None:
    alone = halts(25.25, 14, 60, start_s=8, braking=15)
    waits = halts(25.25, 10, 55.4, start_s=7.6, braking=2.5)
    assert "collision" not in kinds(detect(camera(NORTH), [Actor(alone), Actor(waits), *flow(OTHERS)], 40))


@pytest.mark.parametrize("switches", [False, True])
def test_an_id_switch_is_no_crossing_course(switches: bool) -> None:
    across = halts(0, 8, 25.25, start_s=14 - stop_time_s(8, 25.25))
    meets = [
        Actor(halts(25.25, 10, 60, start_s=14 - stop_time_s(10, 60))),
        Actor(lambda t: None if (position := across(t)) is None else (61, position[0]), ObjectClass.MOTORCYCLE),
        *flow(OTHERS[1:]),
    ]
    observer, detector = Camera(camera(NORTH)), IncidentDetector(camera(NORTH), *SIZE)
    changes: list[IncidentChange] = []
    for t in np.arange(0, 40, 0.125).tolist():
        scene = observer.scene(meets, t)
        crossing = scene.tracks.track_id[scene.tracks.class_id == ObjectClass.MOTORCYCLE.class_id].tolist()
        changes += detector.update(replace(scene, switched=tuple(crossing) if switches and t == 13 else ()))
    assert ("collision" in kinds(changes)) is not switches


def test_a_vehicle_entering_from_below_does_not_seem_stopped_at_the_edge() -> None:
    observer, history = Camera(camera(NORTH)), TrackHistory(*SIZE, forget_after_s=10)
    comes = Actor(lambda t: (40, 73 - 3 * t))
    for t in np.arange(0, 3, 0.1).tolist():
        history.update(observer.scene([comes], t).tracks, t)
    steps_m = -np.diff(history.braking_estimate(0).observed_m[:, 1])
    assert len(steps_m) > 10
    assert steps_m.min() > 0.25
