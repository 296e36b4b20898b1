"""A synthetic street, and faults of the camera that shows it."""

from collections.abc import Callable, Iterable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.contracts import PictureCondition
from vision.image import ImageQuality, QualityMonitor

Image = NDArray[np.uint8]
Fault = Callable[[Image, float], Image]
"""From an image and its time (s) to the image of a faulty camera."""

WIDTH, HEIGHT = 640, 360
NO_BOXES = np.empty((0, 4), np.float32)


def street(seed: int = 0) -> Image:
    """Houses with windows above a road with dashes: WIDTH by HEIGHT, BGR, without noise."""
    rng = np.random.default_rng(seed)
    image = np.full((HEIGHT, WIDTH, 3), 190, np.uint8)
    for left in range(0, WIDTH, 64):
        top = int(rng.integers(30, 120))
        cv2.rectangle(image, (left, top), (left + 63, 200), rng.integers(60, 150, 3).tolist(), -1)
        for x in range(left + 8, left + 56, 16):
            for y in range(top + 8, 180, 20):
                cv2.rectangle(image, (x, y), (x + 7, y + 10), rng.integers(20, 230, 3).tolist(), -1)
    cv2.rectangle(image, (0, 200), (WIDTH, HEIGHT), (95, 95, 95), -1)
    for y, x in ((y, x) for y in (230, 270, 320) for x in range(int(rng.integers(40)), WIDTH, 80)):
        cv2.rectangle(image, (x, y), (x + 36, y + 4), (225, 225, 225), -1)
    for _ in range(20):
        centre = (int(rng.integers(WIDTH)), int(rng.integers(205, HEIGHT)))
        cv2.ellipse(image, centre, (int(rng.integers(4, 14)), 3), 0, 0, 360, rng.integers(60, 130, 3).tolist(), -1)
    return image


def with_cars(image: Image, at_s: float) -> tuple[Image, NDArray[np.float32]]:
    """The street with three cars that drive to the right, and their boxes in pixels."""
    shown, boxes = image.copy(), []
    for n, y in enumerate((215, 255, 300)):
        x = int((150 * n + 120 * at_s) % (WIDTH + 80)) - 80
        cv2.rectangle(shown, (x, y), (x + 70, y + 34), (40 + 70 * n, 60, 180 - 50 * n), -1)
        cv2.rectangle(shown, (x + 12, y + 5), (x + 56, y + 15), (20, 20, 20), -1)
        boxes.append((x, y, x + 71, y + 35))
    return shown, np.array(boxes, np.float32)


def noisy(image: Image, frame: int, sigma: float = 2.0) -> Image:
    """With sensor noise, which comes after whatever happened before the lens; the same for each `frame`."""
    noise = _noise(image.shape, frame % 16, sigma)
    return cv2.add(image, noise, dtype=cv2.CV_8U).astype(np.uint8, copy=False)


@lru_cache(maxsize=64)
def _noise(shape: tuple[int, ...], seed: int, sigma: float) -> NDArray[np.int16]:
    return np.random.default_rng(seed).normal(0, sigma, shape).round().astype(np.int16)


def unchanged(image: Image, at_s: float) -> Image:
    return image


def monitor_street(
    fault: Fault = unchanged,
    *,
    from_s: float = 10.0,
    until_s: float = 1e9,
    for_s: float = 30.0,
    fps: float = 4.0,
    start_s: float = 0.0,
    monitor: QualityMonitor | None = None,
    image: Image | None = None,
) -> list[tuple[float, ImageQuality]]:
    """(seconds since the start, quality) for each frame of a street that a fault affects for a while."""
    monitor = monitor or QualityMonitor()
    image = street() if image is None else image
    qualities = []
    for n, at_s in enumerate(np.arange(0, for_s, 1 / fps).tolist()):
        shown, boxes = with_cars(image, at_s)
        if from_s <= at_s < until_s:
            shown = fault(shown, at_s)
        qualities.append((at_s, monitor.update(noisy(shown, n), start_s + at_s, boxes)))
    return qualities


def first_time_of(condition: PictureCondition, qualities: Iterable[tuple[float, ImageQuality]]) -> float | None:
    """When a condition first holds; None: never."""
    return next((at_s for at_s, quality in qualities if condition in quality.conditions), None)


def conditions_of(qualities: Iterable[tuple[float, ImageQuality]]) -> set[PictureCondition]:
    """Every condition that ever holds."""
    return {condition for _, quality in qualities for condition in quality.conditions}


def moved_view(right: float = 0.0, down: float = 0.0, zoom: float = 1.0, rotation_deg: float = 0.0) -> Fault:
    """The camera is pushed (shares of the image), zoomed, rotated."""

    def fault(image: Image, at_s: float) -> Image:
        height, width = image.shape[:2]
        move = cv2.getRotationMatrix2D((width / 2, height / 2), rotation_deg, zoom)
        move[:, 2] += (right * width, down * height)
        return np.asarray(cv2.warpAffine(image, move, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)

    return fault


def defocused(sigma_px: float) -> Fault:
    return lambda image, at_s: np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.uint8)


def covered(share: float) -> Fault:
    """Something grey in front of the lens, from the left."""

    def fault(image: Image, at_s: float) -> Image:
        shown = image.copy()
        columns = round(share * image.shape[1])
        shown[:, :columns] = np.linspace(90, 140, max(columns, 1))[None, :columns, None]
        return shown

    return fault


def dimmed(factor: float, gamma: float = 1.0) -> Fault:
    levels = (255 * (np.arange(256) / 255) ** gamma * factor).clip(0, 255).astype(np.uint8)
    return lambda image, at_s: np.asarray(cv2.LUT(image, levels), np.uint8)
