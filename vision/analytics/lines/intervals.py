"""Line counts, speeds and headways per interval of the wall clock."""

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


@dataclass(frozen=True, slots=True)
class IntervalParameters:
    """When an interval is complete."""

    grace: timedelta = timedelta(seconds=3)
    """An interval stays open this long after its end: a crossing is dated back to when it happened, and becomes known
    when its speed is known. Longer: fewer late events land in the next interval, reports arrive later. Source: chosen,
    above the delay of `CrossingSpeedParameters.observe_after_s` and of frames."""


DEFAULTS = IntervalParameters()


class Passage(NamedTuple):
    """One vehicle passed a line. Times are Unix time in seconds; NaN is unknown."""

    front_s: float
    rear_s: float
    speed_kmh: float
    stretch: int
    """Number of the uninterrupted stretch of observation in which it passed."""
    is_implausible: bool = False


UNKNOWN = Passage(np.nan, np.nan, np.nan, -1)


@dataclass(frozen=True, slots=True, eq=False)
class Headways:
    """The K vehicles that crossed one line in one direction in one interval, in the order of their fronts.

    Row 0 is the vehicle before them, possibly of an earlier interval. NaN is unknown.

    Examples:
        >>> Headways.of([Passage(10.0, 10.5, 36.0, 0), Passage(12.5, 13.0, 36.0, 0)]).headways_s().tolist()
        [2.5]
    """

    front_s: Floats
    """(1 + K,): when the front passed, Unix time in seconds."""
    rear_s: Floats
    """(1 + K,): when the rear passed."""
    speeds_kmh: Floats
    """(1 + K,)"""
    stretch: Floats
    """(1 + K,): see `Passage.stretch`."""
    implausible: int = 0
    """Number of speeds that were dropped."""

    def __len__(self) -> int:
        return len(self.front_s) - 1

    @classmethod
    def of(cls, passages: Sequence[Passage] = (), leader: Passage = UNKNOWN) -> Self:
        """Headways of passages in any order, behind a `leader`."""
        ordered = sorted(passages, key=lambda p: p.front_s)
        front_s, rear_s, speeds_kmh, stretch = np.array([p[:4] for p in (leader, *ordered)], np.float64).T
        return cls(front_s, rear_s, speeds_kmh, stretch, sum(p.is_implausible for p in ordered))

    def headways_s(self) -> Floats:
        """Times from front to front, of vehicles that passed in the same stretch of observation."""
        headways_s = np.diff(self.front_s)
        return headways_s[self._is_following() & (headways_s >= 0)]

    def gaps_s(self) -> Floats:
        """Times from rear to front, where both are known; 0 where vehicles overlap."""
        gaps_s = self.front_s[1:] - self.rear_s[:-1]
        return np.maximum(gaps_s[self._is_following() & ~np.isnan(gaps_s)], 0.0)

    def speed_kmh(self) -> Floats:
        """The known speeds."""
        speeds_kmh = self.speeds_kmh[1:]
        return speeds_kmh[~np.isnan(speeds_kmh)]

    def _is_following(self) -> NDArray[np.bool_]:
        """(K,): whether no vehicle can have been missed between this one and the one before."""
        return np.equal(self.stretch[1:], self.stretch[:-1])


@dataclass(frozen=True, slots=True)
class Flow:
    """What crossed one line in one interval."""

    line_id: str
    start: datetime
    length: timedelta
    counts: tuple[ClassCount, ...]
    """Only classes that crossed."""
    headways: Mapping[Direction, Headways] = field(default_factory=dict)
    """Only directions in which a vehicle crossed."""


class FlowAggregator:
    """Sums crossings into intervals that are aligned to UTC: with 5 minutes 10:00, 10:05, 10:10, whatever the start.

    Each interval is returned once, also without a crossing. A crossing that arrives after its interval was returned
    counts in the oldest open one. State is bounded by the crossings of the open intervals and one vehicle per line and
    direction.

    Examples:
        >>> from datetime import UTC
        >>> start = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
        >>> flows = FlowAggregator(["north"], timedelta(minutes=1), began_at=start)
        >>> [flow.start.minute for flow in flows.close(start + timedelta(minutes=2, seconds=10))]
        [0, 1]
    """

    def __init__(
        self,
        line_ids: Sequence[str],
        length: timedelta,
        *,
        began_at: datetime,
        parameters: IntervalParameters = DEFAULTS,
    ) -> None:
        self._line_ids = tuple(line_ids)
        self._length = length
        self._grace = parameters.grace
        self._oldest = self.floor_to_interval(began_at)
        self._counts: Counter[tuple[datetime, str, str, Direction]] = Counter()
        self._passages: defaultdict[tuple[datetime, str, Direction], list[Passage]] = defaultdict(list)
        self._leaders: dict[tuple[str, Direction], Passage] = {}
        self._stretch = 0

    def floor_to_interval(self, moment: datetime) -> datetime:
        """Start of the interval that contains this moment."""
        return floor_to_interval(moment, self._length)

    def add(self, crossing: Crossing, crossed_at: datetime) -> None:
        """Count a crossing that happened at `crossed_at` (aware)."""
        start = max(self.floor_to_interval(crossed_at), self._oldest)
        self._counts[start, crossing.line_id, crossing.object_class, crossing.direction] += 1
        passage = _passage(crossing, crossed_at, self._stretch)
        self._passages[start, crossing.line_id, crossing.direction].append(passage)

    def interrupt(self) -> None:
        """The video was interrupted: no headway is known between the last vehicle before and the first one after."""
        self._stretch += 1

    def close(self, now: datetime) -> list[Flow]:
        """The intervals that are complete at `now` and were not returned yet, oldest first."""
        return self._close_before(self.floor_to_interval(now - self._grace))

    def close_all(self, now: datetime) -> list[Flow]:
        """All intervals that were not returned yet, including the one that contains `now`: counting ends."""
        return self._close_before(self.floor_to_interval(now) + self._length)

    def _close_before(self, end: datetime) -> list[Flow]:
        flows = []
        while self._oldest < end:
            flows += [self._flow(line_id, self._oldest) for line_id in self._line_ids]
            self._oldest += self._length
        self._counts = Counter({key: n for key, n in self._counts.items() if key[0] >= self._oldest})
        return flows

    def _flow(self, line_id: str, start: datetime) -> Flow:
        counts = [
            ClassCount(
                object_class=object_class,
                into=self._counts[start, line_id, object_class, Direction.IN],
                out=self._counts[start, line_id, object_class, Direction.OUT],
            )
            for object_class in CLASSES
        ]
        headways = {direction: self._take_headways(start, line_id, direction) for direction in Direction}
        return Flow(
            line_id=line_id,
            start=start,
            length=self._length,
            counts=tuple(c for c in counts if c.into or c.out),
            headways={direction: h for direction, h in headways.items() if len(h)},
        )

    def _take_headways(self, start: datetime, line_id: str, direction: Direction) -> Headways:
        """Headways of an interval; of its passages only the last one is kept, as the next interval's leader."""
        passages = self._passages.pop((start, line_id, direction), [])
        headways = Headways.of(passages, self._leaders.get((line_id, direction), UNKNOWN))
        if passages:
            self._leaders[line_id, direction] = max(passages, key=lambda p: p.front_s)
        return headways


def _passage(crossing: Crossing, crossed_at: datetime, stretch: int) -> Passage:
    at_s = (crossed_at - EPOCH) / timedelta(seconds=1)
    front_s = at_s if crossing.front_at_s is None else at_s + crossing.front_at_s - crossing.at_s
    return Passage(
        front_s=front_s,
        rear_s=np.nan if crossing.passage_s is None else front_s + crossing.passage_s,
        speed_kmh=np.nan if crossing.speed_kmh is None else crossing.speed_kmh,
        stretch=stretch,
        is_implausible=crossing.is_implausible,
    )
