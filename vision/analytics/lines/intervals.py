"""Flow: who crossed each line, by class and direction, in intervals that follow the wall clock."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from vision.analytics.events import Crossing
from vision.analytics.statistics import EPOCH, floor_to_interval
from vision.common.object_class import CLASSES
from vision.contracts import ClassCount, Direction

Floats = NDArray[np.float64]

GRACE = timedelta(seconds=3)
"""How long an interval stays open after its end: a crossing is dated back to when it happened, and told when its speed
is known."""


class Passage(NamedTuple):
    """One vehicle passed a line. Seconds of the Unix time; NaN for what is not known."""

    front_s: float
    rear_s: float
    speed_kmh: float
    sight: int
    """Which uninterrupted stretch of sight it was in."""
    is_implausible: bool = False


NOBODY = Passage(np.nan, np.nan, np.nan, -1)


@dataclass(frozen=True, slots=True, eq=False)
class Headways:
    """The vehicles that crossed one line one way in one interval, in the order of their fronts. NaN: not known.

    The first row is the vehicle before, maybe of an earlier interval.
    """

    front_s: Floats
    """(1 + K,): seconds of the Unix time."""
    rear_s: Floats
    speeds_kmh: Floats
    sight: Floats
    implausible: int = 0
    """How many speeds were dropped."""

    def __len__(self) -> int:
        return len(self.front_s) - 1

    @classmethod
    def of(cls, passages: Sequence[Passage] = (), leader: Passage = NOBODY) -> Self:
        ordered = sorted(passages, key=lambda p: p.front_s)
        front_s, rear_s, speeds_kmh, sight = np.array([p[:4] for p in (leader, *ordered)], np.float64).T
        return cls(front_s, rear_s, speeds_kmh, sight, sum(p.is_implausible for p in ordered))

    def headways_s(self) -> Floats:
        """From front to front, where both were seen without an interruption."""
        headways_s = np.diff(self.front_s)
        return headways_s[self._follows() & (headways_s >= 0)]

    def gaps_s(self) -> Floats:
        """From rear to front, where both are known; nothing where they overlap."""
        gaps_s = self.front_s[1:] - self.rear_s[:-1]
        return np.maximum(gaps_s[self._follows() & ~np.isnan(gaps_s)], 0.0)

    def speed_kmh(self) -> Floats:
        """Of those whose speed is known."""
        speeds_kmh = self.speeds_kmh[1:]
        return speeds_kmh[~np.isnan(speeds_kmh)]

    def _follows(self) -> NDArray[np.bool_]:
        return np.equal(self.sight[1:], self.sight[:-1])


@dataclass(frozen=True, slots=True)
class Flow:
    """What crossed one line in one interval. `counts` holds only classes that were seen."""

    line_id: str
    start: datetime
    length: timedelta
    counts: tuple[ClassCount, ...]
    passages: Mapping[Direction, Headways] = field(default_factory=dict)
    """Only directions in which somebody went."""


class FlowAggregator:
    """Sums crossings into intervals aligned to UTC: with 5 minutes, 10:00, 10:05, 10:10, whenever counting began.

    Each interval is told once, also where nothing crossed. A crossing that arrives after its interval was told counts
    in the oldest one that is open. What is remembered is what crossed in the intervals that are open, and who crossed
    last.
    """

    def __init__(self, line_ids: Sequence[str], length: timedelta, *, began_at: datetime) -> None:
        self._line_ids = tuple(line_ids)
        self._length = length
        self._oldest = self.floor_to_interval(began_at)
        self._counts: Counter[tuple[datetime, str, str, Direction]] = Counter()
        self._passages: defaultdict[tuple[datetime, str, Direction], list[Passage]] = defaultdict(list)
        self._leaders: dict[tuple[str, Direction], Passage] = {}
        self._sight = 0

    def floor_to_interval(self, moment: datetime) -> datetime:
        """When the interval that holds this moment began."""
        return floor_to_interval(moment, self._length)

    def add(self, crossing: Crossing, crossed_at: datetime) -> None:
        """Count a crossing. `crossed_at` is aware: its own moment on the wall clock."""
        start = max(self.floor_to_interval(crossed_at), self._oldest)
        self._counts[start, crossing.line_id, crossing.object_class, crossing.direction] += 1
        self._passages[start, crossing.line_id, crossing.direction].append(_passage(crossing, crossed_at, self._sight))

    def interrupt(self) -> None:
        """Sight was lost for a while: who crossed before it is not known to be the one ahead of who crosses next."""
        self._sight += 1

    def close(self, now: datetime) -> list[Flow]:
        """Tell the intervals that ended `GRACE` ago or earlier and have not been told yet, oldest first."""
        return self._close_before(self.floor_to_interval(now - GRACE))

    def close_all(self, now: datetime) -> list[Flow]:
        """Tell everything there is, the interval that holds `now` included: counting ends."""
        return self._close_before(self.floor_to_interval(now) + self._length)

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
        passages = {direction: self._taken(start, line_id, direction) for direction in Direction}
        return Flow(
            line_id=line_id,
            start=start,
            length=self._length,
            counts=tuple(c for c in counts if c.into or c.out),
            passages={direction: p for direction, p in passages.items() if len(p)},
        )

    def _taken(self, start: datetime, line_id: str, direction: Direction) -> Headways:
        """The passages of an interval that is told now; they are kept no longer, but for the last one."""
        found = self._passages.pop((start, line_id, direction), [])
        passages = Headways.of(found, self._leaders.get((line_id, direction), NOBODY))
        if found:
            self._leaders[line_id, direction] = max(found, key=lambda p: p.front_s)
        return passages


def _passage(crossing: Crossing, crossed_at: datetime, sight: int) -> Passage:
    at_s = (crossed_at - EPOCH) / timedelta(seconds=1)
    front_s = at_s if crossing.front_at_s is None else at_s + crossing.front_at_s - crossing.at_s
    return Passage(
        front_s=front_s,
        rear_s=np.nan if crossing.passage_s is None else front_s + crossing.passage_s,
        speed_kmh=np.nan if crossing.speed_kmh is None else crossing.speed_kmh,
        sight=sight,
        is_implausible=crossing.is_implausible,
    )
