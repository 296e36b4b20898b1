"""Expected incidents: what should be reported, and how long a condition must last before it counts."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.bench.simulation.ground_truth.truth import GroundTruth
from vision.contracts import IncidentKind as Kind

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
MARGIN_S = {
    Kind.STOPPED_VEHICLE: 4.0,
    Kind.ILLEGAL_STOPPING: 4.0,
    Kind.WRONG_WAY: 2.0,
    Kind.PEDESTRIAN: 2.0,
    Kind.LANE_ENCROACHMENT: 2.0,
    Kind.SPEEDING: 1.5,
}
"""A violation must last this much longer than `confirm_after` to be expected; a shorter one is borderline."""


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedIncident:
    """An incident that should be reported, or a borderline case that may be. Times in seconds of the episode."""

    kind: Kind
    start_s: float
    """When the condition began, as the kind defines it."""
    end_s: float
    times_s: Floats
    """(K,): the times of `places_m`."""
    places_m: Floats
    """(K, 2): where the vehicles involved were."""
    zone_id: str | None = None
    """The zone, for kinds that concern a zone and not a place."""

    def place_at(self, at_s: float) -> Floats:
        """(P, 2): where the vehicles involved were, within half a second of the given time or of the nearest known."""
        off_s = np.abs(self.times_s - np.clip(at_s, self.times_s.min(), self.times_s.max()))
        places_m: Floats = self.places_m[off_s <= off_s.min() + 0.5]
        return places_m


Incidents = tuple[list[ExpectedIncident], list[ExpectedIncident]]
"""Expected incidents and borderline cases."""


def confirmation_time_s(truth: GroundTruth, kind: Kind) -> float:
    """The camera's `confirm_after` for a kind of incident."""
    seconds: float = getattr(truth.camera.incidents, kind.value).confirm_after.total_seconds()
    return seconds


def consecutive_runs(on: Bools, min_length: int = 1) -> Iterator[tuple[int, int]]:
    """First and last index of each run of True values that has at least `min_length`.

    Examples:
        >>> list(consecutive_runs(np.array([True, True, False, True]), 2))
        [(0, 1)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(np.int8), [0]])))
    for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if end - first >= min_length:
            yield first, end - 1
