"""How a camera sees: what befalls it is noticed, and what is usual is not."""

import math
from itertools import pairwise

import cv2
import numpy as np
import pytest

from tests.kit.picture_kit import (
    HEIGHT,
    NO_BOXES,
    WIDTH,
    Fault,
    Image,
    as_ever,
    begins,
    covered,
    defocused,
    dimmed,
    noisy,
    seen,
    street,
    turned,
    watch,
)
from vision.contracts import PictureCondition as C
from vision.image import QualityMonitor

WITHIN_S = 9.0
"""From the fault: looks are 0.6 s apart, and the longest patience is 6 s."""


def swaying(image: Image, at_s: float) -> Image:
    return turned(0.012 * math.sin(5 * at_s), 0.01 * math.sin(3 * at_s))(image, at_s)


def jolted(image: Image, at_s: float) -> Image:
    return turned(right=0.3)(image, at_s) if at_s % 10 < 1.5 else image


def pond() -> Image:
    """Nothing of it is like a street."""
    rng = np.random.default_rng(1)
    image = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    for _ in range(150):
        centre, axes = rng.integers((WIDTH, HEIGHT)).tolist(), rng.integers(5, 30, 2).tolist()
        cv2.ellipse(image, centre, axes, float(rng.uniform(0, 180)), 0, 360, rng.integers(30, 220, 3).tolist(), -1)
    return image


def test_a_camera_that_sees_well_is_told_as_nothing_else() -> None:
    told = watch()
    assert seen(told) == set()
    assert told[-1][1].softness < 0.5
    assert told[-1][1].lost_share < 0.1


@pytest.mark.parametrize(
    ("fault", "condition"),
    [
        (defocused(2), C.BLURRED),
        (defocused(5), C.BLURRED),
        (covered(1), C.OBSCURED),
        (covered(0.8), C.OBSCURED),
        (dimmed(0.05), C.DARK),
        (turned(right=0.05), C.MOVED),
        (turned(right=-0.25, down=0.1), C.MOVED),
        (turned(zoom=1.15), C.MOVED),
        (turned(zoom=0.85), C.MOVED),
        (turned(turn_deg=8, right=0.03), C.MOVED),
    ],
)
def test_what_befalls_a_camera_is_noticed_in_seconds_and_by_its_name(fault: Fault, condition: C) -> None:
    told = watch(fault, from_s=10)
    begun_s = begins(told, condition)
    assert begun_s is not None
    assert 10 < begun_s <= 10 + WITHIN_S
    assert seen(told) == {condition}


def test_a_quite_other_view_is_a_camera_that_was_moved() -> None:
    other = street(seed=7)
    told = watch(lambda image, at_s: other, from_s=10)
    assert begins(told, C.MOVED) is not None
    assert C.OBSCURED not in seen(told)


@pytest.mark.parametrize("fault", [turned(right=0.05), turned(zoom=1.15), turned(turn_deg=8, right=0.03)])
def test_a_camera_that_was_moved_while_nobody_watched_it_is_told_as_soon_as_it_is_watched_again(fault: Fault) -> None:
    before = QualityMonitor()
    watch(monitor=before, for_s=15)
    told = watch(fault, monitor=QualityMonitor(before.reference_view), from_s=0)
    assert seen(told) == {C.MOVED}
    assert begins(told, C.MOVED) <= WITHIN_S


def test_a_view_that_is_known_is_known_again_in_other_light_and_learnt_no_more_than_before() -> None:
    before = QualityMonitor()
    watch(monitor=before, for_s=15)
    again = QualityMonitor(before.reference_view)
    assert seen(watch(dimmed(0.4, gamma=1.5), monitor=again, from_s=0)) <= {C.NIGHT}
    assert C.MOVED in seen(watch(lambda image, at_s: street(seed=7), monitor=again, from_s=0, began_s=40))


def test_a_known_view_of_which_nothing_is_seen_is_learnt_anew() -> None:
    """It may be quite another hour's light, or quite another view: nobody can say."""
    before = QualityMonitor()
    watch(monitor=before, for_s=15)
    again = QualityMonitor(before.reference_view)
    assert seen(watch(monitor=again, image=pond())) == set()
    assert C.MOVED in seen(watch(turned(right=0.1), monitor=again, image=pond(), from_s=0, began_s=40))


def test_a_view_is_known_once_it_can_be_compared_with() -> None:
    monitor = QualityMonitor()
    watch(monitor=monitor, for_s=1)
    assert monitor.reference_view is None
    watch(monitor=monitor, for_s=10, began_s=1)
    assert monitor.reference_view is not None


def test_a_camera_that_moved_stays_so_until_it_looks_there_again() -> None:
    told = watch(turned(right=0.1), from_s=10, until_s=80, for_s=100, fps=2)
    moved = [at_s for at_s, state in told if C.MOVED in state.conditions]
    assert 10 < moved[0] < 20
    assert 80 < moved[-1] < 90
    assert len(moved) == pytest.approx((moved[-1] - moved[0]) * 2, abs=2)
    assert all(state.is_suspended for at_s, state in told if 20 < at_s < 80)


def test_how_far_a_camera_moved_is_told_in_pixels_of_its_picture() -> None:
    told = watch(turned(right=0.1, down=-0.05), from_s=10)
    assert told[-1][1].shift_px == pytest.approx((64, -18), abs=4)
    assert told[-1][1].troubles()[C.MOVED] == {
        "shift_x_px": pytest.approx(64, abs=4),
        "shift_y_px": pytest.approx(-18, abs=4),
    }


@pytest.mark.parametrize(
    "harmless",
    [
        pytest.param(
            lambda image, at_s: turned(0.012 * np.sin(5 * at_s), 0.01 * np.sin(3 * at_s))(image, at_s), id="sway"
        ),
        pytest.param(covered(0.4), id="a lorry before the lens"),
        pytest.param(dimmed(0.6), id="a cloud"),
        pytest.param(dimmed(1.25), id="the sun"),
        pytest.param(defocused(0.7), id="a hot day"),
        pytest.param(jolted, id="jolts"),
    ],
)
def test_what_is_usual_is_told_as_nothing(harmless: Fault) -> None:
    assert seen(watch(harmless, from_s=10, for_s=60)) == set()


def test_a_view_that_fades_into_night_over_minutes_is_neither_moved_nor_obscured() -> None:
    def dusk(image: Image, at_s: float) -> Image:
        darkness = min(at_s / 240, 1.0) * np.linspace(0.95, 0.7, image.shape[0])
        return (image * (1 - darkness)[:, None, None]).astype(np.uint8)

    told = watch(dusk, from_s=0, for_s=300, fps=1.6)
    assert seen(told) <= {C.NIGHT}
    assert begins(told, C.NIGHT) is not None


def test_a_street_under_sodium_lamps_is_night_and_not_dark() -> None:
    warm = np.array([0.45, 0.8, 1.0])
    told = watch(lambda image, at_s: (image * warm).astype(np.uint8), from_s=0, for_s=12)
    assert seen(told) == {C.NIGHT}


def test_a_road_drowned_in_light_is_glare_and_a_white_sky_is_not() -> None:
    def sun(image: Image, at_s: float) -> Image:
        shown = image.copy()
        shown[250:330, 100:300] = 255
        return shown

    def sky(image: Image, at_s: float) -> Image:
        shown = image.copy()
        shown[:80] = 255
        return shown

    assert C.GLARE in seen(watch(sun, from_s=10))
    assert C.GLARE not in seen(watch(sky, from_s=0))


def test_a_camera_that_was_never_sharp_is_told_as_blurred() -> None:
    assert begins(watch(defocused(4), from_s=0), C.BLURRED) is not None


def test_a_picture_without_edges_is_not_called_blurred_or_moved() -> None:
    grey = np.full((360, 640, 3), 120, np.uint8)
    monitor = QualityMonitor()
    states = [monitor.update(noisy(grey, n), n * 0.25, NO_BOXES) for n in range(80)]
    assert not any(state.conditions for state in states)


def test_looks_are_rare_whatever_the_frame_rate() -> None:
    told = watch(fps=25, for_s=10)
    looks = sum(one is not other for (_, one), (_, other) in pairwise(told))
    assert 12 <= looks <= 17


@pytest.mark.parametrize("fault", [turned(right=0.1), covered(1), as_ever])
def test_another_frame_rate_or_beginning_changes_nothing(fault: Fault) -> None:
    usual = seen(watch(fault, for_s=25))
    assert seen(watch(fault, for_s=25, fps=9)) == usual
    assert seen(watch(fault, for_s=25, began_s=1e6)) == usual


def test_a_picture_of_another_shape_begins_a_new_view() -> None:
    monitor = QualityMonitor()
    watch(monitor=monitor, for_s=15)
    told = watch(monitor=monitor, for_s=15, began_s=15, image=np.ascontiguousarray(street()[:300, :600]))
    assert seen(told) == set()


def test_a_camera_that_moved_while_its_stream_was_away_is_noticed_although_time_and_size_begin_anew() -> None:
    monitor = QualityMonitor()
    watch(monitor=monitor, for_s=15, began_s=500)
    larger = np.asarray(cv2.resize(street(), None, fx=2, fy=2), np.uint8)
    assert seen(watch(monitor=monitor, for_s=15, image=larger)) == set()
    told = watch(turned(right=0.1), from_s=0, monitor=monitor, for_s=15, began_s=100, image=larger)
    assert C.MOVED in told[-1][1].conditions


def test_memory_is_the_same_after_many_thousand_frames() -> None:
    monitor, image = QualityMonitor(), street()
    sizes = []
    for n in range(3_000):
        monitor.update(image, n * 0.05, NO_BOXES)
        if n in (1_000, 2_999):
            sizes.append(_numbers_in(monitor))
    assert sizes[0] == sizes[1]


def _numbers_in(thing: object, known: set[int] | None = None) -> int:
    """How much an object holds: array elements, items of containers, attributes, all the way down."""
    known = set() if known is None else known
    if id(thing) in known:
        return 0
    known.add(id(thing))
    if isinstance(thing, np.ndarray):
        return thing.size
    if isinstance(thing, dict):
        return len(thing) + sum(_numbers_in(item, known) for item in thing.values())
    if isinstance(thing, list | tuple | set | frozenset):
        return len(thing) + sum(_numbers_in(item, known) for item in thing)
    return 1 + (_numbers_in(vars(thing), known) if hasattr(thing, "__dict__") else 0)
