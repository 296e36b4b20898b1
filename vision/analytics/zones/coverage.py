"""How much of a zone's area vehicles cover: what can still be measured where they are too many to be told apart."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from vision.analytics.kinematics.state import Bools, Floats
from vision.geometry.polygons import points_in_polygons

CELLS = 64
"""A zone's bounding box is laid out in so many by so many cells."""
LOWER_PART = 0.5
"""Of a box, what lies over the road at the vehicle; above it the vehicle hides what is behind."""


class Coverage:
    """Z zones as cells. Each polygon: (K, 2), in the pixels of the picture."""

    def __init__(self, polygons_px: Sequence[Floats]) -> None:
        self._origins_px = np.stack([polygon.min(axis=0) for polygon in polygons_px])
        self._cells_px = np.maximum(np.stack([np.ptp(polygon, axis=0) for polygon in polygons_px]), 1e-9) / CELLS
        x, y = np.meshgrid(np.arange(CELLS) + 0.5, np.arange(CELLS) + 0.5)
        centres_px = np.column_stack([x.ravel(), y.ravel()])[:, None] * self._cells_px + self._origins_px
        inside = [points_in_polygons(centres_px[:, z], [polygon]) for z, polygon in enumerate(polygons_px)]
        self._in_zone: Bools = np.stack(inside).reshape(-1, CELLS, CELLS)
        self._cells = np.maximum(self._in_zone.sum(axis=(1, 2)), 1)

    def shares(self, xyxy: Floats) -> Floats:
        """(Z,): the part of each zone, 0 to 1, that the lower parts of N boxes (N, 4) cover together."""
        covered = np.zeros(self._in_zone.shape, bool)
        for z, left, top, right, bottom in self._spans(xyxy):
            covered[z, top:bottom, left:right] = True
        shares: Floats = (covered & self._in_zone).sum(axis=(1, 2)) / self._cells
        return shares

    def _spans(self, xyxy: Floats) -> Iterator[tuple[int, int, int, int, int]]:
        """Zone, and from which cell to before which one a box reaches there: left, top, right, bottom."""
        road = xyxy.copy()
        road[:, 1] += (1 - LOWER_PART) * (xyxy[:, 3] - xyxy[:, 1])
        cells = (road.reshape(-1, 1, 2, 2) - self._origins_px[:, None]) / self._cells_px[:, None]
        spans: NDArray[np.int64] = np.rint(np.clip(cells, 0, CELLS)).astype(np.int64).reshape(*cells.shape[:2], 4)
        n, zone = np.nonzero((spans[..., 2:] > spans[..., :2]).all(axis=2))
        for z, (left, top, right, bottom) in zip(zone.tolist(), spans[n, zone].tolist(), strict=True):
            yield z, left, top, right, bottom
