"""One vehicle's way on the road over a few seconds, as a smooth curve."""

from dataclasses import dataclass
from math import copysign, hypot, sqrt
from statistics import median
from typing import Self

import numpy as np

from vision.analytics.kinematics.state import Floats

WAY_S = 2.5
"""How long before a moment the way that tells of it begins."""
SHORTEST_S = 0.35
"""A shorter one says nothing of speed."""
ACCELERATION_MPS2 = 0.5
"""How fast speed usually changes. What a sighting is usually off, over this, says how far the curve may bend. Who is
seen to brake or to start is believed: accelerations are spread as by Student's t with one degree of freedom."""
FADES_S = 1.0
"""A sighting counts by how long before or after the moment it was: speed changes, and not evenly, at a stop line."""
SIGHT_M, LEAST_M = 0.5, 0.3
"""How far off a sighting is taken to be at first, and at least."""
SPREAD = 0.85
"""From the median distance of points spread about another in the plane to the deviation along one direction."""
ROUNDS, CLOSE = 5, 1e-3
"""So often at most is it fitted anew, and no more once nothing changes by so much (metres, m/s, half m/s²)."""
OUTLIER = 0.5
"""A sighting so many deviations off and more counts by the inverse of its distance (Huber, "Robust estimation of a
location parameter", 1964). So few: a box that is half hidden trembles several times as much for a second or two, and in
a jam a tracker leaps from one vehicle to the next."""
NEAR_S = 1.0
"""A line is passed within this of when it is said to be crossed in the picture."""


_HARDLY_STIFF = np.diag([1e-9, 1e-9, 0.0])
"""So that the equations have a solution whatever was seen."""


@dataclass(frozen=True, slots=True, eq=False)
class TrajectoryFit:
    """place = coefficients[0] + coefficients[1] t + coefficients[2] t^2, metres on the road, t from `about_s` on."""

    about_s: float
    coefficients: Floats
    """(3, 2)"""

    @classmethod
    def of(cls, times_s: Floats, path_m: Floats, *, about_s: float) -> Self | None:
        """The curve through K sightings at (K,) times, (K, 2) places, oldest first, NaN for what is not known.

        By least squares with a weak belief in even speed, what is far from `about_s` and outliers weighed down. `None`:
        too little was seen.
        """
        known = np.isfinite(times_s) & np.isfinite(path_m).all(axis=1) & (times_s >= about_s - WAY_S)
        times_s, path_m = times_s[known], path_m[known]
        if len(times_s) < 3 or times_s[-1] - times_s[0] < SHORTEST_S:
            return None
        return cls(about_s, _curve(times_s - about_s, path_m))

    @property
    def speed_mps(self) -> float:
        """At `about_s`."""
        return float(np.hypot(*self.coefficients[1]))

    def over(self, line_m: Floats, *, behind_m: float) -> tuple[float, float]:
        """When the point so far behind passes a line given by its ends (2, 2), metres, and how fast (m/s) it is."""
        along = line_m[1] - line_m[0]
        normal = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9)
        distance_m = self.coefficients @ normal
        distance_m[0] -= line_m[0] @ normal + behind_m * np.sign(distance_m[1])
        t = _first_zero(distance_m)
        velocity = self.coefficients[1] + 2 * self.coefficients[2] * t
        return self.about_s + t, float(np.hypot(*velocity))


def _curve(t: Floats, path_m: Floats) -> Floats:
    """(3, 2): the coefficients of a parabola through (K, 2) places at (K,) times."""
    powers = np.vander(t, 3, increasing=True)
    known = np.concatenate([powers, path_m], axis=1)
    near = np.exp(-np.abs(t) / FADES_S)
    coefficients = _solved(powers, known, near, SIGHT_M, ACCELERATION_MPS2)
    for _ in range(ROUNDS - 1):
        off = path_m - powers @ coefficients
        off_m = np.hypot(off[:, 0], off[:, 1])
        usual_m = max(SPREAD * median(off_m.tolist()), LEAST_M)
        usual_mps2 = hypot(ACCELERATION_MPS2, *(2 * coefficients[2]).tolist()) / sqrt(2)
        weights = near * np.minimum(1.0, OUTLIER * usual_m / np.maximum(off_m, 1e-9))
        was, coefficients = coefficients, _solved(powers, known, weights, usual_m, usual_mps2)
        if np.abs(coefficients - was).max() < CLOSE:
            break
    return coefficients


def _solved(powers: Floats, known: Floats, weights: Floats, usual_m: float, usual_mps2: float) -> Floats:
    """(3, 2): the weighted least squares of (K, 3) powers of time and, `known`, these and the places beside them."""
    sums = (powers.T * weights) @ known
    normal = sums[:, :3] + _HARDLY_STIFF
    normal[2, 2] += (usual_m / (usual_mps2 / 2)) ** 2
    return np.linalg.solve(normal, sums[:, 3:]).astype(np.float64, copy=False)


def _first_zero(coefficients: Floats) -> float:
    """The zero nearest to t = 0 of a parabola given from its constant on; 0 where there is none within `NEAR_S`."""
    c, b, a = coefficients.tolist()
    discriminant = b * b - 4 * a * c
    if discriminant < 0:
        return 0.0
    # Of the two, q / a and c / q, the second is the nearer one, and is told without cancellation.
    q = -(b + copysign(sqrt(discriminant), b)) / 2
    t = c / q if q else 0.0
    return t if abs(t) <= NEAR_S else 0.0
