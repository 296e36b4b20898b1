"""Red-light violations, and vehicles that only wait beyond the stop line."""

from math import cos, inf, pi, sin

import numpy as np
import pytest

from tests.analytics.incidents.incidents_road import (
    NORTH,
    Actor,
    Camera,
    Position,
    box_m,
    camera,
    detect,
    drives,
    halts,
    kinds,
    line_m,
    raised,
    stop_time_s,
)
from vision.analytics.scene import Light, SignalNow
from vision.common.object_class import ObjectClass

STOP = line_m("stop", 90, 20, 90, 34)
GOVERNED = {
    "id": "approach", "polygon": box_m(2, 20, 90, 34), "direction": NORTH["direction"], "stop_line": "stop",
    "signal": "lights",
}  # fmt: skip
LIGHTS = {"id": "lights", "state": {"kind": "controller"}}


def red_from(red_s: float, green_s: float = 1e9) -> object:
    def signals(t: float) -> dict[str, SignalNow]:
        if red_s <= t < green_s:
            return {"lights": SignalNow(Light.RED, red_s)}
        return {"lights": SignalNow(Light.GREEN, green_s if t >= green_s else 0.0)}

    return signals


@pytest.mark.parametrize("turned", [False, True])
def test_crossing_at_red_is_a_violation_for_either_orientation_of_the_line(turned: bool) -> None:
    line = {**STOP, "start": STOP["end"], "end": STOP["start"]} if turned else STOP
    config = camera(GOVERNED, lines=[line], signals=[LIGHTS])
    runs = Actor(drives(25.25, 12, start_s=5))
    [change] = raised(detect(config, [runs], 25, signals=red_from(8)))
    assert change.kind == "red_light"
    assert change.evidence.facts["red_s"] == pytest.approx(5 + 90 / 12 - 8, abs=0.3)


def test_crossing_at_green_or_within_the_grace_is_no_violation() -> None:
    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    crosses_s = 5 + 90 / 12
    drive = [Actor(drives(25.25, 12, start_s=5))]
    assert kinds(detect(config, drive, 20, signals=red_from(crosses_s - 0.3))) == []
    assert kinds(detect(config, drive, 20, signals=red_from(0, crosses_s - 0.3))) == []
    assert kinds(detect(config, drive, 20)) == []


def test_creeping_over_the_line_and_waiting_for_green_is_no_violation() -> None:
    creeps = Actor(halts(25.25, 8, 92, start_s=2, for_s=12), ObjectClass.MOTORCYCLE)
    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [creeps], 40, signals=red_from(5, 25))) == []


def test_an_id_switch_from_a_waiting_vehicle_to_one_behind_is_no_violation() -> None:
    waits = halts(25.25, 8, 92, start_s=2)

    def switches(t: float) -> Position | None:
        x_m, y_m = waits(min(t, 20.0)) or (0.0, 25.25)
        return x_m - 9 * min(max(t - 20, 0), 0.9), y_m

    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [Actor(switches)], 30, signals=red_from(5))) == []


def u_turn(t: float) -> Position | None:
    """A U-turn at 4 m/s: 2 m beyond the line, round to the left, and back."""
    turns_s, radius_m = 92 / 4, 2.0
    angle = 4 * (t - turns_s) / radius_m
    if t < turns_s:
        return 4 * t, 25.25
    if angle < pi:
        return 92 + radius_m * sin(angle), 25.25 - radius_m * (1 - cos(angle))
    return 92 - radius_m * (angle - pi), 25.25 - 2 * radius_m


def test_u_turn_past_the_stop_line_at_red_is_a_violation_and_waiting_there_is_not() -> None:
    waits = halts(25.25, 8, 92, start_s=2)

    def switches(t: float) -> Position | None:
        """The id of a waiting vehicle switches to an oncoming one."""
        return waits(t) if t < 20 else (91 - 9 * (t - 20), 22.5)

    config = camera({**GOVERNED, "direction": None}, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [Actor(u_turn, ObjectClass.MOTORCYCLE)], 35, signals=red_from(5))) == ["red_light"]
    assert kinds(detect(config, [Actor(switches, ObjectClass.MOTORCYCLE)], 29, signals=red_from(5))) == []


def test_a_vehicle_driving_on_when_it_turns_green_committed_a_violation() -> None:
    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    runs = Actor(drives(25.25, 12, start_s=5))
    assert kinds(detect(config, [runs], 25, signals=red_from(8, 13.3))) == ["red_light"]


def test_driving_on_before_green_after_a_long_wait_is_a_violation() -> None:
    waits = Actor(halts(25.25, 8, 91.5, start_s=2, for_s=40, starting=3.0))
    goes_s = stop_time_s(8, 91.5, start_s=2) + 40
    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [waits], 70, signals=red_from(5))) == ["red_light"]
    assert kinds(detect(config, [waits], 70, signals=red_from(5, goes_s))) == []


@pytest.mark.parametrize("seen_again_s", [60.0, inf])
def test_waiting_through_an_unobserved_green_is_no_violation(seen_again_s: float) -> None:
    waits = Actor(halts(25.25, 8, 91.5, start_s=2, for_s=60))

    def signals(t: float) -> dict[str, SignalNow]:
        if t < 25:
            return {"lights": SignalNow(Light.RED, 5)} if t >= 5 else {}
        return {"lights": SignalNow(Light.RED, seen_again_s)} if t >= seen_again_s else {}

    assert kinds(detect(camera(GOVERNED, lines=[STOP], signals=[LIGHTS]), [waits], 90, signals=signals)) == []


@pytest.mark.parametrize("early_s", [0.2, 0.3, 0.5, 0.8])
def test_crossing_just_before_green_is_a_violation(early_s: float) -> None:
    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    crosses_s = 5 + 90 / 6
    drive = [Actor(drives(25.25, 6, start_s=5))]
    assert kinds(detect(config, drive, 30, signals=red_from(8, crosses_s + early_s))) == ["red_light"]


@pytest.mark.parametrize("starts_s", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("at_m", [89.5, 89.9, 90.1, 90.5])
def test_a_quick_start_at_green_is_no_violation(at_m: float, starts_s: float) -> None:
    waits = Actor(halts(25.25, 8, at_m, start_s=2, for_s=20), ObjectClass.MOTORCYCLE)
    green_s = stop_time_s(8, at_m, start_s=2) + 20 - starts_s
    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [waits], 60, signals=red_from(5, green_s))) == []


NEAR_EDGE = {**GOVERNED, "polygon": box_m(2, 20, 118, 34)}
EDGE_STOP = line_m("stop", 118, 20, 118, 34)


def test_stopping_beyond_the_line_and_leaving_the_picture_at_red_is_a_violation() -> None:
    halting = halts(25.25, 8, 121, start_s=2, for_s=2)
    stopped_s = stop_time_s(8, 121, start_s=2) + 2

    def crawls_out(t: float) -> Position | None:
        if t < stopped_s:
            return halting(t)
        x = 121 + 1.6 * (t - stopped_s)
        return (x, 25.25) if x < 127 else None

    config = camera(NEAR_EDGE, lines=[EDGE_STOP], signals=[LIGHTS])
    assert kinds(detect(config, [Actor(crawls_out)], 40, signals=red_from(5))) == ["red_light"]


DOWN = {**GOVERNED, "polygon": box_m(50, 2, 64, 68.5), "direction": {"start": [0.45, 0.2], "end": [0.45, 0.8]}}


@pytest.mark.parametrize(("speed_mps", "is_violation"), [(10, True), (5, False)])
def test_a_fast_vehicle_lost_near_the_edge_is_a_violation_and_a_slow_one_is_not(
    speed_mps: float, is_violation: bool
) -> None:
    trajectory = drives(25.25, speed_mps, start_s=2)
    lost = Actor(lambda t: position if (position := trajectory(t)) and position[0] < 112 else None)
    line = line_m("stop", 106, 20, 106, 34)
    config = camera({**GOVERNED, "polygon": box_m(2, 20, 106, 34)}, lines=[line], signals=[LIGHTS])
    assert kinds(detect(config, [lost], 60, signals=red_from(2))) == (["red_light"] if is_violation else [])


LOW_STOP = line_m("stop", 50, 68.5, 64, 68.5)


@pytest.mark.parametrize("leaves_picture", [True, False])
def test_leaving_the_picture_below_at_red_is_a_violation_and_waiting_there_is_not(leaves_picture: bool) -> None:
    halting, goes_s = halts(57, 8, 70.5, start_s=2), stop_time_s(8, 70.5, start_s=2) + 3

    def leaves(t: float) -> Position | None:
        position = halting(min(t, goes_s))
        if position is None or t > goes_s + 2.5:
            return None
        return (57, position[0] + (1.2 * max(t - goes_s, 0) if leaves_picture else 0))

    config = camera(DOWN, lines=[LOW_STOP], signals=[LIGHTS])
    assert kinds(detect(config, [Actor(leaves)], 40, signals=red_from(5))) == (["red_light"] if leaves_picture else [])


@pytest.mark.parametrize(("seen_m", "is_violation"), [(0.9, True), (1.3, False)])
def test_leaving_below_is_measured_by_the_largest_height_not_that_at_the_line(
    seen_m: float, is_violation: bool
) -> None:
    """At the line 0.9 of its 1.8 metres were visible; its track is lost when `seen_m` are left."""
    halting, goes_s = halts(57, 8, 70.5, start_s=2), stop_time_s(8, 70.5, start_s=2) + 3
    below_m = 72 - 70.5 + 1.8 - seen_m

    def leaves(t: float) -> Position | None:
        position = halting(min(t, goes_s))
        down_m = 1.2 * max(t - goes_s, 0)
        return (57, position[0] + down_m) if position and down_m <= below_m else None

    observer, signals, changes = Camera(camera(DOWN, lines=[LOW_STOP], signals=[LIGHTS])), red_from(5), []
    for t in np.arange(0, 40, 0.125).tolist():
        tracks = observer.tracks([Actor(leaves)], t)
        if t < goes_s - 1:
            tracks.xyxy[:, 1] = tracks.xyxy[:, 3] - 9
        changes += observer.analyzer.update(tracks, t, signals=signals(t)).incidents
    assert kinds(changes) == (["red_light"] if is_violation else [])


def test_waiting_at_the_edge_until_the_track_is_lost_is_no_violation() -> None:
    waits = halts(25.25, 8, 121, start_s=2)
    config = camera(NEAR_EDGE, lines=[EDGE_STOP], signals=[LIGHTS])
    lost = Actor(lambda t: waits(t) if t < 25 else None)
    assert kinds(detect(config, [lost], 40, signals=red_from(5, 35))) == []


def test_truncation_at_the_edge_does_not_undo_a_violation() -> None:
    def truncated(t: float) -> Position | None:
        x = 12 * t
        return (x if x < 125 else 123 - x / 1e4, 25.25) if t < 14 else None

    config = camera(NEAR_EDGE, lines=[EDGE_STOP], signals=[LIGHTS])
    truck = Actor(truncated, ObjectClass.TRUCK)
    assert kinds(detect(config, [truck], 20, signals=red_from(5))) == ["red_light"]


@pytest.mark.parametrize(("speed_mps", "runs"), [(10, True), (5, False)])
def test_crossing_fast_and_stopping_soon_is_a_violation_and_crossing_slowly_is_not(
    speed_mps: float, runs: bool
) -> None:
    brakes = Actor(halts(25.25, speed_mps, 94.5, start_s=2, braking=6.0))
    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [brakes], 30, signals=red_from(5, 25))) == (["red_light"] if runs else [])


def test_a_violation_under_a_reused_id_is_reported() -> None:
    def goes_and_comes(t: float) -> Position | None:
        return (95 - 12 * t, 50 - 3 * t) if t < 7.8 else (12 * (t - 7.8), 25.25)

    config = camera({**GOVERNED, "direction": None}, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [Actor(goes_and_comes)], 18, signals=red_from(3))) == ["red_light"]


@pytest.mark.parametrize(
    ("seen_s", "lost_s", "expected"), [(10.0, 10.4, []), (10.0, 11.9, ["red_light"]), (11.3, 12.0, ["red_light"])]
)
def test_a_track_observed_before_the_line_shorter_than_it_was_lost_is_no_violation(
    seen_s: float, lost_s: float, expected: list[str]
) -> None:
    def seen(t: float) -> Position | None:
        """It crosses at 11.75 s, and is observed again from 12 s on."""
        return (76 + 8 * (t - 10), 25.25) if seen_s <= t < lost_s or t >= 12 else None

    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [Actor(seen)], 18, signals=red_from(2))) == expected


def test_entering_the_picture_over_the_stop_line_is_no_violation() -> None:
    def turns_in(t: float) -> Position | None:
        return (92 + 2 * (t - 2), 72 - 5 * (t - 2)) if 2 <= t < 12 else None

    config = camera(GOVERNED, lines=[line_m("stop", 90, 20, 90, 72)], signals=[LIGHTS])
    bus = Actor(turns_in, ObjectClass.BUS)
    assert kinds(detect(config, [bus], 20, signals=red_from(1))) == []


def test_crossing_the_stop_line_in_the_other_direction_is_no_violation() -> None:
    config = camera({**GOVERNED, "direction": None}, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [Actor(drives(25.25, 12, to_left=True))], 20, signals=red_from(1))) == []
