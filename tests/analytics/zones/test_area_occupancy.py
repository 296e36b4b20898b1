"""Area occupancy of zones by boxes, and the scale of areas in the picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.analytics.kinematics.state import Floats
from vision.analytics.zones.area_occupancy import AreaOccupancy, area_scale
from vision.geometry import apply_homography

SQUARE = np.array([[100.0, 100.0], [300.0, 100.0], [300.0, 300.0], [100.0, 300.0]])


def box(*xyxy: float) -> Floats:
    return np.array([xyxy], np.float64)


def occupancy(polygon: Floats, boxes: Floats) -> float:
    return float(AreaOccupancy([polygon]).by_boxes(boxes)[0])


def test_occupancy_is_that_of_the_lower_halves_of_boxes() -> None:
    assert occupancy(SQUARE, box(100, -100, 300, 300)) == pytest.approx(1.0)
    assert occupancy(SQUARE, box(100, 100, 300, 300)) == pytest.approx(0.5)
    assert occupancy(SQUARE, box(150, 100, 250, 200)) == pytest.approx(0.125)


def test_overlapping_boxes_count_once() -> None:
    both = np.concatenate([box(100, 100, 300, 300), box(100, 100, 200, 300)])
    assert occupancy(SQUARE, both) == pytest.approx(0.5)


def test_boxes_outside_the_zone_do_not_count() -> None:
    assert occupancy(SQUARE, np.concatenate([box(400, 100, 500, 300), box(0, 0, 90, 90)])) == 0
    assert occupancy(SQUARE, np.empty((0, 4))) == 0
    triangle = np.array([[100.0, 100.0], [300.0, 300.0], [100.0, 300.0]])
    assert occupancy(triangle, box(210, 100, 300, 200)) == 0


@given(st.floats(0.3, 5), st.floats(-500, 500), st.floats(-500, 500))
def test_occupancy_does_not_change_with_place_and_size(scale: float, dx: float, dy: float) -> None:
    boxes = np.array([[110.0, 120, 180, 260], [200, 200, 260, 290]])
    moved_zone = SQUARE * scale + [dx, dy]
    moved_boxes = (boxes.reshape(-1, 2) * scale + [dx, dy]).reshape(-1, 4)
    assert occupancy(moved_zone, moved_boxes) == pytest.approx(occupancy(SQUARE, boxes), abs=0.03)


def test_the_scale_of_areas_is_that_of_a_small_square_on_the_road() -> None:
    tilted = np.array([[0.03, 0.0, -19.0], [0.0, -0.012, 21.0], [0.0, 0.002, -0.2]])
    point_px = np.array([[700.0, 450.0]])
    small_px = point_px + np.array([[0, 0], [0.1, 0], [0.1, 0.1], [0, 0.1]])
    x, y = apply_homography(tilted, small_px).T
    area_m2 = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    assert area_scale(tilted, point_px)[0] == pytest.approx(0.01 / area_m2, rel=1e-3)
    assert area_scale(tilted, np.array([[700.0, 50.0]]))[0] == 0
