"""Points in polygons of any orientation, offset and scale."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vision.geometry import points_in_polygons, polygon_area
from vision.geometry.polygons import Polygons

SQUARE = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]])
ARROW = np.array([[0.0, 0.0], [10.0, 5.0], [0.0, 10.0], [4.0, 5.0]])
coordinates = st.floats(-20, 20).map(lambda x: round(x, 3))
points = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=20).map(np.array)


def test_a_point_is_in_the_polygons_that_contain_it() -> None:
    inside = points_in_polygons(np.array([[5.0, 5.0], [2.0, 5.0], [11.0, 5.0]]), [SQUARE, ARROW])
    assert inside.tolist() == [[True, True], [True, False], [False, False]]


def test_a_nan_point_is_in_no_polygon() -> None:
    assert not points_in_polygons(np.array([[np.nan, np.nan]]), [SQUARE]).any()


def test_without_polygons_there_is_a_row_for_each_point() -> None:
    assert points_in_polygons(np.zeros((3, 2)), []).shape == (3, 0)


@given(points, st.integers(0, 3))
def test_first_corner_and_orientation_do_not_matter(at: np.ndarray, first: int) -> None:
    inside = points_in_polygons(at, [ARROW])
    turned = points_in_polygons(at, [np.roll(ARROW, first, axis=0)])
    assert np.array_equal(inside, turned)
    off_the_outline = ~np.isin(at, ARROW).any(axis=1)
    backwards = points_in_polygons(at, [ARROW[::-1]])
    assert np.array_equal(inside[off_the_outline], backwards[off_the_outline])


@given(points, st.integers(-50, 50), st.integers(-50, 50), st.sampled_from([0.5, 2.0, 4.0]))
def test_translation_and_scale_do_not_matter(at: np.ndarray, dx: int, dy: int, k: float) -> None:
    moved = points_in_polygons(at * k + [dx, dy], [SQUARE * k + [dx, dy]])
    away_from_the_outline = np.abs(at % 10).min(axis=1) > 1e-6
    assert np.array_equal(points_in_polygons(at, [SQUARE])[away_from_the_outline], moved[away_from_the_outline])


def test_area_is_independent_of_orientation() -> None:
    assert polygon_area(SQUARE) == 100
    assert polygon_area(ARROW[::-1]) == polygon_area(ARROW) == 30


WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
fractions = st.floats(0, 1)


@given(st.lists(st.tuples(fractions, fractions), min_size=1).map(np.array))
def test_the_whole_picture_contains_every_point_of_it_its_border_included(at: np.ndarray) -> None:
    size_px = np.array([1280.0, 720.0])
    assert Polygons.in_picture([WHOLE], size_px).contain(at * size_px).all()


def test_a_zone_ends_at_the_picture_border_only_where_it_was_drawn_to_it() -> None:
    upper = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5))
    lower = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))
    at = np.array([[640.0, 720.0], [640.0, 500.0], [640.0, 361.0], [640.0, 359.0]])
    inside = Polygons.in_picture([upper, lower], np.array([1280.0, 720.0])).contain(at)
    assert inside.tolist() == [[False, True], [False, True], [False, True], [True, False]]
