"""Lines over the last minute, for who watches live."""

from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from vision.analytics.events import Crossing
from vision.analytics.lines.measures import units
from vision.config.measures import EquivalentsConfig
from vision.contracts import Direction
from vision.contracts.measures import LineNow

WINDOW = timedelta(minutes=1)
SOONEST = timedelta(seconds=10)
"""A rate from less time would be a guess."""


class LiveLines:
    """Remembers what crossed within `WINDOW`."""

    def __init__(self, line_ids: Sequence[str], equivalents: EquivalentsConfig, *, began_at: datetime) -> None:
        self._equivalents = equivalents
        self._began_at = began_at
        self._recent: dict[str, deque[tuple[datetime, Crossing]]] = {line_id: deque() for line_id in line_ids}

    def __len__(self) -> int:
        """How many crossings are remembered."""
        return sum(map(len, self._recent.values()))

    def add(self, crossing: Crossing, crossed_at: datetime) -> None:
        """Count a crossing. `crossed_at` is aware: its own moment on the wall clock."""
        recent = self._recent[crossing.line_id]
        recent.append((crossed_at, crossing))
        _forget(recent, crossed_at)

    def interrupt(self, at: datetime) -> None:
        """Sight is back since `at`: what was before says nothing of now."""
        self._began_at = at
        for recent in self._recent.values():
            recent.clear()

    def now(self, at: datetime) -> tuple[LineNow, ...]:
        """Each line's rates over the minute before `at`, or over the time since the beginning."""
        watched = min(at - self._began_at, WINDOW)
        for recent in self._recent.values():
            _forget(recent, at)
        if watched < SOONEST:
            return tuple(LineNow(line_id=line_id) for line_id in self._recent)
        per_hour = timedelta(hours=1) / watched
        return tuple(self._line(line_id, per_hour) for line_id in self._recent)

    def _line(self, line_id: str, per_hour: float) -> LineNow:
        crossings = [crossing for _, crossing in self._recent[line_id]]
        into, out = (Counter(c.object_class for c in crossings if c.direction is way) for way in Direction)
        speeds_kmh = [c.speed_kmh for c in crossings if c.speed_kmh is not None]
        pcu = self._equivalents.pcu_factors()
        return LineNow(
            line_id=line_id,
            into_veh_h=into.total() * per_hour,
            out_veh_h=out.total() * per_hour,
            into_pcu_h=units(into, pcu) * per_hour,
            out_pcu_h=units(out, pcu) * per_hour,
            speed_kmh=sum(speeds_kmh) / len(speeds_kmh) if speeds_kmh else None,
        )


def _forget(recent: deque[tuple[datetime, Crossing]], at: datetime) -> None:
    while recent and recent[0][0] < at - WINDOW:
        recent.popleft()
