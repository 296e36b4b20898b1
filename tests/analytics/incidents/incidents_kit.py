"""Evidence, and what a ledger makes of it, look by look."""

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

Look = tuple[float, Sequence[Evidence]]


def sign(*tracks: int, x: float = 500, y: float = 400, zone: str | None = "z", radius_px: float = 40) -> Evidence:
    """A condition that holds for these tracks, here."""
    return Evidence((x, y), 0.8, "something is so", zone_id=zone, track_ids=tracks, radius_px=radius_px)


def ledger(settings: RuleConfig = SETTINGS, *, per_vehicle: bool = False, scale: float = 1) -> IncidentLifecycle:
    width_px, height_px = (round(side * scale) for side in SIZE)
    return IncidentLifecycle(
        IncidentKind.STOPPED_VEHICLE, settings, width_px, height_px, count(1), per_vehicle=per_vehicle
    )


def lasting(evidence: Sequence[Evidence], start_s: float, end_s: float, step_s: float = STEP_S) -> list[Look]:
    """The same at each look from start to end."""
    looks = round((end_s - start_s) / step_s)
    return [(start_s + n * step_s, evidence) for n in range(looks)]


def told(of: IncidentLifecycle, looks: Iterable[Look]) -> list[IncidentChange]:
    """All that is said, in order."""
    return [change for at_s, evidence in looks for change in of.update(evidence, at_s)]


def phases(changes: Iterable[IncidentChange]) -> list[str]:
    return [str(change.phase) for change in changes]


def later(looks: Iterable[Look], by_s: float) -> list[Look]:
    """The same, with its whole clock moved."""
    return [
        (at_s + by_s, [e if e.since_s is None else replace(e, since_s=e.since_s + by_s) for e in evidence])
        for at_s, evidence in looks
    ]
