"""New tracks are linked to the lost ones that they continue, and not to what occluded them."""

from dataclasses import replace

import numpy as np
import pytest

from tests.analytics.analytics_kit import Kinematics
from vision.analytics.identity.stitching import StitchingParameters, TrackStitcher
from vision.analytics.kinematics.ground_plane import CalibratedGround
from vision.common.object_class import ObjectClass
from vision.core import Tracks
from vision.geometry import fit_homography

ROAD_M = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 70.0], [0.0, 70.0]])
FPS = 10
DEFAULTS = StitchingParameters()
Car = tuple[int, float, float]
"""Track, x of its bottom centre, and its box size, pixels."""


def links(frames: list[list[Car]]) -> list[tuple[int, int]]:
    """The links found in frames a tenth of a second apart."""
    return links_of([tracks(cars) for cars in frames])


def links_of(frames: list[Tracks], parameters: StitchingParameters = DEFAULTS) -> list[tuple[int, int]]:
    ground = CalibratedGround(fit_homography(10 * ROAD_M, ROAD_M))
    stage, stitcher = Kinematics(ground), TrackStitcher(1280, 720, parameters=parameters)
    found: list[tuple[int, int]] = []
    for n, frame in enumerate(frames):
        kinematics = stage.update(frame, n / FPS)
        found += stitcher.update(kinematics, n / FPS)
    return found


def part_of(frame: Tracks, shown: float) -> Tracks:
    """The upper part of the only vehicle: an occluder covers the rest."""
    left, top, right, bottom = frame.xyxy[0].tolist()
    return replace(frame, xyxy=np.array([[left, top, right, top + shown * (bottom - top)]], np.float32))


def half_occluded(track: int, frames: int, shown: float = 0.4) -> list[Tracks]:
    """A stopped vehicle of which an occluder shows the upper part only."""
    [whole] = stopped(track, 1, size=80)
    return [part_of(tracks(whole), shown)] * frames


def tracks(cars: list[Car]) -> Tracks:
    n = len(cars)
    boxes = [(x - size / 2, 300 - size, x + size / 2, 300) for _, x, size in cars]
    return Tracks(
        xyxy=np.array(boxes, np.float32).reshape(-1, 4),
        confidence=np.full(n, 0.8, np.float32),
        class_id=np.full(n, ObjectClass.CAR.class_id, np.int64),
        track_id=np.array([track for track, _, _ in cars], np.int64),
        age=np.ones(n, np.int64),
    )


def driving(track: int, from_n: int, to_n: int, size: float = 40) -> list[list[Car]]:
    return [[(track, 200 + 10.0 * n, size)] for n in range(from_n, to_n)]


def stopped(track: int, frames: int, size: float = 40) -> list[list[Car]]:
    return [[(track, 400.0, size)]] * frames


def nothing(frames: int) -> list[list[Car]]:
    return [[] for _ in range(frames)]


@pytest.mark.parametrize("gap_frames", [0, 4, 8])
def test_a_new_track_where_the_lost_one_was_going_is_linked_to_it(gap_frames: int) -> None:
    assert links(driving(1, 0, 20) + nothing(gap_frames) + driving(2, 20 + gap_frames, 30 + gap_frames)) == [(1, 2)]


def test_a_new_track_elsewhere_is_not_linked() -> None:
    assert links(driving(1, 0, 20) + driving(2, 26, 30)) == []


def test_a_stopped_vehicle_is_linked_after_longer_gaps_than_a_driving_one() -> None:
    assert links(driving(1, 0, 20) + nothing(20) + driving(2, 40, 45)) == []
    assert links(stopped(1, 30) + nothing(15) + stopped(2, 5)) == [(1, 2)]
    assert links(stopped(1, 30) + nothing(60) + stopped(2, 5)) == []


def test_a_longer_maximum_gap_bridges_a_longer_occlusion() -> None:
    frames = [tracks(cars) for cars in driving(1, 0, 20) + nothing(20) + driving(2, 40, 45)]
    assert links_of(frames, StitchingParameters(max_gap_s=2.5)) == [(1, 2)]


def test_a_larger_occluder_is_not_the_vehicle_that_it_occludes() -> None:
    assert links(stopped(1, 30) + stopped(2, 10, size=120)) == []


def test_a_track_that_returns_has_no_successor() -> None:
    both = [one + two for one, two in zip(driving(1, 24, 30), driving(2, 24, 30), strict=True)]
    assert links(driving(1, 0, 20) + nothing(4) + both) == []


def test_a_track_that_returns_in_its_successors_place_is_linked_to_it() -> None:
    frames = driving(1, 0, 10) + driving(2, 12, 16) + driving(1, 16, 20)
    assert links(frames) == [(1, 2), (2, 1)]


def test_one_of_two_lost_tracks_that_returns_is_not_the_other() -> None:
    both = [[(1, 400.0, 40.0), (2, 420.0, 40.0)]] * 30
    assert links(both + nothing(3) + [[(2, 410.0, 40.0)]] * 5) == []


@pytest.mark.parametrize(
    ("gap_frames", "to_x", "is_another"),
    [(10, 800.0, True), (10, 420.0, False), (30, 600.0, False), (3, 440.0, True), (3, 425.0, False)],
)
def test_an_id_that_returns_out_of_reach_is_another_vehicles(gap_frames: int, to_x: float, is_another: bool) -> None:
    ground = CalibratedGround(fit_homography(10 * ROAD_M, ROAD_M))
    stage, stitcher = Kinematics(ground), TrackStitcher(1280, 720)
    for n, cars in enumerate(stopped(1, 30) + nothing(gap_frames) + [[(1, to_x, 40.0)]]):
        stitcher.update(stage.update(tracks(cars), n / FPS), n / FPS)
    assert stitcher.switched == ((1,) if is_another else ())


def test_each_lost_track_is_linked_once() -> None:
    both = [a + b for a, b in zip(stopped(2, 5), stopped(3, 5), strict=True)]
    assert len(links(stopped(1, 30) + both)) == 1


WAITS = [tracks(cars) for cars in stopped(1, 30, size=80)]


@pytest.mark.parametrize("squeezed", [0, 2, 4, 5])
def test_squeezed_boxes_of_stopped_vehicles_are_linked_across_an_occlusion(
    squeezed: int,
) -> None:
    begins = [tracks(cars) for cars in stopped(2, 5, size=80)]
    assert links_of([*WAITS, *half_occluded(1, squeezed, shown=0.2), *half_occluded(2, 3), *begins]) == [(1, 2)]


def test_a_stopped_vehicle_squeezed_before_an_occlusion_keeps_its_id() -> None:
    ground = CalibratedGround(fit_homography(10 * ROAD_M, ROAD_M))
    stage, stitcher = Kinematics(ground), TrackStitcher(1280, 720)
    for n, frame in enumerate([*WAITS, *half_occluded(1, 3, shown=0.2), *map(tracks, nothing(3)), WAITS[0]]):
        stitcher.update(stage.update(frame, n / FPS), n / FPS)
        assert stitcher.switched == ()


def test_a_vehicle_that_passes_a_lost_ones_place_is_not_linked() -> None:
    passes = [[(2, 40.0 * n, 80.0)] for n in range(20)]
    assert links_of([*WAITS, *map(tracks, passes)]) == []


def test_a_vehicle_that_turned_while_occluded_keeps_its_id() -> None:
    """It braked and turned before it was lost, which its velocity did not show yet."""
    ground = CalibratedGround(fit_homography(10 * ROAD_M, ROAD_M))
    stage, stitcher = Kinematics(ground), TrackStitcher(1280, 720)
    for n, cars in enumerate([*driving(1, 0, 20), *nothing(6), *driving(1, 21, 22)]):
        stitcher.update(stage.update(tracks(cars), n / FPS), n / FPS)
    assert stitcher.switched == ()


def test_a_driving_vehicle_squeezed_before_an_occlusion_keeps_its_id() -> None:
    """The squeezed boxes have no velocity; the vehicle drove on at the one before them."""
    ground = CalibratedGround(fit_homography(10 * ROAD_M, ROAD_M))
    stage, stitcher = Kinematics(ground), TrackStitcher(1280, 720)
    drives = [tracks(cars) for cars in driving(1, 0, 33, size=80)]
    whole, squeezed, back = drives[:20], [part_of(frame, 0.2) for frame in drives[20:22]], drives[32:]
    for n, frame in enumerate([*whole, *squeezed, *map(tracks, nothing(10)), *back]):
        stitcher.update(stage.update(frame, n / FPS), n / FPS)
        assert stitcher.switched == ()


def takeovers(frames: list[list[Car]]) -> tuple[list[tuple[int, int]], set[int]]:
    """The links, and the tracks that switched to another vehicle."""
    ground = CalibratedGround(fit_homography(10 * ROAD_M, ROAD_M))
    stage, stitcher = Kinematics(ground), TrackStitcher(1280, 720)
    found: list[tuple[int, int]] = []
    switched: set[int] = set()
    for n, cars in enumerate(frames):
        found += stitcher.update(stage.update(tracks(cars), n / FPS), n / FPS)
        switched |= set(stitcher.switched)
    assert len(stitcher) <= 1
    return found, switched


def driving_from(x: float, frames: int, track: int = 1, step_px: float = 10.0) -> list[list[Car]]:
    return [[(track, x + step_px * n, 40.0)] for n in range(frames)]


def together(some: list[list[Car]], others: list[list[Car]]) -> list[list[Car]]:
    return [one + other for one, other in zip(some, others, strict=True)]


def test_a_stopped_vehicle_is_the_new_track_when_a_passing_one_took_its_id() -> None:
    passes, stays = driving_from(450, 20), nothing(3) + stopped(2, 17)
    assert takeovers(stopped(1, 30) + together(passes, stays)) == ([(1, 2)], {1})


def test_a_half_occluded_box_that_jitters_and_returns_keeps_its_id() -> None:
    jumps, passes = driving_from(430, 4, step_px=0) + stopped(1, 16), stopped(2, 20)
    assert takeovers(stopped(1, 30) + together(jumps, passes)) == ([], set())


def test_a_new_track_that_drives_on_is_not_the_stopped_vehicle() -> None:
    jumps, passes = driving_from(440, 20, step_px=0), driving_from(400, 20, track=2)
    assert takeovers(stopped(1, 30) + together(jumps, passes)) == ([], set())


def test_a_new_track_where_a_vehicle_departed_is_another() -> None:
    drives_on, comes = driving_from(400, 40), nothing(20) + stopped(2, 20)
    assert takeovers(stopped(1, 30) + together(drives_on, comes)) == ([], set())


def test_a_new_track_where_a_vehicle_starts_slowly_is_its_follower() -> None:
    starts, follows = driving_from(400, 50, step_px=0.7), nothing(30) + stopped(2, 20)
    assert takeovers(stopped(1, 30) + together(starts, follows)) == ([], set())
