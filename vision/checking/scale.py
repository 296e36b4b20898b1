"""What a calibration implies, in words that can be compared with the picture: how long a car would be."""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from vision.analytics.dimensions import IS_VEHICLE, LENGTH_M, WIDTH_M
from vision.analytics.kinematics.ground_plane import TYPICAL_SIZE_M, fit_calibration
from vision.common.object_class import CLASSES, ObjectClass
from vision.config.camera import CameraConfig
from vision.config.lint import Finding
from vision.config.zones import ZoneConfig, ZoneKind
from vision.core import Detections, Frame
from vision.geometry import Homography, polygon_area

Floats = NDArray[np.float64]

DRIVEN = {ZoneKind.CARRIAGEWAY, ZoneKind.BUS_LANE}
USUAL_LANE_M = 3.25
"""Urban lanes are 2.75 to 3.75 m wide by TCXDVN 104:2007."""
MAX_RATIO = 1.6
"""A calibration is doubted if it makes lanes, lengths or vehicles this many times too large or too small."""
MIN_VEHICLES = 3
"""Fewer vehicles in the picture say little: the size of one is right to within a third."""
NEAR_END = 0.15
"""`Near` and `far` are this part of a zone's height away from its ends in the picture."""
STEP = 0.002
"""The picture's part over which the scale at a place is measured."""
_KEY = ("calibration",)
_SIZES_M = np.array([TYPICAL_SIZE_M[c] for c in CLASSES])


@dataclass(frozen=True, slots=True)
class CarOutline:
    """Where a usual car would stand on the road, at a place in the picture."""

    name: str
    """`near` or `far`."""
    place: Floats
    """(2,): its middle, in fractions of the picture."""
    corners: Floats
    """(4, 2): its corners on the road, in fractions of the picture."""


def scale_notes(camera: CameraConfig) -> list[Finding]:
    """The scale of a calibration near and far, and its error; empty without a calibration.

    Raises:
        CalibrationError: the points contradict each other.
    """
    ground = fit_calibration(camera, 1, 1)
    if ground is None:
        return []
    sizes = [_size_in_words(outline) for outline in car_outlines(camera)]
    error = f"its points are {ground.rms_error:.2f} m off (root mean square), {ground.worst_error:.2f} m at worst"
    return [Finding(_KEY, "; ".join([*sizes, error]), "compare with a car in the picture")]


def scale_warnings(camera: CameraConfig) -> list[Finding]:
    """Zones whose lanes or lengths contradict the calibration, or that reach beyond its horizon."""
    ground = fit_calibration(camera, 1, 1)
    if ground is None:
        return []
    return [finding for number, zone in enumerate(camera.zones) for finding in _of_zone(ground, number, zone)]


def vehicle_warnings(camera: CameraConfig, frame: Frame, detections: Detections) -> list[Finding]:
    """Whether the vehicles in a picture have their usual sizes by the calibration."""
    ground = fit_calibration(camera, frame.width_px, frame.height_px)
    chosen = detections[IS_VEHICLE[detections.class_id]]
    boxes = chosen.xyxy.astype(np.float64)
    if ground is None or len(boxes) < MIN_VEHICLES:
        return []
    bottom_px = np.column_stack([boxes[:, [0, 2]].mean(axis=1), boxes[:, 3]])
    sizes_px = np.sqrt((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
    half_px = np.array([0.5, 0.0])
    across = ground.apply(bottom_px + half_px) - ground.apply(bottom_px - half_px)
    ratios = sizes_px * np.hypot(*across.T) / _SIZES_M[chosen.class_id]
    ratios = ratios[np.isfinite(ratios)]
    if len(ratios) < MIN_VEHICLES:
        return []
    return list(_doubted(_KEY, float(np.median(ratios)), f"{len(ratios)} vehicles in the picture have the wrong size"))


def car_outlines(camera: CameraConfig) -> list[CarOutline]:
    """A usual car on the road at the nearest and the farthest place that the camera watches."""
    ground = fit_calibration(camera, 1, 1)
    if ground is None:
        return []
    places = sorted(_places(camera), key=lambda place: float(place[0][1]))
    outlines = [
        CarOutline(name, place, _outline(ground, place, along))
        for name, (place, along) in (("near", places[-1]), ("far", places[0]))
    ]
    return [outline for outline in outlines if np.isfinite(outline.corners).all()]


def _of_zone(ground: Homography, number: int, zone: ZoneConfig) -> Iterator[Finding]:
    corners_m = ground.apply(np.array(zone.polygon))
    if not np.isfinite(corners_m).all():
        yield Finding(
            ("zones", number, "polygon"),
            f"zone {zone.id!r} reaches beyond the horizon of the calibration, where nothing can be measured",
            "end it where the road ends, or check the calibration's points",
        )
        return
    length_m = _length_m(ground, zone, corners_m)
    if zone.lanes and zone.kind in DRIVEN:
        lane_m = float(polygon_area(corners_m)) / length_m / zone.lanes
        what = f"each of the {zone.lanes} lanes of zone {zone.id!r} would be {lane_m:.1f} m wide"
        yield from _doubted(("zones", number, "lanes"), lane_m / USUAL_LANE_M, what)
    if zone.length_m:
        what = f"zone {zone.id!r} would be {length_m:.0f} m long, its `length_m` is {zone.length_m:g}"
        yield from _doubted(("zones", number, "length_m"), length_m / zone.length_m, what)


def _doubted(key: tuple[int | str, ...], ratio: float, what: str) -> Iterator[Finding]:
    if 1 / MAX_RATIO <= ratio <= MAX_RATIO:
        return
    car_m = LENGTH_M[ObjectClass.CAR] * ratio
    yield Finding(
        key,
        f"by the calibration, {what}: a car here would be {car_m:.1f} m long",
        "check the metres of the calibration, and the places of its points in the picture",
    )


def _length_m(ground: Homography, zone: ZoneConfig, corners_m: Floats) -> float:
    """The zone's extent on the ground along its direction, or along its longest extent where it has none."""
    if zone.direction is not None:
        ends_m = ground.apply(np.array([zone.direction.start, zone.direction.end]))
        along = ends_m[1] - ends_m[0]
    else:
        along = np.linalg.svd(corners_m - corners_m.mean(axis=0))[2][0]
    return float(np.ptp(corners_m @ along) / np.hypot(*along))


def _places(camera: CameraConfig) -> Iterator[tuple[Floats, Floats]]:
    """Places in the picture (fractions) where vehicles are measured, and which way the road goes there."""
    upward = np.array([0.0, -1.0])
    for zone in [z for z in camera.zones if z.kind in DRIVEN] or camera.zones:
        corners = np.array(zone.polygon)
        arrow = zone.direction
        along = np.subtract(arrow.end, arrow.start) if arrow is not None else upward
        for share in (NEAR_END, 1 - NEAR_END):
            yield _middle_at(corners, share), along
    if not camera.zones and camera.calibration is not None:
        points = np.array(sorted((picture for picture, _ in camera.calibration.pairs()), key=itemgetter(1)))
        for half in np.array_split(points, 2):
            yield half.mean(axis=0), upward


def _middle_at(corners: Floats, share: float) -> Floats:
    """The middle of a polygon at a height in the picture: 0 is its uppermost corner's, 1 its lowest one's."""
    y = corners[:, 1].min() + share * np.ptp(corners[:, 1])
    start, end = corners, np.roll(corners, -1, axis=0)
    crosses = (start[:, 1] - y) * (end[:, 1] - y) < 0
    start, end = start[crosses], end[crosses]
    x = start[:, 0] + (y - start[:, 1]) / (end[:, 1] - start[:, 1]) * (end[:, 0] - start[:, 0])
    return np.array([(x.min() + x.max()) / 2, y]) if len(x) else corners.mean(axis=0)


def _outline(ground: Homography, place: Floats, along: Floats) -> Floats:
    """(4, 2): a car's corners on the road, in fractions of the picture; NaN beyond the horizon."""
    middle_m, ahead_m = ground.apply(np.array([place, place + STEP * along / np.hypot(*along)]))
    forward = (ahead_m - middle_m) / np.hypot(*(ahead_m - middle_m))
    sideways = np.array([-forward[1], forward[0]])
    half = np.array([LENGTH_M[ObjectClass.CAR], WIDTH_M[ObjectClass.CAR]]) / 2
    signs = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]])
    corners_m = middle_m + signs[:, :1] * half[0] * forward + signs[:, 1:] * half[1] * sideways
    inverse = ground.inverse()
    return Homography(inverse / (inverse @ [*middle_m, 1.0])[2], 0, 0).apply(corners_m)


def _size_in_words(outline: CarOutline) -> str:
    width, height = 100 * np.ptp(outline.corners, axis=0)
    x, y = outline.place
    return (
        f"{outline.name}, at [{x:.2f}, {y:.2f}], the road under a car of 4.5 by 1.8 m is {width:.2g} % of the "
        f"picture wide and {height:.2g} % high"
    )
