"""Image quality: faults of a camera are conditions, and what is usual is none."""

import math
from itertools import pairwise

import cv2
import numpy as np
import pytest

from tests.kit.image_kit import (
    HEIGHT,
    NO_BOXES,
    WIDTH,
    Fault,
    Image,
    conditions_of,
    covered,
    defocused,
    dimmed,
    first_time_of,
    monitor_street,
    moved_view,
    noisy,
    street,
    unchanged,
)
from vision.contracts import PictureCondition as C
from vision.image import QualityMonitor

WITHIN_S = 9.0
"""After the fault: measurements are 0.6 s apart, and a condition takes 6 s at most."""


def swaying(image: Image, at_s: float) -> Image:
    return moved_view(0.012 * math.sin(5 * at_s), 0.01 * math.sin(3 * at_s))(image, at_s)


def jolted(image: Image, at_s: float) -> Image:
    return moved_view(right=0.3)(image, at_s) if at_s % 10 < 1.5 else image


def pond() -> Image:
    """A view that is nothing like the street."""
    rng = np.random.default_rng(1)
    image = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    for _ in range(150):
        centre, axes = rng.integers((WIDTH, HEIGHT)).tolist(), rng.integers(5, 30, 2).tolist()
        cv2.ellipse(image, centre, axes, float(rng.uniform(0, 180)), 0, 360, rng.integers(30, 220, 3).tolist(), -1)
    return image


def test_a_camera_that_sees_well_has_no_conditions() -> None:
    qualities = monitor_street()
    assert conditions_of(qualities) == set()
    assert qualities[-1][1].softness < 0.5
    assert qualities[-1][1].lost_share < 0.1


@pytest.mark.parametrize(
    ("fault", "condition"),
    [
        (defocused(2), C.BLURRED),
        (defocused(5), C.BLURRED),
        (covered(1), C.OBSCURED),
        (covered(0.8), C.OBSCURED),
        (dimmed(0.05), C.DARK),
        (moved_view(right=0.05), C.MOVED),
        (moved_view(right=-0.25, down=0.1), C.MOVED),
        (moved_view(zoom=1.15), C.MOVED),
        (moved_view(zoom=0.85), C.MOVED),
        (moved_view(rotation_deg=8, right=0.03), C.MOVED),
    ],
)
def test_a_fault_becomes_its_own_condition_within_seconds(fault: Fault, condition: C) -> None:
    qualities = monitor_street(fault, from_s=10)
    first_s = first_time_of(condition, qualities)
    assert first_s is not None
    assert 10 < first_s <= 10 + WITHIN_S
    assert conditions_of(qualities) == {condition}


def test_an_unrelated_view_is_a_moved_camera() -> None:
    other = street(seed=7)
    qualities = monitor_street(lambda image, at_s: other, from_s=10)
    assert first_time_of(C.MOVED, qualities) is not None
    assert C.OBSCURED not in conditions_of(qualities)


@pytest.mark.parametrize(
    "fault", [moved_view(right=0.05), moved_view(zoom=1.15), moved_view(rotation_deg=8, right=0.03)]
)
def test_a_camera_moved_while_it_was_not_analysed_counts_as_moved_at_once(fault: Fault) -> None:
    before = QualityMonitor()
    monitor_street(monitor=before, for_s=15)
    qualities = monitor_street(fault, monitor=QualityMonitor(before.reference_view), from_s=0)
    assert conditions_of(qualities) == {C.MOVED}
    assert first_time_of(C.MOVED, qualities) <= WITHIN_S


def test_a_reference_view_is_recognised_in_other_light() -> None:
    before = QualityMonitor()
    monitor_street(monitor=before, for_s=15)
    again = QualityMonitor(before.reference_view)
    assert conditions_of(monitor_street(dimmed(0.4, gamma=1.5), monitor=again, from_s=0)) <= {C.NIGHT}
    assert C.MOVED in conditions_of(
        monitor_street(lambda image, at_s: street(seed=7), monitor=again, from_s=0, start_s=40)
    )


def test_a_reference_view_that_shows_nowhere_is_learned_again() -> None:
    """It may be the light of another hour, or another view: that is undecidable."""
    before = QualityMonitor()
    monitor_street(monitor=before, for_s=15)
    again = QualityMonitor(before.reference_view)
    assert conditions_of(monitor_street(monitor=again, image=pond())) == set()
    assert C.MOVED in conditions_of(
        monitor_street(moved_view(right=0.1), monitor=again, image=pond(), from_s=0, start_s=40)
    )


def test_a_reference_view_exists_once_it_can_be_compared_with() -> None:
    monitor = QualityMonitor()
    monitor_street(monitor=monitor, for_s=1)
    assert monitor.reference_view is None
    monitor_street(monitor=monitor, for_s=10, start_s=1)
    assert monitor.reference_view is not None


def test_a_camera_stays_moved_until_it_shows_its_usual_view_again() -> None:
    qualities = monitor_street(moved_view(right=0.1), from_s=10, until_s=80, for_s=100, fps=2)
    moved = [at_s for at_s, quality in qualities if C.MOVED in quality.conditions]
    assert 10 < moved[0] < 20
    assert 80 < moved[-1] < 90
    assert len(moved) == pytest.approx((moved[-1] - moved[0]) * 2, abs=2)
    assert all(quality.is_suspended for at_s, quality in qualities if 20 < at_s < 80)


def test_the_shift_of_a_moved_camera_is_in_pixels_of_the_frame() -> None:
    qualities = monitor_street(moved_view(right=0.1, down=-0.05), from_s=10)
    assert qualities[-1][1].shift_px == pytest.approx((64, -18), abs=4)
    assert qualities[-1][1].troubles()[C.MOVED] == {
        "shift_x_px": pytest.approx(64, abs=4),
        "shift_y_px": pytest.approx(-18, abs=4),
    }


@pytest.mark.parametrize(
    "harmless",
    [
        pytest.param(
            lambda image, at_s: moved_view(0.012 * np.sin(5 * at_s), 0.01 * np.sin(3 * at_s))(image, at_s), id="sway"
        ),
        pytest.param(covered(0.4), id="a lorry in front of the lens"),
        pytest.param(dimmed(0.6), id="a cloud"),
        pytest.param(dimmed(1.25), id="the sun"),
        pytest.param(defocused(0.7), id="a hot day"),
        pytest.param(jolted, id="jolts"),
    ],
)
def test_sway_and_changes_of_light_are_no_conditions(harmless: Fault) -> None:
    assert conditions_of(monitor_street(harmless, from_s=10, for_s=60)) == set()


def test_a_view_that_fades_into_night_over_minutes_is_neither_moved_nor_obscured() -> None:
    def dusk(image: Image, at_s: float) -> Image:
        darkness = min(at_s / 240, 1.0) * np.linspace(0.95, 0.7, image.shape[0])
        return (image * (1 - darkness)[:, None, None]).astype(np.uint8)

    qualities = monitor_street(dusk, from_s=0, for_s=300, fps=1.6)
    assert conditions_of(qualities) <= {C.NIGHT}
    assert first_time_of(C.NIGHT, qualities) is not None


def test_a_street_under_sodium_lamps_is_night_and_not_dark() -> None:
    warm = np.array([0.45, 0.8, 1.0])
    qualities = monitor_street(lambda image, at_s: (image * warm).astype(np.uint8), from_s=0, for_s=12)
    assert conditions_of(qualities) == {C.NIGHT}


def test_a_saturated_road_is_glare_and_a_white_sky_is_not() -> None:
    def sun(image: Image, at_s: float) -> Image:
        shown = image.copy()
        shown[250:330, 100:300] = 255
        return shown

    def sky(image: Image, at_s: float) -> Image:
        shown = image.copy()
        shown[:80] = 255
        return shown

    assert C.GLARE in conditions_of(monitor_street(sun, from_s=10))
    assert C.GLARE not in conditions_of(monitor_street(sky, from_s=0))


def test_a_camera_that_was_never_sharp_is_blurred() -> None:
    assert first_time_of(C.BLURRED, monitor_street(defocused(4), from_s=0)) is not None


def test_an_image_without_edges_is_neither_blurred_nor_moved() -> None:
    grey = np.full((360, 640, 3), 120, np.uint8)
    monitor = QualityMonitor()
    qualities = [monitor.update(noisy(grey, n), n * 0.25, NO_BOXES) for n in range(80)]
    assert not any(quality.conditions for quality in qualities)


def test_the_measuring_interval_does_not_depend_on_the_frame_rate() -> None:
    qualities = monitor_street(fps=25, for_s=10)
    measurements = sum(one is not other for (_, one), (_, other) in pairwise(qualities))
    assert 12 <= measurements <= 17


@pytest.mark.parametrize("fault", [moved_view(right=0.1), covered(1), unchanged])
def test_frame_rate_and_start_time_change_nothing(fault: Fault) -> None:
    usual = conditions_of(monitor_street(fault, for_s=25))
    assert conditions_of(monitor_street(fault, for_s=25, fps=9)) == usual
    assert conditions_of(monitor_street(fault, for_s=25, start_s=1e6)) == usual


def test_an_image_of_another_shape_starts_a_new_view() -> None:
    monitor = QualityMonitor()
    monitor_street(monitor=monitor, for_s=15)
    qualities = monitor_street(monitor=monitor, for_s=15, start_s=15, image=np.ascontiguousarray(street()[:300, :600]))
    assert conditions_of(qualities) == set()


def test_a_camera_moved_during_a_stream_loss_is_noticed_after_the_restart() -> None:
    monitor = QualityMonitor()
    monitor_street(monitor=monitor, for_s=15, start_s=500)
    larger = np.asarray(cv2.resize(street(), None, fx=2, fy=2), np.uint8)
    assert conditions_of(monitor_street(monitor=monitor, for_s=15, image=larger)) == set()
    qualities = monitor_street(moved_view(right=0.1), from_s=0, monitor=monitor, for_s=15, start_s=100, image=larger)
    assert C.MOVED in qualities[-1][1].conditions


def test_memory_is_the_same_after_many_thousand_frames() -> None:
    monitor, image = QualityMonitor(), street()
    sizes = []
    for n in range(3_000):
        monitor.update(image, n * 0.05, NO_BOXES)
        if n in (1_000, 2_999):
            sizes.append(_size_of(monitor))
    assert sizes[0] == sizes[1]


def _size_of(value: object, known: set[int] | None = None) -> int:
    """Size of an object: array elements, items of containers and attributes, recursively."""
    known = set() if known is None else known
    if id(value) in known:
        return 0
    known.add(id(value))
    if isinstance(value, np.ndarray):
        return value.size
    if isinstance(value, dict):
        return len(value) + sum(_size_of(item, known) for item in value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return len(value) + sum(_size_of(item, known) for item in value)
    return 1 + (_size_of(vars(value), known) if hasattr(value, "__dict__") else 0)


def test_a_blurred_camera_that_sees_no_edges_reports_its_last_softness() -> None:
    """As fog thickens: too few edges to measure while the condition lasts. NaN is no number in an event."""
    monitor = QualityMonitor()
    monitor_street(defocused(4), for_s=20, monitor=monitor)
    grey = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    qualities = monitor_street(from_s=1e9, for_s=5, start_s=20, monitor=monitor, image=grey)
    blurred = [quality for _, quality in qualities if C.BLURRED in quality.conditions]
    assert blurred
    for quality in blurred:
        assert math.isfinite(quality.troubles()[C.BLURRED]["softness"])
