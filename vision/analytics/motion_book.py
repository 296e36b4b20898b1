"""Remembers the recent way of each track, and tells from it how each moves and since when it stands."""

from dataclasses import dataclass

import numpy as np

from vision.analytics.edges import completed, cut_sides, whole_sizes
from vision.analytics.ground import Ground
from vision.analytics.motion import Bools, Floats, Motion
from vision.analytics.rows import Ids, Rows
from vision.analytics.way_memory import LEFT_FOR_S, LEFT_SIZES, WayMemory
from vision.analytics.ways import Ways
from vision.core import Tracks
from vision.geometry import apply_homography, pixels_per_unit

LEFT_M = 1.5
"""A standing vehicle that has left is so far from where it stood, too."""
MOVED_M = 2.0
MOVED_SIZES = 0.75
"""A vehicle has been seen moving once it was so far from where it began."""
SAME_PLACE_SIZES = 0.35
LOST_AT_MOST_S = 2.0
"""A new track that begins so near to where a track stood that was lost so lately, and comes to stand there itself, is
that one under another id. One that crawls into the place in a jam is not."""


class MotionBook:
    """Follows how the tracks of one camera move.

    A track not seen for `forget_after_s` is forgotten. A new track that begins, and stands, where a lost one stood
    inherits its stand, so that a vehicle that gets a new id while it stands goes on standing.
    """

    def __init__(
        self, ground: Ground, width_px: int, height_px: int, *, forget_after_s: float, implausible_mps: float
    ) -> None:
        self._ground = ground
        self._picture_px = np.array([width_px, height_px], np.float64)
        self._implausible_mps = implausible_mps
        self._rows = Rows(forget_after_s)
        self._memory = WayMemory.empty()
        self._matrix = ground.matrix
        """What the memory's places on the road are told by."""
        self.implausible = 0
        """Sightings whose speed was implausible, since the beginning."""

    def __len__(self) -> int:
        """How many tracks are remembered."""
        return len(self._rows)

    def recall(self, tracks: Tracks, at_s: float) -> None:
        """Take in where tracks had been at `at_s` that are known only now: the next `update` tells how they move."""
        self._rows.forget(at_s)
        self._note(tracks, tracks.xyxy.astype(np.float64), at_s)

    def update(self, tracks: Tracks, at_s: float) -> Motion:
        """Take in where the tracks are at `at_s`; return how they move."""
        self._rows.forget(at_s)
        if not len(tracks):
            return Motion.empty()
        xyxy = tracks.xyxy.astype(np.float64)
        rows, seen = self._note(tracks, xyxy, at_s)
        ways = Ways.of(self._memory, rows, seen.extent_px, at_s)
        self._note_stand(rows, ways, seen.extent_px, at_s)
        return self._motion(tracks, seen, rows, ways)

    def way_of(self, track_id: int) -> tuple[Floats, Floats]:
        """A track's remembered sightings: when (K,), media time, and where on the road (K, 2), metres; oldest first."""
        self._look_at_ground()
        times_s, places = self._sightings_of(track_id)
        return times_s, places[:, 2:]

    def sightings_of(self, track_id: int) -> tuple[Floats, Floats]:
        """The same as they were in the picture: where its foot was (K, 2), in pixels."""
        times_s, places = self._sightings_of(track_id)
        return times_s, places[:, :2]

    def _sightings_of(self, track_id: int) -> tuple[Floats, Floats]:
        row = self._rows.row_of(track_id)
        return (np.empty(0), np.empty((0, 4))) if row is None else self._memory.sightings_of(row)

    def _look_at_ground(self) -> None:
        """An estimated ground changes as it is learnt."""
        if self._ground.matrix is not self._matrix:
            self._matrix = self._ground.matrix
            self._memory.project(self._matrix)

    def _places(self, foot_px: Floats) -> Floats:
        """(N, 4): feet (N, 2) in the picture and on the road."""
        places = np.empty((len(foot_px), 4))
        places[:, :2], places[:, 2:] = foot_px, apply_homography(self._matrix, foot_px)
        return places

    def _note(self, tracks: Tracks, xyxy: Floats, at_s: float) -> tuple[Ids, "_Sighted"]:
        """Remember one more sighting; return rows (N,) as well."""
        rows = self._take(tracks.track_id, xyxy, at_s)
        seen = self._sight(rows, xyxy, tracks.class_id)
        self._look_at_ground()
        self._memory.add(rows, self._places(seen.foot_px), at_s)
        return rows, seen

    def _take(self, track_id: Ids, xyxy: Floats, at_s: float) -> Ids:
        """The rows of these tracks; new ones begin, or inherit."""
        rows, was_s = self._rows.take(track_id, at_s)
        self._memory.grow(self._rows.size)
        is_new = np.isnan(was_s)
        if is_new.any():
            foot_px = _feet(xyxy[is_new])
            self._memory.begin(rows[is_new], self._places(foot_px), at_s)
            self._inherit(rows[is_new], foot_px, _extent(xyxy[is_new, 2:] - xyxy[is_new, :2]), at_s)
        return rows

    def _inherit(self, rows: Ids, foot_px: Floats, extent_px: Floats, at_s: float) -> None:
        """New tracks may take over what was known of a standing track just lost whose place each takes."""
        memory = self._memory
        lost_s = at_s - self._rows.seen_s[: len(memory.moved)]
        left = np.flatnonzero((lost_s > 0) & (lost_s <= LOST_AT_MOST_S) & ~np.isnan(memory.still_since_s))
        if not len(left):
            return
        away_px = np.linalg.norm(foot_px[:, None] - memory.still[left, :2], axis=2)
        nearest = away_px.argmin(axis=1)
        heirs = np.flatnonzero(away_px.min(axis=1) < SAME_PLACE_SIZES * extent_px)
        heirs = heirs[np.unique(nearest[heirs], return_index=True)[1]]
        memory.bequeath(left[nearest[heirs]], rows[heirs])

    def _sight(self, rows: Ids, xyxy: Floats, class_id: Ids) -> "_Sighted":
        """Where they touch the road, and how large they are, completed at the picture's edge if known."""
        memory = self._memory
        cut = cut_sides(xyxy, self._picture_px)
        is_cut = np.asarray(cut.any(axis=1), bool)
        memory.size_px[rows] = size_px = whole_sizes(xyxy, is_cut, memory.size_px.take(rows, axis=0))
        is_unknown = np.isnan(size_px[:, 0])
        memory.come_in(rows, (cut[:, 0] | cut[:, 2] | cut[:, 3]) & is_unknown)
        foot_px = _feet(completed(xyxy, cut, size_px)) if is_cut.any() else _feet(xyxy)
        if not self._ground.is_calibrated:
            self._ground.learn(foot_px, np.where(is_cut[:, None], np.nan, size_px), class_id)
        if is_unknown.any():
            size_px = np.where(is_unknown[:, None], xyxy[:, 2:] - xyxy[:, :2], size_px)
        return _Sighted(xyxy, cut, foot_px, _extent(size_px))

    def _note_stand(self, rows: Ids, ways: Ways, extent_px: Floats, at_s: float) -> None:
        """Who stands, since when and where; who was ever seen moving, and how fast at most."""
        memory = self._memory
        was_since_s = memory.still_since_s[rows]
        stood = ~np.isnan(was_since_s)
        left = stood & (ways.from_still_px > LEFT_SIZES * extent_px) & ~(ways.from_still_m < LEFT_M)
        if left.any():
            left[left] = memory.stays_away(rows[left], LEFT_SIZES * extent_px[left], at_s - LEFT_FOR_S)
        begins = ways.is_slow(extent_px) & (~stood | left)
        ends = left & ~begins
        if ends.any():
            memory.still_since_s[rows[ends]] = np.nan
            memory.still[rows[ends]] = np.nan
        if begins.any():
            rest_px, rest_s = memory.came_to_rest(rows[begins], extent_px[begins], at_s)
            memory.stand(rows[begins], self._places(rest_px), rest_s, extent_px[begins])
        memory.moved[rows] |= (ways.from_first_px > MOVED_SIZES * extent_px) & (ways.from_first_m > MOVED_M)
        memory.fastest_mps[rows] = np.fmax(memory.fastest_mps[rows], ways.pace_mps)

    def _motion(self, tracks: Tracks, seen: "_Sighted", rows: Ids, ways: Ways) -> Motion:
        memory = self._memory
        return Motion(
            track_id=tracks.track_id,
            class_id=tracks.class_id,
            confidence=tracks.confidence.astype(np.float64),
            xyxy=seen.xyxy,
            cut=seen.cut,
            foot_px=seen.foot_px,
            ground_m=ways.foot_m,
            velocity_px=ways.velocity[:, :2],
            velocity_mps=ways.velocity[:, 2:],
            pace_mps=ways.pace_mps,
            speed_kmh=self._speeds_kmh(ways.pace_mps),
            scale_px_m=pixels_per_unit(self._ground.matrix, seen.foot_px),
            first_seen_s=memory.first_s[rows],
            first_px=ways.first[:, :2],
            first_m=ways.first[:, 2:],
            travelled_m=ways.from_first_m,
            still_since_s=memory.still_since_s[rows],
            moved_before=memory.moved[rows],
            fastest_mps=memory.fastest_mps[rows],
        )

    def _speeds_kmh(self, pace_mps: Floats) -> Floats:
        if not self._ground.is_calibrated:
            return np.full(len(pace_mps), np.nan)
        is_implausible = pace_mps > self._implausible_mps
        self.implausible += int(is_implausible.sum())
        return np.where(is_implausible, np.nan, pace_mps * 3.6)


@dataclass(frozen=True, slots=True, eq=False)
class _Sighted:
    """N boxes as they are seen, and what they show of their vehicles."""

    xyxy: Floats
    cut: Bools
    """(N, 4): which sides the picture's edge cuts off."""
    foot_px: Floats
    """(N, 2): where each touches the road."""
    extent_px: Floats
    """(N,)"""


def _feet(xyxy: Floats) -> Floats:
    """(N, 2): the middle of each box's lower edge."""
    feet = np.empty((len(xyxy), 2))
    feet[:, 0], feet[:, 1] = (xyxy[:, 0] + xyxy[:, 2]) / 2, xyxy[:, 3]
    return feet


def _extent(size_px: Floats) -> Floats:
    """(N,): the square root of width times height (N, 2), the length that a vehicle is measured by."""
    return np.asarray(np.sqrt(size_px[:, 0] * size_px[:, 1]))
