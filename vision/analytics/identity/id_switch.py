"""Whether a track that is seen on the other side of a line went there, or leapt to another vehicle there."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import dist, hypot
from statistics import fmean, median
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TrajectoryOf = Callable[[int], tuple[Floats, Floats]]
"""From a track to its remembered sightings, oldest first: when (K,), media time, and where its foot was (K, 2), px."""

SLOW_SIZES_S = 1.0
"""Whoever goes less than so many of his sizes a second, walking pace, does not come over a line in one step. Faster
ones are not doubted."""
BEFORE_S, AFTER_S = 1.0, 0.7
"""So much of its way before the step over the line and after it tells."""
KNOWN_AFTER_S = 1.6
"""Of a new track it is known by then whether it stands."""
FEWEST = 4
"""So many sightings tell a motion. Of a track that has just begun those after the step have to."""
STEP_SIZES = 0.3
"""A step that is so many of the vehicle's sizes off what its motion before leads to may be a leap ..."""
LEAP_SIZES = 0.35
"""... and is one where the middle of its places after it is so far, or farther, from that of those before, over and
above what the faster of its motions explains: a box that trembles comes back."""
STARTS_SIZES_S2 = 1.0
"""Unseen for a while it may have got on by so many sizes more, in the square of the seconds: it may have started."""


class Verdict(Enum):
    """How a track came over a line."""

    CROSSED = "went"
    ID_SWITCH = "leapt"
    UNDECIDED = "open"
    """The step was odd, and what comes after it is not known yet."""


def classify_step(times_s: Floats, feet_px: Floats, *, left_s: float, at_s: float, size_px: float) -> Verdict:
    """How a track whose sightings are given came over a line at `left_s`; `size_px` is the square root of its area."""
    # Of so few, one track at a time, lists of numbers tell it in less than half of the time that arrays take.
    times: list[float] = times_s.tolist()
    first, begin = bisect_left(times, left_s), bisect_left(times, left_s - BEFORE_S)
    if not 0 < first < len(times):
        return Verdict.CROSSED
    if first - begin < FEWEST:
        began = _Sightings.of(times[first - 1 :], feet_px[first - 1 :])
        return _how_it_began(began, at_s=at_s, size_px=size_px)
    before, over = _Sightings.of(times[begin:first], feet_px[begin:first]), feet_px[first].tolist()
    vx_px, vy_px = before.velocity_px()
    step_s = times[first] - times[first - 1]
    may_px = STARTS_SIZES_S2 * step_s**2 * size_px
    off_px = hypot(over[0] - before.x_px[-1] - vx_px * step_s, over[1] - before.y_px[-1] - vy_px * step_s)
    is_slow = hypot(vx_px, vy_px) < SLOW_SIZES_S * size_px
    if not is_slow or off_px < STEP_SIZES * size_px + may_px:
        return Verdict.CROSSED
    if at_s - times[first] < AFTER_S:
        return Verdict.UNDECIDED
    until = bisect_right(times, times[first] + AFTER_S)
    after = _Sightings.of(times[first:until], feet_px[first:until])
    pace_px = max(hypot(vx_px, vy_px), hypot(*after.velocity_px()))
    apart_px, apart_s = dist(after.middle_px, before.middle_px), fmean(after.times_s) - fmean(before.times_s)
    return Verdict.ID_SWITCH if apart_px > LEAP_SIZES * size_px + may_px + pace_px * apart_s else Verdict.CROSSED


def _how_it_began(seen: "_Sightings", *, at_s: float, size_px: float) -> Verdict:
    """The same of a track that has just begun: the last sighting before the line, and those after it.

    Where it creeps it is asked again when it is known whether it stands: its box may have trembled over the line, or a
    detection of something else have been its first.
    """
    times = seen.times_s
    until = bisect_right(times, times[1] + AFTER_S)
    vx_px, vy_px = seen.part(1, until).velocity_px()
    step_s = times[1] - times[0]
    off_px = hypot(
        seen.x_px[1] - seen.x_px[0] - vx_px * step_s,
        seen.y_px[1] - seen.y_px[0] - vy_px * step_s,
    )
    may_px = (STEP_SIZES + STARTS_SIZES_S2 * step_s**2) * size_px
    if until > FEWEST and hypot(vx_px, vy_px) >= SLOW_SIZES_S * size_px:
        return Verdict.CROSSED
    if until <= 2 and off_px >= SLOW_SIZES_S * size_px * step_s:
        return Verdict.CROSSED
    if at_s - times[0] < KNOWN_AFTER_S:
        return Verdict.UNDECIDED
    return Verdict.ID_SWITCH if off_px > may_px else Verdict.CROSSED


@dataclass(frozen=True, slots=True)
class _Sightings:
    """Some sightings of one track, oldest first."""

    times_s: list[float]
    x_px: list[float]
    y_px: list[float]

    @classmethod
    def of(cls, times_s: list[float], feet_px: Floats) -> Self:
        return cls(times_s, *feet_px.T.tolist())

    def part(self, start: int, end: int) -> Self:
        return type(self)(self.times_s[start:end], self.x_px[start:end], self.y_px[start:end])

    @property
    def middle_px(self) -> tuple[float, float]:
        """The median of each coordinate."""
        return median(self.x_px), median(self.y_px)

    def velocity_px(self) -> tuple[float, float]:
        """Pixels a second, from the middle of the first half to that of the second."""
        count = len(self.times_s)
        if count < 2:
            return 0.0, 0.0
        first, second = self.part(0, count // 2), self.part(count // 2, count)
        elapsed_s = fmean(second.times_s) - fmean(first.times_s)
        (x0, y0), (x1, y1) = first.middle_px, second.middle_px
        return (x1 - x0) / elapsed_s, (y1 - y0) / elapsed_s
