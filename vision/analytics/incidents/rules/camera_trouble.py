"""Trouble with the camera itself: it shows nothing, or nothing of use."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vision.analytics.incidents.lifecycle import Evidence, IncidentChange, IncidentLifecycle
from vision.config.incidents import CameraTroubleConfig
from vision.contracts import CameraState, IncidentKind, PictureCondition

OFFLINE = frozenset(
    {
        CameraState.CONNECTING,
        CameraState.STALLED,
        CameraState.RUNAWAY,
        CameraState.UNAUTHORIZED,
        CameraState.UNREACHABLE,
        CameraState.GARBAGE,
        CameraState.FAILED,
    }
)
"""No picture of use comes, against our will. A recording that is over and a camera that is not watched are no trouble;
a file that is wrong is told to whoever wrote it."""


@dataclass(frozen=True, slots=True)
class _Trouble:
    kind: IncidentKind
    reason: str
    """Filled in with the numbers of the condition."""
    confidence: float


PICTURE: dict[PictureCondition, _Trouble] = {
    PictureCondition.OBSCURED: _Trouble(
        IncidentKind.CAMERA_OBSCURED, "{lost_pct:.0f} % of what the camera used to see is covered", 0.9
    ),
    PictureCondition.DARK: _Trouble(
        IncidentKind.CAMERA_DARK, "the picture is dark: even its brightest parts have {brightest:.0f} of 255", 0.9
    ),
    PictureCondition.BLURRED: _Trouble(
        IncidentKind.CAMERA_DEFOCUSED, "the picture is out of focus: its softness is {softness:.2f} of 1", 0.8
    ),
    PictureCondition.MOVED: _Trouble(
        IncidentKind.CAMERA_MOVED,
        "the camera looks elsewhere than it used to: {shift_x_px:+.0f} px across, {shift_y_px:+.0f} px down; its lines "
        "and zones are suspended until it looks there again or they are drawn anew",
        0.9,
    ),
}
"""Night, rain and glare come and go with the weather: they are told with the measures, and are nobody's duty."""


class CameraTroubleRule:
    """Makes incidents of a source's states and of what the picture lacks.

    `changes = trouble.update(state, picture.troubles(), now_s, reason=status.reason)`, several times a second whether
    frames come or not; seconds are of a clock that does not go back. Places are none: it is the whole camera.
    While no pictures come nothing is known of the picture: what was wrong with it stays so until the next one.
    """

    def __init__(self, settings: CameraTroubleConfig, numbers: Iterator[int]) -> None:
        kinds = [IncidentKind.CAMERA_OFFLINE, IncidentKind.CAMERA_FROZEN, *(t.kind for t in PICTURE.values())]
        self._ledgers = (
            {kind: IncidentLifecycle(kind, settings, 1, 1, numbers) for kind in kinds} if settings.enabled else {}
        )

    @property
    def open_count(self) -> int:
        """How many incidents go on."""
        return sum(ledger.open_count for ledger in self._ledgers.values())

    def open_incidents(self) -> list[IncidentChange]:
        """The newest of each incident that goes on."""
        return [incident for ledger in self._ledgers.values() for incident in ledger.open_incidents()]

    def update(
        self,
        state: CameraState,
        picture: Mapping[PictureCondition, Mapping[str, float]],
        at_s: float,
        *,
        reason: str = "",
    ) -> list[IncidentChange]:
        """Take in how the camera is at `at_s`; return what there is to tell.

        `picture` has the conditions that hold with their numbers; `reason` is the source's own, credentials redacted.
        """
        evidence = self._of_source(state, reason)
        if state is CameraState.ONLINE:
            evidence |= self._of_picture(picture)
        return [
            change
            for kind, signs in evidence.items()
            if kind in self._ledgers
            for change in self._ledgers[kind].update(signs, at_s)
        ]

    def close(self, at_s: float) -> list[IncidentChange]:
        """The camera is watched no longer."""
        return [change for ledger in self._ledgers.values() for change in ledger.close(at_s)]

    def _of_source(self, state: CameraState, reason: str) -> dict[IncidentKind, list[Evidence]]:
        offline = _sign(f"no pictures come: {reason or state}", {"state": state.value}, 1.0)
        frozen = _sign(reason or "the very same picture comes again and again", {"state": state.value}, 1.0)
        return {
            IncidentKind.CAMERA_OFFLINE: [offline] if state in OFFLINE else [],
            IncidentKind.CAMERA_FROZEN: [frozen] if state is CameraState.FROZEN else [],
        }

    def _of_picture(
        self, picture: Mapping[PictureCondition, Mapping[str, float]]
    ) -> dict[IncidentKind, list[Evidence]]:
        return {
            trouble.kind: [_sign(trouble.reason.format(**picture[condition]), picture[condition], trouble.confidence)]
            if condition in picture
            else []
            for condition, trouble in PICTURE.items()
        }


def _sign(reason: str, facts: Mapping[str, float | str], confidence: float) -> Evidence:
    return Evidence(place_px=None, confidence=confidence, reason=reason, facts=facts)
