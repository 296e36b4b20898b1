"""How much of a road's surface vehicles take up, whatever the camera's height and tilt."""

import numpy as np

from vision.analytics.dimensions import AREAS_M2
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics


class Footprints:
    """Z zones, by their areas in the picture (Z,), in square pixels.

    A zone is weighed by its area in the picture, not on the road: far away a pixel is many square metres, in which a
    detector sees nobody.
    """

    def __init__(self, areas_px: Floats) -> None:
        self._areas_px = areas_px

    def filled(self, motion: TrackKinematics, inside: Bools, matrix: Floats) -> Floats:
        """(Z,): the part, 0 to 1, of each zone that the vehicles in it (N, Z) stand on. `matrix`: picture to road."""
        footprint_px = AREAS_M2[motion.class_id] * area_scale(matrix, motion.bottom_center_px)
        part: Floats = (inside * footprint_px[:, None]).sum(axis=0) / self._areas_px
        return np.minimum(part, 1.0)


def area_scale(matrix: Floats, points_px: Floats) -> Floats:
    """(N,): how many square pixels a square metre of the road takes up at (N, 2) points; 0 beyond the horizon.

    The determinant of a homography's Jacobian is det(H) / w^3, w being its denominator at the point.
    """
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    w = np.maximum(points_px @ matrix[2, :2] + i, 0.0)
    scale: Floats = w * w * w / abs(determinant)
    return scale
