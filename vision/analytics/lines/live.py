"""Flow and speed of each line over the last minute, for live displays."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vision.analytics.events import Crossing
from vision.analytics.lines.measures import passenger_car_units
from vision.config.measures import EquivalentsConfig
from vision.contracts import Direction
from vision.contracts.measures import LineNow


@dataclass(frozen=True, slots=True)
class LiveLineParameters:
    """Which period live rates refer to."""

    window: timedelta = timedelta(minutes=1)
    """Period that rates are averaged over. Longer: steadier rates that react later. Source: chosen."""
    min_watched: timedelta = timedelta(seconds=10)
    """A line has no rate until it was watched this long. Longer: no wild rates at the start, but a later first value.
    Source: chosen."""


class LiveLines:
    """Rates over a sliding window; keeps only the crossings within it.

    Examples:
        >>> from datetime import UTC
        >>> start = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
        >>> lines = LiveLines(["north"], EquivalentsConfig(), began_at=start)
        >>> [line.into_veh_h for line in lines.now(start + timedelta(seconds=30))]
        [0.0]
    """

    def __init__(
        self,
        line_ids: Sequence[str],
        equivalents: EquivalentsConfig,
        *,
        began_at: datetime,
        parameters: LiveLineParameters = LiveLineParameters(),
    ) -> None:
        self._equivalents = equivalents
        self._parameters = parameters
        self._began_at = began_at
        self._recent: dict[str, deque[tuple[datetime, Crossing]]] = {line_id: deque() for line_id in line_ids}

    def __len__(self) -> int:
        """Number of crossings kept."""
        return sum(map(len, self._recent.values()))

    def add(self, crossing: Crossing, crossed_at: datetime) -> None:
        """Count a crossing that happened at `crossed_at` (aware)."""
        recent = self._recent[crossing.line_id]
        recent.append((crossed_at, crossing))
        self._drop_old(recent, crossed_at)

    def interrupt(self, at: datetime) -> None:
        """The video is back since `at`: restart the rates."""
        self._began_at = at
        for recent in self._recent.values():
            recent.clear()

    def now(self, at: datetime) -> tuple[LineNow, ...]:
        """Each line's rates over the window before `at`, or over the shorter time since the start."""
        watched = min(at - self._began_at, self._parameters.window)
        for recent in self._recent.values():
            self._drop_old(recent, at)
        if watched < self._parameters.min_watched:
            return tuple(LineNow(line_id=line_id) for line_id in self._recent)
        per_hour = timedelta(hours=1) / watched
        return tuple(self._line(line_id, per_hour) for line_id in self._recent)

    def _line(self, line_id: str, per_hour: float) -> LineNow:
        crossings = [crossing for _, crossing in self._recent[line_id]]
        into, out = (Counter(c.object_class for c in crossings if c.direction is d) for d in Direction)
        speeds_kmh = [c.speed_kmh for c in crossings if c.speed_kmh is not None]
        pcu = self._equivalents.pcu_factors()
        return LineNow(
            line_id=line_id,
            into_veh_h=into.total() * per_hour,
            out_veh_h=out.total() * per_hour,
            into_pcu_h=passenger_car_units(into, pcu) * per_hour,
            out_pcu_h=passenger_car_units(out, pcu) * per_hour,
            speed_kmh=sum(speeds_kmh) / len(speeds_kmh) if speeds_kmh else None,
        )

    def _drop_old(self, recent: deque[tuple[datetime, Crossing]], at: datetime) -> None:
        oldest = at - self._parameters.window
        while recent and recent[0][0] < oldest:
            recent.popleft()
