"""Real cameras: conditions of each clip, of faults added to them, and objects added to their roads."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.kit.image_kit import NO_BOXES, Fault, Image, covered, defocused, dimmed, moved_view, noisy
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

CONDITIONS: dict[str, set[C]] = {
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
"""The camera's file with its zones, and a crate of about a metre on its road: bottom centre and side, shares of the
image."""
FALLS_S = 14.0
SHOWN_S = 9.0
"""Time before the fault. Clips are shown back and forth."""


def images(clip: Path, fps: float = FPS) -> list[Image]:
    return [frame.image for frame in VideoFile(clip, fps=fps).frames()]


def back_and_forth(shown: list[T], for_s: float, fps: float = FPS) -> Iterator[tuple[float, T]]:
    """A clip of any length, without a jump."""
    for n in range(round(for_s * fps)):
        at = n % max(1, 2 * len(shown) - 2)
        yield n / fps, shown[min(at, 2 * len(shown) - 2 - at)]


def conditions_of(shown: list[Image], fault: Fault, for_s: float = 24.0) -> list[tuple[float, frozenset[C]]]:
    """The conditions at each frame of a clip that a fault affects after SHOWN_S."""
    monitor, reported = QualityMonitor(), []
    for n, (at_s, image) in enumerate(back_and_forth(shown, for_s)):
        seen = noisy(fault(image, at_s), n) if at_s >= SHOWN_S else image
        reported.append((at_s, monitor.update(seen, at_s, NO_BOXES).conditions))
    return reported


@pytest.mark.parametrize("name", CONDITIONS)
def test_the_conditions_of_a_clip_are_those_that_people_see(shared: Path, name: str) -> None:
    monitor, reported = QualityMonitor(), set()
    for n, image in enumerate(images(shared / "clips" / name)):
        reported |= monitor.update(image, n / FPS, NO_BOXES).conditions
    assert reported == CONDITIONS[name]


@pytest.mark.parametrize("name", STEADY)
@pytest.mark.parametrize(
    ("fault", "condition"),
    [
        pytest.param(defocused(4), C.BLURRED, id="defocused"),
        pytest.param(covered(1), C.OBSCURED, id="covered"),
        pytest.param(covered(0.75), C.OBSCURED, id="covered to three quarters"),
        pytest.param(dimmed(0.05), C.DARK, id="dark"),
        pytest.param(moved_view(right=0.05, down=0.02), C.MOVED, id="pushed"),
        pytest.param(moved_view(rotation_deg=7), C.MOVED, id="rotated"),
        pytest.param(moved_view(zoom=1.2), C.MOVED, id="zoomed"),
    ],
)
def test_a_fault_of_a_real_camera_becomes_its_condition_within_ten_seconds(
    shared: Path, name: str, fault: Fault, condition: C
) -> None:
    reported = conditions_of(images(shared / "clips" / name)[: 12 * FPS], fault)
    first_s = next((at_s for at_s, conditions in reported if condition in conditions), None)
    assert first_s is not None
    assert SHOWN_S < first_s <= SHOWN_S + 10
    assert {c for _, conditions in reported for c in conditions} - {condition} <= CONDITIONS[name]


@pytest.mark.parametrize("name", STEADY)
@pytest.mark.parametrize("harmless", [covered(0.4), dimmed(0.7), defocused(0.6)], ids=["lorry", "cloud", "haze"])
def test_a_harmless_change_of_a_real_camera_is_no_condition(shared: Path, name: str, harmless: Fault) -> None:
    reported = conditions_of(images(shared / "clips" / name)[: 12 * FPS], harmless)
    assert {c for _, conditions in reported for c in conditions} <= CONDITIONS[name]


def one_after_another(shared: Path, *names: str, restarts: bool) -> set[C]:
    """The conditions at the end of clips of one camera, shown one after another for 24 s each."""
    monitor, shown_s, conditions = QualityMonitor(), 0.0, frozenset()
    for name in names:
        monitor = QualityMonitor(monitor.reference_view) if restarts else monitor
        for at_s, image in back_and_forth(images(shared / "clips" / name), 24):
            conditions = monitor.update(image, shown_s + at_s, NO_BOXES).conditions
        shown_s += 24
    return set(conditions)


restarted = pytest.mark.parametrize("restarts", [False, True], ids=["continued", "restarted"])


@restarted
def test_the_same_view_by_day_and_by_night_is_not_a_move(shared: Path, *, restarts: bool) -> None:
    """Ten days and nine hours apart."""
    day, night = "625_201709140917.mp4", "625_201709042131.mp4"
    assert one_after_another(shared, day, night, restarts=restarts) == {C.NIGHT}
    assert one_after_another(shared, night, day, restarts=restarts) == set()


@restarted
def test_a_view_that_differs_two_weeks_later_is_a_moved_camera(shared: Path, *, restarts: bool) -> None:
    """By 14 pixels of 352; its captions stay in place."""
    assert one_after_another(shared, "625_201708311636.mp4", "625_201709140917.mp4", restarts=restarts) == {C.MOVED}


@pytest.fixture(scope="module")
def detector(shared: Path) -> Detector:
    return load_detector(shared / "models" / "yolo26n.onnx", threads=1)


def with_crate(image: Image, boxes: NDArray[np.float32], bottom_center: tuple[float, float], side: float) -> Image:
    """A wooden crate on the road, behind the road users in front of it."""
    height, width = image.shape[:2]
    x, y, size = round(bottom_center[0] * width), round(bottom_center[1] * height), round(side * width)
    shown = image.copy()
    cv2.rectangle(shown, (x - size // 2, y - size), (x + size // 2, y), (60, 110, 165), -1)
    cv2.rectangle(shown, (x - size // 2, y - size), (x + size // 2, y - 2 * size // 3), (95, 150, 205), -1)
    for left, top, right, bottom in boxes.astype(int):
        if bottom >= y:
            shown[max(top, 0) : bottom, max(left, 0) : right] = image[max(top, 0) : bottom, max(left, 0) : right]
    return shown


def road_objects(
    shared: Path, detector: Detector, name: str, *, with_its_crate: bool
) -> list[tuple[float, tuple[float, float]]]:
    """(time, bottom centre in shares of the image) of each reported object; the crate falls at FALLS_S."""
    zones, bottom_center, side = CRATES[name]
    shown = images(shared / "clips" / name, fps=1 / STEP_S)
    seen = [found.xyxy[found.confidence >= 0.25] for image in shown for found in detector.detect([image])]
    height, width = shown[0].shape[:2]
    object_detector, reported = RoadObjectDetector(load_camera(ZONES / f"{zones}.yaml").zones, width, height), []
    for at_s, at in back_and_forth(list(range(len(shown))), 36, fps=1 / STEP_S):
        image, boxes = shown[at], seen[at]
        if with_its_crate and at_s >= FALLS_S:
            image = with_crate(image, boxes, bottom_center, side)
        for found in object_detector.update(image, at_s, boxes):
            left, _, right, bottom = found.box_px
            reported.append((at_s, ((left + right) / 2 / width, bottom / height)))
    return reported


@pytest.mark.parametrize("name", CRATES)
def test_a_crate_on_a_real_road_is_the_only_object(shared: Path, detector: Detector, name: str) -> None:
    _, bottom_center, side = CRATES[name]
    reported = road_objects(shared, detector, name, with_its_crate=True)
    assert reported
    assert FALLS_S < reported[0][0] <= FALLS_S + 12
    assert all(np.hypot(x - bottom_center[0], y - bottom_center[1]) < side for _, (x, y) in reported)


@pytest.mark.parametrize("name", CRATES)
def test_a_real_road_without_a_crate_has_no_objects(shared: Path, detector: Detector, name: str) -> None:
    assert road_objects(shared, detector, name, with_its_crate=False) == []
