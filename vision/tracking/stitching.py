"""Whether a track that appears is the vehicle of one that was lost: behind a bus, or under a new id."""

from collections.abc import Iterable, Sequence

import numpy as np

from vision.tracking.life import Life, Seen

LONGEST_S = 2.0
"""A vehicle unseen for longer is not recognised by its motion."""
OFF_BY_SIZE = 0.5
OFF_BY_WAY = 0.5
"""How far it may be from where its motion led: so much of its size, and so much of the way it went unseen."""
GROWTH = 3.0
"""How many times larger or smaller it may have become."""


def predecessor_of(new: Life, lost: Iterable[Life]) -> Life | None:
    """The lost track whose motion, and the new one's, lead from where it was last seen to where the new one began."""
    misses = [(miss, life) for life in lost if (miss := _miss(life, new)) is not None]
    return min(misses, key=lambda pair: pair[0])[1] if misses else None


def _miss(lost: Life, new: Life) -> float | None:
    """How far off the way from one to the other is, in parts of what is allowed; None where it is impossible."""
    last, first = lost.trail[-1], new.trail[0]
    gap_s = first.at_s - last.at_s
    if not 0 < gap_s <= LONGEST_S or lost.is_small != new.is_small:
        return None
    sizes_px = np.sqrt([_area(last), _area(first)])
    if sizes_px.max() > GROWTH * sizes_px.min():
        return None
    way_px = (_velocity_px(lost.trail) + _velocity_px(new.trail)) / 2 * gap_s
    off_px = np.hypot(*(_centre(first) - _centre(last) - way_px))
    miss = float(off_px / (OFF_BY_SIZE * sizes_px.mean() + OFF_BY_WAY * np.hypot(*way_px)))
    return miss if miss <= 1 else None


def _velocity_px(trail: Sequence[Seen]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Pixels a second over the trail."""
    elapsed_s = trail[-1].at_s - trail[0].at_s
    return (_centre(trail[-1]) - _centre(trail[0])) / elapsed_s if elapsed_s > 0 else np.zeros(2)


def _centre(seen: Seen) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return (seen.xyxy[:2].astype(np.float64) + seen.xyxy[2:]) / 2


def _area(seen: Seen) -> float:
    return float(np.prod(seen.xyxy[2:] - seen.xyxy[:2]))
