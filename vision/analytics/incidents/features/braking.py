"""How hard a vehicle braked before it stopped and how much it swerved, from its last seconds of driving."""

from dataclasses import dataclass, field, replace
from math import degrees
from typing import Self

import numpy as np

from vision.analytics.kinematics.state import Floats

DECELERATIONS_MPS2 = np.array(
    [1.5, 1.75, 2.0, 2.3, 2.7, 3.1, 3.6, 4.1, 4.7, 5.4, 6.2, 7.1, 8.0, 9.0, 10.0, 14.0, 20.0, 40.0]
)
"""(B,): decelerations to try. They are dense up to 10 m/s2, about what brakes reach, since a value between two is
reported as the higher one. Beyond that, a finer grid would not tell more."""
STOP_OFFSETS_S = np.arange(-1.0, 2.01, 0.2)
"""Stop times to try, relative to when the vehicle counts as stopped: near its position, jitter hides the moment."""
SPEED_FACTORS = np.geomspace(0.8, 2.0, 10)
"""Initial speeds to try, as factors of the approach speed."""
REFINEMENTS, REFINEMENT_STEPS = 4, np.linspace(-1.0, 1.0, 5)
"""The grid is refined this often around its best point; each time, these steps are half as wide."""
STD_PER_MEDIAN = 1.5
"""Standard deviation of normal noise per median of its absolute values: 1.48, rounded up."""


@dataclass(frozen=True, slots=True)
class BrakingParameters:
    """Which observations a braking or swerve estimate uses, and how well they must fit."""

    before_s: float = 2.0
    """Observations up to this long before the stop are used, seconds. Longer: more points for the fit, but an earlier
    change of speed is taken for braking. Source: chosen."""
    after_s: float = 1.5
    """Observations up to this long after the stop are used, seconds. Longer: the resting position weighs more.
    Source: chosen."""
    min_observations: int = 3
    """Observations on the approach that an estimate needs. More: fewer, but surer, estimates. Source: chosen."""
    max_jitter_m: float = 3.0
    """With more position jitter than this, metres, there is no estimate. Larger: more estimates of far vehicles, less
    sure ones. Source: chosen."""
    min_jitter_m: float = 0.3
    """Position jitter that is assumed at least, metres. Larger: a softer braking explains the same observations.
    Source: chosen."""
    max_residual: float = 5.0
    """An observation's residual counts at most this much, in multiples of the jitter. Larger: outliers and ID switches
    influence the fit more. Source: chosen."""
    residual_margin: float = 2.0
    """A deceleration explains the observations if its summed residual exceeds the best one by at most this, in
    multiples of the jitter and of the mean residual. Larger: softer braking is reported. Source: chosen."""
    min_share_beyond: float = 0.25
    """Share of the last observations beyond a point from which the vehicle counts as seen there. Larger: fewer ID
    switches between touching vehicles are noticed. Source: chosen."""
    min_swerve_mps: float = 4.0
    """Headings are compared above this speed only, metres per second. Larger: less noise, slow swerves are missed.
    Source: chosen."""
    min_swerve_s: float = 0.5
    """Headings at least this far apart are compared, seconds. Longer: less noise, short swerves are missed. Source:
    chosen."""
    max_swerve_s: float = 1.3
    """Headings at most this far apart are compared, seconds. Longer: bends in the road look like swerves. Source:
    chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class BrakingEstimate:
    """The last seconds of one vehicle's driving: K velocities and J positions, the newest last.

    For a stopped vehicle these are the seconds before it stopped. All positions are on the road, in metres.

    Examples:
        >>> at_s = np.arange(0.0, 5.0, 0.125)
        >>> left_s = np.maximum(3.0 - at_s, 0.0)  # it stops at 3 s, from 12 m/s by 6 m/s2
        >>> x_m = -np.where(left_s < 2.0, 3 * left_s**2, 12 + 12 * (left_s - 2.0))
        >>> positions_m = np.stack([x_m, np.zeros(40)], axis=1)
        >>> estimate = BrakingEstimate(at_s, np.zeros((40, 2)), at_s, positions_m, stop_tolerance_m=0.5)
        >>> 4.5 < estimate.min_deceleration_mps2(3.0, np.zeros(2), np.array([1.0, 0.0])) < 7
        True
    """

    times_s: Floats
    """(K,)"""
    velocities: Floats
    """(K, 2): metres per second on the road."""
    observed_s: Floats
    """(J,): when it was observed, until it was known to have stopped."""
    observed_m: Floats
    """(J, 2): its position then."""
    stop_tolerance_m: float
    """Within this distance of its resting position, a vehicle already counts as stopped."""
    parameters: BrakingParameters = field(default_factory=BrakingParameters)

    def min_deceleration_mps2(self, stopped_since_s: float, position_m: Floats, course: Floats) -> float:
        """Lowest deceleration that explains a stop at `position_m` (2,) on `course` (2,), a unit vector; or 0."""
        remaining_m = (position_m - self.observed_m) @ course
        rests_m = np.abs(remaining_m[self.observed_s >= stopped_since_s])
        jitter_m = STD_PER_MEDIAN * float(np.median(rests_m)) if len(rests_m) else 0.0
        jitter_m = max(jitter_m, self.stop_tolerance_m / 3, self.parameters.min_jitter_m)
        return fit_deceleration_mps2(
            self.observed_s, remaining_m, stopped_since_s=stopped_since_s, jitter_m=jitter_m, parameters=self.parameters
        )

    def observed_before(self, point_m: Floats, course: Floats) -> Self:
        """This estimate with only the positions before a point (2,) on a course (2,)."""
        is_before = (point_m - self.observed_m) @ course > 0
        return replace(self, observed_s=self.observed_s[is_before], observed_m=self.observed_m[is_before])

    def median_time_beyond_s(self, point_m: Floats, course: Floats, stopped_since_s: float) -> float | None:
        """Median time at which it was seen beyond a point (2,) on a course (2,) around its stop; None if too rarely."""
        p = self.parameters
        is_late = self.observed_s >= stopped_since_s - p.before_s
        is_beyond = is_late & ((point_m - self.observed_m) @ course < 0)
        if is_beyond.sum() < max(p.min_share_beyond * is_late.sum(), p.min_observations):
            return None
        return float(np.median(self.observed_s[is_beyond]))

    def max_heading_change_deg(self) -> float:
        """Largest change of heading within about a second, degrees."""
        p = self.parameters
        fast = np.hypot(*self.velocities.T) > p.min_swerve_mps
        times_s, (vx, vy) = self.times_s[fast], self.velocities[fast].T
        angles, apart_s = np.arctan2(vy, vx), times_s[None] - times_s[:, None]
        turned = np.abs((angles[None] - angles[:, None] + np.pi) % (2 * np.pi) - np.pi)
        is_comparable = (apart_s >= p.min_swerve_s) & (apart_s <= p.max_swerve_s)
        return degrees(float(np.where(is_comparable, turned, 0.0).max(initial=0.0)))


def fit_deceleration_mps2(
    times_s: Floats,
    remaining_m: Floats,
    *,
    stopped_since_s: float,
    jitter_m: float,
    parameters: BrakingParameters = BrakingParameters(),
) -> float:
    """Lowest constant deceleration that explains K observations about as well as the best one; 0 if they are too few.

    `remaining_m` (K,) is the distance along the course to the resting position, `jitter_m` the noise of a position. The
    model: constant speed, then constant deceleration to rest; a grid of speeds and stop times is searched. Residuals
    are truncated, so that outliers count little, and observations that no deceleration explains exclude few of them.
    """
    p = parameters
    near = (
        (times_s >= stopped_since_s - p.before_s) & (times_s <= stopped_since_s + p.after_s) & np.isfinite(remaining_m)
    )
    times_s, remaining_m = times_s[near], remaining_m[near]
    approaches = remaining_m > 2 * jitter_m
    if approaches.sum() < p.min_observations or jitter_m > p.max_jitter_m:
        return 0.0
    first_half = approaches & (remaining_m >= np.median(remaining_m[approaches]))
    speed_mps = max(-float(np.polyfit(times_s[part], remaining_m[part], 1)[0]) for part in (approaches, first_half))
    if not speed_mps > 0:
        return 0.0
    residuals = _residuals(
        times_s - stopped_since_s,
        remaining_m / jitter_m,
        speed_mps / jitter_m,
        DECELERATIONS_MPS2 / jitter_m,
        p.max_residual,
    )
    margin = p.residual_margin * max(residuals.min() / len(times_s), 1.0)
    return float(DECELERATIONS_MPS2[residuals <= residuals.min() + margin][0])


def _residuals(times_s: Floats, remaining: Floats, speed: float, decelerations: Floats, max_residual: float) -> Floats:
    """(B,): smallest summed residual of K observations for each of B decelerations; lengths in multiples of the jitter.

    The best point of a coarse grid of stop times and speeds is refined for each deceleration by itself: between similar
    decelerations, the error of a coarse grid would decide.
    """
    each = np.arange(len(decelerations))
    grid = np.stack(np.meshgrid(STOP_OFFSETS_S, np.log(speed * SPEED_FACTORS))).reshape(2, -1)
    spacing = np.array([[np.diff(STOP_OFFSETS_S)[0]], [np.diff(np.log(SPEED_FACTORS))[0]]])
    steps = np.stack(np.meshgrid(REFINEMENT_STEPS, REFINEMENT_STEPS)).reshape(2, -1)
    stops_s, log_speeds = np.broadcast_to(grid[:, None], (2, len(decelerations), grid.shape[1]))
    for refinement in range(REFINEMENTS + 1):
        left_s = np.maximum(stops_s[..., None] - times_s, 0.0)
        a, v = decelerations[:, None, None], np.exp(log_speeds)[..., None]
        modelled = np.where(left_s < v / a, a / 2 * left_s**2, v * (left_s - v / a / 2))
        residuals = np.minimum(np.abs(modelled - remaining), max_residual).sum(axis=-1)
        best = residuals.argmin(axis=1)
        step_s, step_log = steps * spacing / 2**refinement
        stops_s, log_speeds = stops_s[each, best, None] + step_s, log_speeds[each, best, None] + step_log
    least: Floats = residuals[each, best]
    return least
