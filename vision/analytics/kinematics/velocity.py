"""Estimates the velocities of tracks by least squares over their recent trajectories."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from vision.analytics.kinematics.state import Bools, Floats
from vision.analytics.kinematics.trajectories import StopParameters, TrajectoryTable
from vision.analytics.track_table import Ids


@dataclass(frozen=True, slots=True)
class VelocityParameters:
    """Which part of a trajectory a velocity is estimated from."""

    window_s: float = 1.2
    """A velocity is estimated from the last of this time, seconds. Longer: less noise, more lag. Source: chosen."""
    min_span_s: float = 0.35
    """The observations must span this time, seconds. Longer: velocities of new tracks are less noisy, and known later.
    Source: chosen."""
    id_switch_sizes: float = 0.7
    """Between two observations a position may be this far from where the velocity leads, in units of the box size;
    beyond it the track switched to another vehicle, and has no velocity while that is in the window. Larger: fewer
    velocities are dropped, more ID switches pass for motion. Source: chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class VelocityEstimates:
    """Positions and velocities of N tracks, in the picture and on the road."""

    ground_m: Floats
    """(N, 2): the newest position on the road."""
    velocity: Floats
    """(N, 4): pixels per second, then metres per second; NaN where it is not known."""
    speed_mps: Floats
    """(N,)"""
    drift: Floats
    """(N, 4): the velocity over `StopParameters.window_s`, which separates stopped from moving."""
    from_stop_px: Floats
    """(N,): the straight distance from where the track stopped; NaN for one that never did."""
    from_stop_m: Floats
    first_position: Floats
    """(N, 4): where the track began, pixels and metres."""
    from_first_px: Floats
    """(N,): the straight distance from there."""
    from_first_m: Floats

    @classmethod
    def of(
        cls,
        table: TrajectoryTable,
        rows: Ids,
        box_size_px: Floats,
        at_s: float,
        *,
        parameters: VelocityParameters,
        stops: StopParameters,
    ) -> Self:
        """The estimates for some rows of the table, with box sizes (N,) in pixels."""
        times_s, positions = table.since(rows, at_s - max(parameters.window_s, stops.window_s))
        velocity, drift = least_squares_velocity(
            times_s,
            positions,
            since_s=np.array([at_s - parameters.window_s, at_s - stops.window_s]),
            min_span_s=np.array([parameters.min_span_s, stops.min_observed_share * stops.window_s]),
        )
        jumps_px = _largest_jumps(times_s, positions[..., :2], velocity[:, :2], since_s=at_s - parameters.window_s)
        velocity[jumps_px > parameters.id_switch_sizes * box_size_px] = np.nan
        here, first = positions[:, -1], table.first_position.take(rows, axis=0)
        from_stop, from_first = here - table.stop_position.take(rows, axis=0), here - first
        return cls(
            ground_m=here[:, 2:],
            velocity=velocity,
            speed_mps=np.hypot(velocity[:, 2], velocity[:, 3]),
            drift=drift,
            from_stop_px=np.hypot(from_stop[:, 0], from_stop[:, 1]),
            from_stop_m=np.hypot(from_stop[:, 2], from_stop[:, 3]),
            first_position=first,
            from_first_px=np.hypot(from_first[:, 0], from_first[:, 1]),
            from_first_m=np.hypot(from_first[:, 2], from_first[:, 3]),
        )

    def is_near_zero(self, box_size_px: Floats, stops: StopParameters) -> Bools:
        """(N,): whether the drift is so small that the track counts as stopped."""
        drift = self.drift
        near_zero: Bools = (np.hypot(drift[:, 2], drift[:, 3]) < stops.max_speed_mps) | (
            np.hypot(drift[:, 0], drift[:, 1]) < stops.max_speed_sizes_s * box_size_px
        )
        return near_zero


def least_squares_velocity(times_s: Floats, paths: Floats, *, since_s: Floats, min_span_s: Floats) -> Floats:
    """(W, N, D): the slopes of `paths` (N, K, D) per second, by ordinary least squares over W windows.

    `times_s` is (N, K), the newest last; a window holds the observations since `since_s` (W,) of known time
    and position. NaN where they span less than `min_span_s` (W,) or are fewer than three.
    """
    # With observations along the first axis, sums over many vehicles take half the time.
    times_s = np.ascontiguousarray(times_s.T)
    use = times_s >= since_s[:, None, None]
    is_unknown = np.isnan(paths[..., -1])
    if is_unknown.any():
        use &= ~is_unknown.T
        paths = np.where(np.isnan(paths), 0.0, paths)
    weight = use.astype(np.float64)
    count = weight.sum(axis=1)
    ago_s = np.where(use, times_s - times_s[-1], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        off_s = ago_s - weight * (ago_s.sum(axis=1) / count)[:, None]
        total = (np.ascontiguousarray(off_s.transpose(0, 2, 1))[:, :, None] @ paths)[:, :, 0]
        slope: Floats = total / (off_s * off_s).sum(axis=1)[..., None]
    slope[(count < 3) | (ago_s.min(axis=1) > -min_span_s[:, None])] = np.nan
    return slope


def _largest_jumps(times_s: Floats, bottom_center_px: Floats, velocity_px: Floats, *, since_s: float) -> Floats:
    """(N,): the largest step between two observations since `since_s`, less what the velocity explains; pixels."""
    times_s = np.ascontiguousarray(times_s.T)
    x_px, y_px = np.ascontiguousarray(bottom_center_px.transpose(2, 1, 0))
    steps_s = times_s[1:] - times_s[:-1]
    off_x_px = x_px[1:] - x_px[:-1] - velocity_px[:, 0] * steps_s
    off_y_px = y_px[1:] - y_px[:-1] - velocity_px[:, 1] * steps_s
    jumps_px2 = np.where(times_s[:-1] >= since_s, off_x_px * off_x_px + off_y_px * off_y_px, 0.0)
    return np.asarray(np.sqrt(np.fmax.reduce(jumps_px2, axis=0)))
