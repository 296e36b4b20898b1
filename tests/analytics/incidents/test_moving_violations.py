"""Vehicles that go where, or how, they may not: wrong way, speeding, encroachment, banned movements."""

from dataclasses import replace

import numpy as np
import pytest

from tests.analytics.incidents.incidents_road import (
    LANES_M,
    NORTH,
    PAVEMENT,
    PAVEMENT_M,
    SHOULDER,
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
    kinds,
    line_m,
    raised,
)
from vision.analytics.incidents import IncidentDetector
from vision.analytics.incidents.rules import speeding
from vision.common.object_class import ObjectClass

NOISE = Noise(jitter=0.03, missed=0.02, switched=0.001, flipped=0.02, seed=1)


@pytest.mark.parametrize("calibrated", [True, False])
def test_a_vehicle_that_goes_the_wrong_way_is_told_once(calibrated: bool) -> None:
    against = Actor(drives(25.25, 8, start_s=3, to_left=True), ObjectClass.MOTORCYCLE)
    changes = raised(detect(camera(NORTH, calibrated=calibrated), [against, *flow([21.75, 28.75], until_s=20)], 22))
    assert kinds(changes) == ["wrong_way"]
    assert changes[0].at_s < 6
    assert changes[0].evidence.facts["against_deg"] == pytest.approx(180, abs=5)


def test_with_the_direction_turned_round_each_vehicle_is_told_once() -> None:
    turned = {**NORTH, "direction": {"start": [0.8, 0.5], "end": [0.2, 0.5]}}
    traffic = flow(LANES_M, 14, every_s=6, until_s=18)
    seen = [actor for actor in traffic if actor.trajectory(6.0) or actor.trajectory(12.0) or actor.trajectory(18.0)]
    told = kinds(detect(camera(turned), seen, 30, noise=Noise(jitter=0.03, missed=0.02)))
    assert told == ["wrong_way"] * len(seen)


def test_traffic_that_goes_the_right_way_through_noise_is_no_incident() -> None:
    slow = flow([25.25], 3, every_s=6, until_s=30, object_class=ObjectClass.MOTORCYCLE)
    assert kinds(detect(camera(), [*slow, *flow([21.75, 28.75])], 40, noise=NOISE)) == []


@pytest.mark.parametrize(("object_class", "told"), [("person", []), ("motorcycle", ["lane_encroachment"])])
def test_who_halts_on_the_pavement_parks_there_unless_he_is_taken_for_a_person(
    object_class: str, told: list[str]
) -> None:
    halts_soon = Actor(lambda t: (40 + 5 * min(t, 1.9), PAVEMENT_M), ObjectClass(object_class))
    assert kinds(detect(camera(NORTH, PAVEMENT), [halts_soon], 12)) == told


@pytest.mark.parametrize(("top_comes", "told"), [(0.0, []), (0.6, ["wrong_way"])])
def test_a_box_that_only_grows_downwards_does_not_go_the_wrong_way(top_comes: float, told: list[str]) -> None:
    settings = camera({**NORTH, "direction": {"start": [0.5, 0.9], "end": [0.5, 0.1]}})
    seen, watch = Camera(settings), IncidentDetector(settings, *SIZE)
    nears = Actor(lambda t: (50, 21 + 4 * t), ObjectClass.MOTORCYCLE)
    changes = []
    for t in np.arange(0, 3.2, 1 / 8).tolist():
        scene = seen.scene([nears], t)
        xyxy = scene.tracks.xyxy.copy()
        xyxy[:, 1] -= (1 - top_comes) * 10 * 4 * t
        changes += watch.update(replace(scene, tracks=replace(scene.tracks, xyxy=xyxy)))
    assert kinds(changes) == told


def test_who_backs_a_little_to_park_does_not_go_the_wrong_way() -> None:
    def parks(t: float) -> Position:
        return (8 * t if t < 8 else 64 - 1.6 * min(max(t - 10, 0), 6), 32.25)

    assert "wrong_way" not in kinds(detect(camera(), [Actor(parks)], 30))


def test_a_track_that_jumps_back_to_the_next_vehicle_does_not_go_the_wrong_way() -> None:
    def jumps(t: float) -> Position | None:
        x = 8 * t - (15 if t > 6 else 0)
        return (x, 25.25) if x < 128 else None

    assert kinds(detect(camera(NORTH), [Actor(jumps)], 20)) == []


def test_beside_one_that_stands_a_track_must_go_back_for_longer_than_beside_one_that_goes_back_too() -> None:
    """Where vehicles stand in line, a tracker goes back from one to the next."""
    fast = Actor(drives(25.25, 5, start_s=3, x_m=40, to_left=True))
    slow = Actor(drives(28.75, 2.5, start_s=3, x_m=40, to_left=True))
    stands = Actor(lambda t: (80.0, 28.75))
    [beside_one_that_stands] = raised(detect(camera(NORTH), [fast, stands], 20))
    together = raised(detect(camera(NORTH), [fast, slow], 20))
    assert kinds(together) == ["wrong_way"] * 2
    assert together[0].at_s < 3 + 4 < beside_one_that_stands.at_s


LIMITED = {**NORTH, "speed_limit_kmh": 50}


def test_a_vehicle_faster_than_the_limit_and_its_margin_is_told_with_its_speed() -> None:
    speeds = Actor(drives(25.25, 22, start_s=5))
    [change] = raised(detect(camera(LIMITED), [speeds, *flow([21.75], 14)], 20))
    assert change.kind == "speeding"
    assert change.evidence.facts["speed_kmh"] == pytest.approx(79, abs=2)
    assert change.evidence.facts["limit_kmh"] == 50


def test_who_is_within_the_margin_is_let_go_and_nobody_is_told_without_calibration() -> None:
    within = [Actor(drives(25.25, 15.5, start_s=3)), *flow([21.75], 14)]
    assert kinds(detect(camera(LIMITED), within, 20, noise=NOISE)) == []
    fast = [Actor(drives(25.25, 22, start_s=3))]
    assert kinds(detect(camera(LIMITED, calibrated=False), fast, 20)) == []


def test_a_track_that_jumps_ahead_does_not_speed() -> None:
    def jumps(t: float) -> Position | None:
        x = 13 * t + (12 if t > 4 else 0)
        return (x, 25.25) if x < 128 else None

    assert kinds(detect(camera(LIMITED), [Actor(jumps)], 12)) == []


def test_who_gains_speed_in_sight_speeds_though_he_was_slow_when_he_came_in() -> None:
    def gains(t: float) -> Position | None:
        """12 m/s, and from halfway on 2 m/s more each second."""
        x = 12 * t + max(t - 64 / 12, 0) ** 2
        return (x, 25.25) if x < 128 else None

    assert kinds(detect(camera(LIMITED), [Actor(gains)], 12, noise=Noise(jitter=0.02, seed=3))) == ["speeding"]


def test_a_foot_that_was_told_too_near_for_a_while_does_not_speed_when_it_comes_back() -> None:
    def half_hidden(t: float) -> Position | None:
        x = 13.5 * t + float(np.interp(t, [3, 4, 4.5, 6.1], [0, -6, -6, 0]))
        return (x, 25.25) if x < 128 else None

    assert kinds(detect(camera(LIMITED), [Actor(half_hidden)], 12, noise=Noise(jitter=0.02, seed=3))) == []


def test_two_who_speed_one_after_the_other_are_two() -> None:
    both = [Actor(drives(25.25, 22, start_s=start)) for start in (2, 4)]
    assert kinds(detect(camera(LIMITED), both, 15)) == ["speeding", "speeding"]


def test_a_speed_whose_errors_follow_each_other_is_told_as_less_sure() -> None:
    rng = np.random.default_rng(2)

    def told_kmh(alike: float) -> float:
        """The mean of many ways at 20 m/s that are seen with errors of 0.8 m."""
        speeds_kmh = []
        for _ in range(100):
            errors_m, trajectory = rng.normal(0, 0.8, (20, 2)), speeding.RecentTrajectory()
            for n in range(1, len(errors_m)):
                errors_m[n] = alike * errors_m[n - 1] + np.sqrt(1 - alike**2) * errors_m[n]
            for n, (x_m, y_m) in enumerate(errors_m.tolist()):
                trajectory.add((n / 10, 20 * n / 10 + x_m, y_m))
            speeds_kmh.append(trajectory.min_speed_kmh())
        return float(np.mean(speeds_kmh))

    assert 66 < told_kmh(alike=0.8) < told_kmh(alike=0.0) - 0.3 < 70


def test_a_way_that_trembles_by_a_metre_tells_a_speed_after_two_seconds_and_not_after_one() -> None:
    rng = np.random.default_rng(2)

    def told(looks: int) -> float:
        """The part of many ways at 20 m/s, each of so many looks, that tell a speed near it."""
        speeds_kmh = []
        for _ in range(100):
            trajectory = speeding.RecentTrajectory()
            for n, (x_m, y_m) in enumerate(rng.normal(0, 0.8, (looks, 2)).tolist()):
                trajectory.add((n / 8, 20 * n / 8 + x_m, y_m))
            speeds_kmh.append(trajectory.min_speed_kmh())
        return float(np.mean(np.array(speeds_kmh) > 50))

    assert told(10) < 0.1
    assert told(24) > 0.9


BUS_LANE = {"id": "bus", "kind": "bus_lane", "polygon": box_m(2, 30.5, 126, 34)}


def test_a_car_on_the_bus_lane_encroaches_and_a_bus_does_not() -> None:
    lane = camera({**NORTH, "polygon": box_m(2, 20, 126, 30.5)}, BUS_LANE)
    drive = [Actor(drives(32.25, 10, start_s=2)), Actor(drives(32.25, 10, start_s=8), ObjectClass.BUS)]
    [change] = raised(detect(lane, [*drive, *flow([21.75, 28.75], until_s=20)], 25))
    assert (change.kind, change.evidence.facts["class"]) == ("lane_encroachment", "car")


def test_a_bus_that_the_detector_takes_for_a_truck_now_and_then_does_not_encroach() -> None:
    lane = camera(BUS_LANE)
    buses = [Actor(drives(32.25, 8, start_s=6 * n), ObjectClass.BUS) for n in range(4)]
    assert kinds(detect(lane, buses, 40, noise=Noise(jitter=0.03, flipped=0.15))) == []


def test_a_truck_on_the_bus_lane_is_told_when_it_is_surely_none_that_may_be_there() -> None:
    lane = camera(NORTH, BUS_LANE)
    truck, car = (Actor(drives(32.25, 8), c) for c in (ObjectClass.TRUCK, ObjectClass.CAR))
    [of_truck], [of_car] = (raised(detect(lane, [who], 14)) for who in (truck, car))
    assert of_car.at_s < 4 < of_truck.at_s < 6.5


def test_motorcycles_on_the_pavement_encroach_each_and_persons_do_not() -> None:
    rides = [Actor(drives(PAVEMENT_M, 5, start_s=2 * n), ObjectClass.MOTORCYCLE) for n in range(3)]
    walks = Actor(drives(39.5, 1.3, x_m=30), ObjectClass.PERSON)
    assert kinds(detect(camera(), [*rides, walks], 30)) == ["lane_encroachment"] * 3


@pytest.mark.parametrize(("speed_mps", "told"), [(1.5, []), (4.0, ["lane_encroachment"])])
def test_who_pushes_a_motorcycle_along_the_pavement_walks_and_who_rides_it_encroaches(
    speed_mps: float, told: list[str]
) -> None:
    along = Actor(drives(PAVEMENT_M, speed_mps, start_s=2, x_m=20), ObjectClass.MOTORCYCLE)
    assert kinds(detect(camera(NORTH, PAVEMENT), [along], 22)) == told


def test_a_person_who_is_faster_than_anybody_walks_rides_and_encroaches() -> None:
    rides = Actor(drives(PAVEMENT_M, 6), ObjectClass.PERSON)
    [change] = raised(detect(camera(NORTH, PAVEMENT), [rides], 22))
    assert (change.kind, change.evidence.facts["class"]) == ("lane_encroachment", "motorcycle")


def test_a_car_that_was_taken_for_a_truck_at_first_is_told_sooner_than_the_truck() -> None:
    def told_s(classes: list[ObjectClass]) -> float:
        """When one at 8 m/s is told that is taken for the first class for 1 s, and then for the second."""
        seen, trajectory = Camera(camera(NORTH, BUS_LANE)), drives(32.25, 8)
        for t in np.arange(0, 15, 1 / 8).tolist():
            if seen.observe([Actor(trajectory, classes[t > 1])], t):
                return t
        return 15.0

    car = told_s([ObjectClass.TRUCK, ObjectClass.CAR])
    assert car < 4
    assert told_s([ObjectClass.TRUCK, ObjectClass.TRUCK]) > car + 0.5
    assert told_s([ObjectClass.BUS, ObjectClass.CAR]) > car + 0.5


def test_who_crosses_the_pavement_to_a_gateway_or_grazes_the_lane_does_not_encroach() -> None:
    crosses = Actor(lambda t: (60.0, 30 + 4 * t) if t < 8 else None)
    grazes = Actor(drives(30.7, 10, start_s=2))
    assert kinds(detect(camera(BUS_LANE, PAVEMENT), [crosses, grazes], 20)) == []


def u_turns(start_s: float) -> Trajectory:
    """To the right in one lane, round at 80 m, and back to the left in another; at 5 m/s."""
    radius_m = 3.9
    bend_m = np.pi * radius_m

    def trajectory(t: float) -> Position | None:
        went_m = 5 * (t - start_s)
        if went_m < 0 or went_m > 160 + bend_m:
            return None
        if went_m < 80:
            return went_m, 21.75
        if went_m > 80 + bend_m:
            return 160 + bend_m - went_m, 21.75 - 2 * radius_m
        turned = (went_m - 80) / radius_m
        return 80 + radius_m * np.sin(turned), 21.75 - radius_m * (1 - np.cos(turned))

    return trajectory


GATE = line_m("gate", 60, 10, 60, 34)
U_TURN = {
    "id": "u", "name": "U-turn", "entry": "gate", "exit": "gate", "banned": True,
    "entry_direction": "out", "exit_direction": "in",
}  # fmt: skip


def test_a_banned_u_turn_is_told_at_once() -> None:
    config = camera(NORTH, lines=[GATE], movements=[U_TURN])
    changes = raised(detect(config, [Actor(u_turns(2)), *flow([25.25], until_s=10)], 32))
    assert kinds(changes) == ["banned_movement"]
    assert changes[0].evidence.movement_id == "u"
    assert changes[0].at_s == pytest.approx(2 + 22.5 + 1.5, abs=1)


def test_a_banned_u_turn_is_told_although_the_vehicles_id_changed_on_the_way() -> None:
    config = camera(NORTH, lines=[GATE], movements=[U_TURN])
    noise = Noise(jitter=0.02, switched=0.02, seed=4)
    assert kinds(detect(config, [Actor(u_turns(2))], 32, noise=noise)) == ["banned_movement"]


def test_a_track_that_leaps_to_a_vehicle_that_comes_back_makes_no_u_turn() -> None:
    def leaps(t: float) -> Position | None:
        return (8 * t, 21.75) if t < 10 else (80 - 8 * (t - 10), 14.0)

    config = camera(NORTH, lines=[GATE], movements=[U_TURN])
    assert kinds(detect(config, [Actor(leaps)], 19)) == []


def test_who_turns_below_the_picture_may_be_another_vehicle_that_comes_in_there() -> None:
    def turns(lowest_m: float) -> Trajectory:
        def trajectory(t: float) -> Position | None:
            went_m = 6 * t
            x = went_m if went_m < 80 else 160 - went_m
            y = float(np.interp(went_m, [70, 80, 90], [lowest_m - 8, lowest_m, lowest_m - 4]))
            return (x, y) if x >= 0 else None

        return trajectory

    gate = line_m("gate", 60, 50, 60, 71.9)
    for lowest_m, told in ((68.0, ["banned_movement"]), (72.0, [])):
        config = camera(NORTH, lines=[gate], movements=[U_TURN])
        assert kinds(detect(config, [Actor(turns(lowest_m))], 26)) == told


@pytest.mark.parametrize("until_s", [10.0, 10.1])
def test_nor_does_one_that_comes_back_under_the_id_of_a_lost_one_at_whichever_look(until_s: float) -> None:
    def comes_back(t: float) -> Position | None:
        if t < until_s:
            return 8 * t, 21.75
        return (80 - 8 * (t - until_s - 1.6), 14.0) if t >= until_s + 1.6 else None

    config = camera(NORTH, lines=[GATE], movements=[U_TURN])
    assert kinds(detect(config, [Actor(comes_back)], 21, fps=10)) == []


def test_the_shoulder_has_a_direction_too() -> None:
    backs = Actor(drives(36, 6, start_s=3, to_left=True))
    assert kinds(detect(camera(SHOULDER), [backs], 15)) == ["wrong_way"]
