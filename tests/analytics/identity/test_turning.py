"""A vehicle that was occluded while it turned is linked to the track that drives off elsewhere."""

import numpy as np
import pytest

from tests.analytics.analytics_kit import Kinematics
from vision.analytics.identity.stitching import TrackStitcher
from vision.analytics.kinematics.ground_plane import CalibratedGround
from vision.common.object_class import ObjectClass
from vision.core import Tracks
from vision.geometry import fit_homography

ROAD_M = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 70.0], [0.0, 70.0]])
FPS, LOST_N = 10, 20
"""Frames per second; the frame from which the first vehicle is occluded."""
PX_M = 10.0
Car = tuple[int, float, float, float]
"""Track, its bottom centre in the picture, and its box size, pixels."""


def drives(track: int, x_m: float, y_m: float, mps: float, *, frames: int = 20, size_m: float = 3.0) -> list[list[Car]]:
    """To the right from there, or to the left at a negative speed."""
    return [[(track, PX_M * (x_m + mps * n / FPS), PX_M * y_m, PX_M * size_m)] for n in range(frames)]


def comes(mps: float, until_x_m: float = 60) -> list[list[Car]]:
    """A vehicle that is occluded once it is there."""
    return drives(1, until_x_m - mps * LOST_N / FPS, 30, mps, frames=LOST_N)


def nothing(frames: int) -> list[list[Car]]:
    return [[] for _ in range(frames)]


def links(frames: list[list[Car]]) -> list[tuple[int, int]]:
    """The links that are links."""
    ground = CalibratedGround(fit_homography(PX_M * ROAD_M, ROAD_M))
    stage, stitcher = Kinematics(ground), TrackStitcher(1280, 720)
    found: list[tuple[int, int]] = []
    for n, cars in enumerate([*frames, *nothing(60)]):
        boxes = [(x - size / 2, y - size, x + size / 2, y) for _, x, y, size in cars]
        frame = Tracks(
            xyxy=np.array(boxes, np.float32).reshape(-1, 4),
            confidence=np.full(len(cars), 0.8, np.float32),
            class_id=np.full(len(cars), ObjectClass.CAR.class_id, np.int64),
            track_id=np.array([car[0] for car in cars], np.int64),
            age=np.ones(len(cars), np.int64),
        )
        found += stitcher.update(stage.update(frame, n / FPS), n / FPS)
    assert len(stitcher) == 0
    return found


@pytest.mark.parametrize("occluded_n", [3, 7, 12])
def test_a_u_turn_while_occluded_is_linked_to_the_track_that_drives_back(occluded_n: int) -> None:
    assert links(comes(4.0) + nothing(occluded_n) + drives(2, 60, 26, -5.0)) == [(1, 2)]


def test_a_vehicle_that_accelerates_while_occluded_is_linked() -> None:
    assert links(comes(2.0) + nothing(10) + drives(2, 66, 30, 6.0)) == [(1, 2)]


@pytest.mark.parametrize(
    ("mps", "occluded_n", "back_mps", "size_m"),
    [(12.0, 6, -5.0, 3.0), (4.0, 6, -12.0, 3.0), (4.0, 25, -5.0, 3.0), (4.0, 6, -5.0, 8.0), (4.0, 6, 0.0, 3.0)],
)
def test_a_track_too_fast_too_late_too_large_or_stopped_is_not_linked(
    mps: float, occluded_n: int, back_mps: float, size_m: float
) -> None:
    assert links(comes(mps) + nothing(occluded_n) + drives(2, 60, 26, back_mps, size_m=size_m)) == []


def test_two_candidates_are_not_linked() -> None:
    both = [a + b for a, b in zip(drives(2, 60, 26, -5.0), drives(3, 62, 35, -5.0), strict=True)]
    assert links(comes(4.0) + nothing(6) + both) == []


def test_vehicles_that_leave_or_enter_the_picture_are_not_linked() -> None:
    leaves, comes_in = comes(6.0, until_x_m=125), drives(2, 126, 26, -5.0)
    assert links(leaves + nothing(6) + drives(2, 122, 26, -5.0)) == []
    assert links(comes(3.0, until_x_m=122) + nothing(10) + comes_in) == []


def test_a_track_that_returns_has_no_successor() -> None:
    both = [a + b for a, b in zip(drives(1, 62, 30, 4.0), drives(2, 60, 26, -5.0), strict=True)]
    assert links(comes(4.0) + nothing(6) + both) == []
