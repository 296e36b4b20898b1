"""Lines, boxes, polygons and planes: pure functions of arrays."""

from vision.geometry.boxes import area, intersection, iou
from vision.geometry.homography import (
    DegenerateError,
    Homography,
    apply_homography,
    fit_homography,
    pixels_per_unit,
)
from vision.geometry.lines import extent_across_px, off_way_px, place_on_line, signed_distance_px, zero_crossing
from vision.geometry.polygons import Polygons, points_in_polygons, polygon_area

__all__ = [
    "DegenerateError",
    "Homography",
    "Polygons",
    "apply_homography",
    "area",
    "extent_across_px",
    "fit_homography",
    "intersection",
    "iou",
    "off_way_px",
    "pixels_per_unit",
    "place_on_line",
    "points_in_polygons",
    "polygon_area",
    "signed_distance_px",
    "zero_crossing",
]
