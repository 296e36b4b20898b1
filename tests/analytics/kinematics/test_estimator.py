"""How vehicles move: standing, moving, how fast, and under which id."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analytics.analytics_kit import Moving
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
TEN_PX_A_METRE = CalibratedGround(fit_homography(10 * ROAD_M, ROAD_M))
"""A camera straight above: 10 pixels are a metre."""


def book(ground: GroundPlane = TEN_PX_A_METRE) -> Moving:
    return Moving(ground, SIZE)


def seen(xs: list[float], *, y: float = 300, ids: list[int] | None = None, size: float = 40) -> Tracks:
    """Cars whose feet are at x, y."""
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
    ground: GroundPlane = TEN_PX_A_METRE,
) -> TrackKinematics:
    """One car at these places, one after the other; how it moves at the last."""
    moving = book(ground)
    for n, x in enumerate(where):
        motion = moving.see(seen([x], ids=[ids[n]] if ids else None), start_s + n / fps)
    return motion


def steady(speed_px_s: float, seconds: float, fps: float = 10) -> list[float]:
    return [200 + speed_px_s * n / fps for n in range(int(seconds * fps) + 1)]


@pytest.mark.parametrize("fps", [4, 10, 12, 25])
def test_speed_is_right_at_any_frame_rate(fps: float) -> None:
    motion = drive(steady(100, 3, fps), fps=fps)
    assert motion.speed_kmh[0] == pytest.approx(36, rel=1e-3)
    assert motion.velocity_mps[0] == pytest.approx([10, 0], abs=1e-3)
    assert motion.speed_mps[0] == pytest.approx(10, rel=1e-3)


def test_a_trembling_box_changes_the_speed_by_little() -> None:
    rng = np.random.default_rng(0)
    speeds = []
    for _ in range(50):
        where = np.array(steady(100, 3)) + rng.normal(0, 2, 31)
        speeds.append(drive(where.tolist()).speed_kmh[0])
    assert np.mean(np.abs(np.array(speeds) / 36 - 1)) < 0.05


def test_the_speed_of_a_new_track_is_not_known() -> None:
    assert np.isnan(drive([200, 210]).speed_kmh[0])


def test_an_implausible_speed_is_dropped_and_counted() -> None:
    moving = book()
    for n, x in enumerate(steady(600, 1)):
        motion = moving.see(seen([x]), n / 10)
    assert np.isnan(motion.speed_kmh[0])
    assert moving.book.implausible > 0


def test_without_calibration_no_speed_is_told_but_a_pace_is() -> None:
    motion = drive(steady(100, 3), ground=EstimatedGround(*SIZE))
    assert np.isnan(motion.speed_kmh[0])
    assert motion.speed_mps[0] > 1


def test_a_vehicle_that_stops_stands_since_it_came_to_rest() -> None:
    motion = drive(steady(100, 3) + [500.0] * 40)
    assert motion.is_stopped[0]
    assert motion.stopped_since_s[0] == pytest.approx(3, abs=0.3)
    assert motion.has_moved[0]
    assert motion.max_speed_mps[0] == pytest.approx(10, rel=0.05)


def test_a_vehicle_parked_since_the_beginning_was_never_seen_moving() -> None:
    rng = np.random.default_rng(1)
    motion = drive((200 + rng.normal(0, 1.5, 600)).tolist())
    assert motion.is_stopped[0]
    assert not motion.has_moved[0]


def test_trembling_does_not_end_a_stand() -> None:
    rng = np.random.default_rng(2)
    moving = book()
    where = np.concatenate([steady(100, 3), 500 + rng.normal(0, 1.5, 300)])
    still = [bool(moving.see(seen([x]), n / 10).is_stopped[0]) for n, x in enumerate(where)]
    assert all(still[50:])


def test_a_vehicle_that_drives_on_stands_no_more() -> None:
    motion = drive(steady(100, 3) + [500.0] * 40 + [500 + 10.0 * n for n in range(15)])
    assert not motion.is_stopped[0]


def test_a_standing_vehicle_that_gets_a_new_id_goes_on_standing() -> None:
    where = steady(100, 3) + [500.0] * 60
    motion = drive(where, ids=[1] * 60 + [2] * (len(where) - 60))
    assert motion.track_id[0] == 2
    assert motion.stopped_since_s[0] == pytest.approx(3, abs=0.3)
    assert motion.has_moved[0]


def test_two_vehicles_in_one_place_do_not_both_inherit_a_stand() -> None:
    moving = book()
    for n in range(30):
        moving.see(seen([500.0]), n / 10)
    for n in range(30, 60):
        motion = moving.see(seen([499.0, 501.0], ids=[2, 3]), n / 10)
    assert motion.stopped_since_s.min() == 0
    assert motion.stopped_since_s.max() >= 3


def test_who_crawls_into_the_place_of_a_lost_track_does_not_stand_there() -> None:
    moving = book()
    for n in range(30):
        moving.see(seen([500.0]), n / 10)
    still = [moving.see(seen([494.0 + n], ids=[2]), 3 + n / 10).is_stopped[0] for n in range(40)]
    assert not any(still)


def test_a_place_that_was_left_long_ago_is_nobodys_legacy() -> None:
    moving = book()
    for n in range(30):
        moving.see(seen([500.0]), n / 10)
    for n in range(30):
        motion = moving.see(seen([500.0], ids=[2]), 6 + n / 10)
    assert motion.stopped_since_s[0] >= 6


def test_tracks_that_are_gone_are_forgotten() -> None:
    moving = book()
    for n in range(400):
        moving.see(seen([float(200 + n)], ids=[n + 1]), n * 0.5)
    assert len(moving.book) <= FORGET_S / 0.5 + 1


def test_at_the_lower_edge_a_vehicle_drives_on_although_its_box_shrinks() -> None:
    moving = book()
    for n in range(30):
        foot = 600.0 + 10 * n
        box = np.array([[500, foot - 80, 580, min(foot, 720)]], np.float32)
        one = np.ones(1, np.int64)
        motion = moving.see(Tracks(box, np.ones(1, np.float32), one * 2, one, one), n / 10)
        if foot - 80 > 715:
            break
    assert motion.velocity_px[0, 1] == pytest.approx(100, rel=0.1)


@given(shift_s=st.integers(0, 10**6), first_id=st.integers(1, 10**6), fps=st.sampled_from([6, 12, 24]))
def test_time_ids_and_frame_rate_leave_the_motion_alike(shift_s: int, first_id: int, fps: int) -> None:
    where = steady(80, 3, fps) + [440.0] * (3 * fps)
    plain = drive(where, fps=fps)
    moved = drive(where, fps=fps, start_s=shift_s, ids=[first_id] * len(where))
    assert moved.stopped_since_s[0] - shift_s == pytest.approx(plain.stopped_since_s[0], abs=1e-3)
    assert plain.stopped_since_s[0] == pytest.approx(3, abs=0.35)
    assert moved.max_speed_mps[0] == pytest.approx(plain.max_speed_mps[0], rel=1e-3)


@given(dx=st.integers(-150, 300), dy=st.integers(-150, 300))
def test_where_in_the_picture_a_calibrated_vehicle_drives_does_not_matter(dx: int, dy: int) -> None:
    moving = book()
    for n, x in enumerate(steady(80, 3)):
        motion = moving.see(seen([x + dx], y=300 + dy), n / 10)
    assert motion.speed_mps[0] == pytest.approx(8, rel=1e-3)


def test_who_comes_in_at_the_edge_has_the_speed_that_it_has_from_when_it_is_seen_whole() -> None:
    moving, told = book(), []
    for n in range(30):
        x = 10.0 * n
        tracks = seen([x])
        cut = np.clip(tracks.xyxy, 0, None).astype(np.float32)
        motion = moving.see(Tracks(cut, tracks.confidence, tracks.class_id, tracks.track_id, tracks.age), n / 10)
        told.append(float(motion.speed_mps[0]))
    assert [pace for pace in told[3:] if np.isfinite(pace)][-20:] == pytest.approx([10.0] * 20, abs=0.1)


@pytest.mark.parametrize("tilt_deg", [15, 30, 60, 85])
def test_sizes_give_the_road_away_to_within_a_third(tilt_deg: float) -> None:
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
    feet_px, scale = at(along_m, across_m)
    ground = EstimatedGround(*SIZE)
    cars = np.full(20, ObjectClass.CAR.class_id)
    for n in range(0, 400, 20):
        size_px = 2.1 * scale[n : n + 20] * np.exp(rng.normal(0, 0.2, 20))
        ground.learn(feet_px[n : n + 20], np.stack([size_px, size_px], axis=1), cars)
    further_px, _ = at(along_m + 1, across_m)
    road = np.hypot(*(on_road(ground, further_px) - on_road(ground, feet_px)).T)
    assert np.median(road) == pytest.approx(1, rel=1 / 3)


class Changing:
    """A road that somebody else learns."""

    is_calibrated = False

    def __init__(self) -> None:
        self.matrix = TEN_PX_A_METRE.matrix

    def learn(self, bottom_center_px: np.ndarray, size_px: np.ndarray, class_id: np.ndarray) -> None:
        pass


def test_what_is_learnt_of_the_road_holds_for_the_way_that_was_driven_before_too() -> None:
    ground, where = Changing(), steady(60, 2)
    moving = book(ground)
    for n, x in enumerate(where):
        if n == len(where) - 1:
            ground.matrix = np.diag([0.5, 0.5, 1.0]) @ ground.matrix
        motion = moving.see(seen([x]), n / 10)
    assert motion.speed_mps == pytest.approx([3.0])
    assert motion.displacement_m == pytest.approx([6.0])
    _, places_m = moving.book.ground_trajectory(1)
    assert places_m[-1] - places_m[-11] == pytest.approx([3.0, 0.0])


def on_road(ground: GroundPlane, points_px: np.ndarray) -> np.ndarray:
    return apply_homography(ground.matrix, points_px)


def camera(points: list[dict[str, object]]) -> CameraConfig:
    calibration = {"kind": "points", "points": points}
    return CameraConfig.model_validate(
        {"id": "nts-01", "source": {"kind": "file", "path": "x.mp4"}, "calibration": calibration}
    )


def test_a_calibration_that_contradicts_itself_names_the_camera_and_the_point() -> None:
    places = [(0.2, 0.3, 0, 30), (0.8, 0.3, 20, 30), (0.9, 0.9, 10, 0), (0.1, 0.9, 0, 0), (0.5, 0.6, 30, 10)]
    points = [{"picture": [x, y], "ground_m": [gx, gy]} for x, y, gx, gy in places]
    with pytest.raises(NgatuError, match=r"camera 'nts-01': calibration: point \d lies .* measure it again"):
        ground_of(camera(points), *SIZE)


def test_a_camera_that_is_calibrated_by_a_lane_knows_its_metres() -> None:
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
