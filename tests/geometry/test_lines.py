"""Distances from lines and paths, and positions along them."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from vision.geometry import distance_to_path_px, extents_across, position_along, signed_distance_px, zero_crossing

coordinate = st.floats(-2000, 2000, allow_nan=False)
points = st.tuples(coordinate, coordinate)


def distance(point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]) -> float:
    return float(signed_distance_px(np.array([point]), np.array([start]), np.array([end]))[0, 0])


def test_distance_is_positive_to_the_right_of_the_line() -> None:
    assert distance((50, 80), start=(0, 50), end=(100, 50)) == 30
    assert distance((50, 20), start=(0, 50), end=(100, 50)) == -30
    assert distance((20, 50), start=(50, 0), end=(50, 100)) == 30


@given(points, points, points)
def test_reversing_a_line_swaps_its_sides(
    point: tuple[float, float], a: tuple[float, float], b: tuple[float, float]
) -> None:
    assume(np.hypot(a[0] - b[0], a[1] - b[1]) > 1)
    assert np.isclose(distance(point, a, b), -distance(point, b, a), atol=1e-6)


@given(points, points, points, points)
def test_translation_changes_no_distance(
    point: tuple[float, float], a: tuple[float, float], b: tuple[float, float], by: tuple[float, float]
) -> None:
    assume(np.hypot(a[0] - b[0], a[1] - b[1]) > 1)
    moved = [(p[0] + by[0], p[1] + by[1]) for p in (point, a, b)]
    assert np.isclose(distance(point, a, b), distance(*moved), atol=1e-4)


def test_position_is_zero_at_the_start_and_one_at_the_end() -> None:
    starts, ends = np.array([[10.0, 0.0]]), np.array([[30.0, 0.0]])
    positions = position_along(np.array([[10.0, 5.0], [30.0, -5.0], [20.0, 0.0], [40.0, 1.0]]), starts, ends)
    assert positions[:, 0].tolist() == [0, 1, 0.5, 1.5]


def test_each_line_may_have_its_own_point() -> None:
    starts, ends = np.array([[0.0, 0.0], [0.0, 10.0]]), np.array([[1.0, 0.0], [1.0, 10.0]])
    own = np.array([[[5.0, 3.0], [5.0, 3.0 + 10]]])
    assert signed_distance_px(own, starts, ends).tolist() == [[3, 3]]


def test_boxes_extend_across_horizontal_lines_by_height_and_vertical_ones_by_width() -> None:
    starts, ends = np.array([[0.0, 0.0], [0.0, 0.0]]), np.array([[9.0, 0.0], [0.0, 9.0]])
    assert (np.array([[40.0, 20.0]]) @ extents_across(starts, ends)).tolist() == [[20, 40]]


@given(st.floats(0.01, 100), st.floats(0.01, 100))
def test_a_linear_value_is_zero_at_the_zero_crossing(a: float, b: float) -> None:
    part = float(zero_crossing(np.array(-a), np.array(b)))
    assert np.isclose(-a + part * (a + b), 0, atol=1e-6)


def test_values_of_one_sign_have_no_zero_crossing() -> None:
    assert np.isnan(zero_crossing(np.array([1.0, -2.0, 0.0, np.nan]), np.array([3.0, -1.0, 0.0, 1.0]))).all()


def test_distance_to_a_path_counts_from_its_nearest_point() -> None:
    positions = np.array([[4.0, 3.0], [-3.0, 4.0], [13.0, 4.0], [7.0, 0.0]])
    assert distance_to_path_px(positions, np.array([10.0, 0.0])).tolist() == [3, 5, 5, 0]
    assert distance_to_path_px(positions[:1], np.zeros(2)).tolist() == [5]
