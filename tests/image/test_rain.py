"""Rain is told by streaks all over the picture; traffic, noise and sway make none."""

import cv2
import numpy as np
import pytest

from tests.kit.picture_kit import NO_BOXES, Image, as_ever, begins, noisy, street, turned, with_cars
from vision.contracts import PictureCondition as C
from vision.image import ImageQuality, QualityMonitor

FPS = 8


def rainy(image: Image, seed: int, drops: int = 300) -> Image:
    """Drops as a camera sees them: faint bright streaks that fall steeply, other ones in each picture."""
    rng = np.random.default_rng(seed)
    veil = np.zeros(image.shape[:2], np.float32)
    for _ in range(drops):
        x, y, length = rng.uniform(0, image.shape[1]), rng.uniform(0, image.shape[0]), rng.uniform(8, 22)
        end = (round(x + 0.17 * length), round(y + length))
        cv2.line(veil, (round(x), round(y)), end, float(rng.uniform(0.15, 0.45)), 1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(veil, (0, 0), 0.5)[..., None]
    return (image * (1 - soft) + 235 * soft).astype(np.uint8)


def watch(rain_from_s: float, rain_until_s: float, for_s: float, *, fault=as_ever) -> list[tuple[float, ImageQuality]]:
    monitor, empty, told = QualityMonitor(), street(), []
    for n in range(int(for_s * FPS)):
        at_s = n / FPS
        shown, _ = with_cars(fault(empty, at_s), at_s)
        if rain_from_s <= at_s < rain_until_s:
            shown = rainy(shown, n)
        told.append((at_s, monitor.update(noisy(shown, n), at_s, NO_BOXES)))
    return told


def test_rain_is_told_while_it_falls_and_for_a_while_after() -> None:
    told = watch(5, 40, 120)
    begun_s = begins(told, C.RAIN)
    assert begun_s is not None
    assert 15 < begun_s < 32
    assert C.RAIN not in told[-1][1].conditions
    assert {c for _, state in told for c in state.conditions} == {C.RAIN}


@pytest.mark.parametrize("fault", [as_ever, lambda image, at_s: turned(0.004 * np.sin(9 * at_s))(image, at_s)])
def test_traffic_noise_and_sway_are_no_rain(fault) -> None:
    assert begins(watch(1e9, 1e9, 40, fault=fault), C.RAIN) is None
