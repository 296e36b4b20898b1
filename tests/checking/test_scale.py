"""What a calibration implies is said in words: how long a car would be."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from vision.checking.scale import car_outlines, scale_notes, scale_warnings, vehicle_warnings
from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig
from vision.core import Detections, Frame
from vision.geometry import fit_homography

WIDTH_PX, HEIGHT_PX = 1280, 720
ROAD = [[0.4, 0.35], [0.6, 0.35], [0.9, 0.9], [0.1, 0.9]]
"""A road of 7 by 60 m in the picture."""
GROUND_M = [[0, 60], [7, 60], [7, 0], [0, 0]]


def camera(scale: float = 1.0, **zone: Any) -> CameraConfig:
    """A camera whose calibration makes everything `scale` times as large as it is."""
    points = [
        {"picture": picture, "ground_m": [scale * x, scale * y]} for picture, (x, y) in zip(ROAD, GROUND_M, strict=True)
    ]
    return CameraConfig.model_validate(
        {
            "id": "c",
            "source": {"kind": "file", "path": "film.mp4"},
            "zones": [{"id": "road", "polygon": ROAD, **zone}],
            "calibration": {"kind": "points", "points": points},
        }
    )


def cars(count: int = 5) -> Detections:
    """Cars of the usual size on the road, as a camera sees them from behind and above."""
    to_m = fit_homography(np.array(ROAD) * [WIDTH_PX, HEIGHT_PX], np.array(GROUND_M, float))
    bottom_px = np.column_stack([np.full(count, WIDTH_PX / 2), np.linspace(0.5, 0.85, count) * HEIGHT_PX])
    half_px = np.array([0.5, 0])
    m_per_px = np.hypot(*(to_m.apply(bottom_px + half_px) - to_m.apply(bottom_px - half_px)).T)
    side_px = 2.1 / m_per_px
    boxes = np.column_stack([bottom_px[:, 0] - side_px / 2, bottom_px[:, 1] - side_px, bottom_px[:, 0] + side_px / 2])
    xyxy = np.column_stack([boxes, bottom_px[:, 1]]).astype(np.float32)
    return Detections(xyxy, np.full(count, 0.9, np.float32), np.full(count, ObjectClass.CAR.class_id))


def frame() -> Frame:
    image = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    return Frame("c", 0, 0.0, datetime(2026, 11, 20, tzinfo=UTC), image)


def test_scale_and_error_are_said_near_and_far() -> None:
    (note,) = scale_notes(camera())
    assert note.key == ("calibration",)
    assert (
        "near, at [0.50, 0.82], the road under a car of 4.5 by 1.8 m is 20 % of the picture wide and 13 % high"
        in note.message
    )
    assert "far, at [0.50, 0.43]" in note.message
    assert "0.00 m off (root mean square)" in note.message


def test_a_cars_outline_is_larger_near_than_far_and_smaller_where_the_metres_are_too_large() -> None:
    near, far = car_outlines(camera())
    assert np.ptp(near.corners, axis=0).prod() > 4 * np.ptp(far.corners, axis=0).prod()
    doubled, _ = car_outlines(camera(2))
    assert np.ptp(doubled.corners, axis=0)[0] == pytest.approx(np.ptp(near.corners, axis=0)[0] / 2, rel=0.2)


@pytest.mark.parametrize(("scale", "car_m"), [(2.2, "10.7"), (0.4, "1.9")])
def test_lanes_of_a_wrong_width_say_how_long_a_car_would_be(scale: float, car_m: str) -> None:
    assert not scale_warnings(camera(lanes=2))
    (warning,) = scale_warnings(camera(scale, lanes=2))
    assert warning.key == ("zones", 0, "lanes")
    assert f"a car here would be {car_m} m long" in warning.message


def test_a_length_that_contradicts_the_calibration_says_how_long_a_car_would_be() -> None:
    direction = {"start": [0.5, 0.4], "end": [0.5, 0.9]}
    assert not scale_warnings(camera(length_m=60, direction=direction))
    (warning,) = scale_warnings(camera(2.2, length_m=60, direction=direction))
    assert warning.key == ("zones", 0, "length_m")
    assert "would be 132 m long, its `length_m` is 60: a car here would be 9.9 m long" in warning.message


def test_a_zone_beyond_the_horizon_is_named() -> None:
    sky = [[0.1, 0.05], [0.9, 0.05], [0.9, 0.9], [0.1, 0.9]]
    (warning,) = scale_warnings(camera(polygon=sky))
    assert "beyond the horizon" in warning.message


@pytest.mark.parametrize(("scale", "car_m"), [(2.2, "9.9"), (0.4, "1.8")])
def test_vehicles_of_a_wrong_size_say_how_long_a_car_would_be(scale: float, car_m: str) -> None:
    assert not vehicle_warnings(camera(), frame(), cars())
    (warning,) = vehicle_warnings(camera(scale), frame(), cars())
    assert f"5 vehicles in the picture have the wrong size: a car here would be {car_m} m long" in warning.message


def test_few_vehicles_say_nothing() -> None:
    assert not vehicle_warnings(camera(2.2), frame(), cars(2))


def test_a_camera_without_a_calibration_has_no_scale() -> None:
    plain = camera().model_copy(update={"calibration": None})
    assert not scale_notes(plain)
    assert not scale_warnings(plain)
    assert not car_outlines(plain)
    assert not vehicle_warnings(plain, frame(), cars())
