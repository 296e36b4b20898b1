"""The incident detector as a whole: which kinds it detects, its invariances, and that its memory is bounded."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analytics.incidents.incidents_road import (
    LANES_M,
    NORTH,
    PAVEMENT,
    SHOULDER,
    SIZE,
    Actor,
    Camera,
    Noise,
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
from vision.common.object_class import ObjectClass
from vision.contracts import IncidentKind

K = IncidentKind
EVENTS = [
    Actor(halts(25.25, 14, 80, start_s=3)),
    Actor(drives(21.75, 9, start_s=2, to_left=True), ObjectClass.MOTORCYCLE),
    Actor(drives(41, 6, start_s=1), ObjectClass.MOTORCYCLE),
    Actor(drives(36, 1.3, start_s=4, x_m=20), ObjectClass.PERSON),
]
EXPECTED = {"stopped_vehicle", "wrong_way", "lane_encroachment", "pedestrian"}


def test_only_kinds_that_the_camera_is_configured_for_are_detected() -> None:
    bare = IncidentDetector(camera(PAVEMENT, calibrated=False), *SIZE)
    assert not {K.WRONG_WAY, K.SPEEDING, K.RED_LIGHT, K.QUEUE_SPILLBACK, K.BANNED_MOVEMENT} & set(bare.kinds)
    limited = {**NORTH, "speed_limit_kmh": 50}
    assert K.SPEEDING in IncidentDetector(camera(limited), *SIZE).kinds
    assert K.SPEEDING not in IncidentDetector(camera(limited, calibrated=False), *SIZE).kinds
    off = {"wrong_way": {"enabled": False}}
    assert K.WRONG_WAY not in IncidentDetector(camera(NORTH, incidents=off), *SIZE).kinds


def test_simultaneous_incidents_have_different_numbers_and_end_when_analysis_stops() -> None:
    changes = detect(camera(), [*EVENTS, *flow([28.75], until_s=20)], 20)
    assert set(kinds(changes)) == EXPECTED
    assert len({change.number for change in raised(changes)}) == len(raised(changes)) == 4
    for number in {change.number for change in changes}:
        assert [str(c.phase) for c in changes if c.number == number][-1] == "ended"
        assert [str(c.phase) for c in changes if c.number == number].count("ended") == 1


def test_open_incidents_are_available_until_analysis_stops() -> None:
    observer = Camera(camera())
    for t in np.arange(0, 18, 0.125).tolist():
        observer.observe(EVENTS, t)
    assert {str(incident.kind) for incident in observer.analyzer.open_incidents()} == EXPECTED
    observer.analyzer.close(18)
    assert observer.analyzer.open_incidents() == []


@settings(max_examples=6)
@given(by_s=st.sampled_from([-3600.0, 17.25, 1e6]), first_id=st.integers(2, 10**6))
def test_other_ids_and_another_clock_change_nothing(by_s: float, first_id: int) -> None:
    moved = [Actor(lambda t, trajectory=actor.trajectory: trajectory(t - by_s), actor.object_class) for actor in EVENTS]
    base = detect(camera(), EVENTS, 14)
    other = detect(camera(), moved, by_s + 14, start_s=by_s, noise=Noise(first_id=first_id))
    assert [(c.kind, c.phase) for c in other] == [(c.kind, c.phase) for c in base]
    assert [c.at_s - by_s for c in other] == pytest.approx([c.at_s for c in base], abs=0.01)


@pytest.mark.parametrize("fps", [4.0, 12.0, 25.0])
def test_another_frame_rate_changes_no_kind_and_shifts_times_slightly(fps: float) -> None:
    base = {c.kind: c.at_s for c in raised(detect(camera(), EVENTS, 14))}
    other = {c.kind: c.at_s for c in raised(detect(camera(), EVENTS, 14, fps=fps))}
    assert other.keys() == base.keys()
    assert [other[kind] for kind in base] == pytest.approx(list(base.values()), abs=1.3)


def test_each_incident_is_raised_once_under_heavy_noise() -> None:
    noise = Noise(jitter=0.05, missed=0.03, switched=0.002, flipped=0.05, seed=5)
    assert sorted(kinds(detect(camera(), EVENTS, 20, noise=noise))) == sorted(EXPECTED)


EVERYTHING = camera(
    {**NORTH, "speed_limit_kmh": 50, "stop_line": "stop", "spillback_line": "far", "signal": "lights"},
    SHOULDER,
    PAVEMENT,
    {"id": "kerb", "polygon": box_m(2, 32, 126, 34), "stopping_banned": True},
    lines=[line_m("stop", 120, 20, 120, 34), line_m("far", 10, 20, 10, 34)],
    movements=[{"id": "m", "entry": "far", "exit": "stop", "banned": True}],
    signals=[{"id": "lights", "state": {"kind": "controller"}}],
)


def test_memory_is_bounded() -> None:
    """Tracks of one frame each, and tracks that get new ids all the time, are forgotten."""
    noise = Noise(jitter=0.03, missed=0.05, switched=0.3, flipped=0.1)
    observer, detector = Camera(EVERYTHING, noise), IncidentDetector(EVERYTHING, *SIZE)
    actors = [Actor(lambda t, n=n: ((7 * n + 6 * t) % 128, LANES_M[n % 4])) for n in range(30)]
    sizes = []
    for n in range(600):
        detector.update(observer.scene(actors, n / 8))
        sizes.append(len(detector))
    assert max(sizes[300:]) <= 1.5 * max(sizes[100:300]) + 10
    for n in range(600, 2200):
        detector.update(observer.scene([], n / 8))
    assert len(detector) == 0
