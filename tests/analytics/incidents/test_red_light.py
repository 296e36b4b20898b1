"""Who runs a red light, and who only waits over the line."""

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
def test_who_crosses_the_stop_line_at_red_runs_the_light_whichever_way_the_line_is_drawn(turned: bool) -> None:
    line = {**STOP, "start": STOP["end"], "end": STOP["start"]} if turned else STOP
    config = camera(GOVERNED, lines=[line], signals=[LIGHTS])
    runs = Actor(drives(25.25, 12, start_s=5))
    [change] = raised(detect(config, [runs], 25, signals=red_from(8)))
    assert change.kind == "red_light"
    assert change.evidence.facts["red_s"] == pytest.approx(5 + 90 / 12 - 8, abs=0.3)


def test_who_crosses_at_green_or_in_the_first_moment_of_red_is_let_go() -> None:
    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    crosses_s = 5 + 90 / 12
    drive = [Actor(drives(25.25, 12, start_s=5))]
    assert kinds(detect(config, drive, 20, signals=red_from(crosses_s - 0.3))) == []
    assert kinds(detect(config, drive, 20, signals=red_from(0, crosses_s - 0.3))) == []
    assert kinds(detect(config, drive, 20)) == []


def test_who_creeps_over_the_line_and_waits_there_for_green_is_let_go() -> None:
    creeps = Actor(halts(25.25, 8, 92, start_s=2, for_s=12), ObjectClass.MOTORCYCLE)
    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [creeps], 40, signals=red_from(5, 25))) == []


def test_who_waits_over_the_line_and_gives_its_id_to_one_behind_it_does_not_run_the_light() -> None:
    waits = halts(25.25, 8, 92, start_s=2)

    def leaps(t: float) -> Position | None:
        x_m, y_m = waits(min(t, 20.0)) or (0.0, 25.25)
        return x_m - 9 * min(max(t - 20, 0), 0.9), y_m

    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [Actor(leaps)], 30, signals=red_from(5))) == []


def u_turn(t: float) -> Position | None:
    """At 4 m/s up to 2 m beyond the line, round to the left, and back."""
    turns_s, radius_m = 92 / 4, 2.0
    angle = 4 * (t - turns_s) / radius_m
    if t < turns_s:
        return 4 * t, 25.25
    if angle < pi:
        return 92 + radius_m * sin(angle), 25.25 - radius_m * (1 - cos(angle))
    return 92 - radius_m * (angle - pi), 25.25 - 2 * radius_m


def test_who_turns_round_beyond_the_line_and_drives_away_at_red_has_run_the_light_and_one_who_waits_there_has_not() -> (
    None
):
    waits = halts(25.25, 8, 92, start_s=2)

    def leaps(t: float) -> Position | None:
        """The id of who waits there goes to one that comes the other way."""
        return waits(t) if t < 20 else (91 - 9 * (t - 20), 22.5)

    config = camera({**GOVERNED, "direction": None}, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [Actor(u_turn, ObjectClass.MOTORCYCLE)], 35, signals=red_from(5))) == ["red_light"]
    assert kinds(detect(config, [Actor(leaps, ObjectClass.MOTORCYCLE)], 29, signals=red_from(5))) == []


def test_who_has_run_the_light_and_is_going_on_when_it_turns_green_did_run_it() -> None:
    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    runs = Actor(drives(25.25, 12, start_s=5))
    assert kinds(detect(config, [runs], 25, signals=red_from(8, 13.3))) == ["red_light"]


def test_who_waits_long_over_the_line_and_goes_on_before_it_turns_green_has_run_the_light() -> None:
    waits = Actor(halts(25.25, 8, 91.5, start_s=2, for_s=40, starting=3.0))
    goes_s = stop_time_s(8, 91.5, start_s=2) + 40
    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [waits], 70, signals=red_from(5))) == ["red_light"]
    assert kinds(detect(config, [waits], 70, signals=red_from(5, goes_s))) == []


@pytest.mark.parametrize("seen_again_s", [60.0, inf])
def test_who_waits_over_the_line_through_a_green_that_was_not_seen_is_let_go(seen_again_s: float) -> None:
    waits = Actor(halts(25.25, 8, 91.5, start_s=2, for_s=60))

    def signals(t: float) -> dict[str, SignalNow]:
        if t < 25:
            return {"lights": SignalNow(Light.RED, 5)} if t >= 5 else {}
        return {"lights": SignalNow(Light.RED, seen_again_s)} if t >= seen_again_s else {}

    assert kinds(detect(camera(GOVERNED, lines=[STOP], signals=[LIGHTS]), [waits], 90, signals=signals)) == []


@pytest.mark.parametrize("early_s", [0.2, 0.3, 0.5, 0.8])
def test_who_drives_over_the_line_just_before_it_turns_green_has_run_the_light(early_s: float) -> None:
    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    crosses_s = 5 + 90 / 6
    drive = [Actor(drives(25.25, 6, start_s=5))]
    assert kinds(detect(config, drive, 30, signals=red_from(8, crosses_s + early_s))) == ["red_light"]


@pytest.mark.parametrize("starts_s", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("at_m", [89.5, 89.9, 90.1, 90.5])
def test_who_waits_at_the_line_and_starts_with_green_is_let_go_however_hard_he_starts(
    at_m: float, starts_s: float
) -> None:
    waits = Actor(halts(25.25, 8, at_m, start_s=2, for_s=20), ObjectClass.MOTORCYCLE)
    green_s = stop_time_s(8, at_m, start_s=2) + 20 - starts_s
    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [waits], 60, signals=red_from(5, green_s))) == []


NEAR_EDGE = {**GOVERNED, "polygon": box_m(2, 20, 118, 34)}
EDGE_STOP = line_m("stop", 118, 20, 118, 34)


def test_who_halts_over_the_line_at_the_pictures_edge_and_goes_out_of_it_at_red_has_run_the_light() -> None:
    halting = halts(25.25, 8, 121, start_s=2, for_s=2)
    stood_s = stop_time_s(8, 121, start_s=2) + 2

    def crawls_out(t: float) -> Position | None:
        if t < stood_s:
            return halting(t)
        x = 121 + 1.6 * (t - stood_s)
        return (x, 25.25) if x < 127 else None

    config = camera(NEAR_EDGE, lines=[EDGE_STOP], signals=[LIGHTS])
    assert kinds(detect(config, [Actor(crawls_out)], 40, signals=red_from(5))) == ["red_light"]


DOWN = {**GOVERNED, "polygon": box_m(50, 2, 64, 68.5), "direction": {"start": [0.45, 0.2], "end": [0.45, 0.8]}}


@pytest.mark.parametrize(("speed_mps", "has_run"), [(10, True), (5, False)])
def test_who_is_hidden_as_he_drives_out_of_the_picture_has_run_the_light_if_nobody_waits_who_is_so_fast(
    speed_mps: float, has_run: bool
) -> None:
    trajectory = drives(25.25, speed_mps, start_s=2)
    hidden = Actor(lambda t: place if (place := trajectory(t)) and place[0] < 112 else None)
    line = line_m("stop", 106, 20, 106, 34)
    config = camera({**GOVERNED, "polygon": box_m(2, 20, 106, 34)}, lines=[line], signals=[LIGHTS])
    assert kinds(detect(config, [hidden], 60, signals=red_from(2))) == (["red_light"] if has_run else [])


LOW_STOP = line_m("stop", 50, 68.5, 64, 68.5)


@pytest.mark.parametrize("goes", [True, False])
def test_who_waits_over_the_line_at_the_lower_edge_has_run_the_light_if_he_sinks_out_of_the_picture(goes: bool) -> None:
    halting, goes_s = halts(57, 8, 70.5, start_s=2), stop_time_s(8, 70.5, start_s=2) + 3

    def sinks(t: float) -> Position | None:
        place = halting(min(t, goes_s))
        if place is None or t > goes_s + 2.5:
            return None
        return (57, place[0] + (1.2 * max(t - goes_s, 0) if goes else 0))

    config = camera(DOWN, lines=[LOW_STOP], signals=[LIGHTS])
    assert kinds(detect(config, [Actor(sinks)], 40, signals=red_from(5))) == (["red_light"] if goes else [])


@pytest.mark.parametrize(("seen_m", "has_run"), [(0.9, True), (1.3, False)])
def test_who_sinks_out_of_the_picture_is_measured_by_how_tall_he_was_not_by_what_was_seen_of_him_at_the_line(
    seen_m: float, has_run: bool
) -> None:
    """As he crossed, 0.9 of his 1.8 metres were seen; he is lost from sight when `seen_m` are left."""
    halting, goes_s = halts(57, 8, 70.5, start_s=2), stop_time_s(8, 70.5, start_s=2) + 3
    sunk_m = 72 - 70.5 + 1.8 - seen_m

    def sinks(t: float) -> Position | None:
        place = halting(min(t, goes_s))
        down_m = 1.2 * max(t - goes_s, 0)
        return (57, place[0] + down_m) if place and down_m <= sunk_m else None

    seen, signals, changes = Camera(camera(DOWN, lines=[LOW_STOP], signals=[LIGHTS])), red_from(5), []
    for t in np.arange(0, 40, 0.125).tolist():
        tracks = seen.tracks([Actor(sinks)], t)
        if t < goes_s - 1:
            tracks.xyxy[:, 1] = tracks.xyxy[:, 3] - 9
        changes += seen.traffic.update(tracks, t, signals=signals(t)).incidents
    assert kinds(changes) == (["red_light"] if has_run else [])


def test_who_waits_over_the_line_at_the_pictures_edge_and_is_lost_from_sight_has_not_run_the_light() -> None:
    waits = halts(25.25, 8, 121, start_s=2)
    config = camera(NEAR_EDGE, lines=[EDGE_STOP], signals=[LIGHTS])
    lost = Actor(lambda t: waits(t) if t < 25 else None)
    assert kinds(detect(config, [lost], 40, signals=red_from(5, 35))) == []


def test_who_has_run_the_light_is_no_nearer_again_when_the_pictures_edge_hides_more_of_him() -> None:
    def seen_less(t: float) -> Position | None:
        x = 12 * t
        return (x if x < 125 else 123 - x / 1e4, 25.25) if t < 14 else None

    config = camera(NEAR_EDGE, lines=[EDGE_STOP], signals=[LIGHTS])
    truck = Actor(seen_less, ObjectClass.TRUCK)
    assert kinds(detect(config, [truck], 20, signals=red_from(5))) == ["red_light"]


@pytest.mark.parametrize(("speed_mps", "runs"), [(10, True), (5, False)])
def test_who_drives_over_the_line_at_a_pace_at_which_nobody_comes_to_wait_has_run_the_light_though_he_stops_soon(
    speed_mps: float, runs: bool
) -> None:
    brakes = Actor(halts(25.25, speed_mps, 94.5, start_s=2, braking=6.0))
    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [brakes], 30, signals=red_from(5, 25))) == (["red_light"] if runs else [])


def test_who_came_up_to_the_line_has_run_the_light_though_his_id_was_one_who_went_away_beyond_it() -> None:
    def goes_and_comes(t: float) -> Position | None:
        return (95 - 12 * t, 50 - 3 * t) if t < 7.8 else (12 * (t - 7.8), 25.25)

    config = camera({**GOVERNED, "direction": None}, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [Actor(goes_and_comes)], 18, signals=red_from(3))) == ["red_light"]


@pytest.mark.parametrize(
    ("seen_s", "lost_s", "told"), [(10.0, 10.4, []), (10.0, 11.9, ["red_light"]), (11.3, 12.0, ["red_light"])]
)
def test_who_was_seen_before_the_line_for_less_than_he_was_lost_for_is_another_beyond_it(
    seen_s: float, lost_s: float, told: list[str]
) -> None:
    def seen(t: float) -> Position | None:
        """He crosses at 11.75 s, and is seen again from 12 s on."""
        return (76 + 8 * (t - 10), 25.25) if seen_s <= t < lost_s or t >= 12 else None

    config = camera(GOVERNED, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [Actor(seen)], 18, signals=red_from(2))) == told


def test_what_comes_into_the_picture_over_the_stop_line_comes_from_elsewhere_than_the_approach() -> None:
    def turns_in(t: float) -> Position | None:
        return (92 + 2 * (t - 2), 72 - 5 * (t - 2)) if 2 <= t < 12 else None

    config = camera(GOVERNED, lines=[line_m("stop", 90, 20, 90, 72)], signals=[LIGHTS])
    bus = Actor(turns_in, ObjectClass.BUS)
    assert kinds(detect(config, [bus], 20, signals=red_from(1))) == []


def test_who_comes_the_other_way_over_the_stop_line_does_not_run_the_light() -> None:
    config = camera({**GOVERNED, "direction": None}, lines=[STOP], signals=[LIGHTS])
    assert kinds(detect(config, [Actor(drives(25.25, 12, to_left=True))], 20, signals=red_from(1))) == []
