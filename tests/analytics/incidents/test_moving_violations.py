"""Moving violations: wrong way, speeding, lane encroachment, banned movements."""

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
    halts,
    kinds,
    line_m,
    raised,
)
from vision.analytics.incidents import IncidentDetector
from vision.analytics.incidents.rules import speeding
from vision.common.object_class import ObjectClass

NOISE = Noise(jitter=0.03, missed=0.02, switched=0.001, flipped=0.02, seed=1)


@pytest.mark.parametrize("calibrated", [True, False])
def test_a_wrong_way_vehicle_is_reported_once(calibrated: bool) -> None:
    against = Actor(drives(25.25, 8, start_s=3, to_left=True), ObjectClass.MOTORCYCLE)
    changes = raised(detect(camera(NORTH, calibrated=calibrated), [against, *flow([21.75, 28.75], until_s=20)], 22))
    assert kinds(changes) == ["wrong_way"]
    assert changes[0].at_s < 6
    assert changes[0].evidence.facts["against_deg"] == pytest.approx(180, abs=5)


def test_with_a_reversed_zone_direction_each_vehicle_is_reported_once() -> None:
    turned = {**NORTH, "direction": {"start": [0.8, 0.5], "end": [0.2, 0.5]}}
    traffic = flow(LANES_M, 14, every_s=6, until_s=18)
    seen = [actor for actor in traffic if actor.trajectory(6.0) or actor.trajectory(12.0) or actor.trajectory(18.0)]
    reported = kinds(detect(camera(turned), seen, 30, noise=Noise(jitter=0.03, missed=0.02)))
    assert reported == ["wrong_way"] * len(seen)


def test_noisy_traffic_in_the_right_direction_is_no_incident() -> None:
    slow = flow([25.25], 3, every_s=6, until_s=30, object_class=ObjectClass.MOTORCYCLE)
    assert kinds(detect(camera(), [*slow, *flow([21.75, 28.75])], 40, noise=NOISE)) == []


@pytest.mark.parametrize(("object_class", "expected"), [("person", []), ("motorcycle", ["lane_encroachment"])])
def test_a_vehicle_that_parks_on_the_pavement_encroaches_and_a_person_does_not(
    object_class: str, expected: list[str]
) -> None:
    halts_soon = Actor(lambda t: (40 + 5 * min(t, 1.9), PAVEMENT_M), ObjectClass(object_class))
    assert kinds(detect(camera(NORTH, PAVEMENT), [halts_soon], 12)) == expected


@pytest.mark.parametrize(("top_share", "expected"), [(0.0, []), (0.6, ["wrong_way"])])
def test_a_box_that_only_stretches_downwards_is_no_wrong_way_vehicle(top_share: float, expected: list[str]) -> None:
    settings = camera({**NORTH, "direction": {"start": [0.5, 0.9], "end": [0.5, 0.1]}})
    observer, detector = Camera(settings), IncidentDetector(settings, *SIZE)
    nears = Actor(lambda t: (50, 21 + 4 * t), ObjectClass.MOTORCYCLE)
    changes = []
    for t in np.arange(0, 3.2, 1 / 8).tolist():
        scene = observer.scene([nears], t)
        xyxy = scene.tracks.xyxy.copy()
        xyxy[:, 1] -= (1 - top_share) * 10 * 4 * t
        changes += detector.update(replace(scene, tracks=replace(scene.tracks, xyxy=xyxy)))
    assert kinds(changes) == expected


def test_reversing_to_park_is_no_wrong_way_driving() -> None:
    def parks(t: float) -> Position:
        return (8 * t if t < 8 else 64 - 1.6 * min(max(t - 10, 0), 6), 32.25)

    assert "wrong_way" not in kinds(detect(camera(), [Actor(parks)], 30))


def test_an_id_switch_to_the_next_vehicle_is_no_wrong_way_driving() -> None:
    def jumps(t: float) -> Position | None:
        x = 8 * t - (15 if t > 6 else 0)
        return (x, 25.25) if x < 128 else None

    assert kinds(detect(camera(NORTH), [Actor(jumps)], 20)) == []


def test_beside_a_stopped_vehicle_wrong_way_driving_is_confirmed_later() -> None:
    """In a queue, a tracker steps back from one vehicle to the next."""
    fast = Actor(drives(25.25, 5, start_s=3, x_m=40, to_left=True))
    slow = Actor(drives(28.75, 2.5, start_s=3, x_m=40, to_left=True))
    stopped = Actor(halts(28.75, 15, 80.0, start_s=-4))
    changes = raised(detect(camera(NORTH), [fast, stopped], 20))
    [beside_a_stopped_one] = [change for change in changes if change.kind == "wrong_way"]
    together = raised(detect(camera(NORTH), [fast, slow], 20))
    assert kinds(together) == ["wrong_way"] * 2
    assert together[0].at_s < 3 + 4 < beside_a_stopped_one.at_s


@pytest.mark.parametrize("zones", [(NORTH,), (NORTH, PAVEMENT)])
def test_motorcycles_parked_beside_the_road_delay_no_wrong_way_alarm(zones: tuple[dict[str, object], ...]) -> None:
    fast = Actor(drives(32.25, 5, start_s=3, x_m=40, to_left=True))
    parked = [Actor(lambda _, x=x: (x, PAVEMENT_M), ObjectClass.MOTORCYCLE) for x in range(30, 100, 4)]
    alone, beside = (raised(detect(camera(*zones), actors, 20)) for actors in ([fast], [fast, *parked]))
    assert kinds(alone) == kinds(beside) == ["wrong_way"]
    assert beside[0].at_s == pytest.approx(alone[0].at_s)


LIMITED = {**NORTH, "speed_limit_kmh": 50}


def test_a_vehicle_above_the_limit_and_its_margin_is_reported_with_its_speed() -> None:
    speeds = Actor(drives(25.25, 22, start_s=5))
    [change] = raised(detect(camera(LIMITED), [speeds, *flow([21.75], 14)], 20))
    assert change.kind == "speeding"
    assert change.evidence.facts["speed_kmh"] == pytest.approx(79, abs=2)
    assert change.evidence.facts["limit_kmh"] == 50


def test_no_speeding_within_the_margin_or_without_calibration() -> None:
    within = [Actor(drives(25.25, 15.5, start_s=3)), *flow([21.75], 14)]
    assert kinds(detect(camera(LIMITED), within, 20, noise=NOISE)) == []
    fast = [Actor(drives(25.25, 22, start_s=3))]
    assert kinds(detect(camera(LIMITED, calibrated=False), fast, 20)) == []


def test_a_track_that_jumps_ahead_is_not_speeding() -> None:
    def jumps(t: float) -> Position | None:
        x = 13 * t + (12 if t > 4 else 0)
        return (x, 25.25) if x < 128 else None

    assert kinds(detect(camera(LIMITED), [Actor(jumps)], 12)) == []


def test_a_vehicle_that_accelerates_in_view_is_speeding() -> None:
    def gains(t: float) -> Position | None:
        """12 m/s, accelerating by 2 m/s2 from halfway on."""
        x = 12 * t + max(t - 64 / 12, 0) ** 2
        return (x, 25.25) if x < 128 else None

    assert kinds(detect(camera(LIMITED), [Actor(gains)], 12, noise=Noise(jitter=0.02, seed=3))) == ["speeding"]


def test_a_bottom_centre_that_returns_after_an_occlusion_is_not_speeding() -> None:
    def half_occluded(t: float) -> Position | None:
        x = 13.5 * t + float(np.interp(t, [3, 4, 4.5, 6.1], [0, -6, -6, 0]))
        return (x, 25.25) if x < 128 else None

    assert kinds(detect(camera(LIMITED), [Actor(half_occluded)], 12, noise=Noise(jitter=0.02, seed=3))) == []


def test_two_speeding_vehicles_in_a_row_are_two_incidents() -> None:
    both = [Actor(drives(25.25, 22, start_s=start)) for start in (2, 4)]
    assert kinds(detect(camera(LIMITED), both, 15)) == ["speeding", "speeding"]


def test_correlated_errors_lower_the_bound_of_the_speed() -> None:
    rng = np.random.default_rng(2)

    def mean_bound_kmh(autocorrelation: float) -> float:
        """Mean over many trajectories at 20 m/s that are observed with errors of 0.8 m."""
        speeds_kmh = []
        for _ in range(100):
            errors_m, trajectory = rng.normal(0, 0.8, (20, 2)), speeding.RecentTrajectory()
            for n in range(1, len(errors_m)):
                errors_m[n] = autocorrelation * errors_m[n - 1] + np.sqrt(1 - autocorrelation**2) * errors_m[n]
            for n, (x_m, y_m) in enumerate(errors_m.tolist()):
                trajectory.add((n / 10, 20 * n / 10 + x_m, y_m))
            speeds_kmh.append(trajectory.min_speed_kmh())
        return float(np.mean(speeds_kmh))

    assert 66 < mean_bound_kmh(0.8) < mean_bound_kmh(0.0) - 0.3 < 70


def test_with_a_metre_of_jitter_a_speed_is_known_after_two_seconds_not_one() -> None:
    rng = np.random.default_rng(2)

    def known_share(observations: int) -> float:
        """Share of many trajectories at 20 m/s, of this many observations, with a speed near it."""
        speeds_kmh = []
        for _ in range(100):
            trajectory = speeding.RecentTrajectory()
            for n, (x_m, y_m) in enumerate(rng.normal(0, 0.8, (observations, 2)).tolist()):
                trajectory.add((n / 8, 20 * n / 8 + x_m, y_m))
            speeds_kmh.append(trajectory.min_speed_kmh())
        return float(np.mean(np.array(speeds_kmh) > 50))

    assert known_share(10) < 0.1
    assert known_share(24) > 0.9


BUS_LANE = {"id": "bus", "kind": "bus_lane", "polygon": box_m(2, 30.5, 126, 34)}


def test_a_car_on_the_bus_lane_encroaches_and_a_bus_does_not() -> None:
    lane = camera({**NORTH, "polygon": box_m(2, 20, 126, 30.5)}, BUS_LANE)
    drive = [Actor(drives(32.25, 10, start_s=2)), Actor(drives(32.25, 10, start_s=8), ObjectClass.BUS)]
    [change] = raised(detect(lane, [*drive, *flow([21.75, 28.75], until_s=20)], 25))
    assert (change.kind, change.evidence.facts["class"]) == ("lane_encroachment", "car")


def test_a_bus_that_is_sometimes_classified_as_a_truck_does_not_encroach() -> None:
    lane = camera(BUS_LANE)
    buses = [Actor(drives(32.25, 8, start_s=6 * n), ObjectClass.BUS) for n in range(4)]
    assert kinds(detect(lane, buses, 40, noise=Noise(jitter=0.03, flipped=0.15))) == []


def test_a_truck_on_the_bus_lane_is_reported_later_than_a_car() -> None:
    lane = camera(NORTH, BUS_LANE)
    truck, car = (Actor(drives(32.25, 8), c) for c in (ObjectClass.TRUCK, ObjectClass.CAR))
    [of_truck], [of_car] = (raised(detect(lane, [vehicle], 14)) for vehicle in (truck, car))
    assert of_car.at_s < 4 < of_truck.at_s < 6.5


def test_each_motorcycle_on_the_pavement_encroaches_and_persons_do_not() -> None:
    rides = [Actor(drives(PAVEMENT_M, 5, start_s=2 * n), ObjectClass.MOTORCYCLE) for n in range(3)]
    walks = Actor(drives(39.5, 1.3, x_m=30), ObjectClass.PERSON)
    assert kinds(detect(camera(), [*rides, walks], 30)) == ["lane_encroachment"] * 3


@pytest.mark.parametrize(("speed_mps", "expected"), [(1.5, []), (4.0, ["lane_encroachment"])])
def test_a_ridden_motorcycle_on_the_pavement_encroaches_and_a_pushed_one_does_not(
    speed_mps: float, expected: list[str]
) -> None:
    along = Actor(drives(PAVEMENT_M, speed_mps, start_s=2, x_m=20), ObjectClass.MOTORCYCLE)
    assert kinds(detect(camera(NORTH, PAVEMENT), [along], 22)) == expected


def test_a_person_faster_than_walking_is_a_rider_and_encroaches() -> None:
    rides = Actor(drives(PAVEMENT_M, 6), ObjectClass.PERSON)
    [change] = raised(detect(camera(NORTH, PAVEMENT), [rides], 22))
    assert (change.kind, change.evidence.facts["class"]) == ("lane_encroachment", "motorcycle")


def test_a_car_first_classified_as_a_truck_is_reported_before_a_truck() -> None:
    def reported_s(classes: list[ObjectClass]) -> float:
        """When a vehicle at 8 m/s is reported that has the first class for 1 s and then the second."""
        observer, trajectory = Camera(camera(NORTH, BUS_LANE)), drives(32.25, 8)
        for t in np.arange(0, 15, 1 / 8).tolist():
            if observer.observe([Actor(trajectory, classes[t > 1])], t):
                return t
        return 15.0

    car = reported_s([ObjectClass.TRUCK, ObjectClass.CAR])
    assert car < 4
    assert reported_s([ObjectClass.TRUCK, ObjectClass.TRUCK]) > car + 0.5
    assert reported_s([ObjectClass.BUS, ObjectClass.CAR]) > car + 0.5


def test_crossing_a_pavement_or_grazing_a_lane_is_no_encroachment() -> None:
    crosses = Actor(lambda t: (60.0, 30 + 4 * t) if t < 8 else None)
    grazes = Actor(drives(30.7, 10, start_s=2))
    assert kinds(detect(camera(BUS_LANE, PAVEMENT), [crosses, grazes], 20)) == []


def u_turns(start_s: float) -> Trajectory:
    """A U-turn at 5 m/s: to the right in one lane, back to the left in another from 80 m on."""
    radius_m = 3.9
    bend_m = np.pi * radius_m

    def trajectory(t: float) -> Position | None:
        driven_m = 5 * (t - start_s)
        if driven_m < 0 or driven_m > 160 + bend_m:
            return None
        if driven_m < 80:
            return driven_m, 21.75
        if driven_m > 80 + bend_m:
            return 160 + bend_m - driven_m, 21.75 - 2 * radius_m
        turned = (driven_m - 80) / radius_m
        return 80 + radius_m * np.sin(turned), 21.75 - radius_m * (1 - np.cos(turned))

    return trajectory


GATE = line_m("gate", 60, 10, 60, 34)
U_TURN = {
    "id": "u", "name": "U-turn", "entry": "gate", "exit": "gate", "banned": True,
    "entry_direction": "out", "exit_direction": "in",
}  # fmt: skip


def test_a_banned_u_turn_is_reported_at_once() -> None:
    config = camera(NORTH, lines=[GATE], movements=[U_TURN])
    changes = raised(detect(config, [Actor(u_turns(2)), *flow([25.25], until_s=10)], 32))
    assert kinds(changes) == ["banned_movement"]
    assert changes[0].evidence.movement_id == "u"
    assert changes[0].at_s == pytest.approx(2 + 22.5 + 1.5, abs=1)


def test_a_banned_u_turn_is_reported_despite_id_changes() -> None:
    config = camera(NORTH, lines=[GATE], movements=[U_TURN])
    noise = Noise(jitter=0.02, switched=0.02, seed=4)
    assert kinds(detect(config, [Actor(u_turns(2))], 32, noise=noise)) == ["banned_movement"]


def test_an_id_switch_to_an_oncoming_vehicle_is_no_u_turn() -> None:
    def switches(t: float) -> Position | None:
        return (8 * t, 21.75) if t < 10 else (80 - 8 * (t - 10), 14.0)

    config = camera(NORTH, lines=[GATE], movements=[U_TURN])
    assert kinds(detect(config, [Actor(switches)], 19)) == []


def test_a_turn_below_the_picture_may_be_another_vehicle_and_is_no_u_turn() -> None:
    def turns(lowest_m: float) -> Trajectory:
        def trajectory(t: float) -> Position | None:
            driven_m = 6 * t
            x = driven_m if driven_m < 80 else 160 - driven_m
            y = float(np.interp(driven_m, [70, 80, 90], [lowest_m - 8, lowest_m, lowest_m - 4]))
            return (x, y) if x >= 0 else None

        return trajectory

    gate = line_m("gate", 60, 50, 60, 71.9)
    for lowest_m, expected in ((68.0, ["banned_movement"]), (72.0, [])):
        config = camera(NORTH, lines=[gate], movements=[U_TURN])
        assert kinds(detect(config, [Actor(turns(lowest_m))], 26)) == expected


@pytest.mark.parametrize("until_s", [10.0, 10.1])
def test_a_reused_id_on_an_oncoming_vehicle_is_no_u_turn(until_s: float) -> None:
    def comes_back(t: float) -> Position | None:
        if t < until_s:
            return 8 * t, 21.75
        return (80 - 8 * (t - until_s - 1.6), 14.0) if t >= until_s + 1.6 else None

    config = camera(NORTH, lines=[GATE], movements=[U_TURN])
    assert kinds(detect(config, [Actor(comes_back)], 21, fps=10)) == []


def test_the_shoulder_has_a_direction_too() -> None:
    backs = Actor(drives(36, 6, start_s=3, to_left=True))
    assert kinds(detect(camera(SHOULDER), [backs], 15)) == ["wrong_way"]
