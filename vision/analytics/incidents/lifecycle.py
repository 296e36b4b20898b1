"""The life of incidents of one kind: raised, updated and ended, each exactly once, whatever the tracker does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from vision.analytics.scene import Scene
from vision.classes import ObjectClass
from vision.contracts import IncidentKind, IncidentPhase


@dataclass(frozen=True, slots=True)
class Evidence:
    """A rule's condition holds, at this moment, here, for these tracks."""

    place_px: tuple[float, float]
    confidence: float
    reason: str
    """In words and numbers, in English: what a person would want to check."""
    facts: Mapping[str, float | str] = field(default_factory=dict)
    """The numbers and names in the reason."""
    since_s: float | None = None
    """When the condition began, where the rule knows it (a standstill began before it was noticed); media time."""
    zone_id: str | None = None
    line_id: str | None = None
    movement_id: str | None = None
    track_ids: tuple[int, ...] = ()
    classes: tuple[ObjectClass, ...] = ()
    reach_px: float = 0.0
    """How far from here another sighting is still the same incident."""


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """One word about one incident. Media time in seconds."""

    kind: IncidentKind
    number: int
    """The incident's, unique within the session; the same in all words about it."""
    phase: IncidentPhase
    sequence: int
    started_s: float
    at_s: float
    ended_s: float | None
    place: tuple[float, float] | None
    """Fractions of the picture."""
    evidence: Evidence
    """The newest."""


class Rule(Protocol):
    """Looks for one kind of incident: says what it sees at each moment, not how long it must last."""

    kind: IncidentKind

    def look(self, scene: Scene) -> Sequence[Evidence]:
        """What speaks for an incident of this kind just now."""
