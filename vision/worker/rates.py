"""A camera's figures: what happened over the last seconds, and how much of each interval was seen."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from vision.contracts import FlowQuality, PictureCondition

WINDOW_S = 5.0
MOST_SAMPLES = 1024
CONDITION_SHARE = 0.25
"""A condition is told of an interval when it held for this part of the time watched."""


class Recent:
    """The samples of the last `WINDOW_S` seconds."""

    def __init__(self, began_at_s: float) -> None:
        self._began_at_s = began_at_s
        self._samples: deque[tuple[float, float]] = deque(maxlen=MOST_SAMPLES)

    def add(self, value: float, at_s: float) -> None:
        self._samples.append((at_s, value))

    def rate(self, now_s: float) -> float:
        """Samples a second."""
        self._forget(now_s)
        return len(self._samples) / min(WINDOW_S, max(now_s - self._began_at_s, 1.0))

    def percentile(self, q: float, now_s: float) -> float:
        """The q-th percentile, 0 where there is no sample."""
        self._forget(now_s)
        return float(np.percentile([value for _, value in self._samples], q)) if self._samples else 0.0

    def _forget(self, now_s: float) -> None:
        while self._samples and self._samples[0][0] < now_s - WINDOW_S:
            self._samples.popleft()


@dataclass(slots=True)
class _Seen:
    watched_s: float = 0.0
    blind_s: float = 0.0
    processed: int = 0
    dropped: int = 0
    under_s: Counter[PictureCondition] = field(default_factory=Counter)
    """Seconds watched under each condition."""


class QualityMeter:
    """How much of each interval a camera was watched.

    `account` is called every fraction of a second and at the end; the time since the call before is watched or blind as
    a whole, and is shared out where an interval ended within it. Time before `began_at` belongs to nobody here.
    """

    def __init__(
        self, floor_to_interval: Callable[[datetime], datetime], length: timedelta, *, began_at: datetime
    ) -> None:
        self._interval_of = floor_to_interval
        self._length = length
        self._until = began_at
        self._dropped = 0
        self._seen: dict[datetime, _Seen] = {}

    def account(
        self,
        now: datetime,
        *,
        watching: bool,
        frames_dropped: int,
        conditions: Iterable[PictureCondition] = (),
    ) -> None:
        """The time until `now` has passed; `frames_dropped` is the total so far; `conditions` held meanwhile."""
        while self._until < now:
            start = self._interval_of(self._until)
            end = min(now, start + self._length)
            seen, spent_s = self._in(start), (end - self._until).total_seconds()
            if watching:
                seen.watched_s += spent_s
                seen.under_s.update(dict.fromkeys(conditions, spent_s))
            else:
                seen.blind_s += spent_s
            self._until = end
        self._in(self._interval_of(now)).dropped += frames_dropped - self._dropped
        self._dropped = frames_dropped

    def processed(self, now: datetime) -> None:
        """One frame was looked at."""
        self._in(self._interval_of(now)).processed += 1

    def quality_of(self, start: datetime) -> FlowQuality:
        """How the interval that began at `start` was seen."""
        seen = self._seen.get(start, _Seen())
        return FlowQuality(
            watched_s=round(seen.watched_s, 3),
            blind_s=round(seen.blind_s, 3),
            effective_fps=round(seen.processed / seen.watched_s, 2) if seen.watched_s > 0 else 0.0,
            frames_dropped=seen.dropped,
            picture=tuple(c for c in PictureCondition if seen.under_s[c] > CONDITION_SHARE * seen.watched_s),
        )

    def forget_before(self, start: datetime) -> None:
        """Intervals that began before `start` are told and over."""
        self._seen = {begun: seen for begun, seen in self._seen.items() if begun >= start}

    def _in(self, start: datetime) -> _Seen:
        return self._seen.setdefault(start, _Seen())
