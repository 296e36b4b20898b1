"""Who has gone out of sight behind another vehicle."""

from collections import Counter
from collections.abc import Collection, Set
from dataclasses import dataclass

import numpy as np

from vision.analytics.dimensions import LENGTHS_M
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics

COVERED = 0.5
"""A vehicle whose box is covered to this part by that of a nearer one, when it is seen last, is behind it ..."""
BEHIND = 0.7
"""... if it is so far from it on the road, in the usual lengths of the nearer one: else it is beside it, or the same
vehicle found twice."""
MOST = 2
"""So many at most are remembered behind one."""
SAME_SIZES = 1.0
"""A new track that begins so near, in the vehicle's own size, to where it was seen last is that vehicle."""


@dataclass(slots=True)
class _Hidden:
    hider: int
    """The track that it is behind."""
    bottom_center_px: Floats
    """(2,): where it was seen last."""
    size_px: float
    lost_s: float
    hider_seen_s: float


class OcclusionTracker:
    """The vehicles of one zone that went out of sight behind another one there.

    A lorry hides what stands behind it for as long as it waits. One is forgotten when it is seen again, under its own
    id or as a new track in the same place, and when the other leaves the zone or is itself lost for `hold_s`.
    """

    def __init__(self, hold_s: float) -> None:
        self._hold_s = hold_s
        self._hidden: dict[int, _Hidden] = {}
        self._last = TrackKinematics.empty()
        self._last_here = np.zeros(0, bool)

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._hidden)

    def update(self, motion: TrackKinematics, here: Bools, at_s: float) -> None:
        """Take in who is where. `here` (N,): which are vehicles in the zone."""
        ids = motion.row_of.keys()
        if self._hidden:
            self._forget(motion, here, ids, at_s)
        if self._last.row_of.keys() - ids:
            self._lose(ids, at_s)
        self._last, self._last_here = motion, here

    def behind(self, tracks: Collection[int]) -> list[int]:
        """Those that are behind one of these tracks, and are none of them."""
        return [t for t, hidden in self._hidden.items() if hidden.hider in tracks and t not in tracks]

    def _forget(self, motion: TrackKinematics, here: Bools, ids: Set[int], at_s: float) -> None:
        """Those that are seen again, and those behind a vehicle that is gone."""
        present = set(motion.track_id[here].tolist())
        for hidden in self._hidden.values():
            if hidden.hider in present:
                hidden.hider_seen_s = at_s
        self._hidden = {
            track: hidden
            for track, hidden in self._hidden.items()
            if track not in ids
            and (hidden.hider in present or hidden.hider not in ids)
            and at_s - hidden.hider_seen_s <= self._hold_s
        }
        for n in np.flatnonzero(here).tolist():
            if self._hidden and int(motion.track_id[n]) not in self._last.row_of:
                self._find_again(motion, n)

    def _find_again(self, motion: TrackKinematics, n: int) -> None:
        """A new track may be one of them."""
        off_sizes, track = min(
            (float(np.hypot(*(motion.bottom_center_px[n] - hidden.bottom_center_px))) / hidden.size_px, track)
            for track, hidden in self._hidden.items()
        )
        if off_sizes < SAME_SIZES and motion.first_seen_s[n] > self._hidden[track].lost_s:
            del self._hidden[track]

    def _lose(self, ids: Set[int], at_s: float) -> None:
        """Those that are seen no longer, and were behind another when they were."""
        last, hiders = self._last, Counter(hidden.hider for hidden in self._hidden.values())
        for n in np.flatnonzero(self._last_here).tolist():
            track = int(last.track_id[n])
            hider = None if track in ids else _hider_of(last, n)
            if hider is None or not self._last_here[hider]:
                continue
            other = int(last.track_id[hider])
            if hiders[other] < MOST:
                hiders[other] += 1
                self._hidden[track] = _Hidden(other, last.bottom_center_px[n], last.box_size_px(n), at_s, at_s)


def _hider_of(motion: TrackKinematics, n: int) -> int | None:
    """The row of the vehicle that hides this one."""
    xyxy, box = motion.xyxy, motion.xyxy[n]
    shared_px = np.maximum(np.minimum(xyxy[:, 2:], box[2:]) - np.maximum(xyxy[:, :2], box[:2]), 0.0)
    covered = shared_px.prod(axis=1) / (box[2:] - box[:2]).prod()
    off_m = np.hypot(*(motion.ground_m - motion.ground_m[n]).T)
    is_behind = (xyxy[:, 3] > box[3]) & (off_m >= BEHIND * LENGTHS_M[motion.class_id])
    covered = np.where(is_behind, covered, 0.0)
    hider = int(covered.argmax())
    return hider if covered[hider] > COVERED else None
