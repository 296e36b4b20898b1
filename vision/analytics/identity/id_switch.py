"""Distinguishes a track that crosses a line from an id that switches to another vehicle behind it."""

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
"""From a track to its recent observations, oldest first: media times (K,), and bottom centres (K, 2), pixels."""


@dataclass(frozen=True, slots=True)
class IdSwitchParameters:
    """When a step over a line is an ID switch. Sizes are in units of the square root of the box area."""

    max_speed_sizes_s: float = 1.0
    """Only tracks slower than this, about walking speed, are examined: they do not cross a line in one step. Higher:
    more tracks are examined, fast ones may be taken for switched. Source: chosen."""
    before_s: float = 1.0
    """The motion before the step is that of this time, seconds. Longer: less noise, more lag. Source: chosen."""
    after_s: float = 0.7
    """The motion after the step is that of this time, seconds. Longer: more certain, crossings of slow tracks are
    counted later. Source: chosen."""
    new_track_s: float = 1.6
    """By this age it is known whether a new track is stopped, seconds. Longer: crossings of slow new tracks are counted
    later. Source: chosen, just over the time after which a stop is found."""
    min_observations: int = 4
    """A motion is known from this many observations. More: more certain, more tracks are treated as new. Source:
    chosen."""
    step_sizes: float = 0.3
    """A step this far off what the motion before it predicts may be an ID switch. Larger: fewer steps are examined.
    Source: chosen."""
    jump_sizes: float = 0.35
    """It is one if the median positions after and before are farther apart than this plus what the faster motion
    explains; a box that only jitters returns. Larger: fewer ID switches are found. Source: chosen."""
    start_sizes_s2: float = 1.0
    """A gap of t seconds adds this times t² to both limits, since the vehicle may have started. Larger: fewer ID
    switches are found after gaps. Source: chosen."""


class Verdict(Enum):
    """Whether a step over a line is a crossing or an ID switch."""

    CROSSED = "crossed"
    ID_SWITCH = "id_switch"
    UNDECIDED = "undecided"
    """The step is suspicious, and later observations have to decide."""


def classify_step(
    times_s: Floats,
    bottom_center_px: Floats,
    *,
    crossed_s: float,
    at_s: float,
    size_px: float,
    parameters: IdSwitchParameters = IdSwitchParameters(),
) -> Verdict:
    """Classify the step of a track over a line at `crossed_s`, by what is known at `at_s`; both media time.

    The track's recent observations, oldest first, are `times_s` (K,) and `bottom_center_px` (K, 2). `size_px` is the
    square root of the vehicle's box area.

    Examples:
        >>> times_s = np.arange(20) / 10
        >>> driving = np.stack([30 * np.arange(20.0), np.zeros(20)], axis=1)
        >>> classify_step(times_s, driving, crossed_s=0.95, at_s=1.9, size_px=40.0)
        <Verdict.CROSSED: 'crossed'>
    """
    p = parameters
    # For a few observations of one track, lists are more than twice as fast as arrays.
    times: list[float] = times_s.tolist()
    first, begin = bisect_left(times, crossed_s), bisect_left(times, crossed_s - p.before_s)
    if not 0 < first < len(times):
        return Verdict.CROSSED
    if first - begin < p.min_observations:
        began = _Observations.of(times[first - 1 :], bottom_center_px[first - 1 :])
        return _classify_new(began, at_s=at_s, size_px=size_px, p=p)
    before, over = (
        _Observations.of(times[begin:first], bottom_center_px[begin:first]),
        bottom_center_px[first].tolist(),
    )
    vx_px, vy_px = before.velocity_px()
    step_s = times[first] - times[first - 1]
    start_px = p.start_sizes_s2 * step_s**2 * size_px
    off_px = hypot(over[0] - before.x_px[-1] - vx_px * step_s, over[1] - before.y_px[-1] - vy_px * step_s)
    is_slow = hypot(vx_px, vy_px) < p.max_speed_sizes_s * size_px
    if not is_slow or off_px < p.step_sizes * size_px + start_px:
        return Verdict.CROSSED
    if at_s - times[first] < p.after_s:
        return Verdict.UNDECIDED
    until = bisect_right(times, times[first] + p.after_s)
    after = _Observations.of(times[first:until], bottom_center_px[first:until])
    speed_px = max(hypot(vx_px, vy_px), hypot(*after.velocity_px()))
    apart_px, apart_s = dist(after.middle_px, before.middle_px), fmean(after.times_s) - fmean(before.times_s)
    return Verdict.ID_SWITCH if apart_px > p.jump_sizes * size_px + start_px + speed_px * apart_s else Verdict.CROSSED


def _classify_new(observations: "_Observations", *, at_s: float, size_px: float, p: IdSwitchParameters) -> Verdict:
    """The same for a track that has just begun: its last observation before the line, and those after it.

    A slow one stays undecided until it is known whether it is stopped: its box may have jittered over the line, or its
    first box have been another vehicle's.
    """
    times = observations.times_s
    until = bisect_right(times, times[1] + p.after_s)
    vx_px, vy_px = observations.part(1, until).velocity_px()
    step_s = times[1] - times[0]
    off_px = hypot(
        observations.x_px[1] - observations.x_px[0] - vx_px * step_s,
        observations.y_px[1] - observations.y_px[0] - vy_px * step_s,
    )
    max_px = (p.step_sizes + p.start_sizes_s2 * step_s**2) * size_px
    if until > p.min_observations and hypot(vx_px, vy_px) >= p.max_speed_sizes_s * size_px:
        return Verdict.CROSSED
    if until <= 2 and off_px >= p.max_speed_sizes_s * size_px * step_s:
        return Verdict.CROSSED
    if at_s - times[0] < p.new_track_s:
        return Verdict.UNDECIDED
    return Verdict.ID_SWITCH if off_px > max_px else Verdict.CROSSED


@dataclass(frozen=True, slots=True)
class _Observations:
    """Some observations of one track, oldest first."""

    times_s: list[float]
    x_px: list[float]
    y_px: list[float]

    @classmethod
    def of(cls, times_s: list[float], bottom_center_px: Floats) -> Self:
        return cls(times_s, *bottom_center_px.T.tolist())

    def part(self, start: int, end: int) -> Self:
        return type(self)(self.times_s[start:end], self.x_px[start:end], self.y_px[start:end])

    @property
    def middle_px(self) -> tuple[float, float]:
        """The median of each coordinate."""
        return median(self.x_px), median(self.y_px)

    def velocity_px(self) -> tuple[float, float]:
        """Pixels per second, from the middle of the first half to that of the second; robust to single outliers."""
        count = len(self.times_s)
        if count < 2:
            return 0.0, 0.0
        first, second = self.part(0, count // 2), self.part(count // 2, count)
        elapsed_s = fmean(second.times_s) - fmean(first.times_s)
        (x0, y0), (x1, y1) = first.middle_px, second.middle_px
        return (x1 - x0) / elapsed_s, (y1 - y0) / elapsed_s
