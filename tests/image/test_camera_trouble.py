"""Trouble with a camera is one incident with its measurements, and ends when it is over."""

from collections.abc import Mapping
from itertools import count

import numpy as np
import pytest

from vision.analytics.incidents.lifecycle import IncidentChange
from vision.analytics.incidents.rules.camera_trouble import CameraTroubleRule
from vision.config.incidents import CameraTroubleConfig
from vision.contracts import CameraState, IncidentKind, IncidentPhase, PictureCondition
from vision.image import ImageQuality

Conditions = Mapping[PictureCondition, Mapping[str, float]]
NUMBERS = ImageQuality(
    conditions=frozenset(PictureCondition), brightest=12, softness=0.8, lost_share=0.9, shift_px=(64.0, -18.0)
).troubles()
KINDS = {
    PictureCondition.OBSCURED: IncidentKind.CAMERA_OBSCURED,
    PictureCondition.DARK: IncidentKind.CAMERA_DARK,
    PictureCondition.BLURRED: IncidentKind.CAMERA_DEFOCUSED,
    PictureCondition.MOVED: IncidentKind.CAMERA_MOVED,
}


def run(
    rule: CameraTroubleRule, state: CameraState, conditions: Conditions, from_s: float, to_s: float, *, reason: str = ""
) -> list[IncidentChange]:
    moments = np.arange(from_s, to_s, 0.25).tolist()
    return [change for at_s in moments for change in rule.update(state, conditions, at_s, reason=reason)]


def rule_with(**settings: object) -> CameraTroubleRule:
    return CameraTroubleRule(CameraTroubleConfig.model_validate(settings), count(1))


def phases(changes: list[IncidentChange]) -> list[tuple[IncidentKind, IncidentPhase]]:
    return [(change.kind, change.phase) for change in changes]


@pytest.mark.parametrize("condition", KINDS)
def test_a_condition_is_raised_after_a_while_and_ended_once_the_image_is_fine(
    condition: PictureCondition,
) -> None:
    rule = rule_with()
    changes = run(rule, CameraState.ONLINE, {condition: NUMBERS[condition]}, 0, 60)
    changes += run(rule, CameraState.ONLINE, {}, 60, 90)
    assert phases(changes) == [(KINDS[condition], IncidentPhase.RAISED), (KINDS[condition], IncidentPhase.ENDED)]
    assert changes[0].at_s == pytest.approx(10, abs=0.3)
    assert changes[1].ended_s == pytest.approx(60, abs=0.3)
    assert changes[0].place is None


def test_the_reason_states_the_measurements() -> None:
    rule = rule_with()
    reasons = {c.kind: c.evidence.reason for c in run(rule, CameraState.ONLINE, NUMBERS, 0, 12)}
    assert "90 %" in reasons[IncidentKind.CAMERA_OBSCURED]
    assert "12 of 255" in reasons[IncidentKind.CAMERA_DARK]
    assert "0.80" in reasons[IncidentKind.CAMERA_DEFOCUSED]
    assert "+64 px across, -18 px down" in reasons[IncidentKind.CAMERA_MOVED]


def test_night_rain_and_glare_are_no_incidents() -> None:
    weather = {condition: {} for condition in PictureCondition if condition not in KINDS}
    assert run(rule_with(), CameraState.ONLINE, weather, 0, 60) == []


@pytest.mark.parametrize(
    "state",
    [
        CameraState.STALLED,
        CameraState.UNREACHABLE,
        CameraState.UNAUTHORIZED,
        CameraState.GARBAGE,
        CameraState.RUNAWAY,
        CameraState.CONNECTING,
    ],
)
def test_a_camera_without_frames_is_offline_with_its_reason(state: CameraState) -> None:
    changes = run(rule_with(), state, {}, 0, 30, reason="no answer from 10.0.0.7")
    assert phases(changes) == [(IncidentKind.CAMERA_OFFLINE, IncidentPhase.RAISED)]
    assert "no answer from 10.0.0.7" in changes[0].evidence.reason


def test_repeated_reconnections_are_one_incident() -> None:
    rule, changes = rule_with(), []
    for n, state in enumerate([CameraState.STALLED, CameraState.CONNECTING, CameraState.UNREACHABLE] * 8):
        changes += run(rule, state, {}, 5 * n, 5 * n + 5)
    changes += run(rule, CameraState.ONLINE, {}, 120, 140)
    assert phases(changes) == [
        (IncidentKind.CAMERA_OFFLINE, IncidentPhase.RAISED),
        (IncidentKind.CAMERA_OFFLINE, IncidentPhase.ENDED),
    ]


def test_a_frozen_image_is_an_incident_of_its_own() -> None:
    changes = run(rule_with(), CameraState.FROZEN, {}, 0, 30)
    assert phases(changes) == [(IncidentKind.CAMERA_FROZEN, IncidentPhase.RAISED)]


@pytest.mark.parametrize("state", [CameraState.ENDED, CameraState.STOPPED, CameraState.MISCONFIGURED])
def test_a_camera_that_is_not_meant_to_run_has_no_trouble(state: CameraState) -> None:
    assert run(rule_with(), state, {}, 0, 60) == []


def test_a_short_interruption_is_no_incident() -> None:
    rule = rule_with()
    changes = run(rule, CameraState.STALLED, {}, 0, 6)
    assert changes + run(rule, CameraState.ONLINE, {}, 6, 60) == []


def test_a_moved_camera_that_was_offline_is_still_moved() -> None:
    rule, moved = rule_with(), {PictureCondition.MOVED: NUMBERS[PictureCondition.MOVED]}
    changes = run(rule, CameraState.ONLINE, moved, 0, 30)
    changes += run(rule, CameraState.UNREACHABLE, moved, 30, 120)
    changes += run(rule, CameraState.ONLINE, moved, 120, 150)
    kinds = [change.kind for change in changes if change.phase is not IncidentPhase.UPDATED]
    assert kinds.count(IncidentKind.CAMERA_MOVED) == 1
    assert rule.open_count == 1


def test_open_incidents_end_when_the_analysis_stops() -> None:
    rule = rule_with()
    run(rule, CameraState.UNREACHABLE, {}, 0, 30)
    assert [c.phase for c in rule.close(30)] == [IncidentPhase.ENDED]
    assert rule.open_count == 0


def test_the_rule_can_be_disabled() -> None:
    assert run(rule_with(enabled=False), CameraState.UNREACHABLE, NUMBERS, 0, 60) == []
