"""Which points lie in which polygons, for many points at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def points_in_polygons(points: Floats, polygons: Sequence[Floats]) -> NDArray[np.bool_]:
    """(N, Z): whether each of N points (N, 2) lies in each of Z polygons, each (K, 2), corners in order.

    By the even-odd rule (Shimrat, CACM 5(8), 1962): a ray to the right crosses the outline an odd number of times.
    A NaN point lies nowhere.
    """
    columns = [_in_polygon(points, polygon) for polygon in polygons]
    return np.stack(columns, axis=1) if columns else np.zeros((len(points), 0), bool)


def _in_polygon(points: Floats, polygon: Floats) -> NDArray[np.bool_]:
    x, y = points[:, 0, None], points[:, 1, None]
    x0, y0 = polygon[:, 0], polygon[:, 1]
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    spans = (y0 > y) != (y1 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing_x = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
    hits: NDArray[np.bool_] = (spans & (x < crossing_x)).sum(axis=1) % 2 == 1
    return hits


def polygon_area(polygon: Floats) -> float:
    """The area that a polygon (K, 2) encloses, in the square of its unit (the shoelace formula)."""
    x, y = polygon[:, 0], polygon[:, 1]
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)
