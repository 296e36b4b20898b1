"""Fits a smooth curve to one vehicle's trajectory on the road, for its speed at a line."""

from dataclasses import dataclass
from math import copysign, hypot, sqrt
from statistics import median
from typing import Self

import numpy as np

from vision.analytics.kinematics.state import Floats

MEDIAN_TO_STD = 0.85
"""From the median distance of points spread normally in the plane to their standard deviation along one direction."""
_REGULARISATION = np.diag([1e-9, 1e-9, 0.0])
"""Gives the normal equations a solution whatever was observed."""


@dataclass(frozen=True, slots=True)
class TrajectoryFitParameters:
    """Which observations a curve is fitted to, and how stiff it is."""

    window_s: float = 2.5
    """Observations from this long before the moment of interest are used, seconds. Longer: steadier speeds, slower to
    fit. Source: chosen."""
    min_span_s: float = 0.35
    """The observations must span this time, seconds. Longer: fewer fits of short tracks. Source: chosen."""
    acceleration_mps2: float = 0.5
    """Typical change of speed. The typical position error over it says how far the curve may bend; a vehicle that
    visibly brakes or starts may bend it more, since accelerations are spread as by Student's t with one degree of
    freedom. Higher: curves follow noise more. Source: chosen."""
    decay_s: float = 1.0
    """Weight of an observation falls to 1/e at this time before or after the moment of interest, since speed changes
    unevenly at a stop line. Longer: less noise, more influence of distant observations. Source: chosen."""
    initial_error_m: float = 0.5
    """Position error that is assumed in the first round, metres. Larger: a stiffer first curve. Source: chosen."""
    min_error_m: float = 0.3
    """Lower bound of the assumed position error, metres. Larger: stiffer curves. Source: chosen."""
    outlier_errors: float = 0.5
    """An observation this many errors off weighs the inverse of its distance (Huber, "Robust estimation of a location
    parameter", 1964). Larger: outliers pull the curve more. Source: chosen, so small because a half-occluded box
    jitters several times as much for a second or two, and ids switch in a jam."""
    max_rounds: int = 5
    """Maximum number of reweighting rounds. More: closer to convergence, slower. Source: chosen."""
    tolerance: float = 1e-3
    """Reweighting ends when no coefficient (m, m/s, m/s²) changes by more. Larger: fewer rounds. Source: chosen."""
    max_shift_s: float = 1.0
    """The fit passes the line within this time of the crossing in the picture, seconds; else the crossing's own time
    holds. Longer: crossings are shifted further. Source: chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class TrajectoryFit:
    """position(t) = coefficients[0] + coefficients[1] t + coefficients[2] t², metres on the road, t since `about_s`.

    Examples:
        >>> times_s = np.arange(0.0, 2.0, 0.1)
        >>> fit = TrajectoryFit.of(times_s, np.stack([10 * times_s, 0 * times_s], axis=1), about_s=1.0)
        >>> round(fit.speed_mps, 2)
        10.0
    """

    about_s: float
    coefficients: Floats
    """(3, 2)"""
    max_shift_s: float

    @classmethod
    def of(
        cls,
        times_s: Floats,
        path_m: Floats,
        *,
        about_s: float,
        parameters: TrajectoryFitParameters = TrajectoryFitParameters(),
    ) -> Self | None:
        """Fit a curve to K observations, oldest first: times (K,) and positions (K, 2), NaN where unknown.

        Iteratively reweighted least squares with a weak prior of constant speed; observations far from `about_s` and
        outliers weigh less. `None`: there are too few observations.
        """
        known = np.isfinite(times_s) & np.isfinite(path_m).all(axis=1) & (times_s >= about_s - parameters.window_s)
        times_s, path_m = times_s[known], path_m[known]
        if len(times_s) < 3 or times_s[-1] - times_s[0] < parameters.min_span_s:
            return None
        return cls(about_s, _fit(times_s - about_s, path_m, parameters), parameters.max_shift_s)

    @property
    def speed_mps(self) -> float:
        """At `about_s`."""
        return float(np.hypot(*self.coefficients[1]))

    def crossing(self, line_m: Floats, *, behind_m: float) -> tuple[float, float]:
        """When the point `behind_m` behind the curve's passes a line (2, 2), metres, and at what speed, m/s."""
        along = line_m[1] - line_m[0]
        normal = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9)
        distance_m = self.coefficients @ normal
        distance_m[0] -= line_m[0] @ normal + behind_m * np.sign(distance_m[1])
        t = _nearest_zero(distance_m, self.max_shift_s)
        velocity = self.coefficients[1] + 2 * self.coefficients[2] * t
        return self.about_s + t, float(np.hypot(*velocity))


def _fit(t: Floats, path_m: Floats, p: TrajectoryFitParameters) -> Floats:
    """(3, 2): the coefficients of a parabola through positions (K, 2) at times (K,)."""
    powers = np.vander(t, 3, increasing=True)
    observed = np.concatenate([powers, path_m], axis=1)
    near = np.exp(-np.abs(t) / p.decay_s)
    coefficients = _solve(powers, observed, near, p.initial_error_m, p.acceleration_mps2)
    for _ in range(p.max_rounds - 1):
        off = path_m - powers @ coefficients
        off_m = np.hypot(off[:, 0], off[:, 1])
        error_m = max(MEDIAN_TO_STD * median(off_m.tolist()), p.min_error_m)
        bend_mps2 = hypot(p.acceleration_mps2, *(2 * coefficients[2]).tolist()) / sqrt(2)
        weights = near * np.minimum(1.0, p.outlier_errors * error_m / np.maximum(off_m, 1e-9))
        previous, coefficients = coefficients, _solve(powers, observed, weights, error_m, bend_mps2)
        if np.abs(coefficients - previous).max() < p.tolerance:
            break
    return coefficients


def _solve(powers: Floats, observed: Floats, weights: Floats, error_m: float, acceleration_mps2: float) -> Floats:
    """(3, 2): weighted least squares. `observed` (K, 5) holds the powers of time (K, 3), then the positions."""
    sums = (powers.T * weights) @ observed
    normal = sums[:, :3] + _REGULARISATION
    normal[2, 2] += (error_m / (acceleration_mps2 / 2)) ** 2
    return np.linalg.solve(normal, sums[:, 3:]).astype(np.float64, copy=False)


def _nearest_zero(coefficients: Floats, max_distance: float) -> float:
    """The zero nearest to t = 0 of c + b t + a t², given as (c, b, a); 0 where none is within `max_distance`."""
    c, b, a = coefficients.tolist()
    discriminant = b * b - 4 * a * c
    if discriminant < 0:
        return 0.0
    # Of the zeros q / a and c / q the second is the nearer one, and is computed without cancellation.
    q = -(b + copysign(sqrt(discriminant), b)) / 2
    t = c / q if q else 0.0
    return t if abs(t) <= max_distance else 0.0
