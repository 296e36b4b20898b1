"""How long a zone is along the road."""

import numpy as np

from vision.analytics.kinematics.ground_plane import GroundPlane
from vision.analytics.kinematics.state import Floats
from vision.config.zones import ZoneConfig
from vision.geometry import apply_homography


def zone_length_m(zone: ZoneConfig, polygon_px: Floats, size_px: Floats, ground: GroundPlane) -> float | None:
    """As its configuration tells; else measured on the calibrated road along its direction of travel, or without one
    along its longest side. `None` without calibration, or where the zone reaches to the horizon.
    """
    if zone.length_m is not None or not ground.is_calibrated:
        return zone.length_m
    corners_m = apply_homography(ground.matrix, polygon_px)
    if zone.direction is None:
        sides_m = np.roll(corners_m, -1, axis=0) - corners_m
        along_m = sides_m[np.argmax(np.hypot(*sides_m.T))]
    else:
        start_m, end_m = apply_homography(ground.matrix, np.array([zone.direction.start, zone.direction.end]) * size_px)
        along_m = end_m - start_m
    length_m = float(np.ptp(corners_m @ along_m) / np.hypot(*along_m))
    return length_m if np.isfinite(length_m) and length_m > 0 else None
