"""Flow: how many crossed each line, by class and direction, in intervals that follow the wall clock."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from vision.analytics.crossings import Crossing
from vision.classes import CLASSES
from vision.contracts import ClassCount, Direction

GRACE = timedelta(seconds=2)
"""How long an interval stays open after its end: a crossing is dated back to when it happened."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What crossed one line in one interval. `counts` holds only classes that were seen."""

    line_id: str
    start: datetime
    length: timedelta
    counts: tuple[ClassCount, ...]


class FlowAggregator:
    """Sums crossings into intervals aligned to UTC: with 5 minutes, 10:00, 10:05, 10:10, whenever counting began.

    Each interval is told once, also where nothing crossed. A crossing that arrives after its interval was told counts
    in the oldest one that is open.
    """

    def __init__(self, line_ids: Sequence[str], length: timedelta, *, began_at: datetime) -> None:
        self._line_ids = tuple(line_ids)
        self._length = length
        self._oldest = self.interval_of(began_at)
        self._counts: Counter[tuple[datetime, str, str, Direction]] = Counter()

    def interval_of(self, moment: datetime) -> datetime:
        """When the interval that holds this moment began."""
        epoch = datetime.fromtimestamp(0, UTC)
        return epoch + (moment - epoch) // self._length * self._length

    def add(self, crossing: Crossing, crossed_at: datetime) -> None:
        """Count a crossing. `crossed_at` is aware: its own moment on the wall clock."""
        start = max(self.interval_of(crossed_at), self._oldest)
        self._counts[start, crossing.line_id, crossing.object_class, crossing.direction] += 1

    def close(self, now: datetime) -> list[Flow]:
        """Tell the intervals that ended `GRACE` ago or earlier and have not been told yet, oldest first."""
        return self._close_before(self.interval_of(now - GRACE))

    def close_all(self, now: datetime) -> list[Flow]:
        """Tell everything there is, the interval that holds `now` included: counting ends."""
        return self._close_before(self.interval_of(now) + self._length)

    def _close_before(self, end: datetime) -> list[Flow]:
        told = []
        while self._oldest < end:
            told += [self._flow(line_id, self._oldest) for line_id in self._line_ids]
            self._oldest += self._length
        self._counts = Counter({key: n for key, n in self._counts.items() if key[0] >= self._oldest})
        return told

    def _flow(self, line_id: str, start: datetime) -> Flow:
        counts = [
            ClassCount(
                object_class=object_class,
                into=self._counts[start, line_id, object_class, Direction.IN],
                out=self._counts[start, line_id, object_class, Direction.OUT],
            )
            for object_class in CLASSES
        ]
        return Flow(line_id, start, self._length, tuple(c for c in counts if c.into or c.out))
