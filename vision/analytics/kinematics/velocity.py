"""How tracks move, from their recent ways."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from vision.analytics.kinematics.state import Bools, Floats
from vision.analytics.kinematics.trajectories import STAND_OVER_S, TrajectoryTable
from vision.analytics.track_table import Ids

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
class VelocityEstimates:
    """The recent ways of N tracks, in the picture and on the road."""

    foot_m: Floats
    """(N, 2)"""
    velocity: Floats
    """(N, 4): pixels and metres a second, over the time that a velocity is told from."""
    speed_mps: Floats
    drift: Floats
    """(N, 4): the same over the time that a stand takes to be believed."""
    from_still_px: Floats
    """(N,): straight from where it stands, or stood; NaN for who never did."""
    from_still_m: Floats
    first: Floats
    """(N, 4): where it was seen first, in pixels and metres."""
    from_first_px: Floats
    """(N,): straight from where it was seen first."""
    from_first_m: Floats

    @classmethod
    def of(cls, memory: TrajectoryTable, rows: Ids, box_size_px: Floats, at_s: float) -> Self:
        times_s, places = memory.since(rows, at_s - max(VELOCITY_OVER_S, STAND_OVER_S))
        velocity, drift = slopes(
            times_s,
            places,
            since_s=np.array([at_s - VELOCITY_OVER_S, at_s - STAND_OVER_S]),
            shortest_s=np.array([SHORTEST_S, 0.6 * STAND_OVER_S]),
        )
        leaps = _leaps(times_s, places[..., :2], velocity[:, :2], since_s=at_s - VELOCITY_OVER_S)
        velocity[leaps > LEAP_SIZES * box_size_px] = np.nan
        here, first = places[:, -1], memory.first.take(rows, axis=0)
        from_still, from_first = here - memory.still.take(rows, axis=0), here - first
        return cls(
            foot_m=here[:, 2:],
            velocity=velocity,
            speed_mps=np.hypot(velocity[:, 2], velocity[:, 3]),
            drift=drift,
            from_still_px=np.hypot(from_still[:, 0], from_still[:, 1]),
            from_still_m=np.hypot(from_still[:, 2], from_still[:, 3]),
            first=first,
            from_first_px=np.hypot(from_first[:, 0], from_first[:, 1]),
            from_first_m=np.hypot(from_first[:, 2], from_first[:, 3]),
        )

    def is_slow(self, box_size_px: Floats) -> Bools:
        """(N,): who did not move over the time that a stand takes to be believed."""
        drift = self.drift
        slow: Bools = (np.hypot(drift[:, 2], drift[:, 3]) < STILL_MPS) | (
            np.hypot(drift[:, 0], drift[:, 1]) < STILL_SIZES_S * box_size_px
        )
        return slow


def slopes(times_s: Floats, paths: Floats, *, since_s: Floats, shortest_s: Floats) -> Floats:
    """(W, N, D): the change of `paths` (N, K, D) a second, by least squares over the sightings since each of `since_s`.

    `times_s` is (N, K), the newest last. NaN where the sightings span less than `shortest_s` (W,) or are fewer than
    three. A sighting counts where its time and its place are known.
    """
    # With sightings first: adding up so many vehicles side by side takes half the time.
    times_s = np.ascontiguousarray(times_s.T)
    use = times_s >= since_s[:, None, None]
    is_nowhere = np.isnan(paths[..., -1])
    if is_nowhere.any():
        use &= ~is_nowhere.T
        paths = np.where(np.isnan(paths), 0.0, paths)
    weight = use.astype(np.float64)
    count = weight.sum(axis=1)
    ago_s = np.where(use, times_s - times_s[-1], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        off_s = ago_s - weight * (ago_s.sum(axis=1) / count)[:, None]
        total = (np.ascontiguousarray(off_s.transpose(0, 2, 1))[:, :, None] @ paths)[:, :, 0]
        slope: Floats = total / (off_s * off_s).sum(axis=1)[..., None]
    slope[(count < 3) | (ago_s.min(axis=1) > -shortest_s[:, None])] = np.nan
    return slope


def _leaps(times_s: Floats, feet_px: Floats, velocity_px: Floats, *, since_s: float) -> Floats:
    """(N,): the largest way from one sighting to the next, less what the velocity explains, since `since_s`; pixels."""
    times_s = np.ascontiguousarray(times_s.T)
    x_px, y_px = np.ascontiguousarray(feet_px.transpose(2, 1, 0))
    steps_s = times_s[1:] - times_s[:-1]
    off_x_px = x_px[1:] - x_px[:-1] - velocity_px[:, 0] * steps_s
    off_y_px = y_px[1:] - y_px[:-1] - velocity_px[:, 1] * steps_s
    leaps_px2 = np.where(times_s[:-1] >= since_s, off_x_px * off_x_px + off_y_px * off_y_px, 0.0)
    return np.asarray(np.sqrt(np.fmax.reduce(leaps_px2, axis=0)))
