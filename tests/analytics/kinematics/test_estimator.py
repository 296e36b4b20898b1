"""Speeds, stops and ids of moving and stopped vehicles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analytics.analytics_kit import Kinematics
from vision.analytics.kinematics.ground_plane import CalibratedGround, EstimatedGround, GroundPlane, ground_of
from vision.analytics.kinematics.state import TrackKinematics
from vision.common.errors import NgatuError
from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig
from vision.core import Tracks
from vision.geometry import apply_homography, fit_homography

SIZE = (1280, 720)
FORGET_S = 4.0
ROAD_M = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 70.0], [0.0, 70.0]])
TEN_PX_PER_METRE = CalibratedGround(fit_homography(10 * ROAD_M, ROAD_M))
"""A camera straight above: 10 pixels per metre."""


def estimator(ground: GroundPlane = TEN_PX_PER_METRE) -> Kinematics:
    return Kinematics(ground, SIZE)


def tracks_at(xs: list[float], *, y: float = 300, ids: list[int] | None = None, size: float = 40) -> Tracks:
    """Cars with bottom centres at x, y."""
    n = len(xs)
    boxes = [(x - size / 2, y - size, x + size / 2, y) for x in xs]
    return Tracks(
        xyxy=np.array(boxes, np.float32).reshape(-1, 4),
        confidence=np.full(n, 0.8, np.float32),
        class_id=np.full(n, ObjectClass.CAR.class_id, np.int64),
        track_id=np.array(ids or range(1, n + 1), np.int64),
        age=np.ones(n, np.int64),
    )


def drive(
    where: list[float],
    *,
    fps: float = 10,
    start_s: float = 0,
    ids: list[int] | None = None,
    ground: GroundPlane = TEN_PX_PER_METRE,
) -> TrackKinematics:
    """The kinematics of a car after it was observed at these positions."""
    stage = estimator(ground)
    for n, x in enumerate(where):
        kinematics = stage.update(tracks_at([x], ids=[ids[n]] if ids else None), start_s + n / fps)
    return kinematics


def steady(speed_px_s: float, seconds: float, fps: float = 10) -> list[float]:
    return [200 + speed_px_s * n / fps for n in range(int(seconds * fps) + 1)]


@pytest.mark.parametrize("fps", [4, 10, 12, 25])
def test_speed_is_independent_of_the_frame_rate(fps: float) -> None:
    kinematics = drive(steady(100, 3, fps), fps=fps)
    assert kinematics.speed_kmh[0] == pytest.approx(36, rel=1e-3)
    assert kinematics.velocity_mps[0] == pytest.approx([10, 0], abs=1e-3)
    assert kinematics.speed_mps[0] == pytest.approx(10, rel=1e-3)


def test_box_jitter_changes_the_speed_by_less_than_five_percent() -> None:
    rng = np.random.default_rng(0)
    speeds = []
    for _ in range(50):
        where = np.array(steady(100, 3)) + rng.normal(0, 2, 31)
        speeds.append(drive(where.tolist()).speed_kmh[0])
    assert np.mean(np.abs(np.array(speeds) / 36 - 1)) < 0.05


def test_a_new_track_has_no_speed() -> None:
    assert np.isnan(drive([200, 210]).speed_kmh[0])


def test_an_implausible_speed_is_dropped_and_counted() -> None:
    stage = estimator()
    for n, x in enumerate(steady(600, 1)):
        kinematics = stage.update(tracks_at([x]), n / 10)
    assert np.isnan(kinematics.speed_kmh[0])
    assert stage.estimator.implausible > 0


def test_without_calibration_speeds_are_estimated_but_not_published() -> None:
    kinematics = drive(steady(100, 3), ground=EstimatedGround(*SIZE))
    assert np.isnan(kinematics.speed_kmh[0])
    assert kinematics.speed_mps[0] > 1


def test_a_stop_begins_when_the_vehicle_came_to_rest() -> None:
    kinematics = drive(steady(100, 3) + [500.0] * 40)
    assert kinematics.is_stopped[0]
    assert kinematics.stopped_since_s[0] == pytest.approx(3, abs=0.3)
    assert kinematics.has_moved[0]
    assert kinematics.max_speed_mps[0] == pytest.approx(10, rel=0.05)


def test_a_vehicle_parked_since_the_beginning_has_not_moved() -> None:
    rng = np.random.default_rng(1)
    kinematics = drive((200 + rng.normal(0, 1.5, 600)).tolist())
    assert kinematics.is_stopped[0]
    assert not kinematics.has_moved[0]


def test_box_jitter_does_not_end_a_stop() -> None:
    rng = np.random.default_rng(2)
    stage = estimator()
    where = np.concatenate([steady(100, 3), 500 + rng.normal(0, 1.5, 300)])
    is_stopped = [bool(stage.update(tracks_at([x]), n / 10).is_stopped[0]) for n, x in enumerate(where)]
    assert all(is_stopped[50:])


def test_driving_on_ends_a_stop() -> None:
    kinematics = drive(steady(100, 3) + [500.0] * 40 + [500 + 10.0 * n for n in range(15)])
    assert not kinematics.is_stopped[0]


def test_a_new_id_does_not_end_a_stop() -> None:
    where = steady(100, 3) + [500.0] * 60
    kinematics = drive(where, ids=[1] * 60 + [2] * (len(where) - 60))
    assert kinematics.track_id[0] == 2
    assert kinematics.stopped_since_s[0] == pytest.approx(3, abs=0.3)
    assert kinematics.has_moved[0]


def test_only_one_of_two_new_tracks_takes_over_a_lost_stop() -> None:
    stage = estimator()
    for n in range(30):
        stage.update(tracks_at([500.0]), n / 10)
    for n in range(30, 60):
        kinematics = stage.update(tracks_at([499.0, 501.0], ids=[2, 3]), n / 10)
    assert kinematics.stopped_since_s.min() == 0
    assert kinematics.stopped_since_s.max() >= 3


def test_a_track_that_crawls_into_a_lost_ones_place_is_not_stopped() -> None:
    stage = estimator()
    for n in range(30):
        stage.update(tracks_at([500.0]), n / 10)
    is_stopped = [stage.update(tracks_at([494.0 + n], ids=[2]), 3 + n / 10).is_stopped[0] for n in range(40)]
    assert not any(is_stopped)


def test_a_stop_lost_long_ago_is_not_taken_over() -> None:
    stage = estimator()
    for n in range(30):
        stage.update(tracks_at([500.0]), n / 10)
    for n in range(30):
        kinematics = stage.update(tracks_at([500.0], ids=[2]), 6 + n / 10)
    assert kinematics.stopped_since_s[0] >= 6


def test_lost_tracks_are_forgotten() -> None:
    stage = estimator()
    for n in range(400):
        stage.update(tracks_at([float(200 + n)], ids=[n + 1]), n * 0.5)
    assert len(stage.estimator) <= FORGET_S / 0.5 + 1


def test_a_box_truncated_at_the_lower_edge_keeps_its_speed() -> None:
    stage = estimator()
    for n in range(30):
        bottom = 600.0 + 10 * n
        box = np.array([[500, bottom - 80, 580, min(bottom, 720)]], np.float32)
        one = np.ones(1, np.int64)
        kinematics = stage.update(Tracks(box, np.ones(1, np.float32), one * 2, one, one), n / 10)
        if bottom - 80 > 715:
            break
    assert kinematics.velocity_px[0, 1] == pytest.approx(100, rel=0.1)


@given(shift_s=st.integers(0, 10**6), first_id=st.integers(1, 10**6), fps=st.sampled_from([6, 12, 24]))
def test_start_time_ids_and_frame_rate_do_not_change_the_kinematics(shift_s: int, first_id: int, fps: int) -> None:
    where = steady(80, 3, fps) + [440.0] * (3 * fps)
    plain = drive(where, fps=fps)
    moved = drive(where, fps=fps, start_s=shift_s, ids=[first_id] * len(where))
    assert moved.stopped_since_s[0] - shift_s == pytest.approx(plain.stopped_since_s[0], abs=1e-3)
    assert plain.stopped_since_s[0] == pytest.approx(3, abs=0.35)
    assert moved.max_speed_mps[0] == pytest.approx(plain.max_speed_mps[0], rel=1e-3)


@given(dx=st.integers(-150, 300), dy=st.integers(-150, 300))
def test_with_calibration_the_position_in_the_picture_does_not_change_the_speed(dx: int, dy: int) -> None:
    stage = estimator()
    for n, x in enumerate(steady(80, 3)):
        kinematics = stage.update(tracks_at([x + dx], y=300 + dy), n / 10)
    assert kinematics.speed_mps[0] == pytest.approx(8, rel=1e-3)


def test_a_vehicle_that_enters_at_the_edge_has_its_speed_once_it_is_whole() -> None:
    stage, speeds_mps = estimator(), []
    for n in range(30):
        x = 10.0 * n
        tracks = tracks_at([x])
        clipped = np.clip(tracks.xyxy, 0, None).astype(np.float32)
        kinematics = stage.update(
            Tracks(clipped, tracks.confidence, tracks.class_id, tracks.track_id, tracks.age), n / 10
        )
        speeds_mps.append(float(kinematics.speed_mps[0]))
    assert [mps for mps in speeds_mps[3:] if np.isfinite(mps)][-20:] == pytest.approx([10.0] * 20, abs=0.1)


@pytest.mark.parametrize("tilt_deg", [15, 30, 60, 85])
def test_vehicle_sizes_give_the_ground_plane_to_within_a_third(tilt_deg: float) -> None:
    rng = np.random.default_rng(3)
    tilt, height_m, f_px = np.radians(tilt_deg), 9.0, 1280.0
    nearest_m = height_m / np.tan(min(tilt + 0.26, np.pi / 2))
    along_m, across_m = rng.uniform(-6, nearest_m + 30, 9000), rng.uniform(-4, 4, 9000)

    def at(along_m: np.ndarray, across_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        depth = along_m * np.cos(tilt) + height_m * np.sin(tilt)
        down = height_m * np.cos(tilt) - along_m * np.sin(tilt)
        return np.stack([640 + f_px * across_m / depth, 360 + f_px * down / depth], axis=1), f_px / depth

    everywhere_px, _ = at(along_m, across_m)
    inside = ((everywhere_px > 0) & (everywhere_px < SIZE)).all(axis=1)
    along_m, across_m = along_m[inside][:400], across_m[inside][:400]
    bottom_center_px, scale = at(along_m, across_m)
    ground = EstimatedGround(*SIZE)
    cars = np.full(20, ObjectClass.CAR.class_id)
    for n in range(0, 400, 20):
        size_px = 2.1 * scale[n : n + 20] * np.exp(rng.normal(0, 0.2, 20))
        ground.learn(bottom_center_px[n : n + 20], np.stack([size_px, size_px], axis=1), cars)
    further_px, _ = at(along_m + 1, across_m)
    road = np.hypot(*(on_road(ground, further_px) - on_road(ground, bottom_center_px)).T)
    assert np.median(road) == pytest.approx(1, rel=1 / 3)


class ChangingGround:
    """An estimated ground plane with a matrix that the test changes."""

    is_calibrated = False

    def __init__(self) -> None:
        self.matrix = TEN_PX_PER_METRE.matrix

    def learn(self, bottom_center_px: np.ndarray, size_px: np.ndarray, class_id: np.ndarray) -> None:
        pass


def test_a_new_ground_plane_reprojects_the_whole_trajectory() -> None:
    ground, where = ChangingGround(), steady(60, 2)
    stage = estimator(ground)
    for n, x in enumerate(where):
        if n == len(where) - 1:
            ground.matrix = np.diag([0.5, 0.5, 1.0]) @ ground.matrix
        kinematics = stage.update(tracks_at([x]), n / 10)
    assert kinematics.speed_mps == pytest.approx([3.0])
    assert kinematics.displacement_m == pytest.approx([6.0])
    _, positions_m = stage.estimator.ground_trajectory(1)
    assert positions_m[-1] - positions_m[-11] == pytest.approx([3.0, 0.0])


def on_road(ground: GroundPlane, points_px: np.ndarray) -> np.ndarray:
    return apply_homography(ground.matrix, points_px)


def camera(points: list[dict[str, object]]) -> CameraConfig:
    calibration = {"kind": "points", "points": points}
    return CameraConfig.model_validate(
        {"id": "nts-01", "source": {"kind": "file", "path": "x.mp4"}, "calibration": calibration}
    )


def test_a_contradictory_calibration_names_the_camera_and_the_point() -> None:
    places = [(0.2, 0.3, 0, 30), (0.8, 0.3, 20, 30), (0.9, 0.9, 10, 0), (0.1, 0.9, 0, 0), (0.5, 0.6, 30, 10)]
    points = [{"picture": [x, y], "ground_m": [gx, gy]} for x, y, gx, gy in places]
    with pytest.raises(NgatuError, match=r"camera 'nts-01': calibration: point \d lies .* measure it again"):
        ground_of(camera(points), *SIZE)


def test_a_lane_calibrates_a_camera() -> None:
    config = CameraConfig.model_validate(
        {
            "id": "c",
            "source": {"kind": "file", "path": "x.mp4"},
            "calibration": {
                "kind": "lane",
                "width_m": 3.5,
                "marks": [
                    {"left": [0.4, 0.8], "right": [0.6, 0.8], "along_m": 0},
                    {"left": [0.45, 0.4], "right": [0.55, 0.4], "along_m": 20},
                ],
            },
        }
    )
    ground = ground_of(config, 1000, 1000)
    assert ground.is_calibrated
    assert on_road(ground, np.array([[600.0, 800.0], [450.0, 400.0]])) == pytest.approx(
        np.array([[3.5, 0.0], [0.0, 20.0]]), abs=1e-6
    )
