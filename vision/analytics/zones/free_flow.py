"""The pace of free flow: what a city street has, until the camera has seen its own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from vision.analytics.kinematics.state import Floats

CITY_STREET_MPS = 50 / 3.6
"""What is taken for free flow where nothing is known: the general limit in towns, in Vietnam as elsewhere."""
PERCENTILE = 85
"""Of unhindered vehicles: the usual measure of what a road lets people drive."""
SLOWEST_MPS, FASTEST_MPS, BINS = 0.5, 70.0, 128
"""The histogram's bins are of equal ratios, 4 % wide each."""
MEMORY = 2000.0
"""Vehicles that the histogram is about; older ones fade as new ones come, never by time alone."""
PRIOR_WEIGHT = 30.0
"""So many vehicles weigh as much as what was supposed before."""

_EDGES_MPS = np.geomspace(SLOWEST_MPS, FASTEST_MPS, BINS + 1)


@dataclass(slots=True, eq=False)
class FreeFlow:
    """The paces of unhindered vehicles by zone. Its size does not depend on how many it has seen.

    Only vehicles that met little traffic and did not halt are to be told to it (`learn`): then a jam, however long it
    lasts, teaches nothing.
    """

    counts: dict[str, Floats] = field(default_factory=dict)
    """By zone id: (BINS,), how many vehicles were in each bin."""
    _seen: dict[str, tuple[float, float]] = field(default_factory=dict, init=False, repr=False)
    """What the counts come to: how many vehicles, and their percentile (m/s)."""

    def learn(self, zone_id: str, speed_mps: float) -> None:
        """An unhindered vehicle went through a zone at this mean pace."""
        if not SLOWEST_MPS <= speed_mps < FASTEST_MPS:
            return
        counts = self.counts.setdefault(zone_id, np.zeros(BINS))
        counts *= 1 - 1 / MEMORY
        counts[np.searchsorted(_EDGES_MPS, speed_mps, side="right") - 1] += 1
        self._seen.pop(zone_id, None)

    def speed_mps(self, zone_id: str, default_mps: float) -> float:
        """The free-flow pace of a zone: what was supposed, and ever more what was seen."""
        if zone_id not in self.counts:
            return default_mps
        if zone_id not in self._seen:
            self._seen[zone_id] = _summary(self.counts[zone_id])
        seen, seen_mps = self._seen[zone_id]
        return (PRIOR_WEIGHT * default_mps + seen * seen_mps) / (PRIOR_WEIGHT + seen)

    def is_known(self, zone_id: str) -> bool:
        """Whether more was seen than supposed."""
        return zone_id in self.counts and float(self.counts[zone_id].sum()) >= PRIOR_WEIGHT

    def to_json(self) -> str:
        """To be kept while the worker is not running. Empty bins are left out."""
        told = {
            zone_id: {str(n): round(float(counts[n]), 3) for n in np.flatnonzero(counts)}
            for zone_id, counts in self.counts.items()
        }
        return json.dumps({"edges_mps": [SLOWEST_MPS, FASTEST_MPS, BINS], "zones": told})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` told.

        Raises:
            ValueError: the text is something else, or of another version.
        """
        told = json.loads(text)
        if not isinstance(told, Mapping) or told.get("edges_mps") != [SLOWEST_MPS, FASTEST_MPS, BINS]:
            raise ValueError("no free flow of this version: delete it, it will be learnt again")
        kept = cls()
        for zone_id, bins in told["zones"].items():
            counts = kept.counts[zone_id] = np.zeros(BINS)
            for number, count in bins.items():
                counts[int(number)] = float(count)
        return kept


def _summary(counts: Floats) -> tuple[float, float]:
    seen = float(counts.sum())
    below = np.concatenate([[0.0], np.cumsum(counts)])
    return seen, float(np.interp(seen * PERCENTILE / 100, below, _EDGES_MPS))
