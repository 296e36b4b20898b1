"""How much of a zone's area vehicles cover: what can still be measured where they are too many to be told apart."""

import numpy as np
from numpy.typing import NDArray

from vision.analytics.motion import Bools, Floats
from vision.geometry.polygons import points_in_polygons

CELLS = 64
"""A zone's bounding box is laid out in so many by so many cells."""
LOWER_PART = 0.5
"""Of a box, what lies over the road at the vehicle; above it the vehicle hides what is behind."""


class Coverage:
    """One zone as cells. `polygon_px`: (K, 2), in the pixels of the picture."""

    def __init__(self, polygon_px: Floats) -> None:
        self._origin_px = polygon_px.min(axis=0)
        self._cell_px = np.maximum(np.ptp(polygon_px, axis=0), 1e-9) / CELLS
        x, y = np.meshgrid(np.arange(CELLS) + 0.5, np.arange(CELLS) + 0.5)
        centres_px = np.column_stack([x.ravel(), y.ravel()]) * self._cell_px + self._origin_px
        self._in_zone: Bools = points_in_polygons(centres_px, [polygon_px])[:, 0].reshape(CELLS, CELLS)
        self._cells = max(1, int(self._in_zone.sum()))

    def share(self, xyxy: Floats) -> float:
        """The part of the zone, 0 to 1, that the lower parts of N boxes (N, 4) cover together."""
        covered = np.zeros((CELLS, CELLS), bool)
        for left, top, right, bottom in self._spans(xyxy).tolist():
            covered[top:bottom, left:right] = True
        return float((covered & self._in_zone).sum()) / self._cells

    def _spans(self, xyxy: Floats) -> NDArray[np.int64]:
        """(M, 4): from which cell to before which one each box reaches: left, top, right, bottom."""
        road = xyxy.copy()
        road[:, 1] += (1 - LOWER_PART) * (xyxy[:, 3] - xyxy[:, 1])
        cells = (road.reshape(-1, 2, 2) - self._origin_px) / self._cell_px
        spans: NDArray[np.int64] = np.rint(np.clip(cells, 0, CELLS)).astype(np.int64).reshape(-1, 4)
        return spans[(spans[:, 2:] > spans[:, :2]).all(axis=1)]
