"""Rates and percentiles over the last seconds, and how much of each interval was watched."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from vision.contracts import FlowQuality, PictureCondition

WINDOW_S = 5.0
MAX_SAMPLES = 1024
CONDITION_SHARE = 0.25
"""An interval has a picture condition that held for more than this part of the time watched. Chosen."""


class RollingWindow:
    """The samples of the last `WINDOW_S` seconds, at most `MAX_SAMPLES`.

    Examples:
        >>> window = RollingWindow(began_at_s=0.0)
        >>> for at_s in (1.0, 2.0, 3.0, 4.0):
        ...     window.add(10 * at_s, at_s)
        >>> window.rate(now_s=4.0), window.percentile(50, now_s=4.0)
        (1.0, 25.0)
    """

    def __init__(self, began_at_s: float) -> None:
        self._began_at_s = began_at_s
        self._samples: deque[tuple[float, float]] = deque(maxlen=MAX_SAMPLES)

    def add(self, value: float, at_s: float) -> None:
        """Add a sample; `at_s` never goes back."""
        self._samples.append((at_s, value))

    def rate(self, now_s: float) -> float:
        """Samples per second."""
        self._discard_old(now_s)
        return len(self._samples) / min(WINDOW_S, max(now_s - self._began_at_s, 1.0))

    def percentile(self, q: float, now_s: float) -> float:
        """The q-th percentile of the values (0 to 100); 0 without samples."""
        self._discard_old(now_s)
        return float(np.percentile([value for _, value in self._samples], q)) if self._samples else 0.0

    def _discard_old(self, now_s: float) -> None:
        while self._samples and self._samples[0][0] < now_s - WINDOW_S:
            self._samples.popleft()


@dataclass(slots=True)
class _Interval:
    watched_s: float = 0.0
    blind_s: float = 0.0
    processed: int = 0
    dropped: int = 0
    under_s: Counter[PictureCondition] = field(default_factory=Counter)
    """Seconds watched while each condition held."""


class QualityMeter:
    """Measures how much of each interval a camera was watched.

    `advance` is called every fraction of a second and at the end. The time since the last call is either watched or
    blind; where an interval ended in between, each interval gets its part. Time before `began_at` does not count.
    """

    def __init__(
        self, floor_to_interval: Callable[[datetime], datetime], length: timedelta, *, began_at: datetime
    ) -> None:
        self._floor = floor_to_interval
        self._length = length
        self._until = began_at
        self._dropped = 0
        self._intervals: dict[datetime, _Interval] = {}

    def advance(
        self,
        now: datetime,
        *,
        watching: bool,
        frames_dropped: int,
        conditions: Iterable[PictureCondition] = (),
    ) -> None:
        """Record the time until `now`; `frames_dropped` is the session's total, `conditions` held in this time."""
        while self._until < now:
            start = self._floor(self._until)
            end = min(now, start + self._length)
            interval, seconds = self._in(start), (end - self._until).total_seconds()
            if watching:
                interval.watched_s += seconds
                interval.under_s.update(dict.fromkeys(conditions, seconds))
            else:
                interval.blind_s += seconds
            self._until = end
        self._in(self._floor(now)).dropped += frames_dropped - self._dropped
        self._dropped = frames_dropped

    def add_frame(self, now: datetime) -> None:
        """Count one analysed frame."""
        self._in(self._floor(now)).processed += 1

    def quality_of(self, start: datetime) -> FlowQuality:
        """How well the interval that began at `start` was watched."""
        interval = self._intervals.get(start, _Interval())
        return FlowQuality(
            watched_s=round(interval.watched_s, 3),
            blind_s=round(interval.blind_s, 3),
            effective_fps=round(interval.processed / interval.watched_s, 2) if interval.watched_s > 0 else 0.0,
            frames_dropped=interval.dropped,
            picture=tuple(c for c in PictureCondition if interval.under_s[c] > CONDITION_SHARE * interval.watched_s),
        )

    def discard_before(self, start: datetime) -> None:
        """Discard intervals that began before `start`: they are reported."""
        self._intervals = {began: interval for began, interval in self._intervals.items() if began >= start}

    def _in(self, start: datetime) -> _Interval:
        return self._intervals.setdefault(start, _Interval())
