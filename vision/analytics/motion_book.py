"""Remembers the recent way of each track, and tells from it how each moves and since when it stands."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from vision.analytics.edges import completed, cut_sides, whole_sizes
from vision.analytics.ground import Ground
from vision.analytics.motion import Bools, Floats, Motion
from vision.analytics.rows import Ids, Rows, grown
from vision.core import Tracks
from vision.geometry import apply_homography, pixels_per_unit

SAMPLES = 32
SAMPLE_EVERY_S = 1 / 14
"""Sightings that are nearer in time to the one before are not kept: a way of about two seconds at any frame rate."""
VELOCITY_OVER_S = 1.2
"""The way that a velocity is told from, and the shortest that tells one."""
SHORTEST_S = 0.35
LEAP_SIZES = 0.7
"""A foot that is so far, in the vehicle's own sizes, from where its velocity leads has leapt from one vehicle to
another: no velocity is believed for as long as that is a part of its way."""
STAND_OVER_S = 1.5
"""A vehicle stands when it has not moved for so long."""
STILL_MPS = 0.5
STILL_SIZES_S = 0.06
"""Slower than this, in metres or in its own sizes a second, is standing: far away a metre is less than a pixel."""
LEFT_M = 1.5
LEFT_SIZES = 0.4
REST_SIZES = LEFT_SIZES / 2
"""A vehicle stands from when it came so near to where it stands."""
LEFT_FOR_S = 0.4
"""A standing vehicle has left when it is so far, in metres and in its own sizes, from where it stood, at every sighting
for so long: a box that is half hidden leaps farther, but comes back."""
MOVED_M = 2.0
MOVED_SIZES = 0.75
"""A vehicle has been seen moving once it was so far from where it began."""
SAME_PLACE_SIZES = 0.35
LOST_AT_MOST_S = 2.0
"""A new track that begins so near to where a track stood that was lost so lately, and comes to stand there itself, is
that one under another id. One that crawls into the place in a jam is not."""


@dataclass(slots=True, eq=False)
class _Memory:
    """What is remembered, by row (see `Rows`). NaN: nothing. The newest K sightings, oldest first, lie at the end."""

    times_s: Floats
    """(R, K)"""
    feet_px: Floats
    """(R, K, 2)"""
    size_px: Floats
    """(R, 2): width and height when last seen whole."""
    is_cut: Bools
    """Whether the picture's edge cut it off so far, so that nobody knows where it touches the road."""
    first_s: Floats
    first_px: Floats
    """(R, 2)"""
    still_since_s: Floats
    still_px: Floats
    """(R, 2): where it stands."""
    moved: Bools
    fastest_mps: Floats
    legacy_since_s: Floats
    """Since when a lost track stood whose place this one took, until it stands itself; NaN: nobody's."""
    legacy_px: Floats
    """(R, 2): where."""
    legacy_moved: Bools
    legacy_fastest_mps: Floats

    @classmethod
    def empty(cls) -> Self:
        none, pairs = np.zeros(0), np.zeros((0, 2))
        ways = np.zeros((0, SAMPLES, 2))
        flags = np.zeros(0, bool)
        return cls(
            times_s=ways[..., 0],
            feet_px=ways,
            size_px=pairs,
            is_cut=flags,
            first_s=none,
            first_px=pairs,
            still_since_s=none,
            still_px=pairs,
            moved=flags,
            fastest_mps=none,
            legacy_since_s=none,
            legacy_px=pairs,
            legacy_moved=flags,
            legacy_fastest_mps=none,
        )

    def grow(self, size: int) -> None:
        if size > len(self.moved):
            for f in fields(self):
                setattr(self, f.name, grown(getattr(self, f.name), size))

    def begin(self, rows: Ids, foot_px: Floats, at_s: float) -> None:
        """Tracks that are new, and where they are first seen."""
        for column in (
            self.times_s,
            self.feet_px,
            self.size_px,
            self.still_since_s,
            self.still_px,
            self.legacy_since_s,
        ):
            column[rows] = np.nan
        self.first_s[rows], self.first_px[rows] = at_s, foot_px
        self.moved[rows], self.is_cut[rows], self.fastest_mps[rows] = False, False, 0.0

    def come_in(self, rows: Ids, is_cut: Bools) -> None:
        """Whom the picture's edge cuts off with unknown sizes (N,); the way of who has come in begins there."""
        self.times_s[rows[self.is_cut[rows] & ~is_cut]] = np.nan
        self.is_cut[rows] = is_cut

    def bequeath(self, testators: Ids, heirs: Ids) -> None:
        """What is known of tracks that stood is their heirs', once these stand; it is given once."""
        self.legacy_since_s[heirs], self.legacy_px[heirs] = self.still_since_s[testators], self.still_px[testators]
        self.legacy_moved[heirs], self.legacy_fastest_mps[heirs] = self.moved[testators], self.fastest_mps[testators]
        self.still_since_s[testators] = np.nan

    def stand(self, rows: Ids, place_px: Floats, since_s: Floats, extent_px: Floats) -> None:
        """Tracks come to stand (N, 2), since then (N,); who stands where he has a legacy has stood as long as that."""
        off_px = np.linalg.norm(place_px - self.legacy_px[rows], axis=1)
        inherits = ~np.isnan(self.legacy_since_s[rows]) & (off_px < LEFT_SIZES * extent_px)
        self.still_px[rows], self.still_since_s[rows] = place_px, since_s
        heirs = rows[inherits]
        self.still_since_s[heirs] = self.legacy_since_s[heirs]
        self.moved[heirs] |= self.legacy_moved[heirs]
        self.fastest_mps[heirs] = np.fmax(self.fastest_mps[heirs], self.legacy_fastest_mps[heirs])
        self.legacy_since_s[rows] = np.nan

    def stays_away(self, rows: Ids, far_px: Floats, since_s: float) -> Bools:
        """(N,): who was farther than (N,) from where it stands, or stood, at every sighting since then."""
        away_px = np.linalg.norm(self.feet_px[rows] - self.still_px[rows, None], axis=2)
        stays: Bools = ((away_px > far_px[:, None]) | ~(self.times_s[rows] >= since_s)).all(axis=1)
        return stays

    def add(self, rows: Ids, foot_px: Floats, at_s: float) -> None:
        """One more sighting, which takes the newest one's place where the one before that is only just older."""
        goes_on = rows[~(at_s - self.times_s[rows, -2] < 2 * SAMPLE_EVERY_S)]
        self.times_s[goes_on, :-1] = self.times_s[goes_on, 1:]
        self.feet_px[goes_on, :-1] = self.feet_px[goes_on, 1:]
        self.times_s[rows, -1], self.feet_px[rows, -1] = at_s, foot_px

    def since(self, rows: Ids, since_s: float) -> tuple[Floats, Floats]:
        """The newest sightings (N, k) (N, k, 2) of some tracks, at least two, all those since then among them."""
        times_s = self.times_s[rows]
        first = min(int((times_s >= since_s).any(axis=0).argmax()), SAMPLES - 2)
        return times_s[:, first:], self.feet_px[rows, first:]


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
        self._memory = _Memory.empty()
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
        rows, foot_px, extent_px = self._note(tracks, xyxy, at_s)
        ways = _Ways.of(self._memory, rows, self._ground.matrix, extent_px, at_s)
        self._note_stand(rows, ways, extent_px, at_s)
        return self._motion(tracks, xyxy, foot_px, rows, ways)

    def way_of(self, track_id: int) -> tuple[Floats, Floats]:
        """A track's remembered sightings: when (K,), media time, and where on the road (K, 2), metres; oldest first."""
        times_s, feet_px = self.sightings_of(track_id)
        return times_s, apply_homography(self._ground.matrix, feet_px)

    def sightings_of(self, track_id: int) -> tuple[Floats, Floats]:
        """The same as they were in the picture: where its foot was (K, 2), in pixels."""
        row = self._rows.row_of(track_id)
        if row is None:
            return np.empty(0), np.empty((0, 2))
        known = ~np.isnan(self._memory.times_s[row])
        return self._memory.times_s[row, known], self._memory.feet_px[row, known]

    def _note(self, tracks: Tracks, xyxy: Floats, at_s: float) -> tuple[Ids, Floats, Floats]:
        """Remember one more sighting; return rows (N,), feet (N, 2) and extents (N,)."""
        rows = self._take(tracks.track_id, xyxy, at_s)
        foot_px, extent_px = self._sight(rows, xyxy, tracks.class_id)
        self._memory.add(rows, foot_px, at_s)
        return rows, foot_px, extent_px

    def _take(self, track_id: Ids, xyxy: Floats, at_s: float) -> Ids:
        """The rows of these tracks; new ones begin, or inherit."""
        rows, was_s = self._rows.take(track_id, at_s)
        self._memory.grow(self._rows.size)
        is_new = np.isnan(was_s)
        if is_new.any():
            foot_px = _feet(xyxy[is_new])
            self._memory.begin(rows[is_new], foot_px, at_s)
            self._inherit(rows[is_new], foot_px, _extent(xyxy[is_new, 2:] - xyxy[is_new, :2]), at_s)
        return rows

    def _inherit(self, rows: Ids, foot_px: Floats, extent_px: Floats, at_s: float) -> None:
        """New tracks may take over what was known of a standing track just lost whose place each takes."""
        memory = self._memory
        lost_s = at_s - self._rows.seen_s[: len(memory.moved)]
        left = np.flatnonzero((lost_s > 0) & (lost_s <= LOST_AT_MOST_S) & ~np.isnan(memory.still_since_s))
        if not len(left):
            return
        away_px = np.linalg.norm(foot_px[:, None] - memory.still_px[left], axis=2)
        nearest = away_px.argmin(axis=1)
        heirs = np.flatnonzero(away_px.min(axis=1) < SAME_PLACE_SIZES * extent_px)
        heirs = heirs[np.unique(nearest[heirs], return_index=True)[1]]
        memory.bequeath(left[nearest[heirs]], rows[heirs])

    def _sight(self, rows: Ids, xyxy: Floats, class_id: Ids) -> tuple[Floats, Floats]:
        """Where they touch the road (N, 2), and how large they are (N,), completed at the picture's edge if known."""
        memory = self._memory
        cut = cut_sides(xyxy, self._picture_px)
        is_cut = np.asarray(cut.any(axis=1), bool)
        memory.size_px[rows] = size_px = whole_sizes(xyxy, is_cut, memory.size_px[rows])
        memory.come_in(rows, (cut[:, 0] | cut[:, 2] | cut[:, 3]) & np.isnan(size_px[:, 0]))
        foot_px = _feet(completed(xyxy, cut, size_px)) if is_cut.any() else _feet(xyxy)
        self._ground.learn(foot_px, np.where(is_cut[:, None], np.nan, size_px), class_id)
        extent_px = _extent(np.where(np.isnan(size_px), xyxy[:, 2:] - xyxy[:, :2], size_px))
        return foot_px, extent_px

    def _note_stand(self, rows: Ids, ways: "_Ways", extent_px: Floats, at_s: float) -> None:
        """Who stands, since when and where; who was ever seen moving, and how fast at most."""
        memory = self._memory
        was_since_s = memory.still_since_s[rows]
        stood = ~np.isnan(was_since_s)
        left = stood & (ways.from_still_px > LEFT_SIZES * extent_px) & ~(ways.from_still_m < LEFT_M)
        left[left] = memory.stays_away(rows[left], LEFT_SIZES * extent_px[left], at_s - LEFT_FOR_S)
        begins = ways.is_slow(extent_px) & (~stood | left)
        ends = left & ~begins
        memory.still_since_s[rows[ends]] = np.nan
        memory.still_px[rows[ends]] = np.nan
        if begins.any():
            rest_px, rest_s = _came_to_rest(memory, rows[begins], extent_px[begins], at_s)
            memory.stand(rows[begins], rest_px, rest_s, extent_px[begins])
        memory.moved[rows] |= (ways.from_first_px > MOVED_SIZES * extent_px) & (ways.from_first_m > MOVED_M)
        memory.fastest_mps[rows] = np.fmax(memory.fastest_mps[rows], ways.pace_mps)

    def _motion(self, tracks: Tracks, xyxy: Floats, foot_px: Floats, rows: Ids, ways: "_Ways") -> Motion:
        memory = self._memory
        return Motion(
            track_id=tracks.track_id,
            class_id=tracks.class_id,
            confidence=tracks.confidence.astype(np.float64),
            xyxy=xyxy,
            foot_px=foot_px,
            ground_m=ways.foot_m,
            velocity_px=ways.velocity[:, :2],
            velocity_mps=ways.velocity[:, 2:],
            pace_mps=ways.pace_mps,
            speed_kmh=self._speeds_kmh(ways.pace_mps),
            scale_px_m=pixels_per_unit(self._ground.matrix, foot_px),
            first_seen_s=memory.first_s[rows],
            first_px=memory.first_px[rows],
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
class _Ways:
    """The recent ways of N tracks, in the picture and on the road."""

    foot_m: Floats
    """(N, 2)"""
    velocity: Floats
    """(N, 4): pixels and metres a second, over the time that a velocity is told from."""
    pace_mps: Floats
    drift: Floats
    """(N, 4): the same over the time that a stand takes to be believed."""
    from_still_px: Floats
    """(N,): straight from where it stands, or stood; NaN for who never did."""
    from_still_m: Floats
    from_first_px: Floats
    """(N,): straight from where it was seen first."""
    from_first_m: Floats

    @classmethod
    def of(cls, memory: _Memory, rows: Ids, matrix: Floats, extent_px: Floats, at_s: float) -> Self:
        times_s, feet_px = memory.since(rows, at_s - max(VELOCITY_OVER_S, STAND_OVER_S))
        marks_px = np.concatenate([feet_px, memory.still_px[rows, None], memory.first_px[rows, None]], axis=1)
        marks = np.concatenate([marks_px, apply_homography(matrix, marks_px)], axis=2)
        paths = marks[:, :-2]
        velocity, drift = slopes(
            times_s,
            paths,
            since_s=np.array([at_s - VELOCITY_OVER_S, at_s - STAND_OVER_S]),
            shortest_s=np.array([SHORTEST_S, 0.6 * STAND_OVER_S]),
        )
        leaps = _leaps(times_s, paths[..., :2], velocity[:, :2], since_s=at_s - VELOCITY_OVER_S)
        velocity[leaps > LEAP_SIZES * extent_px] = np.nan
        away = marks[:, -2:] - paths[:, -1:]
        return cls(
            foot_m=paths[:, -1, 2:],
            velocity=velocity,
            pace_mps=np.hypot(velocity[:, 2], velocity[:, 3]),
            drift=drift,
            from_still_px=np.hypot(away[:, 0, 0], away[:, 0, 1]),
            from_still_m=np.hypot(away[:, 0, 2], away[:, 0, 3]),
            from_first_px=np.hypot(away[:, 1, 0], away[:, 1, 1]),
            from_first_m=np.hypot(away[:, 1, 2], away[:, 1, 3]),
        )

    def is_slow(self, extent_px: Floats) -> Bools:
        """(N,): who did not move over the time that a stand takes to be believed."""
        drift = self.drift
        slow: Bools = (np.hypot(drift[:, 2], drift[:, 3]) < STILL_MPS) | (
            np.hypot(drift[:, 0], drift[:, 1]) < STILL_SIZES_S * extent_px
        )
        return slow


def _feet(xyxy: Floats) -> Floats:
    """(N, 2): the middle of each box's lower edge."""
    return np.stack([(xyxy[:, 0] + xyxy[:, 2]) / 2, xyxy[:, 3]], axis=1)


def _extent(size_px: Floats) -> Floats:
    """(N,): the square root of width times height (N, 2), the length that a vehicle is measured by."""
    return np.asarray(np.sqrt(size_px[:, 0] * size_px[:, 1]))


def slopes(times_s: Floats, paths: Floats, *, since_s: Floats, shortest_s: Floats) -> Floats:
    """(W, N, D): the change of `paths` (N, K, D) a second, by least squares over the sightings since each of `since_s`.

    `times_s` is (N, K), the newest last. NaN where the sightings span less than `shortest_s` (W,) or are fewer than
    three.
    """
    is_known = np.isfinite(paths[..., -1])
    use = (times_s >= since_s[:, None, None]) & is_known
    count = use.sum(axis=2)
    ago_s = np.where(use, times_s - times_s[:, -1:], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        off_s = np.where(use, ago_s - (ago_s.sum(axis=2) / count)[..., None], 0.0)
        known = np.where(is_known[..., None], paths, 0.0)
        slope = (off_s[:, :, None] @ known)[:, :, 0] / (off_s * off_s).sum(axis=2)[..., None]
    slope[(count < 3) | (-ago_s.min(axis=2) < shortest_s[:, None])] = np.nan
    return np.asarray(slope, np.float64)


def _leaps(times_s: Floats, feet_px: Floats, velocity_px: Floats, *, since_s: float) -> Floats:
    """(N,): the largest way from one sighting to the next, less what the velocity explains, since `since_s`; pixels."""
    steps_s = times_s[:, 1:] - times_s[:, :-1]
    off_px = feet_px[:, 1:] - feet_px[:, :-1] - velocity_px[:, None] * steps_s[..., None]
    leaps_px = np.where(times_s[:, :-1] >= since_s, np.hypot(off_px[..., 0], off_px[..., 1]), 0.0)
    return np.asarray(np.fmax.reduce(leaps_px, axis=1))


def _came_to_rest(memory: _Memory, rows: Ids, extent_px: Floats, at_s: float) -> tuple[Floats, Floats]:
    """Where each would stand (N, 2), and since when (N,): the first of the newest sightings that all lie there, but for
    leaps of a box that comes back."""
    times_s, feet_px = memory.times_s[rows], memory.feet_px[rows]
    recent = times_s >= at_s - STAND_OVER_S
    rest_px = np.where(recent[..., None], feet_px, 0).sum(axis=1) / recent.sum(axis=1)[:, None]
    away_px = np.linalg.norm(feet_px - rest_px[:, None], axis=2)
    far = away_px > REST_SIZES * extent_px[:, None]
    last_near = np.maximum.accumulate(np.where(far, -1, np.arange(SAMPLES)), axis=1)
    far_since_s = np.take_along_axis(times_s, np.minimum(last_near + 1, SAMPLES - 1), axis=1)
    stays_far = far & ~(times_s - far_since_s < LEFT_FOR_S)
    last_far = np.where(stays_far, np.arange(SAMPLES), -1).max(axis=1)
    here_s = np.where(np.arange(SAMPLES) > last_far[:, None], times_s, np.nan)
    return rest_px, np.fmin.reduce(here_s, axis=1)
