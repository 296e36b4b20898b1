"""Distances from directed lines and paths, and positions along them, for many points at once; pixels, y down."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def signed_distance_px(points_px: Floats, starts_px: Floats, ends_px: Floats) -> Floats:
    """(N, L): distances of N points from L directed lines, taken as infinite.

    Positive to the right of the line in the direction from its start to its end, negative to the left. `points_px` is
    (N, 2) or, with one point for each line, (N, L, 2); `starts_px` and `ends_px` are (L, 2).

    Examples:
        >>> signed_distance_px(np.array([[5.0, 3.0]]), np.array([[0.0, 0.0]]), np.array([[10.0, 0.0]])).tolist()
        [[3.0]]
    """
    along = ends_px - starts_px
    to_point = _per_line(points_px) - starts_px
    cross = along[:, 0] * to_point[..., 1] - along[:, 1] * to_point[..., 0]
    distance_px: Floats = cross / np.hypot(along[:, 0], along[:, 1])
    return distance_px


def position_along(points_px: Floats, starts_px: Floats, ends_px: Floats) -> Floats:
    """(N, L): where N points project onto L lines: 0 at the start, 1 at the end, outside of that range beyond them."""
    along = ends_px - starts_px
    to_point = _per_line(points_px) - starts_px
    position: Floats = (to_point * along).sum(axis=-1) / (along**2).sum(axis=-1)
    return position


def extents_across(starts_px: Floats, ends_px: Floats) -> Floats:
    """(2, L): how much of a box's width and of its height extends across each of L lines.

    Box sizes (N, 2) times this are the extents of the boxes across the lines, (N, L).
    """
    along = ends_px - starts_px
    extents: Floats = np.abs(along[:, ::-1]) / np.hypot(along[:, 0], along[:, 1])[:, None]
    return np.ascontiguousarray(extents.T)


def zero_crossing(before: Floats, after: Floats) -> Floats:
    """The fraction between `before` and `after`, 0 to 1, at which a value that changes linearly is zero.

    NaN for two values of one sign, and for two zeros.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        part = before / (before - after)
    return np.where((part >= 0) & (part <= 1), part, np.nan)


def distance_to_path_px(points_px: Floats, paths_px: Floats) -> Floats:
    """(...,): distances of points (..., 2) from straight paths (..., 2), both relative to where the paths begin.

    The nearest point of the path counts, so a vehicle that braked is still on its path.
    """
    (x, y), (path_x, path_y) = np.moveaxis(points_px, -1, 0), np.moveaxis(paths_px, -1, 0)
    part = (x * path_x + y * path_y) / np.maximum(path_x * path_x + path_y * path_y, 1e-9)
    part = np.minimum(np.maximum(part, 0.0), 1.0)
    away_px: Floats = np.hypot(x - part * path_x, y - part * path_y)
    return away_px


def _per_line(points_px: Floats) -> Floats:
    return points_px if points_px.ndim == 3 else points_px[:, None, :]
