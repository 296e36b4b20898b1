"""Lines, boxes, polygons and homographies: pure functions of arrays."""

from vision.geometry.boxes import area, intersection, iou
from vision.geometry.homography import (
    DegenerateError,
    Homography,
    apply_homography,
    fit_homography,
    pixels_per_unit,
)
from vision.geometry.lines import distance_to_path_px, extents_across, position_along, signed_distance_px, zero_crossing
from vision.geometry.polygons import Polygons, points_in_polygons, polygon_area

__all__ = [
    "DegenerateError",
    "Homography",
    "Polygons",
    "apply_homography",
    "area",
    "distance_to_path_px",
    "extents_across",
    "fit_homography",
    "intersection",
    "iou",
    "pixels_per_unit",
    "points_in_polygons",
    "polygon_area",
    "position_along",
    "signed_distance_px",
    "zero_crossing",
]
