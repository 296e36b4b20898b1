"""A vehicle that something hides while it turns is recognised when it drives off elsewhere; no other is taken so."""

import numpy as np
import pytest

from tests.analytics.analytics_kit import Moving
from vision.analytics.identity.stitching import TrackStitcher
from vision.analytics.kinematics.ground_plane import CalibratedGround
from vision.common.object_class import ObjectClass
from vision.core import Tracks
from vision.geometry import fit_homography

ROAD_M = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 70.0], [0.0, 70.0]])
FPS, LOST_N = 10, 20
"""Looks a second; the look from which the first vehicle is hidden."""
PX_M = 10.0
Car = tuple[int, float, float, float]
"""Track, where its foot is in the picture, and its size, pixels."""


def drives(track: int, x_m: float, y_m: float, mps: float, *, looks: int = 20, size_m: float = 3.0) -> list[list[Car]]:
    """To the right from there, or to the left at a pace below nought."""
    return [[(track, PX_M * (x_m + mps * n / FPS), PX_M * y_m, PX_M * size_m)] for n in range(looks)]


def comes(mps: float, until_x_m: float = 60) -> list[list[Car]]:
    """One that is hidden once it is there."""
    return drives(1, until_x_m - mps * LOST_N / FPS, 30, mps, looks=LOST_N)


def hidden(looks: int) -> list[list[Car]]:
    return [[] for _ in range(looks)]


def found(looks: list[list[Car]]) -> list[tuple[int, int]]:
    """Which tracks inherit which."""
    ground = CalibratedGround(fit_homography(PX_M * ROAD_M, ROAD_M))
    moving, heirs = Moving(ground), TrackStitcher(1280, 720)
    told: list[tuple[int, int]] = []
    for n, cars in enumerate([*looks, *hidden(60)]):
        boxes = [(x - size / 2, y - size, x + size / 2, y) for _, x, y, size in cars]
        seen = Tracks(
            xyxy=np.array(boxes, np.float32).reshape(-1, 4),
            confidence=np.full(len(cars), 0.8, np.float32),
            class_id=np.full(len(cars), ObjectClass.CAR.class_id, np.int64),
            track_id=np.array([car[0] for car in cars], np.int64),
            age=np.ones(len(cars), np.int64),
        )
        told += heirs.update(moving.see(seen, n / FPS), n / FPS)
    assert len(heirs) == 0
    return told


@pytest.mark.parametrize("hidden_n", [3, 7, 12])
def test_who_is_hidden_while_he_turns_round_is_the_one_who_drives_back_beside_his_way(hidden_n: int) -> None:
    assert found(comes(4.0) + hidden(hidden_n) + drives(2, 60, 26, -5.0)) == [(1, 2)]


def test_who_is_hidden_while_he_starts_is_the_one_who_is_farther_on_than_he_was_going() -> None:
    assert found(comes(2.0) + hidden(10) + drives(2, 66, 30, 6.0)) == [(1, 2)]


@pytest.mark.parametrize(
    ("mps", "hidden_n", "back_mps", "size_m"),
    [(12.0, 6, -5.0, 3.0), (4.0, 6, -12.0, 3.0), (4.0, 25, -5.0, 3.0), (4.0, 6, -5.0, 8.0), (4.0, 6, 0.0, 3.0)],
)
def test_who_is_too_fast_or_comes_too_late_or_is_too_large_or_stands_has_not_turned(
    mps: float, hidden_n: int, back_mps: float, size_m: float
) -> None:
    assert found(comes(mps) + hidden(hidden_n) + drives(2, 60, 26, back_mps, size_m=size_m)) == []


def test_where_two_come_who_may_have_turned_nobody_knows_which_did() -> None:
    both = [a + b for a, b in zip(drives(2, 60, 26, -5.0), drives(3, 62, 35, -5.0), strict=True)]
    assert found(comes(4.0) + hidden(6) + both) == []


def test_who_drives_out_of_the_picture_has_not_turned_nor_has_who_comes_into_it() -> None:
    leaves, comes_in = comes(6.0, until_x_m=125), drives(2, 126, 26, -5.0)
    assert found(leaves + hidden(6) + drives(2, 122, 26, -5.0)) == []
    assert found(comes(3.0, until_x_m=122) + hidden(10) + comes_in) == []


def test_who_comes_back_under_his_own_id_has_no_heir() -> None:
    both = [a + b for a, b in zip(drives(1, 62, 30, 4.0), drives(2, 60, 26, -5.0), strict=True)]
    assert found(comes(4.0) + hidden(6) + both) == []
