"""Lines, boxes, polygons and planes: pure functions of arrays."""

from vision.geometry.boxes import area, intersection, iou
from vision.geometry.homography import (
    DegenerateError,
    Homography,
    apply_homography,
    fit_homography,
    pixels_per_unit,
)
from vision.geometry.lines import off_way_px, place_on_line, room_across, signed_distance_px, zero_crossing
from vision.geometry.polygons import Polygons, points_in_polygons, polygon_area

__all__ = [
    "DegenerateError",
    "Homography",
    "Polygons",
    "apply_homography",
    "area",
    "fit_homography",
    "intersection",
    "iou",
    "off_way_px",
    "pixels_per_unit",
    "place_on_line",
    "points_in_polygons",
    "polygon_area",
    "room_across",
    "signed_distance_px",
    "zero_crossing",
]
