"""Free-flow speed of each zone: a default, until the camera has measured its own unhindered vehicles."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from vision.analytics.kinematics.state import Floats


@dataclass(frozen=True, slots=True)
class FreeFlowParameters:
    """How the free-flow speed is learned from a histogram of speeds."""

    default_mps: float = 50 / 3.6
    """Free-flow speed where nothing is known, m/s. Higher: new cameras report slower traffic relative to it, hence more
    congestion. Source: the general limit in towns, 50 km/h, in Vietnam as elsewhere."""
    percentile: float = 85
    """Percentile of the speeds of unhindered vehicles that is the free-flow speed. Higher: a higher free-flow speed.
    Source: the usual measure of a road's operating speed."""
    min_mps: float = 0.5
    """Lower end of the histogram, m/s; slower vehicles are ignored. Higher: slow streets are learned less well. Source:
    chosen."""
    max_mps: float = 70.0
    """Upper end of the histogram, m/s; faster vehicles are ignored. Higher: more outliers are learned, wider bins.
    Source: chosen."""
    bins: int = 128
    """Number of bins of equal ratios between the ends, 4 % wide each. More: a finer speed, more memory; what was stored
    is learned again. Source: chosen."""
    window_vehicles: float = 2000.0
    """Number of vehicles that the histogram represents; older ones fade as new ones come, never by time alone. Larger:
    steadier, slower to follow changes. Source: chosen."""
    prior_weight: float = 30.0
    """The default weighs as much as this many vehicles. Larger: the camera's own speeds take over later. Source:
    chosen."""

    @property
    def histogram(self) -> list[float]:
        """What stored counts must agree on: ends and number of bins."""
        return [self.min_mps, self.max_mps, self.bins]

    def edges_mps(self) -> Floats:
        """(bins + 1,): edges of the histogram, m/s."""
        return np.geomspace(self.min_mps, self.max_mps, self.bins + 1)


DEFAULTS = FreeFlowParameters()


@dataclass(slots=True, eq=False)
class FreeFlow:
    """A histogram of the speeds of unhindered vehicles by zone, of constant size.

    Pass only vehicles that met little traffic and did not stop to `learn`, so that even a long jam changes nothing.

    Examples:
        >>> free_flow = FreeFlow()
        >>> for speed_mps in [8.0] * 3000:
        ...     free_flow.learn("north", speed_mps)
        >>> free_flow.is_known("north"), round(free_flow.speed_mps("north", default_mps=13.9))
        (True, 8)
    """

    counts: dict[str, Floats] = field(default_factory=dict)
    """By zone id: (bins,), number of vehicles in each bin."""
    parameters: FreeFlowParameters = DEFAULTS
    _edges_mps: Floats = field(init=False, repr=False)
    _learned: dict[str, tuple[float, float]] = field(default_factory=dict, init=False, repr=False)
    """By zone id: number of vehicles in the counts, and the percentile of their speeds, m/s."""

    def __post_init__(self) -> None:
        self._edges_mps = self.parameters.edges_mps()

    def learn(self, zone_id: str, speed_mps: float) -> None:
        """Add the mean speed of an unhindered vehicle in a zone."""
        p = self.parameters
        if not p.min_mps <= speed_mps < p.max_mps:
            return
        counts = self.counts.setdefault(zone_id, np.zeros(p.bins))
        counts *= 1 - 1 / p.window_vehicles
        counts[np.searchsorted(self._edges_mps, speed_mps, side="right") - 1] += 1
        self._learned.pop(zone_id, None)

    def speed_mps(self, zone_id: str, default_mps: float) -> float:
        """Free-flow speed of a zone: the default, and with more vehicles ever more their own percentile."""
        if zone_id not in self.counts:
            return default_mps
        if zone_id not in self._learned:
            self._learned[zone_id] = self._percentile(self.counts[zone_id])
        vehicles, learned_mps = self._learned[zone_id]
        weight = self.parameters.prior_weight
        return (weight * default_mps + vehicles * learned_mps) / (weight + vehicles)

    def is_known(self, zone_id: str) -> bool:
        """Whether the zone's own vehicles outweigh the default."""
        return zone_id in self.counts and float(self.counts[zone_id].sum()) >= self.parameters.prior_weight

    def to_json(self) -> str:
        """Text that `from_json` reads, to keep what was learned; empty bins are left out."""
        zones = {
            zone_id: {str(n): round(float(counts[n]), 3) for n in np.flatnonzero(counts)}
            for zone_id, counts in self.counts.items()
        }
        return json.dumps({"edges_mps": self.parameters.histogram, "zones": zones})

    @classmethod
    def from_json(cls, text: str, parameters: FreeFlowParameters = DEFAULTS) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError: the text is something else, or its histogram has other bins.
        """
        stored = json.loads(text)
        if not isinstance(stored, Mapping) or stored.get("edges_mps") != parameters.histogram:
            raise ValueError("not a free-flow histogram of this version: delete it, it will be learned again")
        free_flow = cls(parameters=parameters)
        for zone_id, bins in stored["zones"].items():
            counts = free_flow.counts[zone_id] = np.zeros(parameters.bins)
            for number, count in bins.items():
                counts[int(number)] = float(count)
        return free_flow

    def _percentile(self, counts: Floats) -> tuple[float, float]:
        """Number of vehicles and the percentile of their speeds, interpolated within bins."""
        vehicles = float(counts.sum())
        below = np.concatenate([[0.0], np.cumsum(counts)])
        return vehicles, float(np.interp(vehicles * self.parameters.percentile / 100, below, self._edges_mps))
