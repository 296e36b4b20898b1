"""What rules remember of tracks: courses, braking, swerves, stands; what a new id inherits."""

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


def remembered(
    trajectory: Trajectory,
    end_s: float,
    *,
    fps: float = 10,
    noise: Noise | None = None,
    object_class: ObjectClass = ObjectClass.CAR,
) -> TrackHistory:
    """The past of one vehicle, the only one in the picture at the end."""
    return braked(trajectory, end_s, fps=fps, noise=noise, object_class=object_class)[0]


def braked(
    trajectory: Trajectory,
    end_s: float,
    *,
    fps: float = 10,
    noise: Noise | None = None,
    object_class: ObjectClass = ObjectClass.CAR,
) -> tuple[TrackHistory, float]:
    """The same, and how hard it is said to have braked."""
    seen, past = Camera(camera(NORTH), noise), TrackHistory(*SIZE, 5.0)
    for t in np.arange(0, end_s, 1 / fps).tolist():
        scene = seen.scene([Actor(trajectory, object_class)], t)
        past.update(scene.tracks, t, scene.stitched)
    since_s, course = float(scene.tracks.stopped_since_s[0]), past.courses(np.array([0]))[0]
    return past, past.braking_estimate(0).min_deceleration_mps2(since_s, scene.tracks.ground_m[0], course)


@pytest.mark.parametrize("fps", [4.0, 10.0, 25.0])
def test_a_vehicle_that_stands_keeps_its_course_and_how_hard_it_braked(fps: float) -> None:
    hard, hard_mps2 = braked(halts(25.25, 14, 60, braking=9), 20, fps=fps)
    _, soft_mps2 = braked(halts(25.25, 14, 60, braking=2.5), 20, fps=fps)
    assert hard.heading[0] == pytest.approx([1, 0], abs=0.05)
    assert hard_mps2 == pytest.approx(9, rel=0.3)
    assert soft_mps2 == pytest.approx(2.5, rel=0.3)
    assert hard.driving_time_s(np.array([0]), 3.0)[0] > 2


def test_a_pace_that_is_kept_up_is_told_from_the_trembling_of_a_box() -> None:
    walks = drives(25.25, 1.5)

    def trembles(t: float) -> Position | None:
        place = walks(t)
        return None if place is None else (place[0] + 1.5 * np.sin(2.5 * t), place[1])

    assert remembered(trembles, 20).recent_max_speed_mps(np.array([0]))[0] > 4.0
    assert remembered(trembles, 20).max_sustained_speed_mps[0] < 3.5
    assert remembered(drives(25.25, 6), 20).max_sustained_speed_mps[0] == pytest.approx(6, rel=0.05)


def test_a_swerve_is_seen_and_a_bend_is_none() -> None:
    def swerves(t: float) -> Position:
        return (10 * t, 22.0) if t < 4 else (40 + 3 * (t - 4), 22 + 9 * (t - 4))

    def bends(t: float) -> Position:
        return 60 * np.sin(t / 8), 60 - 50 * np.cos(t / 8)

    assert remembered(swerves, 5.2).braking_estimate(0).max_heading_change_deg() > 45
    assert remembered(bends, 6).braking_estimate(0).max_heading_change_deg() < 20


def test_a_new_id_on_the_way_inherits_what_was_known() -> None:
    switched = Noise(switched=0.05, seed=3)
    past, braked_mps2 = braked(halts(25.25, 14, 60, braking=9), 20, noise=switched)
    assert braked_mps2 > 6.0
    assert past.heading[0] == pytest.approx([1, 0], abs=0.05)


def test_a_settled_stand_goes_on_under_a_new_id_after_a_long_gap() -> None:
    stops = halts(25.25, 14, 60, start_s=2)

    def hidden(t: float) -> Position | None:
        return None if 25 < t < 33 else stops(t)

    assert kinds(detect(camera(NORTH), [Actor(hidden)], 60)) == ["stopped_vehicle"]


def test_what_is_remembered_of_tracks_is_forgotten_with_them() -> None:
    past, runs = TrackHistory(*SIZE, 5.0), SustainedConditions()
    seen = Camera(camera(NORTH), Noise(switched=0.5))
    actors = [Actor(drives(20 + n, 8, start_s=n), ObjectClass.MOTORCYCLE) for n in range(8)]
    for n in range(400):
        motion = seen.scene(actors, n / 8).tracks
        past.update(motion, n / 8)
        runs.update(motion, np.ones(len(motion), bool), n / 8)
        assert len(past) <= 8 * 5 * 8 + 8
        assert len(runs) <= 8 * 10
    empty = seen.scene([], 60.0).tracks
    past.update(empty, 60.0)
    assert runs.update(empty, np.zeros(0, bool), 60.0) == []
    assert (len(past), len(runs)) == (0, 0)


@pytest.mark.parametrize("fps", [4.0, 8.0, 25.0])
def test_a_vehicle_that_something_stops_is_told_from_one_that_brakes_as_hard_as_it_can(fps: float) -> None:
    _, dead_mps2 = braked(halts(25.25, 14, 60, braking=60), 20, fps=fps)
    _, hard_mps2 = braked(halts(25.25, 14, 60, braking=9), 20, fps=fps)
    assert dead_mps2 > 12
    assert hard_mps2 < 10


def test_a_vehicle_that_something_stops_and_that_is_not_seen_then_stopped_as_hard() -> None:
    stops, stood_s = halts(25.25, 14, 60, braking=60), 14 / 60 / 2 + 60 / 14
    assert braked(lambda t: None if 0.6 < t - stood_s < 1.6 else stops(t), 20, fps=8)[1] > 12


def test_a_vehicle_that_comes_into_sight_just_before_something_stops_it_is_told_too() -> None:
    stops = halts(25.25, 14, 60, braking=60)
    assert braked(lambda t: place if (place := stops(t)) and place[0] > 54 else None, 20, fps=8)[1] > 10


@pytest.mark.parametrize("seed", range(6))
def test_who_brakes_softly_does_not_brake_hard_however_his_box_trembles(seed: int) -> None:
    rng, stops = np.random.default_rng(seed), halts(25.25, 12, 80, braking=2.0)

    def trembles(t: float) -> Position | None:
        place = stops(t)
        return None if place is None else (place[0] + rng.normal(0, 1.2 if t < 11 else 0.3), place[1])

    assert braked(trembles, 15, fps=8)[1] < 6


def test_who_is_not_seen_for_a_while_has_not_leapt_all_that_time() -> None:
    def hidden(t: float) -> Position | None:
        """At 8 m/s; his box leaps once before something hides him for a second."""
        return None if 5 <= t < 6.2 else (8 * t + (6 if 4.8 < t < 5 else 0), 25.25)

    assert not remembered(hidden, 8, fps=8).has_switched_since(0, 0.0)


@pytest.mark.parametrize("off_m", [0.0, 9.0])
def test_who_trembles_while_he_drives_on_has_not_leapt_and_who_is_off_his_way_after_it_has(off_m: float) -> None:
    def trembles(t: float) -> Position | None:
        """At 8 m/s; at 4 s his box leaps aside for a look, and comes back, or stays away."""
        return (8 * t, 25.25 + (5.0 if 4 <= t < 4.2 else off_m if t > 4 else 0.0))

    assert remembered(trembles, 8, fps=8).has_switched_since(0, 0.0) is (off_m > 0)


@pytest.mark.parametrize("off_m", [0.0, 9.0])
def test_who_trembles_where_he_is_has_not_leapt_and_who_is_elsewhere_after_it_has(off_m: float) -> None:
    def trembles(t: float) -> Position | None:
        """At 4 s his box leaps ahead for a look, and comes back, or stays away."""
        ahead_m = 5.0 if 4 <= t < 4.2 else off_m if t > 4 else 0.0
        return (40 + ahead_m, 25.25)

    assert remembered(trembles, 8, fps=8).has_switched_since(0, 0.0) is (off_m > 0)


@pytest.mark.parametrize(("starts_mps2", "has_leapt"), [(2.0, False), (4.0, False), (60.0, True)])
def test_who_starts_as_hard_as_anybody_can_has_not_leapt_and_who_is_faster_than_that_at_once_has(
    starts_mps2: float, has_leapt: bool
) -> None:
    def starts(t: float) -> Position | None:
        """To 12 m/s; the box of one that drives past is no farther at first than one that trembles."""
        went_s, fast_s = max(t - 4, 0.0), 12 / starts_mps2
        return (20 + (starts_mps2 * went_s**2 / 2 if went_s < fast_s else 12 * (went_s - fast_s / 2)), 25.25)

    assert remembered(starts, 8, fps=8).has_switched_since(0, 0.0) is has_leapt


def test_a_half_hidden_one_whose_box_swings_to_and_fro_where_it_stands_has_not_leapt() -> None:
    def swings(t: float) -> Position:
        """What passes in front of a bus squeezes its box for a while, by seven metres at 10 m/s."""
        return (40 + 7 * abs(np.sin(np.pi / 2 * (t - 4) / 0.7)) if 4 < t < 6.8 else 40, 25.25)

    assert not remembered(swings, 8, fps=8, object_class=ObjectClass.BUS).has_switched_since(0, 0.0)


def test_a_box_that_leaps_ahead_to_where_its_vehicle_will_stand_does_not_make_it_brake_harder() -> None:
    stops, ahead_s, unseen_s = halts(25.25, 12, 60, braking=4), 4.95, 5.25
    stands_from_s = stop_time_s(12, 60, braking=4)

    def leaps(t: float) -> Position | None:
        if unseen_s <= t < stands_from_s + 0.3:
            return None
        return (60, 25.25) if ahead_s <= t < unseen_s else stops(t)

    assert braked(leaps, 15)[1] < 4.5


@pytest.mark.parametrize(("unseen_s", "least_mps2"), [(0.5, 8), (1.0, 5), (1.5, 4)])
def test_who_came_to_stand_unseen_braked_as_hard_as_the_way_that_was_left_to_him_tells(
    unseen_s: float, least_mps2: float
) -> None:
    def hidden(trajectory: Trajectory, until_s: float) -> Trajectory:
        return lambda t: None if until_s - unseen_s <= t < until_s else trajectory(t)

    dead, hard, soft = (
        braked(hidden(halts(25.25, 14, 60, braking=mps2), stop_time_s(14, 60, braking=mps2) + 0.3), 15, fps=8)[1]
        for mps2 in (60, 6, 2.5)
    )
    assert dead > least_mps2
    assert hard < 7.5
    assert soft < 3.5


def arrived(*tracks: Trajectory) -> Bools:
    """Which of some tracks have come, after ten seconds; each is seen then."""
    seen, past = Camera(camera(NORTH)), TrackHistory(*SIZE, 5.0)
    for t in np.arange(0, 10, 1 / 8).tolist():
        scene = seen.scene([Actor(trajectory) for trajectory in tracks], t)
        past.update(scene.tracks, t, scene.stitched)
    return past.has_moved


def test_who_stands_where_another_id_came_to_and_went_on_with_a_neighbour_came_under_that_one() -> None:
    comes = halts(25.25, 14, 60, braking=9)
    leaps = lambda t: comes(t) if t < 6 else (64.6, 25.25)  # noqa: E731
    assert arrived(leaps, lambda t: (60, 25.25) if t > 6.5 else None).all()


def test_who_stands_where_another_drove_past_or_beside_it_was_there_before() -> None:
    stands = lambda t: (60, 25.25) if t > 4.6 else None  # noqa: E731
    assert arrived(drives(25.25, 8), stands).tolist() == [True, False]
    assert arrived(halts(28.75, 14, 60, braking=9), stands).tolist() == [True, False]
