"""Homographies between the picture and the road."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.geometry import DegenerateError, fit_homography, pixels_per_unit

ROAD_M = np.array([[0.0, 0.0], [7.0, 0.0], [7.0, 40.0], [0.0, 40.0], [3.5, 15.0], [1.0, 30.0]])


def pixels_of(road_m: np.ndarray, *, height_m: float = 8, tilt: float = 0.4, f_px: float = 1000) -> np.ndarray:
    """The pixels of road points, for a camera 15 m before the road's beginning that points along it."""
    across, along = road_m[:, 0] - 3.5, road_m[:, 1] + 15
    depth = along * np.cos(tilt) + height_m * np.sin(tilt)
    down = height_m * np.cos(tilt) - along * np.sin(tilt)
    return np.stack([640 + f_px * across / depth, 360 + f_px * down / depth], axis=1)


@given(st.floats(4, 30), st.floats(0.15, 1.2), st.floats(500, 3000))
def test_projected_points_map_back_to_the_road(height_m: float, tilt: float, f_px: float) -> None:
    picture_px = pixels_of(ROAD_M, height_m=height_m, tilt=tilt, f_px=f_px)
    road = fit_homography(picture_px[:4], ROAD_M[:4])
    assert np.allclose(road.apply(picture_px), ROAD_M, atol=1e-4)
    assert road.worst_error < 1e-4
    back = ROAD_M @ road.inverse()[:, :2].T + road.inverse()[:, 2]
    assert np.allclose(back[:, :2] / back[:, 2:], picture_px, atol=1e-3)


@given(st.permutations(range(6)), st.floats(-500, 500), st.floats(0.2, 5))
def test_order_scale_and_shift_of_the_points_do_not_change_the_fit(order: list[int], shift_px: float, k: float) -> None:
    picture_px = pixels_of(ROAD_M)
    road = fit_homography(picture_px[order] * k + shift_px, ROAD_M[order])
    assert np.allclose(road.apply(picture_px * k + shift_px), ROAD_M, atol=1e-4)


def test_a_wrong_measurement_shows_in_the_error() -> None:
    off_m = ROAD_M + np.array([[0, 0], [0, 0], [0, 0], [0, 0], [2.0, 0], [0, 0]])
    road = fit_homography(pixels_of(ROAD_M), off_m)
    assert 0.3 < road.rms_error < road.worst_error < 2.5


def test_points_beyond_the_horizon_are_nan() -> None:
    road = fit_homography(pixels_of(ROAD_M), ROAD_M)
    horizon_px = 360 - 1000 * np.tan(0.4)
    above, below = np.array([[640.0, horizon_px - 1]]), np.array([[640.0, horizon_px + 1]])
    assert np.isnan(road.apply(above)).all()
    assert np.isfinite(road.apply(below)).all()
    assert np.isnan(pixels_per_unit(road.matrix, above)).all()


def test_scale_is_the_projected_length_of_a_metre_across_the_line_of_sight() -> None:
    road = fit_homography(pixels_of(ROAD_M), ROAD_M)
    here, next_to = np.array([[3.5, 20.0]]), np.array([[3.51, 20.0]])
    wanted = np.hypot(*(pixels_of(next_to) - pixels_of(here)).T) / 0.01
    assert pixels_per_unit(road.matrix, pixels_of(here)) == pytest.approx(wanted, rel=1e-2)


@pytest.mark.parametrize(
    ("points", "why"),
    [
        (ROAD_M[:3], "4 or more points"),
        (np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]), "on one line"),
        (np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [5.0, 0.0]]), "on one line"),
        (np.zeros((4, 2)), "the same"),
    ],
)
def test_degenerate_points_are_refused(points: np.ndarray, why: str) -> None:
    with pytest.raises(DegenerateError, match=why):
        fit_homography(points, ROAD_M[: len(points)])


def test_mixed_up_points_are_refused() -> None:
    mixed = pixels_of(ROAD_M[:4])[[0, 1, 3, 2]]
    with pytest.raises(DegenerateError, match="mixed up"):
        fit_homography(mixed, ROAD_M[:4])
