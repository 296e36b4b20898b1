"""Area occupancy: the part of a zone that vehicles occupy, by boxes in the picture or by footprints on the road."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.analytics.dimensions import AREAS_M2
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.geometry import polygon_area
from vision.geometry.polygons import points_in_polygons


@dataclass(frozen=True, slots=True)
class AreaOccupancyParameters:
    """How finely zones are rasterised, and which part of a box covers the road."""

    cells: int = 64
    """A zone's bounding box is rasterised into `cells` by `cells` cells. More: finer steps, more time per evaluation.
    Source: chosen."""
    lower_box_share: float = 0.5
    """Part of a box's height, from the bottom, that counts as being over the road at the vehicle; the part above only
    occludes the road behind. Larger: higher occupancy by boxes. Source: chosen."""


class AreaOccupancy:
    """The occupied part of each of Z zones.

    Two measures serve two purposes. `by_boxes` rasterises the lower parts of boxes: it needs no scale, and still counts
    where a crowd cannot be separated into vehicles. `by_footprints` adds up typical vehicle areas: it does not depend
    on the camera's height and tilt.

    Both weigh a zone by its area in the picture, not on the road: far away one pixel is many square metres, in which a
    detector finds nothing.

    Examples:
        >>> square = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]])
        >>> AreaOccupancy([square]).by_boxes(np.array([[0.0, 0.0, 50.0, 100.0]])).tolist()
        [0.25]
    """

    def __init__(
        self,
        polygons_px: Sequence[Floats],
        *,
        road_share: float = 1.0,
        parameters: AreaOccupancyParameters = AreaOccupancyParameters(),
    ) -> None:
        """`polygons_px`: each (K, 2), in the pixels of the picture. `road_share`: part of each zone that is road."""
        self._cells = parameters.cells
        self._lower_box_share = parameters.lower_box_share
        self._origins_px = np.stack([polygon.min(axis=0) for polygon in polygons_px])
        extents_px = np.stack([np.ptp(polygon, axis=0) for polygon in polygons_px])
        self._cell_sizes_px = np.maximum(extents_px, 1e-9) / self._cells
        self._in_zone = self._rasterised(polygons_px)
        self._cell_counts = np.maximum(self._in_zone.sum(axis=(1, 2)), 1)
        self._areas_px = np.array([polygon_area(polygon) * road_share for polygon in polygons_px])

    def by_boxes(self, xyxy: Floats) -> Floats:
        """(Z,): the part of each zone, 0 to 1, that the lower parts of N boxes (N, 4) cover together."""
        covered = np.zeros(self._in_zone.shape, bool)
        for z, left, top, right, bottom in self._cell_spans(xyxy):
            covered[z, top:bottom, left:right] = True
        occupancy: Floats = (covered & self._in_zone).sum(axis=(1, 2)) / self._cell_counts
        return occupancy

    def by_footprints(self, tracks: TrackKinematics, inside: Bools, matrix: Floats) -> Floats:
        """(Z,): the part of each zone, 0 to 1, that the footprints of the vehicles inside it (N, Z) take up.

        `matrix` (3, 3) is the homography from the picture to the road.
        """
        footprint_px = AREAS_M2[tracks.class_id] * area_scale(matrix, tracks.bottom_center_px)
        occupancy: Floats = (inside * footprint_px[:, None]).sum(axis=0) / self._areas_px
        return np.minimum(occupancy, 1.0)

    def _rasterised(self, polygons_px: Sequence[Floats]) -> Bools:
        """(Z, cells, cells): which cells have their centre inside the zone."""
        steps = np.arange(self._cells) + 0.5
        x, y = np.meshgrid(steps, steps)
        centers_px = np.column_stack([x.ravel(), y.ravel()])[:, None] * self._cell_sizes_px + self._origins_px
        inside = [points_in_polygons(centers_px[:, z], [polygon]) for z, polygon in enumerate(polygons_px)]
        return np.stack(inside).reshape(-1, self._cells, self._cells)

    def _cell_spans(self, xyxy: Floats) -> Iterator[tuple[int, int, int, int, int]]:
        """Zone, and the half-open span of cells that a box covers there: left, top, right, bottom."""
        lower = xyxy.copy()
        lower[:, 1] += (1 - self._lower_box_share) * (xyxy[:, 3] - xyxy[:, 1])
        cells = (lower.reshape(-1, 1, 2, 2) - self._origins_px[:, None]) / self._cell_sizes_px[:, None]
        rounded: NDArray[np.int64] = np.rint(np.clip(cells, 0, self._cells)).astype(np.int64)
        spans = rounded.reshape(*cells.shape[:2], 4)
        n, zone = np.nonzero((spans[..., 2:] > spans[..., :2]).all(axis=2))
        for z, (left, top, right, bottom) in zip(zone.tolist(), spans[n, zone].tolist(), strict=True):
            yield z, left, top, right, bottom


def area_scale(matrix: Floats, points_px: Floats) -> Floats:
    """(N,): square pixels per square metre of road at (N, 2) points; 0 beyond the horizon.

    The determinant of a homography's Jacobian is det(H) / w^3, where w is its denominator at the point.
    """
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    w = np.maximum(points_px @ matrix[2, :2] + i, 0.0)
    scale: Floats = w * w * w / abs(determinant)
    return scale
