"""Whether a track that is seen on the other side of a line went there, or leapt to another vehicle there."""

from collections.abc import Callable
from enum import Enum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SightingsOf = Callable[[int], tuple[Floats, Floats]]
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

    WENT = "went"
    LEAPT = "leapt"
    OPEN = "open"
    """The step was odd, and what comes after it is not known yet."""


def how_it_came(times_s: Floats, feet_px: Floats, *, left_s: float, at_s: float, size_px: float) -> Verdict:
    """How a track whose sightings are given came over a line at `left_s`; `size_px` is the square root of its area."""
    first = int(times_s.searchsorted(left_s))
    before = slice(int(times_s.searchsorted(left_s - BEFORE_S)), first)
    if not 0 < first < len(times_s):
        return Verdict.WENT
    if before.stop - before.start < FEWEST:
        return _how_it_began(times_s[first - 1 :], feet_px[first - 1 :], at_s=at_s, size_px=size_px)
    step_s = times_s[first] - times_s[first - 1]
    may_px = STARTS_SIZES_S2 * step_s**2 * size_px
    velocity_px = _velocity(times_s[before], feet_px[before])
    off_px = np.hypot(*(feet_px[first] - feet_px[first - 1] - velocity_px * step_s))
    is_slow = np.hypot(*velocity_px) < SLOW_SIZES_S * size_px
    if not is_slow or off_px < STEP_SIZES * size_px + may_px:
        return Verdict.WENT
    if at_s - times_s[first] < AFTER_S:
        return Verdict.OPEN
    after = slice(first, int(times_s.searchsorted(times_s[first] + AFTER_S, side="right")))
    pace_px = max(np.hypot(*velocity_px), np.hypot(*_velocity(times_s[after], feet_px[after])))
    apart_px = np.hypot(*(_middle(feet_px[after]) - _middle(feet_px[before])))
    apart_s = times_s[after].mean() - times_s[before].mean()
    return Verdict.LEAPT if apart_px > LEAP_SIZES * size_px + may_px + pace_px * apart_s else Verdict.WENT


def _how_it_began(times_s: Floats, feet_px: Floats, *, at_s: float, size_px: float) -> Verdict:
    """The same of a track that has just begun: the last sighting before the line, and those after it.

    Where it creeps it is asked again when it is known whether it stands: its box may have trembled over the line, or a
    detection of something else have been its first.
    """
    until = int(times_s.searchsorted(times_s[1] + AFTER_S, side="right"))
    velocity_px = _velocity(times_s[1:until], feet_px[1:until])
    step_s = times_s[1] - times_s[0]
    off_px = np.hypot(*(feet_px[1] - feet_px[0] - velocity_px * step_s))
    may_px = (STEP_SIZES + STARTS_SIZES_S2 * step_s**2) * size_px
    if until > FEWEST and np.hypot(*velocity_px) >= SLOW_SIZES_S * size_px:
        return Verdict.WENT
    if until <= 2 and off_px >= SLOW_SIZES_S * size_px * step_s:
        return Verdict.WENT
    if at_s - times_s[0] < KNOWN_AFTER_S:
        return Verdict.OPEN
    return Verdict.LEAPT if off_px > may_px else Verdict.WENT


def _velocity(times_s: Floats, feet_px: Floats) -> Floats:
    """(2,): pixels a second, from the middle of the first half of some sightings to that of the second."""
    half = len(times_s) // 2
    if not half:
        return np.zeros(2)
    elapsed_s = times_s[half:].mean() - times_s[:half].mean()
    return np.asarray((_middle(feet_px[half:]) - _middle(feet_px[:half])) / elapsed_s)


def _middle(feet_px: Floats) -> Floats:
    """(2,): the median of each coordinate; of so few, an order of magnitude sooner than by numpy's own."""
    ordered = np.sort(feet_px, axis=0)
    return np.asarray((ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2)
