"""Real cameras: what is told of each clip, of faults made on them, and of things laid on their roads."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.kit.picture_kit import NO_BOXES, Fault, Image, covered, defocused, dimmed, noisy, turned
from vision.config.files.loading import load_camera
from vision.contracts import PictureCondition as C
from vision.detection import Detector, load_detector
from vision.image import QualityMonitor
from vision.image.road_objects.detector import RoadObjectDetector
from vision.sources import VideoFile

pytestmark = pytest.mark.shared
T = TypeVar("T")

FPS = 4
STEP_S = 0.6
ZONES = Path(__file__).parents[1] / "bench" / "clips"

TOLD: dict[str, set[C]] = {
    "2019-06-28_13-02-35.503167_00001.03601.mp4": set(),
    "2019-06-29_13-01-45.674007_00001.03604.mp4": set(),
    "625_201707211410.mp4": set(),
    "625_201708101116.mp4": set(),
    "625_201708311636.mp4": set(),
    "625_201708311646.mp4": set(),
    "625_201708311651.mp4": set(),
    "625_201708311656.mp4": set(),
    "625_201709042131.mp4": {C.NIGHT},
    "625_201709140917.mp4": set(),
    "625_201709141356.mp4": set(),
    "625_201709211426.mp4": set(),
    "austin_highway_15s_720p.mp4": set(),
    "austin_highway_57s.m4v": set(),
    "autobahn_trucks_13s.mp4": set(),
    "dhaka_jam_17s.mp4": set(),  # sways by about 10 px
    "flyover_jam_15s.webm": set(),
    "intel_topdown_cars_30s.mp4": set(),
    "it_a12_tunnel_15s.mp4": set(),
    "it_a1_fog_15s.mp4": set(),
    "motorway_pedestrian_30s.avi": set(),
    "paris_intersection_30s.mp4": set(),
    "shenzhen_buses_48s.mp4": set(),
    "tw_road_30s_8fps.mp4": set(),
    "us_arterial_24s.mp4": {C.MOVED},  # drifts by about 100 px
    "us_topdown_20s.mp4": set(),
    "vn_road_19s_portrait.mp4": {C.MOVED},  # jumps by 58 px at 5.6 s
    "vn_road_22s_portrait.mp4": set(),  # shakes by 21 to 32 px
}
STEADY = ("austin_highway_57s.m4v", "paris_intersection_30s.mp4", "shenzhen_buses_48s.mp4", "625_201709042131.mp4")
CRATES: dict[str, tuple[str, tuple[float, float], float]] = {
    "austin_highway_57s.m4v": ("austin_highway", (0.5, 0.75), 0.045),
    "shenzhen_buses_48s.mp4": ("shenzhen_buses", (0.45, 0.7), 0.045),
    "625_201708101116.mp4": ("625", (0.72, 0.7), 0.05),
    "tw_road_30s_8fps.mp4": ("tw_road", (0.3, 0.75), 0.07),
}
"""The camera's file with its zones, and a crate of about a metre on its road: foot and side, parts of the picture."""
FALLS_S = 14.0
SHOWN_S = 9.0
"""What every camera here shows before something befalls it. Clips are shown back and forth."""


def images(clip: Path, fps: float = FPS) -> list[Image]:
    return [frame.image for frame in VideoFile(clip, fps=fps).frames()]


def back_and_forth(shown: list[T], for_s: float, fps: float = FPS) -> Iterator[tuple[float, T]]:
    """A clip for as long as is wanted, without a jump."""
    for n in range(round(for_s * fps)):
        at = n % max(1, 2 * len(shown) - 2)
        yield n / fps, shown[min(at, 2 * len(shown) - 2 - at)]


def told_of(shown: list[Image], fault: Fault, for_s: float = 24.0) -> list[tuple[float, frozenset[C]]]:
    """What holds at each moment of a clip that a fault befalls after SHOWN_S."""
    monitor, told = QualityMonitor(), []
    for n, (at_s, image) in enumerate(back_and_forth(shown, for_s)):
        seen = noisy(fault(image, at_s), n) if at_s >= SHOWN_S else image
        told.append((at_s, monitor.update(seen, at_s, NO_BOXES).conditions))
    return told


@pytest.mark.parametrize("name", TOLD)
def test_a_clip_is_told_as_people_see_it(shared: Path, name: str) -> None:
    monitor, told = QualityMonitor(), set()
    for n, image in enumerate(images(shared / "clips" / name)):
        told |= monitor.update(image, n / FPS, NO_BOXES).conditions
    assert told == TOLD[name]


@pytest.mark.parametrize("name", STEADY)
@pytest.mark.parametrize(
    ("fault", "condition"),
    [
        pytest.param(defocused(4), C.BLURRED, id="defocused"),
        pytest.param(covered(1), C.OBSCURED, id="covered"),
        pytest.param(covered(0.75), C.OBSCURED, id="covered to three quarters"),
        pytest.param(dimmed(0.05), C.DARK, id="dark"),
        pytest.param(turned(right=0.05, down=0.02), C.MOVED, id="pushed"),
        pytest.param(turned(turn_deg=7), C.MOVED, id="turned"),
        pytest.param(turned(zoom=1.2), C.MOVED, id="zoomed"),
    ],
)
def test_a_fault_of_a_real_camera_is_told_within_ten_seconds_and_by_its_name(
    shared: Path, name: str, fault: Fault, condition: C
) -> None:
    told = told_of(images(shared / "clips" / name)[: 12 * FPS], fault)
    began_s = next((at_s for at_s, conditions in told if condition in conditions), None)
    assert began_s is not None
    assert SHOWN_S < began_s <= SHOWN_S + 10
    assert {c for _, conditions in told for c in conditions} - {condition} <= TOLD[name]


@pytest.mark.parametrize("name", STEADY)
@pytest.mark.parametrize("harmless", [covered(0.4), dimmed(0.7), defocused(0.6)], ids=["lorry", "cloud", "haze"])
def test_what_is_harmless_to_a_real_camera_is_not_told(shared: Path, name: str, harmless: Fault) -> None:
    told = told_of(images(shared / "clips" / name)[: 12 * FPS], harmless)
    assert {c for _, conditions in told for c in conditions} <= TOLD[name]


def one_after_another(shared: Path, *names: str, restarts: bool) -> set[C]:
    """What holds at the end of clips of one camera, shown one after another for 24 s each."""
    monitor, shown_s, conditions = QualityMonitor(), 0.0, frozenset()
    for name in names:
        monitor = QualityMonitor(monitor.reference_view) if restarts else monitor
        for at_s, image in back_and_forth(images(shared / "clips" / name), 24):
            conditions = monitor.update(image, shown_s + at_s, NO_BOXES).conditions
        shown_s += 24
    return set(conditions)


watched = pytest.mark.parametrize("restarts", [False, True], ids=["watched on", "watched again"])


@watched
def test_the_same_view_by_day_and_by_night_is_not_a_move(shared: Path, *, restarts: bool) -> None:
    """Ten days and nine hours lie between."""
    day, night = "625_201709140917.mp4", "625_201709042131.mp4"
    assert one_after_another(shared, day, night, restarts=restarts) == {C.NIGHT}
    assert one_after_another(shared, night, day, restarts=restarts) == set()


@watched
def test_a_camera_whose_view_is_another_two_weeks_later_has_moved(shared: Path, *, restarts: bool) -> None:
    """By 14 pixels of 352, as its captions, which stay where they are, do not show."""
    assert one_after_another(shared, "625_201708311636.mp4", "625_201709140917.mp4", restarts=restarts) == {C.MOVED}


@pytest.fixture(scope="module")
def detector(shared: Path) -> Detector:
    return load_detector(shared / "models" / "yolo26n.onnx", threads=1)


def with_crate(image: Image, boxes: NDArray[np.float32], foot: tuple[float, float], side: float) -> Image:
    """A wooden crate on the road, behind the road users that stand or drive before it."""
    height, width = image.shape[:2]
    x, y, size = round(foot[0] * width), round(foot[1] * height), round(side * width)
    shown = image.copy()
    cv2.rectangle(shown, (x - size // 2, y - size), (x + size // 2, y), (60, 110, 165), -1)
    cv2.rectangle(shown, (x - size // 2, y - size), (x + size // 2, y - 2 * size // 3), (95, 150, 205), -1)
    for left, top, right, bottom in boxes.astype(int):
        if bottom >= y:
            shown[max(top, 0) : bottom, max(left, 0) : right] = image[max(top, 0) : bottom, max(left, 0) : right]
    return shown


def lying(
    shared: Path, detector: Detector, name: str, *, with_its_crate: bool
) -> list[tuple[float, tuple[float, float]]]:
    """When what is told to lie where (its foot, parts of the picture); the crate falls at FALLS_S."""
    zones, foot, side = CRATES[name]
    shown = images(shared / "clips" / name, fps=1 / STEP_S)
    seen = [found.xyxy[found.confidence >= 0.25] for image in shown for found in detector.detect([image])]
    height, width = shown[0].shape[:2]
    objects, told = RoadObjectDetector(load_camera(ZONES / f"{zones}.yaml").zones, width, height), []
    for at_s, at in back_and_forth(list(range(len(shown))), 36, fps=1 / STEP_S):
        image, boxes = shown[at], seen[at]
        if with_its_crate and at_s >= FALLS_S:
            image = with_crate(image, boxes, foot, side)
        for thing in objects.update(image, at_s, boxes):
            left, _, right, bottom = thing.box_px
            told.append((at_s, ((left + right) / 2 / width, bottom / height)))
    return told


@pytest.mark.parametrize("name", CRATES)
def test_a_crate_on_a_real_road_is_found_and_nothing_else(shared: Path, detector: Detector, name: str) -> None:
    _, foot, side = CRATES[name]
    told = lying(shared, detector, name, with_its_crate=True)
    assert told
    assert FALLS_S < told[0][0] <= FALLS_S + 12
    assert all(np.hypot(x - foot[0], y - foot[1]) < side for _, (x, y) in told)


@pytest.mark.parametrize("name", CRATES)
def test_a_real_road_without_a_crate_has_nothing_on_it(shared: Path, detector: Detector, name: str) -> None:
    assert lying(shared, detector, name, with_its_crate=False) == []
