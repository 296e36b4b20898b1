"""Incidents of traffic as a whole: slowdowns, congestion, spillback; road objects; collisions."""

from dataclasses import replace

import numpy as np
import pytest

from tests.analytics.incidents.incidents_road import (
    LANES_M,
    NORTH,
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
from vision.analytics.incidents import IncidentChange, IncidentDetector
from vision.analytics.scene import RoadObject, Scene
from vision.common.object_class import ObjectClass
from vision.contracts import CongestionLevel

NOISE = Noise(jitter=0.03, missed=0.02, switched=0.001, seed=1)


def brakes(lane: float, start_s: float, when_s: float, from_mps: float = 16, to_mps: float = 4) -> Trajectory:
    """Drives, and brakes to another speed within three seconds at `when_s`."""

    def trajectory(t: float) -> Position | None:
        if t < start_s:
            return None
        braking = min(max(t - when_s, 0), 3)
        lost = (from_mps - to_mps) / 3
        x = from_mps * (min(t, when_s + 3) - start_s) - lost * braking**2 / 2 + to_mps * max(t - when_s - 3, 0)
        return (x, lane) if x <= 128 else None

    return trajectory


def test_traffic_that_brakes_at_once_is_a_sudden_slowdown() -> None:
    traffic = [Actor(brakes(LANES_M[n % 4], n * 1.2, 22)) for n in range(-8, 25)]
    changes = raised(detect(camera(NORTH), traffic, 34))
    assert kinds(changes) == ["sudden_slowdown"]
    assert changes[0].at_s - 22 < 10
    assert changes[0].evidence.facts["lost_pct"] > 50


def with_speeds(lane: float, start_s: float, at_s: list[float], speeds_mps: list[float]) -> Trajectory:
    """Drives at the given speeds at the given times, interpolated linearly between them."""
    ticks_s = np.arange(-60, 99, 0.05)
    distances_m = np.concatenate([[0], np.cumsum(0.05 * np.interp(ticks_s, at_s, speeds_mps))[:-1]])

    def trajectory(t: float) -> Position | None:
        x = float(np.interp(t, ticks_s, distances_m) - np.interp(start_s, ticks_s, distances_m))
        return (x, lane) if t >= start_s and x <= 128 else None

    return trajectory


def test_a_slowdown_ends_when_most_of_the_speed_is_back() -> None:
    at_s, speeds_mps = [22.0, 25, 32, 35], [16.0, 4, 4, 12]
    traffic = [Actor(with_speeds(LANES_M[n % 4], n * 1.2, at_s, speeds_mps)) for n in range(-8, 40)]
    changes = [c for c in detect(camera(NORTH), traffic, 70) if c.kind == "sudden_slowdown"]
    assert 22 < changes[0].at_s < 32
    assert str(changes[-1].phase) == "ended"
    assert changes[-1].ended_s is not None
    assert changes[-1].ended_s < 45


def test_traffic_that_accelerates_again_at_once_is_no_slowdown() -> None:
    at_s, speeds_mps = [22.0, 23.5, 24, 26.5], [16.0, 5.5, 5.5, 16]
    traffic = [Actor(with_speeds(LANES_M[n % 4], n * 1.2, at_s, speeds_mps)) for n in range(-8, 40)]
    assert kinds(detect(camera(NORTH), traffic, 60)) == []


def test_a_slowdown_just_after_the_start_of_analysis_is_not_reported() -> None:
    traffic = [Actor(with_speeds(LANES_M[n % 4], n * 1.2, [0.0, 5], [16.0, 4])) for n in range(-20, 16)]
    assert "sudden_slowdown" not in kinds(detect(camera(NORTH), traffic, 25))


def test_one_vehicle_that_stops_behind_a_platoon_is_no_slowdown() -> None:
    before = [Actor(drives(LANES_M[n % 4], 16, start_s=1.0 * n)) for n in range(16)]
    platoon = [Actor(drives(LANES_M[n % 4], 11, start_s=15 + 0.3 * n)) for n in range(5)]
    one = Actor(brakes(25.25, 18.5, 22, from_mps=11, to_mps=0.3))
    assert kinds(detect(camera(NORTH), [*before, *platoon, one], 31)) == []


def test_three_vehicles_that_brake_in_thin_traffic_are_a_slowdown() -> None:
    before = [Actor(drives(LANES_M[n % 2], 16, start_s=3.5 * n)) for n in range(6)]
    few = [Actor(brakes(LANES_M[n % 2], 20 + 2 * n, 24 + n)) for n in range(3)]
    assert kinds(detect(camera(NORTH), before + few, 40)) == ["sudden_slowdown"]


@pytest.mark.parametrize("others", [[], [Actor(drives(32.25, 16, start_s=t)) for t in range(20, 40, 2)]])
def test_two_vehicles_that_brake_are_a_slowdown_if_no_others_are_in_view(others: list[Actor]) -> None:
    before = [Actor(drives(LANES_M[n % 2], 16, start_s=2.5 * n)) for n in range(8)]
    two = [Actor(brakes(LANES_M[n], 20 + 2 * n, 24 + n)) for n in range(2)]
    assert kinds(detect(camera(NORTH), before + two + others, 40)) == ([] if others else ["sudden_slowdown"])


def test_slow_traffic_that_enters_an_empty_zone_is_a_slowdown() -> None:
    before = [Actor(drives(LANES_M[n % 2], 16, start_s=1.5 * n)) for n in range(12)]
    slow = [Actor(drives(LANES_M[n % 2], 4, start_s=38 + 2.5 * n)) for n in range(8)]
    assert kinds(detect(camera(NORTH), before + slow, 60)) == ["sudden_slowdown"]


def test_stop_and_go_is_no_slowdown() -> None:
    def goes(lane: float, start_s: float) -> Trajectory:
        """3 m/s, except 10 m/s from 30 to 34 s."""

        def trajectory(t: float) -> Position | None:
            x = 3 * (t - start_s) + 7 * (min(max(t, 30), 34) - min(max(start_s, 30), 34))
            return (x, lane) if t >= start_s and x <= 128 else None

        return trajectory

    traffic = [Actor(goes(LANES_M[n % 4], n)) for n in range(-40, 50)]
    assert "sudden_slowdown" not in kinds(detect(camera(NORTH), traffic, 50))


def test_one_slow_vehicle_is_no_slowdown() -> None:
    slow = Actor(brakes(25.25, 10, 14))
    assert kinds(detect(camera(NORTH), [slow, *flow([21.75, 28.75, 32.25], 16, until_s=40)], 40, noise=NOISE)) == []


def test_zones_with_a_stop_line_have_no_slowdowns() -> None:
    traffic = [Actor(brakes(LANES_M[n % 4], n * 1.2, 22)) for n in range(-8, 25)]
    approach = {**NORTH, "stop_line": "stop"}
    assert kinds(detect(camera(approach, lines=[line_m("stop", 120, 20, 120, 34)]), traffic, 34)) == []


def scene_of(config: object, **zone: object) -> tuple[IncidentDetector, Scene]:
    """A detector, and a scene without traffic with this state of its first zone."""
    observer = Camera(config)
    scene = observer.scene([], 0.0)
    return IncidentDetector(config, *SIZE), replace(scene, zones=(replace(scene.zones[0], **zone), *scene.zones[1:]))


def over(detector: IncidentDetector, scene: Scene, start_s: float, end_s: float) -> list[IncidentChange]:
    times = np.arange(start_s, end_s, 0.25).tolist()
    return [change for t in times for change in detector.update(replace(scene, at_s=t))]


def test_a_provisional_congestion_level_raises_nothing() -> None:
    detector, free = scene_of(camera(), congestion=CongestionLevel.FREE, speed_mps=10.0)
    state, *others = free.zones
    state = replace(state, congestion=CongestionLevel.JAMMED, is_provisional=True)
    assert detector.update(replace(free, zones=(state, *others))) == []
    settled = replace(free, zones=(replace(state, is_provisional=False), *others), at_s=free.at_s + 1)
    assert [change.kind for change in detector.update(settled)] == ["congestion"]


def test_congestion_is_raised_updated_for_its_level_and_ended() -> None:
    detector, free = scene_of(camera(), congestion=CongestionLevel.FREE, speed_mps=10.0)
    state = free.zones[0]
    others = free.zones[1:]
    state = replace(state, congestion=CongestionLevel.CONGESTED, congestion_since_s=4.0, is_provisional=False)
    congested = replace(free, zones=(state, *others))
    jammed = replace(free, zones=(replace(state, congestion=CongestionLevel.JAMMED, congestion_since_s=30.0), *others))
    changes = over(detector, free, 0, 10) + over(detector, congested, 10, 30) + over(detector, jammed, 30, 50)
    changes += over(detector, free, 50, 60)
    assert [(str(c.phase), c.evidence.facts["level"]) for c in changes] == [
        ("raised", "congested"),
        ("updated", "jammed"),
        ("ended", "jammed"),
    ]
    assert changes[0].started_s == 4.0


def test_without_zones_congestion_lasts_longer_than_any_red_light() -> None:
    _, scene = scene_of(camera(), congestion=CongestionLevel.FREE, speed_mps=10.0, is_provisional=False)
    detector = IncidentDetector(camera().model_copy(update={"zones": ()}), *SIZE)
    free = replace(scene, zones=(), inside=scene.inside[:, :0], whole_frame=scene.zones[0])

    def slow_from(at_s: float) -> Scene:
        state = replace(scene.zones[0], congestion=CongestionLevel.CONGESTED, congestion_since_s=at_s)
        return replace(free, whole_frame=state)

    assert over(detector, slow_from(0.0), 0, 90) + over(detector, free, 90, 120) == []
    changes = over(detector, slow_from(120.0), 120, 270) + over(detector, free, 270, 300)
    assert [(str(c.phase), c.started_s) for c in changes] == [("raised", 120.0), ("ended", 120.0)]
    evidence = changes[0].evidence
    assert (evidence.zone_id, evidence.place_px) == (None, None)
    assert evidence.reason.startswith("traffic is congested")


def spillback() -> tuple[IncidentDetector, Scene]:
    """A scene in which the queue reaches its spillback line."""
    lines = [line_m("stop", 120, 20, 120, 34), line_m("far", 20, 20, 20, 34)]
    zone = {**NORTH, "stop_line": "stop", "spillback_line": "far"}
    return scene_of(
        camera(zone, lines=lines),
        reaches_spillback=True,
        queue_track_ids=frozenset(range(30)),
        queue_length_m=98.0,
        congestion=None,
    )


def test_a_queue_that_reaches_its_line_spills_back() -> None:
    detector, scene = spillback()
    [change] = over(detector, scene, 0, 20)
    assert (change.kind, change.evidence.facts["queue_veh"], change.evidence.facts["queue_m"]) == (
        "queue_spillback",
        30,
        98,
    )
    assert change.place == pytest.approx((20 / 128, 27 / 72), abs=0.01)


def test_a_queue_that_returns_with_each_red_is_one_spillback() -> None:
    detector, spilled = spillback()
    short = replace(spilled, zones=(replace(spilled.zones[0], reaches_spillback=False), *spilled.zones[1:]))
    changes = []
    for red_s in (0, 180, 360):
        changes += over(detector, spilled, red_s, red_s + 40) + over(detector, short, red_s + 40, red_s + 180)
    changes += over(detector, short, 540, 560) + over(detector, spilled, 560, 570)
    assert [str(c.phase) for c in changes] == ["raised", "ended", "raised"]
    assert changes[1].ended_s == pytest.approx(400, abs=0.5)


def test_a_road_object_is_reported_once() -> None:
    detector, scene = scene_of(camera(), congestion=None)
    road_object = RoadObject((600, 250, 640, 280), since_s=0.0, confidence=0.7, zone_id="north")
    changes = over(detector, replace(scene, road_objects=(road_object,)), 3, 30) + over(detector, scene, 30, 45)
    assert [str(change.phase) for change in changes] == ["raised", "ended"]
    assert changes[0].at_s == pytest.approx(8, abs=0.5)


OTHERS = [21.75, 28.75, 32.25]


def runs_into(start_s: float) -> list[Actor]:
    """One stops abruptly, the next hits it."""
    first = halts(25.25, 14, 60, start_s=start_s, braking=9)
    second = halts(25.25, 14, 55.4, start_s=start_s + 0.6, braking=9)
    return [Actor(first), Actor(second)]


def crosses(start_s: float) -> list[Actor]:
    """A motorcycle drives across the lane of a car and is hit by it."""
    car = halts(25.25, 12, 60, start_s=start_s, braking=8)
    meets_s = start_s + 60 / 12

    def motorcycle(t: float) -> Position | None:
        y = 25.5 - 6 * max(meets_s - t, 0)
        return (62.5, y) if y > 5 else None

    return [Actor(car), Actor(motorcycle, ObjectClass.MOTORCYCLE)]


def runs_into_a_stopped_one(start_s: float) -> list[Actor]:
    """One breaks down, the next runs into it."""
    first = halts(25.25, 14, 60, start_s=start_s - 4)
    return [Actor(first), Actor(halts(25.25, 14, 55.4, start_s=start_s + 2, braking=60))]


def switches_to_the_other(start_s: float) -> list[Actor]:
    """The id of the vehicle that runs into another switches to that one; a new track starts where it was."""
    first, _ = (actor.trajectory for actor in runs_into(start_s))
    second, hit_s = halts(25.25, 14, 55.4, start_s=start_s + 0.6, braking=60), start_s + 0.6 + 55.4 / 14
    return [
        Actor(lambda t: first(t) if t < hit_s - 0.3 else None),
        Actor(lambda t: second(t) if t < hit_s + 0.3 else (60, 25.25)),
        Actor(lambda t: (55.4, 25.25) if t >= hit_s + 1.0 else None),
    ]


def undetected(start_s: float) -> list[Actor]:
    """The vehicle that runs into another is not detected while it does."""
    first, _ = (actor.trajectory for actor in runs_into(start_s))
    second, hit_s = halts(25.25, 14, 55.4, start_s=start_s + 0.6, braking=60), start_s + 0.6 + 55.4 / 14
    return [Actor(first), Actor(lambda t: None if hit_s - 0.3 <= t < hit_s + 0.8 else second(t))]


def switched(start_s: float) -> list[Actor]:
    """The two swap ids at the contact; the first has been stopped for a while."""
    first = halts(25.25, 14, 60, start_s=start_s - 3, braking=4)
    second, hit_s = halts(25.25, 6, 55.4, start_s=start_s - 3.7, braking=60), start_s - 3.7 + 55.4 / 6
    return [
        Actor(lambda t: first(t) if t < hit_s else None if t < hit_s + 0.7 else (55.4, 25.25)),
        Actor(lambda t: second(t) if t < hit_s else None if t < hit_s + 0.7 else (60, 25.25)),
    ]


def comes_into_view(start_s: float) -> list[Actor]:
    """The vehicle that runs into another is occluded until just before."""
    first = halts(25.25, 14, 60, start_s=start_s, braking=4)
    second, hit_s = halts(25.25, 14, 55.4, start_s=start_s + 2, braking=60), start_s + 2 + 55.4 / 14
    return [Actor(first), Actor(lambda t: None if t < hit_s - 0.4 else second(t))]


@pytest.mark.parametrize(
    "crash",
    [runs_into, runs_into_a_stopped_one, crosses, switches_to_the_other, undetected, switched, comes_into_view],
)
def test_vehicles_that_stop_in_contact_are_a_collision_and_nothing_else(crash: object) -> None:
    changes = detect(camera(NORTH), [*crash(8), *flow(OTHERS)], 40)  # type: ignore[operator]
    assert kinds(changes) == ["collision"]
    assert changes[0].at_s < 8 + 5 + 10
    assert changes[0].evidence.confidence >= 0.6
    assert str(changes[0].evidence.facts["cues"]).count(",") >= 1


def test_stopping_in_contact_and_driving_on_is_no_collision() -> None:
    first = halts(25.25, 14, 60, start_s=8, braking=9, for_s=5)
    second = halts(25.25, 14, 55.4, start_s=8.6, braking=9, for_s=5)
    changes = detect(camera(NORTH), [Actor(first), Actor(second), *flow(OTHERS)], 40)
    assert "collision" not in kinds(changes)


def test_crawling_in_contact_is_no_collision() -> None:
    def crawls(trajectory: Trajectory) -> Trajectory:
        return lambda t: (
            None if (position := trajectory(t)) is None else (position[0] + 0.4 * max(t - 14, 0), position[1])
        )

    pair = [Actor(crawls(actor.trajectory)) for actor in runs_into(8)]
    assert "collision" not in kinds(detect(camera(NORTH), [*pair, *flow(OTHERS)], 40))


@pytest.mark.parametrize("jump_m", [-20.0, 20.0])
def test_a_box_that_jumps_for_a_frame_does_not_drop_a_collision(jump_m: float) -> None:
    first, second = (actor.trajectory for actor in runs_into(8))

    def jumps_once(t: float) -> tuple[float, float] | None:
        position = first(t)
        return position if position is None or not 18.9 < t < 19.1 else (position[0] + jump_m, position[1])

    changes = detect(camera(NORTH), [Actor(jumps_once), Actor(second), *flow(OTHERS)], 40, fps=4)
    assert kinds(changes) == ["collision"]


def test_one_cue_alone_is_no_collision() -> None:
    follows = [Actor(halts(25.25, 14, 60, start_s=10)), Actor(halts(25.25, 14, 54, start_s=16))]
    assert "collision" not in kinds(detect(camera(NORTH), [*follows, *flow(OTHERS)], 50))
    late = [Actor(halts(25.25, 14, 60, start_s=10)), Actor(halts(25.25, 14, 54, start_s=16, braking=9))]
    assert "collision" not in kinds(detect(camera(NORTH), [*late, *flow(OTHERS)], 50))
    hard = [Actor(halts(25.25, 14, 60, start_s=10, braking=9))]
    assert kinds(detect(camera(NORTH), [*hard, *flow(OTHERS)], 40)) == ["stopped_vehicle"]


def test_braking_hard_at_the_end_of_a_queue_is_no_collision() -> None:
    queue = [Actor(halts(y, 12, 100 - 7.5 * n, start_s=3 * n, braking=7)) for n in range(5) for y in LANES_M]
    approach = {**NORTH, "polygon": box_m(2, 20, 104, 34), "stop_line": "stop"}
    reported = kinds(detect(camera(approach, lines=[line_m("stop", 104, 20, 104, 34)]), queue, 40))
    assert "collision" not in reported


def test_stopping_side_by_side_in_two_lanes_is_no_collision() -> None:
    stop = [Actor(halts(y, 14, 60, start_s=10, braking=6)) for y in (21.75, 25.25)]
    assert "collision" not in kinds(detect(camera(NORTH), [*stop, *flow([28.75, 32.25])], 40))


def test_dense_moving_traffic_is_no_collision() -> None:
    swarm = [Actor(drives(20.5 + 1.1 * (n % 12), 8, start_s=n / 3), ObjectClass.MOTORCYCLE) for n in range(-30, 60)]
    assert kinds(detect(camera(NORTH), swarm, 15, noise=NOISE)) == []


def test_waiting_close_behind_a_stopped_vehicle_is_no_collision() -> None:
    truck = Actor(halts(25.25, 12, 60, start_s=8), ObjectClass.TRUCK)
    waits = Actor(halts(25.25, 12, 54, start_s=14, braking=8), ObjectClass.MOTORCYCLE)
    assert kinds(detect(camera(NORTH), [truck, waits, *flow(OTHERS, every_s=6, until_s=30)], 32)) == ["stopped_vehicle"]
