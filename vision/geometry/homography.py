"""Homographies: from pixels of the picture to metres on the road plane."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MAX_CONDITION = 1e7
"""Condition number of the normalised equations beyond which the points are nearly collinear."""


class DegenerateError(ValueError):
    """The points determine no homography, or one with a horizon between them."""


@dataclass(frozen=True, slots=True, eq=False)
class Homography:
    """A map (3, 3) from one plane to another, and how well it fits its points.

    Examples:
        >>> square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
        >>> fit_homography(100 * square, square).apply(np.array([[50.0, 50.0]])).round(6).tolist()
        [[0.5, 0.5]]
    """

    matrix: Floats
    rms_error: float
    """Root mean square distance of the mapped points from their targets, in the target's unit."""
    worst_error: float
    """The largest of these distances."""

    def apply(self, points: Floats) -> Floats:
        """Map points (..., 2); NaN on or beyond the horizon."""
        return apply_homography(self.matrix, points)

    def inverse(self) -> Floats:
        """(3, 3): the inverse map."""
        return np.asarray(np.linalg.inv(self.matrix), np.float64)


def apply_homography(matrix: Floats, points: Floats) -> Floats:
    """Map points (..., 2) by a (3, 3) matrix that has a positive third row before the horizon; NaN beyond it."""
    flat = points.reshape(-1, 2)
    u, v, w = matrix[:, :2] @ flat.T + matrix[:, 2:]
    w = np.where(w > 0, w, np.nan)
    mapped = np.empty(flat.shape)
    mapped[:, 0], mapped[:, 1] = u / w, v / w
    return mapped.reshape(points.shape)


def fit_homography(source: Floats, target: Floats) -> Homography:
    """The homography that best maps P >= 4 source points (P, 2) to their targets (P, 2).

    Computed by the normalised direct linear transform (Hartley, "In defense of the eight-point algorithm", 1997). Its
    sign is such that `apply` maps the source points' side of the horizon.

    Raises:
        DegenerateError: too few points, nearly collinear points, or a horizon that runs between them.
    """
    if len(source) < 4:
        raise DegenerateError(f"4 or more points are needed, got {len(source)}")
    to_source, to_target = _normalisation(source), _normalisation(target)
    s, t = apply_homography(to_source, source), apply_homography(to_target, target)
    _, values, rows = np.linalg.svd(_equations(s, t), full_matrices=True)
    between = rows[-1].reshape(3, 3)
    if values[0] > MAX_CONDITION * values[7] or np.linalg.cond(between) > MAX_CONDITION:
        raise DegenerateError("the points, or three of four, are nearly on one line")
    matrix = np.linalg.inv(to_target) @ between @ to_source
    depths = source @ matrix[2, :2] + matrix[2, 2]
    if not (np.all(depths > 0) or np.all(depths < 0)):
        raise DegenerateError("the horizon would run between the points: some of them are mixed up")
    matrix = matrix / (np.sign(depths[0]) * np.abs(depths).mean())
    errors = np.hypot(*(apply_homography(matrix, source) - target).T)
    return Homography(matrix, float(np.sqrt(np.mean(errors**2))), float(errors.max()))


def pixels_per_unit(matrix: Floats, points: Floats) -> Floats:
    """(N,): pixels per unit of the target plane, across the line of sight, at points (N, 2).

    The Jacobian's smaller singular value is units per pixel across the line of sight, where the plane is not
    foreshortened; NaN beyond the horizon.
    """
    u, v, w = matrix[:, :2] @ points.T + matrix[:, 2:]
    w = np.where(w > 0, w, np.nan)
    x, y = u / w, v / w
    # The Jacobian is (a b; c d) / w. Its smaller singular value in closed form: Blinn, "Consider the lowly 2x2 matrix",
    # IEEE Computer Graphics and Applications 16(2), 1996.
    (ux, uy, _), (vx, vy, _), (wx, wy, _) = matrix.tolist()
    a, b, c, d = ux - x * wx, uy - x * wy, vx - y * wx, vy - y * wy
    twice_smaller = np.abs(np.hypot(a + d, c - b) - np.hypot(a - d, c + b))
    with np.errstate(divide="ignore"):
        scale: Floats = 2 * w / twice_smaller
    return scale


def _normalisation(points: Floats) -> Floats:
    """(3, 3): moves the points' centre to 0, and scales their mean distance from it to the square root of 2."""
    centre = points.mean(axis=0)
    spread = float(np.hypot(*(points - centre).T).mean())
    if spread == 0:
        raise DegenerateError("all points are the same")
    k = np.sqrt(2) / spread
    return np.array([[k, 0, -k * centre[0]], [0, k, -k * centre[1]], [0, 0, 1]])


def _equations(source: Floats, target: Floats) -> Floats:
    """(2P, 9): the linear equations for the nine entries of the matrix."""
    p = np.column_stack([source, np.ones(len(source))])
    zero = np.zeros_like(p)
    xs = np.hstack([p, zero, -target[:, :1] * p])
    ys = np.hstack([zero, p, -target[:, 1:] * p])
    return np.vstack([xs, ys])
