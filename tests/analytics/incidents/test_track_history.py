"""Track history: courses, braking, swerves, standstills and ID switches, and what a stitched track continues."""

import numpy as np
import pytest

from tests.analytics.incidents.incidents_road import (
    NORTH,
    SIZE,
    Actor,
    Camera,
    Noise,
    Position,
    Trajectory,
    camera,
    detect,
    drives,
    halts,
    kinds,
    stop_time_s,
)
from vision.analytics.incidents.conditions import SustainedConditions
from vision.analytics.incidents.features.track_history import TrackHistory
from vision.analytics.kinematics.state import Bools
from vision.common.object_class import ObjectClass


def history_of(
    trajectory: Trajectory,
    end_s: float,
    *,
    fps: float = 10,
    noise: Noise | None = None,
    object_class: ObjectClass = ObjectClass.CAR,
) -> TrackHistory:
    """The history of a single vehicle."""
    return history_and_braking(trajectory, end_s, fps=fps, noise=noise, object_class=object_class)[0]


def history_and_braking(
    trajectory: Trajectory,
    end_s: float,
    *,
    fps: float = 10,
    noise: Noise | None = None,
    object_class: ObjectClass = ObjectClass.CAR,
) -> tuple[TrackHistory, float]:
    """The same, with the estimated deceleration."""
    view, history = Camera(camera(NORTH), noise), TrackHistory(*SIZE, 5.0)
    for t in np.arange(0, end_s, 1 / fps).tolist():
        scene = view.scene([Actor(trajectory, object_class)], t)
        history.update(scene.tracks, t, scene.stitched)
    since_s, course = float(scene.tracks.stopped_since_s[0]), history.courses(np.array([0]))[0]
    return history, history.braking_estimate(0).min_deceleration_mps2(since_s, scene.tracks.ground_m[0], course)


@pytest.mark.parametrize("fps", [4.0, 10.0, 25.0])
def test_a_stopped_vehicle_keeps_its_course_and_deceleration(fps: float) -> None:
    hard, hard_mps2 = history_and_braking(halts(25.25, 14, 60, braking=9), 20, fps=fps)
    _, soft_mps2 = history_and_braking(halts(25.25, 14, 60, braking=2.5), 20, fps=fps)
    assert hard.heading[0] == pytest.approx([1, 0], abs=0.05)
    assert hard_mps2 == pytest.approx(9, rel=0.3)
    assert soft_mps2 == pytest.approx(2.5, rel=0.3)
    assert hard.driving_time_s(np.array([0]), 3.0)[0] > 2


def test_a_sustained_speed_differs_from_the_jitter_of_a_box() -> None:
    walks = drives(25.25, 1.5)

    def jitters(t: float) -> Position | None:
        place = walks(t)
        return None if place is None else (place[0] + 1.5 * np.sin(2.5 * t), place[1])

    assert history_of(jitters, 20).recent_max_speed_mps(np.array([0]))[0] > 4.0
    assert history_of(jitters, 20).max_sustained_speed_mps[0] < 3.5
    assert history_of(drives(25.25, 6), 20).max_sustained_speed_mps[0] == pytest.approx(6, rel=0.05)


def test_a_swerve_is_measured_and_a_bend_is_none() -> None:
    def swerves(t: float) -> Position:
        return (10 * t, 22.0) if t < 4 else (40 + 3 * (t - 4), 22 + 9 * (t - 4))

    def bends(t: float) -> Position:
        return 60 * np.sin(t / 8), 60 - 50 * np.cos(t / 8)

    assert history_of(swerves, 5.2).braking_estimate(0).max_heading_change_deg() > 45
    assert history_of(bends, 6).braking_estimate(0).max_heading_change_deg() < 20


def test_a_stitched_track_continues_the_history() -> None:
    switched = Noise(switched=0.05, seed=3)
    history, braked_mps2 = history_and_braking(halts(25.25, 14, 60, braking=9), 20, noise=switched)
    assert braked_mps2 > 6.0
    assert history.heading[0] == pytest.approx([1, 0], abs=0.05)


def test_a_settled_standstill_continues_under_a_new_id_after_a_long_gap() -> None:
    stops = halts(25.25, 14, 60, start_s=2)

    def occluded(t: float) -> Position | None:
        return None if 25 < t < 33 else stops(t)

    assert kinds(detect(camera(NORTH), [Actor(occluded)], 60)) == ["stopped_vehicle"]


def test_the_history_of_a_track_is_forgotten_with_it() -> None:
    history, conditions = TrackHistory(*SIZE, 5.0), SustainedConditions()
    view = Camera(camera(NORTH), Noise(switched=0.5))
    actors = [Actor(drives(20 + n, 8, start_s=n), ObjectClass.MOTORCYCLE) for n in range(8)]
    for n in range(400):
        motion = view.scene(actors, n / 8).tracks
        history.update(motion, n / 8)
        conditions.update(motion, np.ones(len(motion), bool), n / 8)
        assert len(history) <= 8 * 5 * 8 + 8
        assert len(conditions) <= 8 * 10
    empty = view.scene([], 60.0).tracks
    history.update(empty, 60.0)
    assert conditions.update(empty, np.zeros(0, bool), 60.0) == []
    assert (len(history), len(conditions)) == (0, 0)


@pytest.mark.parametrize("fps", [4.0, 8.0, 25.0])
def test_an_impact_differs_from_the_hardest_braking(fps: float) -> None:
    _, impact_mps2 = history_and_braking(halts(25.25, 14, 60, braking=60), 20, fps=fps)
    _, hard_mps2 = history_and_braking(halts(25.25, 14, 60, braking=9), 20, fps=fps)
    assert impact_mps2 > 12
    assert hard_mps2 < 10


def test_an_impact_while_occluded_is_as_hard() -> None:
    stops, stopped_s = halts(25.25, 14, 60, braking=60), 14 / 60 / 2 + 60 / 14
    assert history_and_braking(lambda t: None if 0.6 < t - stopped_s < 1.6 else stops(t), 20, fps=8)[1] > 12


def test_an_impact_just_after_the_first_observation_is_noticed() -> None:
    stops = halts(25.25, 14, 60, braking=60)
    assert history_and_braking(lambda t: place if (place := stops(t)) and place[0] > 54 else None, 20, fps=8)[1] > 10


@pytest.mark.parametrize("seed", range(6))
def test_jitter_does_not_turn_soft_braking_into_hard_braking(seed: int) -> None:
    rng, stops = np.random.default_rng(seed), halts(25.25, 12, 80, braking=2.0)

    def jitters(t: float) -> Position | None:
        place = stops(t)
        return None if place is None else (place[0] + rng.normal(0, 1.2 if t < 11 else 0.3), place[1])

    assert history_and_braking(jitters, 15, fps=8)[1] < 6


def test_an_occlusion_is_no_id_switch() -> None:
    def occluded(t: float) -> Position | None:
        """At 8 m/s; the box jumps once before the vehicle is occluded for a second."""
        return None if 5 <= t < 6.2 else (8 * t + (6 if 4.8 < t < 5 else 0), 25.25)

    assert not history_of(occluded, 8, fps=8).has_switched_since(0, 0.0)


@pytest.mark.parametrize("off_m", [0.0, 9.0])
def test_jitter_while_driving_is_no_id_switch_and_a_lasting_offset_is_one(off_m: float) -> None:
    def jitters(t: float) -> Position | None:
        """At 8 m/s; at 4 s the box jumps aside for two frames, and returns or stays away."""
        return (8 * t, 25.25 + (5.0 if 4 <= t < 4.2 else off_m if t > 4 else 0.0))

    assert history_of(jitters, 8, fps=8).has_switched_since(0, 0.0) is (off_m > 0)


@pytest.mark.parametrize("off_m", [0.0, 9.0])
def test_jitter_in_place_is_no_id_switch_and_a_lasting_offset_is_one(off_m: float) -> None:
    def jitters(t: float) -> Position | None:
        """At 4 s the box jumps ahead for two frames, and returns or stays away."""
        ahead_m = 5.0 if 4 <= t < 4.2 else off_m if t > 4 else 0.0
        return (40 + ahead_m, 25.25)

    assert history_of(jitters, 8, fps=8).has_switched_since(0, 0.0) is (off_m > 0)


@pytest.mark.parametrize(("starts_mps2", "is_switch"), [(2.0, False), (4.0, False), (60.0, True)])
def test_the_hardest_start_is_no_id_switch_and_an_impossible_one_is(starts_mps2: float, is_switch: bool) -> None:
    def starts(t: float) -> Position | None:
        """To 12 m/s; the box of a passing vehicle is at first no farther away than by jitter."""
        went_s, fast_s = max(t - 4, 0.0), 12 / starts_mps2
        return (20 + (starts_mps2 * went_s**2 / 2 if went_s < fast_s else 12 * (went_s - fast_s / 2)), 25.25)

    assert history_of(starts, 8, fps=8).has_switched_since(0, 0.0) is is_switch


def test_a_box_that_a_passing_vehicle_squeezes_is_no_id_switch() -> None:
    def swings(t: float) -> Position:
        """A passing vehicle half occludes a bus and squeezes its box for a while, by seven metres at 10 m/s."""
        return (40 + 7 * abs(np.sin(np.pi / 2 * (t - 4) / 0.7)) if 4 < t < 6.8 else 40, 25.25)

    assert not history_of(swings, 8, fps=8, object_class=ObjectClass.BUS).has_switched_since(0, 0.0)


def test_a_box_that_jumps_ahead_to_the_stop_does_not_make_braking_harder() -> None:
    stops, ahead_s, unseen_s = halts(25.25, 12, 60, braking=4), 4.95, 5.25
    stopped_from_s = stop_time_s(12, 60, braking=4)

    def jumps(t: float) -> Position | None:
        if unseen_s <= t < stopped_from_s + 0.3:
            return None
        return (60, 25.25) if ahead_s <= t < unseen_s else stops(t)

    assert history_and_braking(jumps, 15)[1] < 4.5


@pytest.mark.parametrize(("unseen_s", "least_mps2"), [(0.5, 8), (1.0, 5), (1.5, 4)])
def test_a_stop_while_occluded_is_as_hard_as_the_remaining_distance_requires(
    unseen_s: float, least_mps2: float
) -> None:
    def occluded(trajectory: Trajectory, until_s: float) -> Trajectory:
        return lambda t: None if until_s - unseen_s <= t < until_s else trajectory(t)

    impact, hard, soft = (
        history_and_braking(
            occluded(halts(25.25, 14, 60, braking=mps2), stop_time_s(14, 60, braking=mps2) + 0.3), 15, fps=8
        )[1]
        for mps2 in (60, 6, 2.5)
    )
    assert impact > least_mps2
    assert hard < 7.5
    assert soft < 3.5


def has_moved(*trajectories: Trajectory) -> Bools:
    """Which of some tracks have moved after ten seconds; all are visible then."""
    view, history = Camera(camera(NORTH)), TrackHistory(*SIZE, 5.0)
    for t in np.arange(0, 10, 1 / 8).tolist():
        scene = view.scene([Actor(trajectory) for trajectory in trajectories], t)
        history.update(scene.tracks, t, scene.stitched)
    return history.has_moved


def test_a_vehicle_stopped_where_another_id_arrived_and_left_came_under_that_id() -> None:
    comes = halts(25.25, 14, 60, braking=9)
    jumps = lambda t: comes(t) if t < 6 else (64.6, 25.25)  # noqa: E731
    assert has_moved(jumps, lambda t: (60, 25.25) if t > 6.5 else None).all()


def test_a_vehicle_stopped_where_another_passed_was_there_before() -> None:
    parked = lambda t: (60, 25.25) if t > 4.6 else None  # noqa: E731
    assert has_moved(drives(25.25, 8), parked).tolist() == [True, False]
    assert has_moved(halts(28.75, 14, 60, braking=9), parked).tolist() == [True, False]
