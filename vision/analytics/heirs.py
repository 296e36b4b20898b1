"""Which new track is one that was just lost, under another id, and which that comes back is another vehicle."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from vision.analytics.motion import Floats, Motion

LOST_S = 1.5
"""A track is inherited for so long after it was seen last ..."""
STOOD_LOST_S = 4.0
"""... one that stood for longer: it is where it was, and only what drives past hides it."""
NEAR_SIZES = 0.6
"""A new track that begins so near, in the smaller one's size, to the way that a lost one went may be that one ..."""
ALIKE = 1.5
"""... if neither is so many times as large as the other: what passes in front of a vehicle is not that vehicle."""

BACK_S, STARTS_MPS2, LEAP_SIZES = 0.25, 4.0, 0.7
"""A track that comes back after so long, or later, is another vehicle's where it is farther from where it was going
than it can have got by accelerating so, and than so many of its sizes."""
VELOCITY_LAG_S = 0.6
"""The velocity of who drives is that of so long ago: half of the time that it is told from."""

Heirs = Sequence[tuple[int, int]]
"""(lost track, new track)."""


class HeirFinder:
    """Watches which tracks vanish and which begin. Each lost one is inherited once, by the one nearest to it that began
    after it was lost."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._last = Motion.empty()
        self._last_s = -inf
        self._lost: dict[int, _Lost] = {}
        self.leapt: tuple[int, ...] = ()
        """Tracks that come back just now, and are another vehicle's."""

    def __len__(self) -> int:
        """How many lost tracks are looked for."""
        return len(self._lost)

    def update(self, motion: Motion, at_s: float) -> Heirs:
        """Take in the tracks of one moment; return which of them inherit which lost ones."""
        ids = motion.track_id.tolist()
        now = set(ids)
        gone, came = self._seen - now, now - self._seen
        if gone:
            self._lose(gone)
        heirs: list[tuple[int, int]] = []
        self.leapt = ()
        if self._lost:
            new = [n for n, track in enumerate(ids) if track in came]
            self.leapt = tuple(ids[n] for n in new if ids[n] in self._lost and self._leaps(motion, n, at_s))
            oldest_s = at_s - STOOD_LOST_S
            self._lost = {t: lost for t, lost in self._lost.items() if lost.seen_s >= oldest_s and t not in now}
            heirs = self._inherit(motion, new, at_s) if new and self._lost else []
        self._seen, self._last, self._last_s = now, motion, at_s
        return heirs

    def _lose(self, gone: set[int]) -> None:
        last, seen_s = self._last, self._last_s
        size_px = _sizes_px(last.xyxy)
        for n in [n for n, track in enumerate(last.track_id.tolist()) if track in gone]:
            until_s = seen_s + (STOOD_LOST_S if last.is_still[n] else LOST_S)
            velocity_px = np.zeros(2) if last.is_still[n] else np.nan_to_num(last.velocity_px[n])
            self._lost[int(last.track_id[n])] = _Lost(
                seen_s,
                until_s,
                last.foot_px[n],
                velocity_px,
                0.0 if last.is_still[n] else VELOCITY_LAG_S,
                float(size_px[n]),
                float(last.scale_px_m[n]),
            )

    def _leaps(self, motion: Motion, n: int, at_s: float) -> bool:
        was = self._lost[int(motion.track_id[n])]
        unseen_s = at_s - was.seen_s
        away_px = motion.foot_px[n] - was.foot_px - was.velocity_px * unseen_s
        changed_m = STARTS_MPS2 / 2 * (unseen_s + was.velocity_lag_s) ** 2
        may_px = LEAP_SIZES * was.size_px + changed_m * was.scale_px_m
        return unseen_s >= BACK_S and float(np.hypot(*away_px)) > may_px

    def _inherit(self, motion: Motion, new: list[int], at_s: float) -> list[tuple[int, int]]:
        lost, states = list(self._lost), list(self._lost.values())
        feet_px = np.array([was.foot_px for was in states])
        ways_px = np.array([was.velocity_px * (at_s - was.seen_s) for was in states])
        away_px = _away(motion.foot_px[new][:, None] - feet_px, ways_px)
        old_px, new_px = np.array([was.size_px for was in states]), _sizes_px(motion.xyxy[new])[:, None]
        small_px, large_px = np.minimum(old_px, new_px), np.maximum(old_px, new_px)
        seen_s, until_s = np.array([(was.seen_s, was.until_s) for was in states]).T
        may_be = (large_px < ALIKE * small_px) & (motion.first_seen_s[new][:, None] > seen_s) & (at_s <= until_s)
        sizes = np.where(may_be, away_px / np.maximum(small_px, 1e-9), inf)
        heirs: list[tuple[int, int]] = []
        while sizes.size and (nearest := float(sizes.min())) <= NEAR_SIZES:
            i, j = np.argwhere(sizes == nearest)[0].tolist()
            heirs.append((lost[j], int(motion.track_id[new[i]])))
            sizes[i], sizes[:, j] = inf, inf
            del self._lost[lost[j]]
        return heirs


@dataclass(frozen=True, slots=True, eq=False)
class _Lost:
    """A track that is not seen: when it was last, until when it has an heir; where it was, how fast and how large."""

    seen_s: float
    until_s: float
    foot_px: Floats
    velocity_px: Floats
    velocity_lag_s: float
    size_px: float
    scale_px_m: float


def _away(places_px: Floats, ways_px: Floats) -> Floats:
    """(N, M): how far (N, M, 2) places, from where each of M lost tracks was, are from the (M, 2) ways that they went.

    One that brakes does not come as far as it was going.
    """
    lengths = np.maximum((ways_px**2).sum(axis=1), 1e-9)
    part = np.clip((places_px * ways_px).sum(axis=2) / lengths, 0.0, 1.0)
    away_px: Floats = np.linalg.norm(places_px - part[..., None] * ways_px, axis=2)
    return away_px


def _sizes_px(xyxy: Floats) -> Floats:
    """(N,): the square root of each box's area."""
    sizes: Floats = np.sqrt((xyxy[:, 2:] - xyxy[:, :2]).prod(axis=1))
    return sizes
