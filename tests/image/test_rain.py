"""Rain is detected by streaks all over the image; traffic, noise and sway make none."""

import cv2
import numpy as np
import pytest

from tests.kit.image_kit import NO_BOXES, Image, first_time_of, moved_view, noisy, street, unchanged, with_cars
from vision.contracts import PictureCondition as C
from vision.image import ImageQuality, QualityMonitor

FPS = 8


def rainy(image: Image, seed: int, drops: int = 300) -> Image:
    """Drops as a camera sees them: faint bright streaks that fall steeply, others in each frame."""
    rng = np.random.default_rng(seed)
    veil = np.zeros(image.shape[:2], np.float32)
    for _ in range(drops):
        x, y, length = rng.uniform(0, image.shape[1]), rng.uniform(0, image.shape[0]), rng.uniform(8, 22)
        end = (round(x + 0.17 * length), round(y + length))
        cv2.line(veil, (round(x), round(y)), end, float(rng.uniform(0.15, 0.45)), 1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(veil, (0, 0), 0.5)[..., None]
    return (image * (1 - soft) + 235 * soft).astype(np.uint8)


def monitor_rain(
    rain_from_s: float, rain_until_s: float, for_s: float, *, fault=unchanged
) -> list[tuple[float, ImageQuality]]:
    monitor, empty, qualities = QualityMonitor(), street(), []
    for n in range(int(for_s * FPS)):
        at_s = n / FPS
        shown, _ = with_cars(fault(empty, at_s), at_s)
        if rain_from_s <= at_s < rain_until_s:
            shown = rainy(shown, n)
        qualities.append((at_s, monitor.update(noisy(shown, n), at_s, NO_BOXES)))
    return qualities


def test_rain_holds_while_it_falls_and_for_a_while_after() -> None:
    qualities = monitor_rain(5, 40, 120)
    first_s = first_time_of(C.RAIN, qualities)
    assert first_s is not None
    assert 15 < first_s < 32
    assert C.RAIN not in qualities[-1][1].conditions
    assert {c for _, quality in qualities for c in quality.conditions} == {C.RAIN}


@pytest.mark.parametrize("fault", [unchanged, lambda image, at_s: moved_view(0.004 * np.sin(9 * at_s))(image, at_s)])
def test_traffic_noise_and_sway_are_not_rain(fault) -> None:
    assert first_time_of(C.RAIN, monitor_rain(1e9, 1e9, 40, fault=fault)) is None
