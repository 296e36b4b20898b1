"""The virtual camera: projection, occlusion, and the camera files of the sites."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.analytics.kinematics.ground_plane import ground_of
from vision.bench.simulation.roads import ROADS, Site
from vision.bench.simulation.sensor.camera import HEIGHT_PX, WIDTH_PX, PinholeCamera, occluded_share, visible_share
from vision.common.object_class import ObjectClass
from vision.geometry import apply_homography

CAMERA = PinholeCamera(position_m=(0, 0), height_m=10, target_m=(60, 0), focal_px=1000)
SITES = [site for road in ROADS.values() for site in road.sites]
CAR = np.array([ObjectClass.CAR.class_id])
EAST = np.array([[1.0, 0.0]])


@given(st.floats(15, 150), st.floats(-10, 10))
def test_projecting_a_ground_point_and_back_returns_it(x_m: float, y_m: float) -> None:
    pixels, depth_m = CAMERA.project(np.array([x_m, y_m, 0.0]))
    assert depth_m > 0
    assert CAMERA.ground(pixels) == pytest.approx(np.array([x_m, y_m]), abs=1e-6)


def test_left_points_are_left_and_higher_points_are_higher_in_the_image() -> None:
    pixels, _ = CAMERA.project(np.array([[60.0, 0, 0], [60, 5, 0], [60, 0, 2]]))
    middle, left, high = pixels
    assert middle == pytest.approx(np.array([WIDTH_PX / 2, HEIGHT_PX / 2]))
    assert left[0] < middle[0]
    assert high[1] < middle[1]


def test_a_cars_box_has_the_size_of_the_pinhole_model() -> None:
    box, depth_m = CAMERA.boxes(np.array([[60.0, 0.0]]), EAST, CAR)
    width_px, height_px = box[0, 2:] - box[0, :2]
    assert width_px == pytest.approx(1000 * 1.8 / depth_m[0], rel=0.02)
    assert height_px > 1000 * 1.5 * np.cos(np.arctan2(10, 60)) / (depth_m[0] + 4.4)


def test_the_nearer_car_occludes_the_farther_one_only() -> None:
    boxes, depth_m = CAMERA.boxes(np.array([[60.0, 0.0], [66.0, 0.3]]), EAST.repeat(2, 0), CAR.repeat(2))
    near, far = occluded_share(boxes, depth_m)
    assert near == 0
    assert far > 0.3


def test_cars_side_by_side_do_not_occlude_each_other() -> None:
    boxes, depth_m = CAMERA.boxes(np.array([[60.0, -3.0], [60.0, 3.0]]), EAST.repeat(2, 0), CAR.repeat(2))
    assert occluded_share(boxes, depth_m).tolist() == [0, 0]


def test_a_half_truncated_box_is_half_visible() -> None:
    assert visible_share(np.array([[-50.0, 100, 50, 200], [10, 10, 20, 20]])).tolist() == [0.5, 1.0]


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_a_sites_calibration_is_exact_to_a_centimetre(site: Site) -> None:
    ground = ground_of(site.config(fps=4, is_calibrated=True), WIDTH_PX, HEIGHT_PX)
    true_m = np.array([point for zone in site.zones for point in zone.outline_m])
    pixels, _ = site.camera.project(np.column_stack([true_m, np.zeros(len(true_m))]))
    measured_m = apply_homography(ground.matrix, pixels)
    assert np.linalg.norm(measured_m - true_m, axis=1).max() < 0.01


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_a_site_has_a_camera_file_with_and_without_calibration(site: Site) -> None:
    assert site.config(fps=4, is_calibrated=False).calibration is None
    assert {zone.id for zone in site.config(fps=4, is_calibrated=True).zones} == {zone.id for zone in site.zones}
