"""What a suspected collision is told from where tracks are lost, taken over, cut off by the picture or leap."""

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
    """One brakes hard, the next runs into him at `HIT_S`."""
    return halts(25.25, 14, 60, start_s=8, braking=9), halts(25.25, 14, 55.4, start_s=8.6, braking=60)


def comes_in_at_the_edge() -> list[Actor]:
    """Who runs into another comes into the picture just before."""
    first, hit_s = halts(25.25, 8, 9.7, start_s=10, braking=7), 12.3
    return [Actor(first), Actor(lambda t: None if t < hit_s - 0.3 else (min(5.1 + 12 * (t - hit_s), 5.1), 25.25))]


def taken_over() -> list[Actor]:
    """One that drives past gets the id of who ran into another, who gets his."""
    first, second = runs_into()
    meets_s = HIT_S + 4.5
    passes = drives(21.75, 2.5, start_s=meets_s - 55.4 / 2.5)
    return [
        Actor(first),
        Actor(lambda t: second(t) if t < meets_s else passes(t)),
        Actor(lambda t: passes(t) if t < meets_s else second(t)),
    ]


def hidden() -> list[Actor]:
    """Both are out of sight for a while, and have other ids then."""
    ways, lost_s = runs_into(), HIT_S + 3.5
    before = [Actor(lambda t, trajectory=trajectory: trajectory(t) if t < lost_s else None) for trajectory in ways]  # type: ignore[misc]
    after = [Actor(lambda t, trajectory=trajectory: trajectory(t) if t > lost_s + 2.6 else None) for trajectory in ways]  # type: ignore[misc]
    return [*before, *after]


def rests_under_another_id() -> list[Actor]:
    """Who has run into another stands for a while before his id leaps on, and has another after a while."""
    first, second = runs_into()
    return [
        Actor(lambda t: first(t) if t < HIT_S - 0.3 else None),
        Actor(lambda t: second(t) if t < HIT_S + 1.2 else (60, 25.25)),
        Actor(lambda t: second(t) if t >= HIT_S + 2.6 else None),
    ]


@pytest.mark.parametrize("crash", [comes_in_at_the_edge, taken_over, hidden, rests_under_another_id])
def test_vehicles_that_came_to_stand_touching_are_a_collision_whatever_becomes_of_their_tracks(
    crash: Callable[[], list[Actor]],
) -> None:
    changes = detect(camera(NORTH), [*crash(), *flow(OTHERS[1:])], 40)
    assert kinds(changes) == ["collision"]


def test_who_waits_close_behind_one_that_was_stopped_alone_does_not_collide() -> None:
    alone = halts(25.25, 14, 60, start_s=8, braking=15)
    waits = halts(25.25, 10, 55.4, start_s=7.6, braking=2.5)
    assert "collision" not in kinds(detect(camera(NORTH), [Actor(alone), Actor(waits), *flow(OTHERS)], 40))


@pytest.mark.parametrize("leaps", [False, True])
def test_a_leap_to_another_vehicle_is_no_course_that_crosses(leaps: bool) -> None:
    across = halts(0, 8, 25.25, start_s=14 - stop_time_s(8, 25.25))
    meets = [
        Actor(halts(25.25, 10, 60, start_s=14 - stop_time_s(10, 60))),
        Actor(lambda t: None if (place := across(t)) is None else (61, place[0]), ObjectClass.MOTORCYCLE),
        *flow(OTHERS[1:]),
    ]
    seen, watch = Camera(camera(NORTH)), IncidentDetector(camera(NORTH), *SIZE)
    changes: list[IncidentChange] = []
    for t in np.arange(0, 40, 0.125).tolist():
        scene = seen.scene(meets, t)
        crossing = scene.tracks.track_id[scene.tracks.class_id == ObjectClass.MOTORCYCLE.class_id].tolist()
        changes += watch.update(replace(scene, switched=tuple(crossing) if leaps and t == 13 else ()))
    assert ("collision" in kinds(changes)) is not leaps


def test_who_comes_in_from_below_the_picture_is_not_seen_to_stay_at_its_edge_until_his_foot_is_in_sight() -> None:
    seen, past = Camera(camera(NORTH)), TrackHistory(*SIZE, forget_after_s=10)
    comes = Actor(lambda t: (40, 73 - 3 * t))
    for t in np.arange(0, 3, 0.1).tolist():
        past.update(seen.scene([comes], t).tracks, t)
    ways_m = -np.diff(past.braking_estimate(0).observed_m[:, 1])
    assert len(ways_m) > 10
    assert ways_m.min() > 0.25
