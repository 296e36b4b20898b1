"""Evidence, frame by frame, and the changes that a lifecycle makes of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count

from vision.analytics.incidents.lifecycle import Evidence, IncidentChange, IncidentLifecycle
from vision.config.incidents import RuleConfig
from vision.contracts import IncidentKind

SIZE = (1000, 800)
SETTINGS = RuleConfig(
    confirm_after=timedelta(seconds=3), clear_after=timedelta(seconds=5), cool_down=timedelta(seconds=30)
)
STEP_S = 0.1

Frame = tuple[float, Sequence[Evidence]]


def evidence_of(
    *tracks: int, x: float = 500, y: float = 400, zone: str | None = "z", radius_px: float = 40
) -> Evidence:
    """Evidence for these tracks at this position."""
    return Evidence((x, y), 0.8, "a condition holds", zone_id=zone, track_ids=tracks, radius_px=radius_px)


def lifecycle(settings: RuleConfig = SETTINGS, *, per_vehicle: bool = False, scale: float = 1) -> IncidentLifecycle:
    width_px, height_px = (round(side * scale) for side in SIZE)
    return IncidentLifecycle(
        IncidentKind.STOPPED_VEHICLE, settings, width_px, height_px, count(1), per_vehicle=per_vehicle
    )


def lasting(evidence: Sequence[Evidence], start_s: float, end_s: float, step_s: float = STEP_S) -> list[Frame]:
    """The same evidence in each frame from start to end."""
    frames = round((end_s - start_s) / step_s)
    return [(start_s + n * step_s, evidence) for n in range(frames)]


def changes_of(incidents: IncidentLifecycle, frames: Iterable[Frame]) -> list[IncidentChange]:
    """All changes, in order."""
    return [change for at_s, evidence in frames for change in incidents.update(evidence, at_s)]


def phases(changes: Iterable[IncidentChange]) -> list[str]:
    return [str(change.phase) for change in changes]


def later(frames: Iterable[Frame], by_s: float) -> list[Frame]:
    """The same frames on a shifted clock."""
    return [
        (at_s + by_s, [e if e.since_s is None else replace(e, since_s=e.since_s + by_s) for e in evidence])
        for at_s, evidence in frames
    ]
