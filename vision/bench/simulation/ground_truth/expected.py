"""An event: an incident that ought to be noticed, or that may be; and how long each kind must last to be one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.bench.simulation.ground_truth.truth import Truth
from vision.contracts import IncidentKind as Kind

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
PATIENCE_S = {
    Kind.STOPPED_VEHICLE: 4.0,
    Kind.ILLEGAL_STOPPING: 4.0,
    Kind.WRONG_WAY: 2.0,
    Kind.PEDESTRIAN: 2.0,
    Kind.LANE_ENCROACHMENT: 2.0,
    Kind.SPEEDING: 1.5,
}
"""How much longer than `confirm_after` what is wrong must last to be an event."""


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """An incident that ought to be raised, or, as an excuse, one that may be. Seconds of the episode."""

    kind: Kind
    start_s: float
    """When the condition began, as the kind defines it."""
    end_s: float
    times_s: Floats
    """(K,): when its actors were where."""
    places_m: Floats
    """(K, 2)"""
    zone_id: str | None = None
    """Where it is a zone's affair, not a place's."""

    def place_at(self, at_s: float) -> Floats:
        """(P, 2): where its actors were at about that time."""
        off_s = np.abs(self.times_s - np.clip(at_s, self.times_s.min(), self.times_s.max()))
        places_m: Floats = self.places_m[off_s <= off_s.min() + 0.5]
        return places_m


def confirm_s(truth: Truth, kind: Kind) -> float:
    """How long what is wrong must last, by the camera's settings."""
    seconds: float = getattr(truth.camera.incidents, kind.value).confirm_after.total_seconds()
    return seconds


def runs_of(on: Bools, least: int = 1) -> Iterator[tuple[int, int]]:
    """First and last index of each unbroken run that is so long at least."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(np.int8), [0]])))
    for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if end - first >= least:
            yield first, end - 1
