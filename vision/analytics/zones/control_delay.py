"""Control delay: the time that vehicles lose before a stop line."""

from collections.abc import Iterable
from dataclasses import dataclass

from vision.analytics.events import Crossing, ZoneExit
from vision.common.object_class import VEHICLES


@dataclass(frozen=True, slots=True)
class ControlDelayParameters:
    """How far apart the two events of one vehicle may become known."""

    max_crossing_delay_s: float = 5.0
    """The crossing of the stop line may become known this long after the end of the visit, seconds. Longer: later
    crossings still match, more visits are kept. Source: chosen."""
    max_linger_s: float = 120.0
    """The visit may end this long after the crossing, seconds: a vehicle may stop beyond the line, inside the zone.
    Longer: such vehicles still get a delay, more crossings are kept. Source: chosen."""


class ControlDelay:
    """Matches the crossings of one zone's stop line with the ends of visits to that zone.

    Control delay is the time in the approach beyond that at free-flow speed (Highway Capacity Manual 2000, chapter 16).
    Delay from accelerating beyond the zone is not included. The scale of estimated metres cancels out: distance and
    free-flow speed are measured in the same ones.

    Examples:
        >>> from vision.common.object_class import ObjectClass
        >>> from vision.contracts import Direction
        >>> crossing = Crossing("stop", Direction.IN, ObjectClass.CAR, 7, 30.0, (0.5, 0.5), 0.9)
        >>> visit = ZoneExit("approach", ObjectClass.CAR, 7, 0.0, 31.0, 100.0, 31.0, 10.0)
        >>> ControlDelay().update([crossing], [visit], free_flow_speed_mps=10.0, at_s=31.5)
        [21.0]
    """

    def __init__(self, parameters: ControlDelayParameters = ControlDelayParameters()) -> None:
        self._parameters = parameters
        self._crossed_s: dict[int, float] = {}
        self._exits: dict[int, ZoneExit] = {}

    def __len__(self) -> int:
        """Number of events that are kept for their counterparts."""
        return len(self._crossed_s) + len(self._exits)

    def update(
        self, crossings: Iterable[Crossing], exits: Iterable[ZoneExit], free_flow_speed_mps: float, at_s: float
    ) -> list[float]:
        """Delays, in seconds, of the vehicles with both events known now.

        `crossings` are those of the stop line alone.
        """
        for crossing in crossings:
            self._crossed_s[crossing.track_id] = crossing.at_s
        for left in exits:
            if left.object_class in VEHICLES:
                self._exits[left.track_id] = left
        delays_s = []
        for track in self._crossed_s.keys() & self._exits.keys():
            left = self._exits.pop(track)
            del self._crossed_s[track]
            delays_s.append(max(0.0, left.left_s - left.entered_s - left.distance_m / free_flow_speed_mps))
        self._drop_old(at_s)
        return delays_s

    def _drop_old(self, at_s: float) -> None:
        p = self._parameters
        self._crossed_s = {
            t: crossed_s for t, crossed_s in self._crossed_s.items() if at_s - crossed_s <= p.max_linger_s
        }
        self._exits = {t: left for t, left in self._exits.items() if at_s - left.left_s <= p.max_crossing_delay_s}
