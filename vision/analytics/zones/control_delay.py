"""Control delay: the time that vehicles lose before a stop line."""

from collections.abc import Iterable

from vision.analytics.events import Crossing, ZoneExit
from vision.common.object_class import VEHICLES

APART_S = 5.0
"""The end of a visit and the crossing of the stop line become known within this of each other ..."""
LINGERS_S = 120.0
"""... but a vehicle may stand beyond the line for long, still inside the zone."""


class ControlDelay:
    """Matches the crossings of one zone's stop line with the ends of visits to it.

    Control delay is the time in the approach beyond that at free-flow pace (Highway Capacity Manual 2000, chapter 16).
    What is lost by speeding up beyond the zone is not seen. Metres that are estimated too long or short do not matter:
    both paces are measured by them.
    """

    def __init__(self) -> None:
        self._crossed_s: dict[int, float] = {}
        self._left: dict[int, ZoneExit] = {}

    def __len__(self) -> int:
        """How many tracks are remembered."""
        return len(self._crossed_s) + len(self._left)

    def update(
        self, crossings: Iterable[Crossing], exits: Iterable[ZoneExit], free_flow_speed_mps: float, at_s: float
    ) -> list[float]:
        """The delays (s) of vehicles of which both became known. `crossings`: of the stop line alone."""
        for crossing in crossings:
            self._crossed_s[crossing.track_id] = crossing.at_s
        for left in exits:
            if left.object_class in VEHICLES:
                self._left[left.track_id] = left
        delays_s = []
        for track in self._crossed_s.keys() & self._left.keys():
            left = self._left.pop(track)
            del self._crossed_s[track]
            delays_s.append(max(0.0, left.left_s - left.entered_s - left.distance_m / free_flow_speed_mps))
        self._forget(at_s)
        return delays_s

    def _forget(self, at_s: float) -> None:
        self._crossed_s = {t: crossed_s for t, crossed_s in self._crossed_s.items() if at_s - crossed_s <= LINGERS_S}
        self._left = {t: left for t, left in self._left.items() if at_s - left.left_s <= APART_S}
