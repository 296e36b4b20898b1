"""How fast a vehicle passes a line: the best that its remembered way can say, told once, at the crossing."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WAY_S = 2.2
"""The part of its way that a passing vehicle's speed is told from."""
SHORTEST_S = 0.35
HUBER = 1.5
"""Beyond so many deviations a sighting counts by the inverse of its distance (Huber, "Robust estimation of a location
parameter", 1964)."""
LEAST_DEVIATION_M = 0.05
ROUNDS = 4
BELIEVED = 2.0
"""How many times its variance the square of an acceleration must be to be more than noise."""


def passing_speed_mps(times_s: Floats, path_m: Floats) -> float:
    """Metres a second at the newest of K sightings (K,), oldest first, of a way on the road (K, 2); NaN where too few.

    A straight line in time by least squares, outliers weighed down, gives the speed in the middle of the way. What it
    leaves over gives the acceleration, which is shrunk by what may be noise (the positive part of James and Stein's
    estimator, "Estimation with quadratic loss", 1961) and carries the speed from there to the line.
    """
    known = np.isfinite(times_s) & np.isfinite(path_m).all(axis=1)
    known &= times_s >= np.max(times_s, where=known, initial=-np.inf) - WAY_S
    times_s, path_m = times_s[known], path_m[known]
    if len(times_s) < 3 or np.ptp(times_s) < SHORTEST_S:
        return float("nan")
    along = path_m[-len(path_m) // 2 :].mean(axis=0) - path_m[: len(path_m) // 2 + 1].mean(axis=0)
    length_m = float(np.hypot(*along))
    if length_m < LEAST_DEVIATION_M:
        return 0.0
    way_m = (path_m - path_m[0]) @ (along / length_m)
    return max(_newest_speed(times_s, way_m), 0.0)


def _newest_speed(times_s: Floats, way_m: Floats) -> float:
    ends_s = times_s - times_s.mean()
    # Polynomials of the first and second degree that have nothing to do with each other over these times.
    bend = ends_s**2 - (ends_s**2).mean()
    bend -= ends_s * (ends_s @ bend) / (ends_s @ ends_s)
    weight = np.ones(len(way_m))
    for _ in range(ROUNDS):
        design = np.stack([np.ones_like(ends_s), ends_s, bend], axis=1)
        weighted = design * weight[:, None]
        normal = weighted.T @ design + np.diag([0, 0, 1e-12])
        middle_m, slope, curve = np.linalg.solve(normal, weighted.T @ way_m)
        off_m = np.abs(way_m - design @ np.array([middle_m, slope, curve]))
        freedom = max(len(way_m) - 3, 1) / len(way_m)
        deviation_m = max(1.48 * float(np.median(off_m)) / freedom**0.5, LEAST_DEVIATION_M)
        weight = np.minimum(1.0, HUBER * deviation_m / np.maximum(off_m, 1e-9))
    variance = deviation_m**2 * float(np.linalg.inv(normal)[2, 2])
    kept = max(0.0, 1 - BELIEVED * variance / max(curve**2, 1e-12))
    bend_slope = 2 * ends_s[-1] - (ends_s @ (ends_s**2 - (ends_s**2).mean())) / (ends_s @ ends_s)
    return float(slope + kept * curve * bend_slope)
