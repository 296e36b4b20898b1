"""Remembers the recent way of each track, and tells from it how each moves and since when it stands."""

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.analytics.edges import completed, cut_sides, whole_sizes
from vision.analytics.ground import Ground
from vision.analytics.motion import Bools, Floats, Motion
from vision.core import Tracks
from vision.core.columns import Columns
from vision.geometry import apply_homography, pixels_per_unit

SAMPLES = 32
SAMPLE_EVERY_S = 1 / 14
"""Sightings that are nearer in time to the one before are not kept: a way of about two seconds at any frame rate."""
VELOCITY_OVER_S = 1.2
"""The way that a velocity is told from, and the shortest that tells one."""
SHORTEST_S = 0.35
STAND_OVER_S = 1.5
"""A vehicle stands when it has not moved for so long."""
STILL_MPS = 0.5
STILL_SIZES_S = 0.06
"""Slower than this, in metres or in its own sizes a second, is standing: far away a metre is less than a pixel."""
LEFT_M = 1.5
LEFT_SIZES = 0.4
"""A standing vehicle has left when it is so far, in metres and in its own sizes, from where it stood."""
MOVED_M = 2.0
MOVED_SIZES = 0.75
"""A vehicle has been seen moving once it was so far from where it began."""
SAME_PLACE_SIZES = 0.35
"""A new track that begins so near to where a lost one stood is that one under another id."""


@dataclass(frozen=True, slots=True, eq=False)
class _Memory(Columns):
    """What is remembered of M tracks. NaN: nothing. Their newest K sightings, oldest first, lie at the end."""

    track_id: NDArray[np.int64]
    seen_s: Floats
    times_s: Floats
    """(M, K)"""
    feet_px: Floats
    """(M, K, 2)"""
    size_px: Floats
    """(M, 2): width and height when last seen whole."""
    first_s: Floats
    first_px: Floats
    """(M, 2)"""
    still_since_s: Floats
    still_px: Floats
    """(M, 2): where it stands."""
    moved: Bools
    fastest_mps: Floats

    @classmethod
    def blank(cls, track_id: NDArray[np.int64]) -> Self:
        m = len(track_id)
        return cls(
            track_id=track_id,
            seen_s=np.full(m, np.nan),
            times_s=np.full((m, SAMPLES), np.nan),
            feet_px=np.full((m, SAMPLES, 2), np.nan),
            size_px=np.full((m, 2), np.nan),
            first_s=np.full(m, np.nan),
            first_px=np.full((m, 2), np.nan),
            still_since_s=np.full(m, np.nan),
            still_px=np.full((m, 2), np.nan),
            moved=np.zeros(m, bool),
            fastest_mps=np.zeros(m),
        )

    def joined(self, other: Self) -> Self:
        """These rows, then the other's."""
        columns = {f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)}
        return type(self)(**columns)


class MotionBook:
    """Follows how the tracks of one camera move.

    A track not seen for `forget_after_s` is forgotten. A new track that begins where a lost one stood inherits its
    stand, so that a vehicle that gets a new id while it stands goes on standing.
    """

    def __init__(
        self, ground: Ground, width_px: int, height_px: int, *, forget_after_s: float, implausible_mps: float
    ) -> None:
        self._ground = ground
        self._picture_px = np.array([width_px, height_px], np.float64)
        self._forget_after_s = forget_after_s
        self._implausible_mps = implausible_mps
        self._memory = _Memory.blank(np.empty(0, np.int64))
        self.implausible = 0
        """Sightings whose speed was implausible, since the beginning."""

    def __len__(self) -> int:
        """How many tracks are remembered."""
        return len(self._memory)

    def update(self, tracks: Tracks, at_s: float) -> Motion:
        """Take in where the tracks were at `at_s`; return how they move."""
        self._memory = self._memory[at_s - self._memory.seen_s <= self._forget_after_s]
        if not len(tracks):
            return Motion.empty()
        xyxy = tracks.xyxy.astype(np.float64)
        was = self._recall(tracks.track_id, xyxy)
        cut = cut_sides(xyxy, self._picture_px)
        size_px = whole_sizes(xyxy, cut, was.size_px)
        foot_px = _feet(completed(xyxy, cut, size_px))
        self._ground.learn(foot_px, np.where(cut.any(axis=1, keepdims=True), np.nan, size_px), tracks.class_id)
        seen = _with_sighting(was, foot_px, size_px, at_s)
        ways = _Ways.of(seen, self._ground.matrix, at_s)
        extent_px = np.sqrt((xyxy[:, 2:] - xyxy[:, :2]).prod(axis=1))
        now = _with_stand(seen, ways, extent_px, at_s)
        others = self._memory[~np.isin(self._memory.track_id, tracks.track_id)]
        self._memory = others.joined(now)
        return self._motion(tracks, xyxy, now, ways)

    def _recall(self, track_id: NDArray[np.int64], xyxy: Floats) -> _Memory:
        """The memory of these tracks, in their order; of new ones what they inherit, or blank rows."""
        new = ~np.isin(track_id, self._memory.track_id)
        known = self._memory
        if new.any():
            known = known.joined(self._inherited(track_id[new], xyxy[new], track_id))
        order = np.argsort(known.track_id)
        return known[order[np.searchsorted(known.track_id, track_id, sorter=order)]]

    def _inherited(self, new_id: NDArray[np.int64], xyxy: Floats, seen_id: NDArray[np.int64]) -> _Memory:
        """Rows for new tracks: what was known of an unseen standing track whose place each takes, else blank."""
        rows = _Memory.blank(new_id)
        memory = self._memory
        heirless = ~np.isnan(memory.still_since_s) & ~np.isin(memory.track_id, seen_id)
        if not heirless.any():
            return rows
        left = memory[heirless]
        away_px = np.hypot(*np.moveaxis(_feet(xyxy)[:, None] - left.still_px[None], -1, 0))
        sizes_px = np.sqrt((xyxy[:, 2:] - xyxy[:, :2]).prod(axis=1))
        nearest = away_px.argmin(axis=1)
        heirs = np.flatnonzero(away_px.min(axis=1) < SAME_PLACE_SIZES * sizes_px)
        heirs = heirs[np.unique(nearest[heirs], return_index=True)[1]]
        if not len(heirs):
            return rows
        bequest = replace(left[nearest[heirs]], track_id=new_id[heirs])
        self._memory = memory[~np.isin(memory.track_id, left.track_id[nearest[heirs]])]
        return rows[~np.isin(new_id, new_id[heirs])].joined(bequest)

    def _motion(self, tracks: Tracks, xyxy: Floats, now: _Memory, ways: "_Ways") -> Motion:
        plausible = ~(ways.pace_mps > self._implausible_mps)
        self.implausible += int((~plausible).sum()) if self._ground.is_calibrated else 0
        foot_px = now.feet_px[:, -1]
        return Motion(
            track_id=tracks.track_id,
            class_id=tracks.class_id,
            confidence=tracks.confidence.astype(np.float64),
            xyxy=xyxy,
            foot_px=foot_px,
            ground_m=ways.feet_m[:, -1],
            velocity_px=ways.velocity[:, :2],
            velocity_mps=ways.velocity[:, 2:],
            pace_mps=ways.pace_mps,
            speed_kmh=np.where(plausible & self._ground.is_calibrated, ways.pace_mps * 3.6, np.nan),
            scale_px_m=pixels_per_unit(self._ground.matrix, foot_px),
            first_seen_s=now.first_s,
            first_px=now.first_px,
            travelled_m=ways.from_first_m,
            still_since_s=now.still_since_s,
            moved_before=now.moved,
            fastest_mps=now.fastest_mps,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Ways:
    """The recent ways of M tracks, in the picture and on the road."""

    feet_m: Floats
    """(M, K, 2)"""
    velocity: Floats
    """(M, 4): pixels and metres a second, over the time that a velocity is told from."""
    pace_mps: Floats
    drift: Floats
    """(M, 4): the same over the time that a stand takes to be believed."""
    from_still_m: Floats
    """(M,): straight from where it stands, or stood."""
    from_first_m: Floats
    """(M,): straight from where it was seen first."""

    @classmethod
    def of(cls, now: _Memory, matrix: Floats, at_s: float) -> Self:
        marks_px = np.concatenate([now.feet_px, now.still_px[:, None], now.first_px[:, None]], axis=1)
        marks_m = apply_homography(matrix, marks_px)
        feet_m = marks_m[:, :-2]
        away_m = np.linalg.norm(marks_m[:, -2:] - feet_m[:, -1:], axis=2)
        paths = np.concatenate([now.feet_px, feet_m], axis=2)
        velocity = slopes(now.times_s, paths, since_s=at_s - VELOCITY_OVER_S, shortest_s=SHORTEST_S)
        drift = slopes(now.times_s, paths, since_s=at_s - STAND_OVER_S, shortest_s=0.6 * STAND_OVER_S)
        pace_mps = np.linalg.norm(velocity[:, 2:], axis=1)
        return cls(feet_m, velocity, pace_mps, drift, away_m[:, 0], away_m[:, 1])


def _feet(xyxy: Floats) -> Floats:
    """(N, 2): the middle of each box's lower edge."""
    return np.stack([(xyxy[:, 0] + xyxy[:, 2]) / 2, xyxy[:, 3]], axis=1)


def _with_sighting(was: _Memory, foot_px: Floats, size_px: Floats, at_s: float) -> _Memory:
    """The memory with one more sighting, which takes the newest one's place where that is only just older."""
    is_new = np.isnan(was.first_s)
    too_near = at_s - was.times_s[:, -2] < 2 * SAMPLE_EVERY_S
    kept_s = np.where(too_near[:, None], was.times_s[:, :-1], was.times_s[:, 1:])
    kept_px = np.where(too_near[:, None, None], was.feet_px[:, :-1], was.feet_px[:, 1:])
    return replace(
        was,
        seen_s=np.full(len(was), at_s),
        times_s=np.concatenate([kept_s, np.full((len(was), 1), at_s)], axis=1),
        feet_px=np.concatenate([kept_px, foot_px[:, None]], axis=1),
        size_px=size_px,
        first_s=np.where(is_new, at_s, was.first_s),
        first_px=np.where(is_new[:, None], foot_px, was.first_px),
    )


def slopes(times_s: Floats, paths: Floats, *, since_s: float, shortest_s: float) -> Floats:
    """(M, D): the change of `paths` (M, K, D) a second, by least squares over the sightings since `since_s`.

    `times_s` is (M, K), the newest last. NaN where the sightings span less than `shortest_s` or are fewer than three.
    """
    use = (times_s >= since_s) & np.isfinite(paths).all(axis=2)
    count = use.sum(axis=1)
    ago_s = np.where(use, times_s - times_s[:, -1:], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        off_s = np.where(use, ago_s - (ago_s.sum(axis=1) / count)[:, None], 0.0)
        slope = np.einsum("mk,mkd->md", off_s, np.where(use[..., None], paths, 0.0)) / (off_s**2).sum(axis=1)[:, None]
    enough = (count >= 3) & (-ago_s.min(axis=1) >= shortest_s)
    return np.where(enough[:, None], slope, np.nan)


def _with_stand(now: _Memory, ways: _Ways, extent_px: Floats, at_s: float) -> _Memory:
    """The memory with who stands, since when and where, who was ever seen moving, and how fast at most."""
    foot_px = now.feet_px[:, -1]
    slow = (np.linalg.norm(ways.drift[:, 2:], axis=1) < STILL_MPS) | (
        np.linalg.norm(ways.drift[:, :2], axis=1) < STILL_SIZES_S * extent_px
    )
    stood = ~np.isnan(now.still_since_s)
    off_px = np.linalg.norm(foot_px - now.still_px, axis=1)
    left = stood & (off_px > LEFT_SIZES * extent_px) & ~(ways.from_still_m < LEFT_M)
    begins = slow & (~stood | left)
    stands = (stood & ~left) | begins
    still_px, since_s = now.still_px, now.still_since_s
    if begins.any():
        at_rest_px, rest_s = _came_to_rest(now, extent_px, at_s)
        still_px = np.where(begins[:, None], at_rest_px, still_px)
        since_s = np.where(begins, rest_s, since_s)
    away_px = np.linalg.norm(foot_px - now.first_px, axis=1)
    return replace(
        now,
        still_since_s=np.where(stands, since_s, np.nan),
        still_px=np.where(stands[:, None], still_px, np.nan),
        moved=now.moved | ((away_px > MOVED_SIZES * extent_px) & (ways.from_first_m > MOVED_M)),
        fastest_mps=np.fmax(now.fastest_mps, ways.pace_mps),
    )


def _came_to_rest(now: _Memory, extent_px: Floats, at_s: float) -> tuple[Floats, Floats]:
    """Where each would stand (M, 2), and since when (M,): the first of the newest sightings that all lie there."""
    recent = now.times_s >= at_s - STAND_OVER_S
    rest_px = np.where(recent[..., None], now.feet_px, 0).sum(axis=1) / recent.sum(axis=1)[:, None]
    away_px = np.linalg.norm(now.feet_px - rest_px[:, None], axis=2)
    far = away_px > LEFT_SIZES / 2 * extent_px[:, None]
    last_far = np.where(far, np.arange(SAMPLES), -1).max(axis=1)
    here_s = np.where(np.arange(SAMPLES) > last_far[:, None], now.times_s, np.nan)
    return rest_px, np.fmin.reduce(here_s, axis=1)
