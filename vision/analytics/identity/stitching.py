"""Which new track is one that was just lost, under another id, and which that comes back is another vehicle."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from vision.analytics.identity.takeover import IdTakeoverDetector
from vision.analytics.identity.turning import OccludedTurnMatcher
from vision.analytics.kinematics.state import Floats, TrackKinematics
from vision.geometry import distance_to_path_px

LOST_S = 1.5
"""A track is inherited for so long after it was seen last ..."""
STOOD_LOST_S = 4.0
"""... one that stood for longer: it is where it was, and only what drives past hides it."""
NEAR_SIZES = 0.6
"""A new track that begins so near, in the smaller one's size, to the way that a lost one went may be that one ..."""
ALIKE = 1.5
"""... if neither is so many times as large as the other: what passes in front of a vehicle is not that vehicle."""

STOOD_OVER_S, STOOD_EVERY_S = 1.5, 0.2
"""Where one stood is told from its places of so long, looked at so often: what begins to hide it squeezes its box."""
LEFT_S = 0.6
"""One that stood until so shortly before it was lost may stand there still, and have been squeezed off."""
TAKEN_S = 0.8
"""One that stood until so shortly before another began in its place, and is elsewhere, may have lost its id to what
drove past."""
LATE_S = 0.6
"""A new track may be one that stood for so long after it began: what is still half hidden is not yet alike."""

BACK_S, STARTS_MPS2, LEAP_SIZES = 0.25, 4.0, 0.7
"""A track that comes back after so long, or later, is another vehicle's where it is farther from where it was going
than it can have got by accelerating so, and than so many of its sizes."""
VELOCITY_LAG_S = 0.6
"""The velocity of who drives is that of so long ago: half of the time that it is told from."""

TrackLinks = Sequence[tuple[int, int]]
"""(lost track, new track)."""


class TrackStitcher:
    """Watches which tracks vanish and which begin. Each lost one is inherited once, by the one nearest to it that began
    after it was lost, or by the track that it had inherited, which is back. One that stands, and whose id goes on with
    what drove past, is inherited too."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self._seen: set[int] = set()
        self._last = TrackKinematics.empty()
        self._last_s = -inf
        self._recent: list[tuple[float, TrackKinematics]] = []
        """Looks of the last `STOOD_OVER_S`."""
        self._lost: dict[int, tuple[_LostTrack, ...]] = {}
        """By track: what is known of it, each of which it may be recognised by."""
        self._heirs: dict[int, int] = {}
        """By track in sight, or looked for, that has inherited one: which."""
        self._taken = IdTakeoverDetector()
        self._turned = OccludedTurnMatcher(width_px, height_px)
        self.switched: tuple[int, ...] = ()
        """Tracks that come back just now, or are seen all the time, and are another vehicle's."""

    def __len__(self) -> int:
        """How many lost tracks are looked for, and how many others may go on under another id."""
        return len(self._lost) + len(self._taken) + len(self._turned)

    def update(self, motion: TrackKinematics, at_s: float) -> TrackLinks:
        """Take in the tracks of one moment; return which of them inherit which lost ones."""
        ids = motion.track_id.tolist()
        now = set(ids)
        gone, came = self._seen - now, now - self._seen
        if gone:
            self._lose(gone)
        heirs: list[tuple[int, int]] = []
        self.switched = ()
        new = [n for n, track in enumerate(ids) if track in came] if came else []
        if self._lost:
            self.switched = tuple(ids[n] for n in new if ids[n] in self._lost and self._leaps(motion, n, at_s))
            oldest_s = at_s - STOOD_LOST_S
            self._lost = {t: was for t, was in self._lost.items() if was[0].seen_s >= oldest_s and t not in now}
            heirs = self._inherit(motion, new, at_s) if self._lost else []
        heirs += self._turned.update(motion, new, at_s, heirs)
        self._heirs = {t: was for t, was in self._heirs.items() if t in now or t in self._lost}
        self._heirs |= {heir: lost for lost, heir in heirs}
        before = next((was for was_s, was in self._recent if at_s - was_s <= TAKEN_S), None) if new else None
        taken = self._taken.update(motion, new, at_s, before)
        self.switched += tuple(track for track, _ in taken)
        self._seen, self._last, self._last_s = now, motion, at_s
        if not self._recent or at_s - self._recent[-1][0] >= STOOD_EVERY_S:
            self._recent = [*(r for r in self._recent if at_s - r[0] <= STOOD_OVER_S), (at_s, motion)]
        return heirs + taken

    def _lose(self, gone: set[int]) -> None:
        last = self._last
        size_px = _sizes_px(last.xyxy)
        rows = [n for n, track in enumerate(last.track_id.tolist()) if track in gone]
        self._turned.lose(last, rows, self._last_s)
        for n in rows:
            stood, is_stopped = self._stood(n), bool(last.is_stopped[n])
            was = _LostTrack(
                self._last_s,
                self._last_s + (STOOD_LOST_S if is_stopped else LOST_S),
                last.bottom_center_px[n],
                np.zeros(2) if is_stopped else self._velocity_px(n),
                0.0 if is_stopped else VELOCITY_LAG_S,
                float(size_px[n]),
                float(last.scale_px_per_m[n]),
                stands=is_stopped,
            )
            self._lost[int(last.track_id[n])] = (was,) if stood is None else (was, stood)

    def _velocity_px(self, n: int) -> Floats:
        """(2,): how fast the track in row `n` of the last look was when that was known last; 0: it never was lately."""
        track = self._last.track_id[n]
        for motion in (self._last, *(motion for _, motion in reversed(self._recent))):
            for velocity_px in motion.velocity_px[motion.track_id == track]:
                if np.isfinite(velocity_px).all():
                    return np.asarray(velocity_px)
        return np.zeros(2)

    def _stood(self, n: int) -> "_LostTrack | None":
        """Where the track in row `n` of the last look stood, if it did so just before it was lost."""
        track, looks = self._last.track_id[n], [*self._recent, (self._last_s, self._last)]
        just_before = [motion for at_s, motion in looks if self._last_s - at_s <= LEFT_S]
        if not any(motion.is_stopped[motion.track_id == track].any() for motion in just_before):
            return None
        at = [(motion, np.flatnonzero((motion.track_id == track) & motion.is_stopped)) for _, motion in looks]
        stood = [(motion.bottom_center_px[rows[0]], motion.xyxy[rows[0]]) for motion, rows in at if len(rows)]
        bottom_center_px, boxes = np.median([foot for foot, _ in stood], axis=0), np.array([box for _, box in stood])
        return _LostTrack(
            self._last_s,
            self._last_s + STOOD_LOST_S,
            bottom_center_px,
            np.zeros(2),
            0.0,
            float(np.median(_sizes_px(boxes))),
            float(self._last.scale_px_per_m[n]),
            stands=True,
        )

    def _leaps(self, motion: TrackKinematics, n: int, at_s: float) -> bool:
        """Whether the track in row `n`, which comes back, does so where it can have got to from nowhere that it was."""
        size_px = float(_sizes_px(motion.xyxy[n, None])[0])
        return all(
            was.cannot_reach(motion.bottom_center_px[n], size_px, at_s) for was in self._lost[int(motion.track_id[n])]
        )

    def _inherit(self, motion: TrackKinematics, came: list[int], at_s: float) -> list[tuple[int, int]]:
        looked_for = [(t, was) for t, each in self._lost.items() for was in each if at_s <= was.until_s]
        standing = [(t, was) for t, was in looked_for if was.stands]
        new = came + (self._late(motion, came, at_s) if standing else [])
        if not (new and looked_for):
            return []
        # Who came late inherits only from those that stood.
        lost, states = zip(*(looked_for if came else standing), strict=True)
        feet_px = np.array([was.bottom_center_px for was in states])
        ways_px = np.array([was.velocity_px * (at_s - was.seen_s) for was in states])
        away_px = distance_to_path_px(motion.bottom_center_px[new][:, None] - feet_px, ways_px)
        old_px, new_px = np.array([was.size_px for was in states]), _sizes_px(motion.xyxy[new])[:, None]
        small_px, large_px = np.minimum(old_px, new_px), np.maximum(old_px, new_px)
        seen_s = np.array([was.seen_s for was in states])
        ids = motion.track_id[new][:, None]
        is_back = ids == [self._heirs.get(track, 0) for track in lost]
        may_be = (large_px < ALIKE * small_px) & (motion.first_seen_s[new][:, None] > seen_s) | is_back
        may_be[len(came) :] &= np.array([was.stands for was in states])
        sizes = np.where(may_be, away_px / np.maximum(small_px, 1e-9), inf)
        heirs: list[tuple[int, int]] = []
        while sizes.size and (nearest := float(sizes.min())) <= NEAR_SIZES:
            i, j = np.argwhere(sizes == nearest)[0].tolist()
            heirs.append((lost[j], int(ids[i, 0])))
            sizes[i], sizes[:, np.array(lost) == lost[j]] = inf, inf
            del self._lost[lost[j]]
        return heirs

    def _late(self, motion: TrackKinematics, came: list[int], at_s: float) -> list[int]:
        """Rows of tracks that began a moment ago and have inherited none yet."""
        began = (at_s - motion.first_seen_s <= LATE_S).nonzero()[0].tolist()
        return [n for n in began if n not in came and int(motion.track_id[n]) not in self._heirs]


@dataclass(frozen=True, slots=True, eq=False)
class _LostTrack:
    """A track that is not seen: when it was last, until when it has an heir; where it was, how fast and how large."""

    seen_s: float
    until_s: float
    bottom_center_px: Floats
    velocity_px: Floats
    velocity_lag_s: float
    size_px: float
    scale_px_per_m: float
    stands: bool = False

    def cannot_reach(self, bottom_center_px: Floats, size_px: float, at_s: float) -> bool:
        """Whether one of that size is farther from where it was going than it can have got by then.

        What hid it may have squeezed its box: the larger size is its own.
        """
        unseen_s = at_s - self.seen_s
        away_px = bottom_center_px - self.bottom_center_px - self.velocity_px * unseen_s
        changed_m = STARTS_MPS2 / 2 * (unseen_s + self.velocity_lag_s) ** 2
        may_px = LEAP_SIZES * max(self.size_px, size_px) + changed_m * self.scale_px_per_m
        return unseen_s >= BACK_S and float(np.hypot(*away_px)) > may_px


def _sizes_px(xyxy: Floats) -> Floats:
    """(N,): the square root of each box's area."""
    sizes: Floats = np.sqrt((xyxy[:, 2:] - xyxy[:, :2]).prod(axis=1))
    return sizes
