"""Whose id went on with what drove past: the new track that begins where a vehicle stands is that vehicle."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.analytics.kinematics.state import Floats, TrackKinematics

SAME_PLACE_SIZES, ALIKE = 0.35, 1.3
"""A new track that begins so near, in its own size, to where another stood just before, and is not so many times as
large or as small, may be the one that stood there ..."""
GONE_SIZES, DECIDED_S = 0.5, 0.5
"""... if the other is that far away from there and the new one stays, all that time: who is half hidden leaps too, but
comes back, and what hides him drives on."""

NEW_S = 1.0
"""A track that was first seen earlier has been another's already."""


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """A track that stood, and a new one that began in its place."""

    stood: int
    new: int
    at_px: Floats
    """(2,): where the new one began."""
    size_px: float
    since_s: float


class IdTakeoverDetector:
    """Watches which tracks begin where another one that is still in sight stood, and says which of them it is."""

    def __init__(self) -> None:
        self._pairs: list[_Pair] = []

    def __len__(self) -> int:
        """How many pairs are not decided."""
        return len(self._pairs)

    def update(
        self, motion: TrackKinematics, came: Sequence[int], at_s: float, was: TrackKinematics | None
    ) -> list[tuple[int, int]]:
        """Which tracks' vehicles go on under which other id: (the track that stood, the new one), decided just now.

        `came`: the rows of tracks that were not seen a look before. `was`: how tracks moved just before.
        """
        taken = self._decide(motion, at_s) if self._pairs else []
        if was is not None:
            for n in came:
                if at_s - motion.first_seen_s[n] <= NEW_S:
                    self._pairs += _pairs(motion, n, at_s, was)
        return taken

    def _decide(self, motion: TrackKinematics, at_s: float) -> list[tuple[int, int]]:
        taken, undecided = [], []
        for pair in self._pairs:
            new, other = motion.row_of.get(pair.new), motion.row_of.get(pair.stood)
            stays = new is None or _away_px(motion, new, pair) < SAME_PLACE_SIZES * pair.size_px
            is_back = other is not None and _away_px(motion, other, pair) < GONE_SIZES * pair.size_px
            if not stays or is_back:
                continue
            if at_s - pair.since_s < DECIDED_S:
                undecided.append(pair)
            elif other is not None:
                taken.append((pair.stood, pair.new))
        self._pairs = undecided
        return taken


def _away_px(motion: TrackKinematics, n: int, pair: _Pair) -> float:
    """How far the track in row `n` is from where the new one began."""
    return float(np.hypot(*(motion.bottom_center_px[n] - pair.at_px)))


def _pairs(motion: TrackKinematics, n: int, at_s: float, was: TrackKinematics) -> list[_Pair]:
    """Which tracks in sight stood where the new one in row `n` begins."""
    left, top, right, bottom = motion.xyxy[n]
    area_px2 = float((right - left) * (bottom - top))
    at_px, size_px = motion.bottom_center_px[n].copy(), area_px2**0.5
    near = np.flatnonzero((np.hypot(*(was.bottom_center_px - at_px).T) < SAME_PLACE_SIZES * size_px) & was.is_stopped)
    if not len(near):
        return []
    sizes = (was.xyxy[near, 2:] - was.xyxy[near, :2]).prod(axis=1) / area_px2
    stood = set(was.track_id[near[(sizes > ALIKE**-2) & (sizes < ALIKE**2)]].tolist())
    return [_Pair(track, int(motion.track_id[n]), at_px, size_px, at_s) for track in stood & motion.row_of.keys()]
