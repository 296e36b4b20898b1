"""A track that goes on under another id is recognised by its place; what hides it is not taken for it."""

from dataclasses import replace

import numpy as np
import pytest

from tests.analytics.analytics_kit import Moving
from vision.analytics.identity.stitching import TrackStitcher
from vision.analytics.kinematics.ground_plane import CalibratedGround
from vision.common.object_class import ObjectClass
from vision.core import Tracks
from vision.geometry import fit_homography

ROAD_M = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 70.0], [0.0, 70.0]])
FPS = 10
Car = tuple[int, float, float]
"""Track, where its foot is across the picture, and its size, pixels."""


def found(looks: list[list[Car]]) -> list[tuple[int, int]]:
    """Which tracks inherit which, over looks a tenth of a second apart."""
    return inherited([tracks(cars) for cars in looks])


def inherited(looks: list[Tracks]) -> list[tuple[int, int]]:
    ground = CalibratedGround(fit_homography(10 * ROAD_M, ROAD_M))
    moving, heirs = Moving(ground), TrackStitcher(1280, 720)
    told: list[tuple[int, int]] = []
    for n, seen in enumerate(looks):
        motion = moving.see(seen, n / FPS)
        told += heirs.update(motion, n / FPS)
    return told


def part_of(seen: Tracks, shown: float) -> Tracks:
    """The upper part of the only vehicle that is seen: something that passes in front hides the rest."""
    left, top, right, bottom = seen.xyxy[0].tolist()
    return replace(seen, xyxy=np.array([[left, top, right, top + shown * (bottom - top)]], np.float32))


def half_hidden(track: int, looks: int, shown: float = 0.4) -> list[Tracks]:
    """One that stands, of which something that passes in front shows the upper part only."""
    [whole] = standing(track, 1, size=80)
    return [part_of(tracks(whole), shown)] * looks


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


def standing(track: int, looks: int, size: float = 40) -> list[list[Car]]:
    return [[(track, 400.0, size)]] * looks


def nothing(looks: int) -> list[list[Car]]:
    return [[] for _ in range(looks)]


@pytest.mark.parametrize("unseen", [0, 4, 8])
def test_who_goes_on_under_another_id_where_the_lost_one_was_going_is_that_one(unseen: int) -> None:
    assert found(driving(1, 0, 20) + nothing(unseen) + driving(2, 20 + unseen, 30 + unseen)) == [(1, 2)]


def test_who_begins_elsewhere_is_another() -> None:
    assert found(driving(1, 0, 20) + driving(2, 26, 30)) == []


def test_a_driving_vehicle_is_looked_for_a_while_and_a_standing_one_longer() -> None:
    assert found(driving(1, 0, 20) + nothing(20) + driving(2, 40, 45)) == []
    assert found(standing(1, 30) + nothing(15) + standing(2, 5)) == [(1, 2)]
    assert found(standing(1, 30) + nothing(60) + standing(2, 5)) == []


def test_a_larger_vehicle_that_passes_in_front_is_not_the_one_that_it_hides() -> None:
    assert found(standing(1, 30) + standing(2, 10, size=120)) == []


def test_a_track_that_comes_back_has_no_heir() -> None:
    both = [one + two for one, two in zip(driving(1, 24, 30), driving(2, 24, 30), strict=True)]
    assert found(driving(1, 0, 20) + nothing(4) + both) == []


def test_a_track_that_comes_back_in_place_of_its_heir_is_that_vehicle_again() -> None:
    looks = driving(1, 0, 10) + driving(2, 12, 16) + driving(1, 16, 20)
    assert found(looks) == [(1, 2), (2, 1)]


def test_one_of_two_that_were_lost_and_is_back_is_not_the_other() -> None:
    both = [[(1, 400.0, 40.0), (2, 420.0, 40.0)]] * 30
    assert found(both + nothing(3) + [[(2, 410.0, 40.0)]] * 5) == []


@pytest.mark.parametrize(
    ("unseen", "to_x", "leaps"),
    [(10, 800.0, True), (10, 420.0, False), (30, 600.0, False), (3, 440.0, True), (3, 425.0, False)],
)
def test_who_comes_back_where_nobody_can_have_driven_is_another(unseen: int, to_x: float, leaps: bool) -> None:
    ground = CalibratedGround(fit_homography(10 * ROAD_M, ROAD_M))
    moving, heirs = Moving(ground), TrackStitcher(1280, 720)
    for n, cars in enumerate(standing(1, 30) + nothing(unseen) + [[(1, to_x, 40.0)]]):
        heirs.update(moving.see(tracks(cars), n / FPS), n / FPS)
    assert heirs.switched == ((1,) if leaps else ())


def test_each_lost_track_is_inherited_once() -> None:
    both = [a + b for a, b in zip(standing(2, 5), standing(3, 5), strict=True)]
    assert len(found(standing(1, 30) + both)) == 1


WAITS = [tracks(cars) for cars in standing(1, 30, size=80)]


@pytest.mark.parametrize("squeezed", [0, 2, 4, 5])
def test_one_that_stood_is_recognised_where_it_stood_however_it_was_squeezed_before_it_was_hidden(
    squeezed: int,
) -> None:
    begins = [tracks(cars) for cars in standing(2, 5, size=80)]
    assert inherited([*WAITS, *half_hidden(1, squeezed, shown=0.2), *half_hidden(2, 3), *begins]) == [(1, 2)]


def test_one_that_stood_and_was_squeezed_before_it_was_hidden_comes_back_as_itself() -> None:
    ground = CalibratedGround(fit_homography(10 * ROAD_M, ROAD_M))
    moving, heirs = Moving(ground), TrackStitcher(1280, 720)
    for n, seen in enumerate([*WAITS, *half_hidden(1, 3, shown=0.2), *map(tracks, nothing(3)), WAITS[0]]):
        heirs.update(moving.see(seen, n / FPS), n / FPS)
        assert heirs.switched == ()


def test_who_drives_past_the_place_of_one_that_is_lost_is_not_taken_for_it() -> None:
    passes = [[(2, 40.0 * n, 80.0)] for n in range(20)]
    assert inherited([*WAITS, *map(tracks, passes)]) == []


def test_who_turns_unseen_comes_back_as_itself() -> None:
    """It braked and turned before it was lost, and its velocity does not tell that yet."""
    ground = CalibratedGround(fit_homography(10 * ROAD_M, ROAD_M))
    moving, heirs = Moving(ground), TrackStitcher(1280, 720)
    for n, cars in enumerate([*driving(1, 0, 20), *nothing(6), *driving(1, 21, 22)]):
        heirs.update(moving.see(tracks(cars), n / FPS), n / FPS)
    assert heirs.switched == ()


def test_who_drives_and_is_squeezed_before_it_is_hidden_comes_back_as_itself() -> None:
    """What begins to hide it leaves no velocity to be told; it drove on at the one that was told before."""
    ground = CalibratedGround(fit_homography(10 * ROAD_M, ROAD_M))
    moving, heirs = Moving(ground), TrackStitcher(1280, 720)
    drives = [tracks(cars) for cars in driving(1, 0, 33, size=80)]
    whole, squeezed, back = drives[:20], [part_of(seen, 0.2) for seen in drives[20:22]], drives[32:]
    for n, seen in enumerate([*whole, *squeezed, *map(tracks, nothing(10)), *back]):
        heirs.update(moving.see(seen, n / FPS), n / FPS)
        assert heirs.switched == ()


def taken(looks: list[list[Car]]) -> tuple[list[tuple[int, int]], set[int]]:
    """Which tracks inherit which, and which are another vehicle's since."""
    ground = CalibratedGround(fit_homography(10 * ROAD_M, ROAD_M))
    moving, heirs = Moving(ground), TrackStitcher(1280, 720)
    told: list[tuple[int, int]] = []
    leapt: set[int] = set()
    for n, cars in enumerate(looks):
        told += heirs.update(moving.see(tracks(cars), n / FPS), n / FPS)
        leapt |= set(heirs.switched)
    assert len(heirs) <= 1
    return told, leapt


def goes_on_from(x: float, looks: int, track: int = 1, step_px: float = 10.0) -> list[list[Car]]:
    return [[(track, x + step_px * n, 40.0)] for n in range(looks)]


def beside(some: list[list[Car]], others: list[list[Car]]) -> list[list[Car]]:
    return [one + other for one, other in zip(some, others, strict=True)]


def test_one_that_stands_and_whose_id_goes_on_with_what_drives_past_is_the_new_one_in_its_place() -> None:
    passes, stays = goes_on_from(450, 20), nothing(3) + standing(2, 17)
    assert taken(standing(1, 30) + beside(passes, stays)) == ([(1, 2)], {1})


def test_one_that_leaps_while_it_is_half_hidden_and_comes_back_has_its_id_still() -> None:
    leaps, passes = goes_on_from(430, 4, step_px=0) + standing(1, 16), standing(2, 20)
    assert taken(standing(1, 30) + beside(leaps, passes)) == ([], set())


def test_what_begins_where_one_stands_that_leaps_and_drives_on_is_not_that_one() -> None:
    leaps, passes = goes_on_from(440, 20, step_px=0), goes_on_from(400, 20, track=2)
    assert taken(standing(1, 30) + beside(leaps, passes)) == ([], set())


def test_what_begins_where_one_stood_that_drove_on_is_another() -> None:
    drives_on, comes = goes_on_from(400, 40), nothing(20) + standing(2, 20)
    assert taken(standing(1, 30) + beside(drives_on, comes)) == ([], set())


def test_what_begins_where_one_stood_that_starts_slowly_follows_it() -> None:
    starts, follows = goes_on_from(400, 50, step_px=0.7), nothing(30) + standing(2, 20)
    assert taken(standing(1, 30) + beside(starts, follows)) == ([], set())
