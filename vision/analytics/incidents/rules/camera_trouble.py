"""Camera trouble: a camera that delivers no picture, or none of use."""

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
"""States in which a camera that should deliver pictures does not. A recording that has ended and a camera that is
switched off are no trouble; an invalid file is reported to its author."""


@dataclass(frozen=True, slots=True)
class _Trouble:
    kind: IncidentKind
    reason: str
    """A format string for the figures of the condition."""
    confidence: float


PICTURE: dict[PictureCondition, _Trouble] = {
    PictureCondition.OBSCURED: _Trouble(
        IncidentKind.CAMERA_OBSCURED, "{lost_pct:.0f} % of the camera's usual view is covered", 0.9
    ),
    PictureCondition.DARK: _Trouble(
        IncidentKind.CAMERA_DARK, "the picture is dark: even its brightest parts have {brightest:.0f} of 255", 0.9
    ),
    PictureCondition.BLURRED: _Trouble(
        IncidentKind.CAMERA_DEFOCUSED, "the picture is out of focus: its softness is {softness:.2f} of 1", 0.8
    ),
    PictureCondition.MOVED: _Trouble(
        IncidentKind.CAMERA_MOVED,
        "the camera has moved: {shift_x_px:+.0f} px across, {shift_y_px:+.0f} px down; its lines and zones are "
        "suspended until it is moved back or they are redrawn",
        0.9,
    ),
}
"""Conditions that need an operator. Night, rain and glare come and go with the weather, and are measures only."""


class CameraTroubleRule:
    """Turns the states of a source and the conditions of its picture into incidents.

    Call `update` several times a second, whether frames arrive or not, with seconds of a monotonic clock. Incidents
    have no position: they concern the whole camera. While no pictures arrive, the picture's conditions keep their last
    state.

    Examples:
        >>> from itertools import count
        >>> rule = CameraTroubleRule(CameraTroubleConfig(), count(1))
        >>> changes = [c for s in range(11) for c in rule.update(CameraState.UNREACHABLE, {}, s, reason="refused")]
        >>> [(str(change.kind), change.evidence.reason) for change in changes]
        [('camera_offline', 'no pictures arrive: refused')]
    """

    def __init__(self, settings: CameraTroubleConfig, numbers: Iterator[int]) -> None:
        kinds = [IncidentKind.CAMERA_OFFLINE, IncidentKind.CAMERA_FROZEN, *(t.kind for t in PICTURE.values())]
        self._lifecycles = (
            {kind: IncidentLifecycle(kind, settings, 1, 1, numbers) for kind in kinds} if settings.enabled else {}
        )

    @property
    def open_count(self) -> int:
        """Number of open incidents."""
        return sum(lifecycle.open_count for lifecycle in self._lifecycles.values())

    def open_incidents(self) -> list[IncidentChange]:
        """The current state of each open incident."""
        return [incident for lifecycle in self._lifecycles.values() for incident in lifecycle.open_incidents()]

    def update(
        self,
        state: CameraState,
        picture: Mapping[PictureCondition, Mapping[str, float]],
        at_s: float,
        *,
        reason: str = "",
    ) -> list[IncidentChange]:
        """Add the camera's state at `at_s`; return the changes to publish.

        `picture` has the figures of the conditions that hold; `reason` is the source's, with credentials redacted.
        """
        evidence = self._of_source(state, reason)
        if state is CameraState.ONLINE:
            evidence |= self._of_picture(picture)
        return [
            change
            for kind, found in evidence.items()
            if kind in self._lifecycles
            for change in self._lifecycles[kind].update(found, at_s)
        ]

    def close(self, at_s: float) -> list[IncidentChange]:
        """Analysis stops: end all open incidents."""
        return [change for lifecycle in self._lifecycles.values() for change in lifecycle.close(at_s)]

    def _of_source(self, state: CameraState, reason: str) -> dict[IncidentKind, list[Evidence]]:
        offline = _evidence(f"no pictures arrive: {reason or state}", {"state": state.value}, 1.0)
        frozen = _evidence(reason or "the same picture is repeated", {"state": state.value}, 1.0)
        return {
            IncidentKind.CAMERA_OFFLINE: [offline] if state in OFFLINE else [],
            IncidentKind.CAMERA_FROZEN: [frozen] if state is CameraState.FROZEN else [],
        }

    def _of_picture(
        self, picture: Mapping[PictureCondition, Mapping[str, float]]
    ) -> dict[IncidentKind, list[Evidence]]:
        return {
            trouble.kind: [_evidence(trouble.reason.format(**figures), figures, trouble.confidence)]
            if (figures := picture.get(condition)) is not None
            else []
            for condition, trouble in PICTURE.items()
        }


def _evidence(reason: str, facts: Mapping[str, float | str], confidence: float) -> Evidence:
    return Evidence(place_px=None, confidence=confidence, reason=reason, facts=facts)
