"""Tests which points are in which polygons, for many points at once."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Polygons:
    """Z polygons, each (K, 2) with its corners in order, prepared for repeated tests.

    Examples:
        >>> polygons = Polygons([np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])])
        >>> polygons.contain(np.array([[1.0, 1.0], [3.0, 3.0]])).tolist()
        [[True], [False]]
    """

    def __init__(self, polygons: Sequence[Floats]) -> None:
        self._count = len(polygons)
        if not polygons:
            return
        starts, ends = np.concatenate(polygons), np.concatenate([np.roll(p, -1, axis=0) for p in polygons])
        self._x0, self._y0, self._y1 = starts[:, 0], starts[:, 1], ends[:, 1]
        rise = np.where(self._y1 == self._y0, 1.0, self._y1 - self._y0)
        self._x_per_y = (ends[:, 0] - starts[:, 0]) / rise
        self._firsts = np.cumsum([0, *(len(p) for p in polygons[:-1])])

    @classmethod
    def in_picture(cls, outlines: Sequence[Sequence[tuple[float, float]]], size_px: Floats) -> Self:
        """Polygons in pixels, from corners as fractions of a picture of this (width, height).

        A corner on the picture's border is moved a pixel beyond it: a box that the border cuts off ends exactly there,
        and what a zone that was drawn up to the border holds is in it.

        Examples:
            >>> whole = Polygons.in_picture([[(0, 0), (1, 0), (1, 1), (0, 1)]], np.array([1280.0, 720.0]))
            >>> whole.contain(np.array([[640.0, 720.0], [0.0, 0.0], [1280.0, 720.0]])).tolist()
            [[True], [True], [True]]
        """
        corners = [np.array(outline, float) for outline in outlines]
        return cls([c * size_px - (c <= 0) + (c >= 1) for c in corners])

    def contain(self, points: Floats) -> Bools:
        """(N, Z): which of N points (N, 2) are in which polygons.

        By the even-odd rule (Shimrat, CACM 5(8), 1962): a ray to the right crosses the outline an odd number of times.
        A NaN point is in none.
        """
        if not self._count or not len(points):
            return np.zeros((len(points), self._count), bool)
        x, y = points[:, :1], points[:, 1:]
        spans = (self._y0 > y) != (self._y1 > y)
        hits = spans & (x < self._x0 + (y - self._y0) * self._x_per_y)
        return np.logical_xor.reduceat(hits, self._firsts, axis=1)


def points_in_polygons(points: Floats, polygons: Sequence[Floats]) -> Bools:
    """(N, Z): which of N points (N, 2) are in which of Z polygons. See `Polygons.contain`."""
    return Polygons(polygons).contain(points)


def polygon_area(polygon: Floats) -> float:
    """The area of a polygon (K, 2) in the square of its unit, by the shoelace formula."""
    x, y = polygon[:, 0], polygon[:, 1]
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)
