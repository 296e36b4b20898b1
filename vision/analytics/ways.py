"""How tracks move, from their recent ways."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from vision.analytics.motion import Bools, Floats
from vision.analytics.rows import Ids
from vision.analytics.way_memory import STAND_OVER_S, WayMemory
from vision.geometry import apply_homography

VELOCITY_OVER_S = 1.2
"""The way that a velocity is told from, and the shortest that tells one."""
SHORTEST_S = 0.35
LEAP_SIZES = 0.7
"""A foot that is so far, in the vehicle's own sizes, from where its velocity leads has leapt from one vehicle to
another: no velocity is believed for as long as that is a part of its way."""
STILL_MPS = 0.5
STILL_SIZES_S = 0.06
"""Slower than this, in metres or in its own sizes a second, is standing: far away a metre is less than a pixel."""


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
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
    first_m: Floats
    """(N, 2): where it was seen first."""
    from_first_px: Floats
    """(N,): straight from where it was seen first."""
    from_first_m: Floats

    @classmethod
    def of(cls, memory: WayMemory, rows: Ids, matrix: Floats, extent_px: Floats, at_s: float) -> Self:
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
            first_m=marks[:, -1, 2:],
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
