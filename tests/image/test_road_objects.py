"""Road objects: detected by appearance and duration, whatever traffic, light and sway do."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.kit.image_kit import HEIGHT, WIDTH, Image, noisy, street, with_cars
from vision.config.zones import ZoneConfig
from vision.core import RoadObject
from vision.image.road_objects.detector import RoadObjectDetector, RoadObjectParameters

Event = Callable[[Image, float], Image]
Detected = list[tuple[float, tuple[RoadObject, ...]]]

ROAD = ZoneConfig(id="road", polygon=((0, 0.56), (1, 0.56), (1, 1), (0, 1)))
STEP_S = 0.6
BEGINS_S = 15.0
PLACE = (310, 262, 338, 284)
"""On the path of the second car."""
BROWN, BLACK, PALE = (60, 110, 165), (28, 28, 28), (225, 228, 230)


def item(colour: tuple[int, int, int], place: tuple[int, int, int, int] = PLACE) -> Event:
    def event(image: Image, at_s: float) -> Image:
        left, top, right, bottom = place
        cv2.rectangle(image, (left, top), (right, bottom), colour, -1)
        lid = tuple(min(255, c + 35) for c in colour)
        cv2.rectangle(image, (left, top), (right, top + (bottom - top) // 3), lid, -1)
        return image

    return event


def lit(factor: float, place: tuple[int, int, int, int] = PLACE) -> Event:
    """Light or shadow on the road."""

    def event(image: Image, at_s: float) -> Image:
        left, top, right, bottom = place
        image[top:bottom, left:right] = np.clip(image[top:bottom, left:right] * factor, 0, 255).astype(np.uint8)
        return image

    return event


def detect(
    event: Event,
    *,
    from_s: float = BEGINS_S,
    until_s: float = 1e9,
    for_s: float = 45,
    step_s: float = STEP_S,
    start_s: float = 0.0,
    zones: tuple[ZoneConfig, ...] = (ROAD,),
    to_road: NDArray[np.float64] | None = None,
    detector: RoadObjectDetector | None = None,
) -> Detected:
    """(time, road objects) of each frame of a street, with an event on the ground, under the moving cars."""
    detector = detector or RoadObjectDetector(zones, WIDTH, HEIGHT)
    empty, detected = street(), []
    for n, at_s in enumerate(np.arange(0, for_s, step_s).tolist()):
        ground = event(empty.copy(), at_s) if from_s <= at_s < until_s else empty
        shown, boxes = with_cars(ground, at_s)
        detected.append((at_s, detector.update(noisy(shown, n), start_s + at_s, boxes, to_road=to_road)))
    return detected


def first(detected: Detected) -> float | None:
    return next((at_s for at_s, found in detected if found), None)


@pytest.mark.parametrize("colour", [BROWN, BLACK, PALE], ids=["brown, as bright as the road", "black", "pale"])
def test_an_object_on_the_road_is_located_within_seconds(colour: tuple[int, int, int]) -> None:
    detected = detect(item(colour))
    found_s = first(detected)
    assert found_s is not None
    assert BEGINS_S < found_s <= BEGINS_S + 12
    (found,) = detected[-1][1]
    assert found.box_px == pytest.approx(PLACE, abs=5)
    assert found.since_s == pytest.approx(BEGINS_S, abs=3)
    assert found.zone_id == "road"
    assert 0.5 <= found.confidence <= 0.9


def test_an_empty_road_has_no_objects() -> None:
    assert first(detect(lambda image, at_s: image, for_s=120)) is None


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
def test_light_and_shadow_are_no_objects(light: Event) -> None:
    assert first(detect(light, for_s=60)) is None


def test_an_object_that_is_removed_is_no_longer_reported() -> None:
    detected = detect(item(BROWN), until_s=40, for_s=60)
    assert any(found for at_s, found in detected if at_s < 40)
    assert not any(found for at_s, found in detected if at_s > 46)


def test_removing_an_object_that_was_there_from_the_start_leaves_no_object() -> None:
    assert first(detect(item(BROWN), from_s=0, until_s=20, for_s=60)) is None


def test_an_object_is_still_reported_while_cars_occlude_it() -> None:
    detected = [found for at_s, found in detect(item(PALE), for_s=90) if at_s > BEGINS_S + 12]
    assert all(detected)
    assert len({found[0].since_s for found in detected}) == 1


def test_a_thin_strip_is_no_object() -> None:
    assert first(detect(item(PALE, (200, 290, 330, 294)))) is None


def test_the_end_of_a_caption_across_the_edge_of_a_lane_is_no_object() -> None:
    lane = ZoneConfig(id="lane", polygon=((0.45, 0.56), (1, 0.56), (1, 1), (0.45, 1)))
    end_of_it, whole = (288, 262, 338, 284), (120, 262, 338, 284)
    assert first(detect(item(BLACK, end_of_it), zones=(lane,))) is not None
    assert first(detect(item(BLACK, whole), zones=(lane,))) is None


def test_a_patch_that_fills_much_of_its_zone_is_no_object() -> None:
    assert first(detect(item(PALE, (100, 210, 330, 350)))) is None


@pytest.mark.parametrize(("px_per_m", "is_reported"), [(20, True), (200, False), (4, False)])
def test_only_patches_of_an_objects_width_in_metres_are_reported(px_per_m: float, is_reported: bool) -> None:
    detected = detect(item(PALE), to_road=np.diag([1 / px_per_m, 1 / px_per_m, 1.0]))
    assert (first(detected) is not None) is is_reported


@pytest.mark.parametrize("kind", ["pavement", "crosswalk"])
def test_objects_are_detected_only_where_vehicles_drive(kind: str) -> None:
    assert first(detect(item(PALE), zones=(ROAD.model_copy(update={"kind": kind}),))) is None
    assert first(detect(item(PALE), zones=())) is None


def test_a_stopped_car_that_the_detector_loses_is_no_object() -> None:
    detector, empty = RoadObjectDetector((ROAD,), WIDTH, HEIGHT), street()
    place = (300, 258, 360, 290)
    car = np.array([place], np.float32)
    for n in range(90):
        at_s = n * STEP_S
        shown = item(PALE, place)(empty.copy(), at_s) if at_s > 12 else empty
        is_detected = 12 < at_s < 24
        found = detector.update(noisy(shown, n), at_s, car if is_detected else car[:0])
        assert not found


def test_a_missed_vehicle_in_a_queue_is_no_object() -> None:
    detector, empty = RoadObjectDetector((ROAD,), WIDTH, HEIGHT), street()
    places = [(x, y, x + 60, y + 32) for x in (150, 225, 300, 375) for y in (215, 260, 305)]
    missed, seen = (300, 260, 360, 292), np.array(places, np.float32)
    seen = seen[(seen != missed).any(axis=1)]
    for n in range(100):
        at_s = n * STEP_S
        shown = empty.copy()
        if at_s > 12:
            for place in places:
                item(PALE, place)(shown, at_s)
        assert not detector.update(noisy(shown, n), at_s, seen if at_s > 12 else seen[:0])


def test_sway_makes_no_objects_where_it_is_known() -> None:
    detector, empty = RoadObjectDetector((ROAD,), WIDTH, HEIGHT), street()
    for n in range(100):
        dx, dy = round(6 * np.sin(n)), round(4 * np.cos(2 * n))
        shown = np.roll(empty, (dy, dx), axis=(0, 1))
        found = detector.update(noisy(shown, n), n * STEP_S, np.empty((0, 4)), shift_px=(dx, dy))
        assert not found


def test_rate_and_start_time_change_only_the_times() -> None:
    usual = detect(item(BROWN))
    later = detect(item(BROWN), start_s=1e6)
    assert [bool(found) for _, found in usual] == [bool(found) for _, found in later]
    assert later[-1][1][0].since_s == pytest.approx(usual[-1][1][0].since_s + 1e6, abs=1e-3)
    found_s = first(detect(item(BROWN), step_s=0.4))
    assert found_s == pytest.approx(first(usual), abs=3)


def test_an_object_that_is_never_removed_becomes_road() -> None:
    detector = RoadObjectDetector((ROAD,), WIDTH, HEIGHT, RoadObjectParameters(absorb_object_after_s=60))
    detected = detect(item(PALE), for_s=100, detector=detector)
    assert any(found for at_s, found in detected if 50 < at_s < 70)
    assert not any(found for at_s, found in detected if at_s > 85)
