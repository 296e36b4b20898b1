"""What happens to traffic as a whole: slowdowns, congestion, spillback; things on the road; collisions."""

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
    """Drives, and at a time brakes to another speed within three seconds."""

    def trajectory(t: float) -> Position | None:
        if t < start_s:
            return None
        braking = min(max(t - when_s, 0), 3)
        lost = (from_mps - to_mps) / 3
        x = from_mps * (min(t, when_s + 3) - start_s) - lost * braking**2 / 2 + to_mps * max(t - when_s - 3, 0)
        return (x, lane) if x <= 128 else None

    return trajectory


def test_traffic_that_brakes_all_at_once_is_told_soon() -> None:
    traffic = [Actor(brakes(LANES_M[n % 4], n * 1.2, 22)) for n in range(-8, 25)]
    changes = raised(detect(camera(NORTH), traffic, 34))
    assert kinds(changes) == ["sudden_slowdown"]
    assert changes[0].at_s - 22 < 10
    assert changes[0].evidence.facts["lost_pct"] > 50


def paced(lane: float, start_s: float, at_s: list[float], paces_mps: list[float]) -> Trajectory:
    """Drives as fast as is given of some times, evenly faster or slower between them."""
    ticks_s = np.arange(-60, 99, 0.05)
    ways_m = np.concatenate([[0], np.cumsum(0.05 * np.interp(ticks_s, at_s, paces_mps))[:-1]])

    def trajectory(t: float) -> Position | None:
        x = float(np.interp(t, ticks_s, ways_m) - np.interp(start_s, ticks_s, ways_m))
        return (x, lane) if t >= start_s and x <= 128 else None

    return trajectory


def test_a_slowdown_is_told_no_longer_when_most_of_the_pace_is_back() -> None:
    at_s, paces_mps = [22.0, 25, 32, 35], [16.0, 4, 4, 12]
    traffic = [Actor(paced(LANES_M[n % 4], n * 1.2, at_s, paces_mps)) for n in range(-8, 40)]
    changes = [c for c in detect(camera(NORTH), traffic, 70) if c.kind == "sudden_slowdown"]
    assert 22 < changes[0].at_s < 32
    assert str(changes[-1].phase) == "ended"
    assert changes[-1].ended_s is not None
    assert changes[-1].ended_s < 45


def test_traffic_that_is_off_again_at_once_has_not_slowed_down() -> None:
    at_s, paces_mps = [22.0, 23.5, 24, 26.5], [16.0, 5.5, 5.5, 16]
    traffic = [Actor(paced(LANES_M[n % 4], n * 1.2, at_s, paces_mps)) for n in range(-8, 40)]
    assert kinds(detect(camera(NORTH), traffic, 60)) == []


def test_of_traffic_that_slows_down_just_as_the_camera_comes_on_it_is_not_known_how_it_flowed() -> None:
    traffic = [Actor(paced(LANES_M[n % 4], n * 1.2, [0.0, 5], [16.0, 4])) for n in range(-20, 16)]
    assert "sudden_slowdown" not in kinds(detect(camera(NORTH), traffic, 25))


def test_one_who_halts_when_a_platoon_has_just_passed_is_no_slowdown_of_traffic() -> None:
    before = [Actor(drives(LANES_M[n % 4], 16, start_s=1.0 * n)) for n in range(16)]
    platoon = [Actor(drives(LANES_M[n % 4], 11, start_s=15 + 0.3 * n)) for n in range(5)]
    one = Actor(brakes(25.25, 18.5, 22, from_mps=11, to_mps=0.3))
    assert kinds(detect(camera(NORTH), [*before, *platoon, one], 31)) == []


def test_where_few_drive_three_who_brake_one_after_the_other_are_a_slowdown() -> None:
    before = [Actor(drives(LANES_M[n % 2], 16, start_s=3.5 * n)) for n in range(6)]
    few = [Actor(brakes(LANES_M[n % 2], 20 + 2 * n, 24 + n)) for n in range(3)]
    assert kinds(detect(camera(NORTH), before + few, 40)) == ["sudden_slowdown"]


@pytest.mark.parametrize("others", [[], [Actor(drives(32.25, 16, start_s=t)) for t in range(20, 40, 2)]])
def test_two_who_brake_are_a_slowdown_of_traffic_if_nobody_else_is_in_sight(others: list[Actor]) -> None:
    before = [Actor(drives(LANES_M[n % 2], 16, start_s=2.5 * n)) for n in range(8)]
    two = [Actor(brakes(LANES_M[n], 20 + 2 * n, 24 + n)) for n in range(2)]
    assert kinds(detect(camera(NORTH), before + two + others, 40)) == ([] if others else ["sudden_slowdown"])


def test_traffic_that_comes_slowly_into_a_zone_that_was_empty_for_a_while_has_slowed_down() -> None:
    before = [Actor(drives(LANES_M[n % 2], 16, start_s=1.5 * n)) for n in range(12)]
    slow = [Actor(drives(LANES_M[n % 2], 4, start_s=38 + 2.5 * n)) for n in range(8)]
    assert kinds(detect(camera(NORTH), before + slow, 60)) == ["sudden_slowdown"]


def test_stop_and_go_is_no_slowdown() -> None:
    def goes(lane: float, start_s: float) -> Trajectory:
        """3 m/s, but for 10 m/s from 30 to 34 s."""

        def trajectory(t: float) -> Position | None:
            x = 3 * (t - start_s) + 7 * (min(max(t, 30), 34) - min(max(start_s, 30), 34))
            return (x, lane) if t >= start_s and x <= 128 else None

        return trajectory

    traffic = [Actor(goes(LANES_M[n % 4], n)) for n in range(-40, 50)]
    assert "sudden_slowdown" not in kinds(detect(camera(NORTH), traffic, 50))


def test_one_slow_vehicle_is_no_slowdown_of_traffic() -> None:
    slow = Actor(brakes(25.25, 10, 14))
    assert kinds(detect(camera(NORTH), [slow, *flow([21.75, 28.75, 32.25], 16, until_s=40)], 40, noise=NOISE)) == []


def test_where_a_stop_line_governs_traffic_slows_down_as_a_matter_of_course() -> None:
    traffic = [Actor(brakes(LANES_M[n % 4], n * 1.2, 22)) for n in range(-8, 25)]
    approach = {**NORTH, "stop_line": "stop"}
    assert kinds(detect(camera(approach, lines=[line_m("stop", 120, 20, 120, 34)]), traffic, 34)) == []


def scene_of(config: object, **zone: object) -> tuple[IncidentDetector, Scene]:
    """A scene without traffic in which the first zone is as told."""
    seen = Camera(config)
    scene = seen.scene([], 0.0)
    return IncidentDetector(config, *SIZE), replace(scene, zones=(replace(scene.zones[0], **zone), *scene.zones[1:]))


def over(watch: IncidentDetector, scene: Scene, start_s: float, end_s: float) -> list[IncidentChange]:
    times = np.arange(start_s, end_s, 0.25).tolist()
    return [change for t in times for change in watch.update(replace(scene, at_s=t))]


def test_a_level_that_may_soon_be_another_raises_nothing() -> None:
    watch, free = scene_of(camera(), congestion=CongestionLevel.FREE, speed_mps=10.0)
    state, *others = free.zones
    state = replace(state, congestion=CongestionLevel.JAMMED, is_provisional=True)
    assert watch.update(replace(free, zones=(state, *others))) == []
    settled = replace(free, zones=(replace(state, is_provisional=False), *others), at_s=free.at_s + 1)
    assert [change.kind for change in watch.update(settled)] == ["congestion"]


def test_congestion_is_told_with_its_levels_and_its_end() -> None:
    watch, free = scene_of(camera(), congestion=CongestionLevel.FREE, speed_mps=10.0)
    state = free.zones[0]
    others = free.zones[1:]
    state = replace(state, congestion=CongestionLevel.CONGESTED, congestion_since_s=4.0, is_provisional=False)
    congested = replace(free, zones=(state, *others))
    jammed = replace(free, zones=(replace(state, congestion=CongestionLevel.JAMMED, congestion_since_s=30.0), *others))
    changes = over(watch, free, 0, 10) + over(watch, congested, 10, 30) + over(watch, jammed, 30, 50)
    changes += over(watch, free, 50, 60)
    assert [(str(c.phase), c.evidence.facts["level"]) for c in changes] == [
        ("raised", "congested"),
        ("updated", "jammed"),
        ("ended", "jammed"),
    ]
    assert changes[0].started_s == 4.0


def test_where_no_zone_is_drawn_traffic_that_is_slow_for_longer_than_any_red_light_is_congestion() -> None:
    _, scene = scene_of(camera(), congestion=CongestionLevel.FREE, speed_mps=10.0, is_provisional=False)
    watch = IncidentDetector(camera().model_copy(update={"zones": ()}), *SIZE)
    free = replace(scene, zones=(), inside=scene.inside[:, :0], whole_frame=scene.zones[0])

    def slow_from(at_s: float) -> Scene:
        state = replace(scene.zones[0], congestion=CongestionLevel.CONGESTED, congestion_since_s=at_s)
        return replace(free, whole_frame=state)

    assert over(watch, slow_from(0.0), 0, 90) + over(watch, free, 90, 120) == []
    changes = over(watch, slow_from(120.0), 120, 270) + over(watch, free, 270, 300)
    assert [(str(c.phase), c.started_s) for c in changes] == [("raised", 120.0), ("ended", 120.0)]
    told = changes[0].evidence
    assert (told.zone_id, told.place_px) == (None, None)
    assert told.reason.startswith("traffic is congested")


def spilt_queue() -> tuple[IncidentDetector, Scene]:
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
    watch, scene = spilt_queue()
    [change] = over(watch, scene, 0, 20)
    assert (change.kind, change.evidence.facts["queue_veh"], change.evidence.facts["queue_m"]) == (
        "queue_spillback",
        30,
        98,
    )
    assert change.place == pytest.approx((20 / 128, 27 / 72), abs=0.01)


def test_a_queue_that_is_back_with_each_red_of_a_long_cycle_is_one_spillback_until_it_stays_away() -> None:
    watch, spilt = spilt_queue()
    short = replace(spilt, zones=(replace(spilt.zones[0], reaches_spillback=False), *spilt.zones[1:]))
    changes = []
    for red_s in (0, 180, 360):
        changes += over(watch, spilt, red_s, red_s + 40) + over(watch, short, red_s + 40, red_s + 180)
    changes += over(watch, short, 540, 560) + over(watch, spilt, 560, 570)
    assert [str(c.phase) for c in changes] == ["raised", "ended", "raised"]
    assert changes[1].ended_s == pytest.approx(400, abs=0.5)


def test_something_that_lies_on_the_road_is_told_once() -> None:
    watch, scene = scene_of(camera(), congestion=None)
    lying = RoadObject((600, 250, 640, 280), since_s=0.0, confidence=0.7, zone_id="north")
    changes = over(watch, replace(scene, road_objects=(lying,)), 3, 30) + over(watch, scene, 30, 45)
    assert [str(change.phase) for change in changes] == ["raised", "ended"]
    assert changes[0].at_s == pytest.approx(8, abs=0.5)


OTHERS = [21.75, 28.75, 32.25]


def runs_into(start_s: float) -> list[Actor]:
    """One stops dead, the next hits him."""
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


def runs_into_a_standing_one(start_s: float) -> list[Actor]:
    """One breaks down, the next sees him too late."""
    first = halts(25.25, 14, 60, start_s=start_s - 4)
    return [Actor(first), Actor(halts(25.25, 14, 55.4, start_s=start_s + 2, braking=60))]


def leaps_on(start_s: float) -> list[Actor]:
    """The id of who runs into another leaps on to him, and a new one begins where it left."""
    first, _ = (actor.trajectory for actor in runs_into(start_s))
    second, hit_s = halts(25.25, 14, 55.4, start_s=start_s + 0.6, braking=60), start_s + 0.6 + 55.4 / 14
    return [
        Actor(lambda t: first(t) if t < hit_s - 0.3 else None),
        Actor(lambda t: second(t) if t < hit_s + 0.3 else (60, 25.25)),
        Actor(lambda t: (55.4, 25.25) if t >= hit_s + 1.0 else None),
    ]


def unseen(start_s: float) -> list[Actor]:
    """Who runs into another is not seen while he does."""
    first, _ = (actor.trajectory for actor in runs_into(start_s))
    second, hit_s = halts(25.25, 14, 55.4, start_s=start_s + 0.6, braking=60), start_s + 0.6 + 55.4 / 14
    return [Actor(first), Actor(lambda t: None if hit_s - 0.3 <= t < hit_s + 0.8 else second(t))]


def switched(start_s: float) -> list[Actor]:
    """The ids of the two change places where they touch; the first has stood for a while."""
    first = halts(25.25, 14, 60, start_s=start_s - 3, braking=4)
    second, hit_s = halts(25.25, 6, 55.4, start_s=start_s - 3.7, braking=60), start_s - 3.7 + 55.4 / 6
    return [
        Actor(lambda t: first(t) if t < hit_s else None if t < hit_s + 0.7 else (55.4, 25.25)),
        Actor(lambda t: second(t) if t < hit_s else None if t < hit_s + 0.7 else (60, 25.25)),
    ]


def comes_into_sight(start_s: float) -> list[Actor]:
    """Something hides who runs into another until just before."""
    first = halts(25.25, 14, 60, start_s=start_s, braking=4)
    second, hit_s = halts(25.25, 14, 55.4, start_s=start_s + 2, braking=60), start_s + 2 + 55.4 / 14
    return [Actor(first), Actor(lambda t: None if t < hit_s - 0.4 else second(t))]


@pytest.mark.parametrize(
    "crash",
    [runs_into, runs_into_a_standing_one, crosses, leaps_on, unseen, switched, comes_into_sight],
)
def test_vehicles_that_come_to_stand_touching_are_a_suspected_collision_and_nothing_else(crash: object) -> None:
    changes = detect(camera(NORTH), [*crash(8), *flow(OTHERS)], 40)  # type: ignore[operator]
    assert kinds(changes) == ["collision"]
    assert changes[0].at_s < 8 + 5 + 10
    assert changes[0].evidence.confidence >= 0.6
    assert str(changes[0].evidence.facts["cues"]).count(",") >= 1


def test_who_halts_touching_and_drives_on_did_not_collide() -> None:
    first = halts(25.25, 14, 60, start_s=8, braking=9, for_s=5)
    second = halts(25.25, 14, 55.4, start_s=8.6, braking=9, for_s=5)
    changes = detect(camera(NORTH), [Actor(first), Actor(second), *flow(OTHERS)], 40)
    assert "collision" not in kinds(changes)


def test_who_comes_to_a_crawl_touching_did_not_collide() -> None:
    def crawls(trajectory: Trajectory) -> Trajectory:
        return lambda t: None if (place := trajectory(t)) is None else (place[0] + 0.4 * max(t - 14, 0), place[1])

    pair = [Actor(crawls(actor.trajectory)) for actor in runs_into(8)]
    assert "collision" not in kinds(detect(camera(NORTH), [*pair, *flow(OTHERS)], 40))


@pytest.mark.parametrize("leaps_m", [-20.0, 20.0])
def test_a_box_that_leaps_for_a_look_does_not_say_that_they_go_on(leaps_m: float) -> None:
    first, second = (actor.trajectory for actor in runs_into(8))

    def leaps_once(t: float) -> tuple[float, float] | None:
        place = first(t)
        return place if place is None or not 18.9 < t < 19.1 else (place[0] + leaps_m, place[1])

    changes = detect(camera(NORTH), [Actor(leaps_once), Actor(second), *flow(OTHERS)], 40, fps=4)
    assert kinds(changes) == ["collision"]


def test_one_cue_alone_is_no_collision() -> None:
    follows = [Actor(halts(25.25, 14, 60, start_s=10)), Actor(halts(25.25, 14, 54, start_s=16))]
    assert "collision" not in kinds(detect(camera(NORTH), [*follows, *flow(OTHERS)], 50))
    late = [Actor(halts(25.25, 14, 60, start_s=10)), Actor(halts(25.25, 14, 54, start_s=16, braking=9))]
    assert "collision" not in kinds(detect(camera(NORTH), [*late, *flow(OTHERS)], 50))
    hard = [Actor(halts(25.25, 14, 60, start_s=10, braking=9))]
    assert kinds(detect(camera(NORTH), [*hard, *flow(OTHERS)], 40)) == ["stopped_vehicle"]


def test_who_brakes_hard_at_the_end_of_a_queue_does_not_collide() -> None:
    queue = [Actor(halts(y, 12, 100 - 7.5 * n, start_s=3 * n, braking=7)) for n in range(5) for y in LANES_M]
    approach = {**NORTH, "polygon": box_m(2, 20, 104, 34), "stop_line": "stop"}
    told = kinds(detect(camera(approach, lines=[line_m("stop", 104, 20, 104, 34)]), queue, 40))
    assert "collision" not in told


def test_two_who_stop_side_by_side_in_their_lanes_do_not_collide() -> None:
    stop = [Actor(halts(y, 14, 60, start_s=10, braking=6)) for y in (21.75, 25.25)]
    assert "collision" not in kinds(detect(camera(NORTH), [*stop, *flow([28.75, 32.25])], 40))


def test_traffic_that_drives_close_by_does_not_collide() -> None:
    swarm = [Actor(drives(20.5 + 1.1 * (n % 12), 8, start_s=n / 3), ObjectClass.MOTORCYCLE) for n in range(-30, 60)]
    assert kinds(detect(camera(NORTH), swarm, 15, noise=NOISE)) == []


def test_who_has_to_wait_close_behind_one_that_stopped_does_not_collide() -> None:
    truck = Actor(halts(25.25, 12, 60, start_s=8), ObjectClass.TRUCK)
    waits = Actor(halts(25.25, 12, 54, start_s=14, braking=8), ObjectClass.MOTORCYCLE)
    assert kinds(detect(camera(NORTH), [truck, waits, *flow(OTHERS, every_s=6, until_s=30)], 32)) == ["stopped_vehicle"]
