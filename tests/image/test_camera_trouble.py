"""Trouble with a camera becomes an incident once, says why in numbers, and ends when it is over."""

from collections.abc import Mapping
from itertools import count

import numpy as np
import pytest

from vision.analytics.incidents.lifecycle import IncidentChange
from vision.analytics.incidents.rules.camera_trouble import CameraTroubleRule
from vision.config.incidents import CameraTroubleConfig
from vision.contracts import CameraState, IncidentKind, IncidentPhase, PictureCondition
from vision.image import ImageQuality

Picture = Mapping[PictureCondition, Mapping[str, float]]
NUMBERS = ImageQuality(
    conditions=frozenset(PictureCondition), brightest=12, softness=0.8, lost_share=0.9, shift_px=(64.0, -18.0)
).troubles()
KINDS = {
    PictureCondition.OBSCURED: IncidentKind.CAMERA_OBSCURED,
    PictureCondition.DARK: IncidentKind.CAMERA_DARK,
    PictureCondition.BLURRED: IncidentKind.CAMERA_DEFOCUSED,
    PictureCondition.MOVED: IncidentKind.CAMERA_MOVED,
}


def live(
    trouble: CameraTroubleRule, state: CameraState, picture: Picture, from_s: float, to_s: float, *, reason: str = ""
) -> list[IncidentChange]:
    moments = np.arange(from_s, to_s, 0.25).tolist()
    return [change for at_s in moments for change in trouble.update(state, picture, at_s, reason=reason)]


def trouble_with(**settings: object) -> CameraTroubleRule:
    return CameraTroubleRule(CameraTroubleConfig.model_validate(settings), count(1))


def words(changes: list[IncidentChange]) -> list[tuple[IncidentKind, IncidentPhase]]:
    return [(change.kind, change.phase) for change in changes]


@pytest.mark.parametrize("condition", KINDS)
def test_what_the_picture_lacks_is_raised_after_its_patience_and_ended_after_it_is_well(
    condition: PictureCondition,
) -> None:
    trouble = trouble_with()
    changes = live(trouble, CameraState.ONLINE, {condition: NUMBERS[condition]}, 0, 60)
    changes += live(trouble, CameraState.ONLINE, {}, 60, 90)
    assert words(changes) == [(KINDS[condition], IncidentPhase.RAISED), (KINDS[condition], IncidentPhase.ENDED)]
    assert changes[0].at_s == pytest.approx(10, abs=0.3)
    assert changes[1].ended_s == pytest.approx(60, abs=0.3)
    assert changes[0].place is None


def test_the_reason_says_the_numbers() -> None:
    trouble = trouble_with()
    reasons = {c.kind: c.evidence.reason for c in live(trouble, CameraState.ONLINE, NUMBERS, 0, 12)}
    assert "90 %" in reasons[IncidentKind.CAMERA_OBSCURED]
    assert "12 of 255" in reasons[IncidentKind.CAMERA_DARK]
    assert "0.80" in reasons[IncidentKind.CAMERA_DEFOCUSED]
    assert "+64 px across, -18 px down" in reasons[IncidentKind.CAMERA_MOVED]


def test_night_rain_and_glare_are_nobodys_duty() -> None:
    weather = {condition: {} for condition in PictureCondition if condition not in KINDS}
    assert live(trouble_with(), CameraState.ONLINE, weather, 0, 60) == []


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
def test_a_camera_without_pictures_is_offline_for_its_own_reason(state: CameraState) -> None:
    changes = live(trouble_with(), state, {}, 0, 30, reason="no answer from 10.0.0.7")
    assert words(changes) == [(IncidentKind.CAMERA_OFFLINE, IncidentPhase.RAISED)]
    assert "no answer from 10.0.0.7" in changes[0].evidence.reason


def test_a_camera_that_is_tried_again_and_again_is_one_incident() -> None:
    trouble, changes = trouble_with(), []
    for n, state in enumerate([CameraState.STALLED, CameraState.CONNECTING, CameraState.UNREACHABLE] * 8):
        changes += live(trouble, state, {}, 5 * n, 5 * n + 5)
    changes += live(trouble, CameraState.ONLINE, {}, 120, 140)
    assert words(changes) == [
        (IncidentKind.CAMERA_OFFLINE, IncidentPhase.RAISED),
        (IncidentKind.CAMERA_OFFLINE, IncidentPhase.ENDED),
    ]


def test_a_frozen_picture_is_an_incident_of_its_own() -> None:
    changes = live(trouble_with(), CameraState.FROZEN, {}, 0, 30)
    assert words(changes) == [(IncidentKind.CAMERA_FROZEN, IncidentPhase.RAISED)]


@pytest.mark.parametrize("state", [CameraState.ENDED, CameraState.STOPPED, CameraState.MISCONFIGURED])
def test_a_camera_that_is_not_meant_to_run_is_in_no_trouble(state: CameraState) -> None:
    assert live(trouble_with(), state, {}, 0, 60) == []


def test_a_short_hiccup_is_no_incident() -> None:
    trouble = trouble_with()
    changes = live(trouble, CameraState.STALLED, {}, 0, 6)
    assert changes + live(trouble, CameraState.ONLINE, {}, 6, 60) == []


def test_a_camera_that_moved_and_then_went_offline_is_still_moved_when_it_comes_back() -> None:
    trouble, moved = trouble_with(), {PictureCondition.MOVED: NUMBERS[PictureCondition.MOVED]}
    changes = live(trouble, CameraState.ONLINE, moved, 0, 30)
    changes += live(trouble, CameraState.UNREACHABLE, moved, 30, 120)
    changes += live(trouble, CameraState.ONLINE, moved, 120, 150)
    kinds = [change.kind for change in changes if change.phase is not IncidentPhase.UPDATED]
    assert kinds.count(IncidentKind.CAMERA_MOVED) == 1
    assert trouble.open_count == 1


def test_what_goes_on_ends_when_the_camera_is_watched_no_longer() -> None:
    trouble = trouble_with()
    live(trouble, CameraState.UNREACHABLE, {}, 0, 30)
    assert [c.phase for c in trouble.close(30)] == [IncidentPhase.ENDED]
    assert trouble.open_count == 0


def test_it_can_be_turned_off() -> None:
    assert live(trouble_with(enabled=False), CameraState.UNREACHABLE, NUMBERS, 0, 60) == []
