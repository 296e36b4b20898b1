"""Objects on the road: found by what they look like and how long they stay, whatever drives, shines or sways there."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.kit.picture_kit import HEIGHT, WIDTH, Image, noisy, street, with_cars
from vision.config.zones import ZoneConfig
from vision.core import RoadObject
from vision.image.road_objects.detector import RoadObjectDetector, RoadObjectParameters

Event = Callable[[Image, float], Image]
Told = list[tuple[float, tuple[RoadObject, ...]]]

ROAD = ZoneConfig(id="road", polygon=((0, 0.56), (1, 0.56), (1, 1), (0, 1)))
STEP_S = 0.6
BEGINS_S = 15.0
PLACE = (310, 262, 338, 284)
"""In the way of the second car."""
BROWN, BLACK, PALE = (60, 110, 165), (28, 28, 28), (225, 228, 230)


def thing(colour: tuple[int, int, int], place: tuple[int, int, int, int] = PLACE) -> Event:
    def event(image: Image, at_s: float) -> Image:
        left, top, right, bottom = place
        cv2.rectangle(image, (left, top), (right, bottom), colour, -1)
        lid = tuple(min(255, c + 35) for c in colour)
        cv2.rectangle(image, (left, top), (right, top + (bottom - top) // 3), lid, -1)
        return image

    return event


def lit(factor: float, place: tuple[int, int, int, int] = PLACE) -> Event:
    """Light or shadow upon the road."""

    def event(image: Image, at_s: float) -> Image:
        left, top, right, bottom = place
        image[top:bottom, left:right] = np.clip(image[top:bottom, left:right] * factor, 0, 255).astype(np.uint8)
        return image

    return event


def watch(
    event: Event,
    *,
    from_s: float = BEGINS_S,
    until_s: float = 1e9,
    for_s: float = 45,
    step_s: float = STEP_S,
    began_s: float = 0.0,
    zones: tuple[ZoneConfig, ...] = (ROAD,),
    to_road: NDArray[np.float64] | None = None,
    objects: RoadObjectDetector | None = None,
) -> Told:
    """What is said at each moment of a street on whose ground something happens, under the cars that drive."""
    objects = objects or RoadObjectDetector(zones, WIDTH, HEIGHT)
    empty, told = street(), []
    for n, at_s in enumerate(np.arange(0, for_s, step_s).tolist()):
        ground = event(empty.copy(), at_s) if from_s <= at_s < until_s else empty
        shown, boxes = with_cars(ground, at_s)
        told.append((at_s, objects.update(noisy(shown, n), began_s + at_s, boxes, to_road=to_road)))
    return told


def first(told: Told) -> float | None:
    return next((at_s for at_s, lying in told if lying), None)


@pytest.mark.parametrize("colour", [BROWN, BLACK, PALE], ids=["brown, as bright as the road", "black", "pale"])
def test_a_thing_that_fell_is_found_in_seconds_where_it_lies(colour: tuple[int, int, int]) -> None:
    told = watch(thing(colour))
    found_s = first(told)
    assert found_s is not None
    assert BEGINS_S < found_s <= BEGINS_S + 12
    (found,) = told[-1][1]
    assert found.box_px == pytest.approx(PLACE, abs=5)
    assert found.since_s == pytest.approx(BEGINS_S, abs=3)
    assert found.zone_id == "road"
    assert 0.5 <= found.confidence <= 0.9


def test_an_empty_road_has_nothing_on_it() -> None:
    assert first(watch(lambda image, at_s: image, for_s=120)) is None


@pytest.mark.parametrize(
    "light",
    [
        pytest.param(lit(0.6), id="a shadow"),
        pytest.param(lit(1.5), id="a patch of sun"),
        pytest.param(lit(0.7, (0, 0, WIDTH, HEIGHT)), id="a cloud"),
        pytest.param(lit(1.3, (0, 0, WIDTH, HEIGHT)), id="another exposure"),
        pytest.param(lambda image, at_s: lit(1.8)(image, at_s) if at_s % 6 < 2 else image, id="headlights"),
    ],
)
def test_light_and_shadow_are_no_things(light: Event) -> None:
    assert first(watch(light, for_s=60)) is None


def test_a_thing_that_is_taken_away_is_told_no_more() -> None:
    told = watch(thing(BROWN), until_s=40, for_s=60)
    assert any(lying for at_s, lying in told if at_s < 40)
    assert not any(lying for at_s, lying in told if at_s > 46)


def test_a_thing_that_was_there_from_the_beginning_and_goes_leaves_nothing() -> None:
    assert first(watch(thing(BROWN), from_s=0, until_s=20, for_s=60)) is None


def test_a_thing_is_told_on_while_cars_hide_it() -> None:
    told = [lying for at_s, lying in watch(thing(PALE), for_s=90) if at_s > BEGINS_S + 12]
    assert all(told)
    assert len({lying[0].since_s for lying in told}) == 1


def test_a_strip_along_an_edge_is_no_thing() -> None:
    assert first(watch(thing(PALE, (200, 290, 330, 294)))) is None


def test_the_end_of_a_caption_that_lies_across_the_edge_of_a_lane_is_no_thing() -> None:
    lane = ZoneConfig(id="lane", polygon=((0.45, 0.56), (1, 0.56), (1, 1), (0.45, 1)))
    end_of_it, whole = (288, 262, 338, 284), (120, 262, 338, 284)
    assert first(watch(thing(BLACK, end_of_it), zones=(lane,))) is not None
    assert first(watch(thing(BLACK, whole), zones=(lane,))) is None


def test_what_fills_a_good_part_of_its_zone_is_no_thing() -> None:
    assert first(watch(thing(PALE, (100, 210, 330, 350)))) is None


@pytest.mark.parametrize(("px_per_m", "is_told"), [(20, True), (200, False), (4, False)])
def test_only_what_has_a_things_width_in_metres_is_told(px_per_m: float, is_told: bool) -> None:
    told = watch(thing(PALE), to_road=np.diag([1 / px_per_m, 1 / px_per_m, 1.0]))
    assert (first(told) is not None) is is_told


@pytest.mark.parametrize("kind", ["pavement", "crosswalk"])
def test_only_where_vehicles_drive_things_are_looked_for(kind: str) -> None:
    assert first(watch(thing(PALE), zones=(ROAD.model_copy(update={"kind": kind}),))) is None
    assert first(watch(thing(PALE), zones=())) is None


def test_a_car_that_stood_and_is_lost_by_the_detector_is_no_thing() -> None:
    objects, empty = RoadObjectDetector((ROAD,), WIDTH, HEIGHT), street()
    place = (300, 258, 360, 290)
    car = np.array([place], np.float32)
    for n in range(90):
        at_s = n * STEP_S
        shown = thing(PALE, place)(empty.copy(), at_s) if at_s > 12 else empty
        is_detected = 12 < at_s < 24
        lying = objects.update(noisy(shown, n), at_s, car if is_detected else car[:0])
        assert not lying


def test_in_a_queue_what_the_detector_misses_is_no_thing() -> None:
    objects, empty = RoadObjectDetector((ROAD,), WIDTH, HEIGHT), street()
    places = [(x, y, x + 60, y + 32) for x in (150, 225, 300, 375) for y in (215, 260, 305)]
    missed, seen = (300, 260, 360, 292), np.array(places, np.float32)
    seen = seen[(seen != missed).any(axis=1)]
    for n in range(100):
        at_s = n * STEP_S
        shown = empty.copy()
        if at_s > 12:
            for place in places:
                thing(PALE, place)(shown, at_s)
        assert not objects.update(noisy(shown, n), at_s, seen if at_s > 12 else seen[:0])


def test_a_picture_that_sways_shows_nothing_new_where_the_sway_is_known() -> None:
    objects, empty = RoadObjectDetector((ROAD,), WIDTH, HEIGHT), street()
    for n in range(100):
        dx, dy = round(6 * np.sin(n)), round(4 * np.cos(2 * n))
        shown = np.roll(empty, (dy, dx), axis=(0, 1))
        lying = objects.update(noisy(shown, n), n * STEP_S, np.empty((0, 4)), shift_px=(dx, dy))
        assert not lying


def test_another_rate_or_beginning_changes_nothing_but_the_times() -> None:
    usual = watch(thing(BROWN))
    later = watch(thing(BROWN), began_s=1e6)
    assert [bool(lying) for _, lying in usual] == [bool(lying) for _, lying in later]
    assert later[-1][1][0].since_s == pytest.approx(usual[-1][1][0].since_s + 1e6, abs=1e-3)
    found_s = first(watch(thing(BROWN), step_s=0.4))
    assert found_s == pytest.approx(first(usual), abs=3)


def test_what_nobody_takes_away_for_very_long_is_the_road() -> None:
    objects = RoadObjectDetector((ROAD,), WIDTH, HEIGHT, RoadObjectParameters(absorb_object_after_s=60))
    told = watch(thing(PALE), for_s=100, objects=objects)
    assert any(lying for at_s, lying in told if 50 < at_s < 70)
    assert not any(lying for at_s, lying in told if at_s > 85)
