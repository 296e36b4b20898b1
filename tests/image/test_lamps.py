"""Lamps are read by their colour, by day and by night; what is uncertain is unknown."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vision.common.traffic_light import Light
from vision.config.zones import LampsConfig
from vision.core import SignalNow
from vision.image.traffic_lights.lamps import LampReader

Image = NDArray[np.uint8]
WIDTH, HEIGHT = 200, 200
LAMPS = LampsConfig(red=((0.4, 0.1), (0.6, 0.3)), amber=((0.4, 0.35), (0.6, 0.55)), green=((0.4, 0.6), (0.6, 0.8)))
CENTRES = {Light.RED: (100, 40), Light.AMBER: (100, 90), Light.GREEN: (100, 140)}
GLOW = {Light.RED: (40, 40, 250), Light.AMBER: (30, 170, 250), Light.GREEN: (190, 240, 60)}
"""BGR."""
LENS = {Light.RED: (30, 30, 70), Light.AMBER: (25, 55, 70), Light.GREEN: (50, 60, 30)}
"""Of a lamp that is off, in daylight."""


def head(*lit: Light, daylight: float = 1.0, bloom_px: float = 0.0, occluded: bool = False) -> Image:
    """A signal head with these lamps lit; `daylight` 0 is night, `bloom_px` how far light spreads in the lens."""
    image = np.full((HEIGHT, WIDTH, 3), round(140 * daylight), np.uint8)
    if occluded:
        return image
    cv2.rectangle(image, (70, 10), (130, 170), (25, 25, 25), -1)
    for light, centre in CENTRES.items():
        colour = GLOW[light] if light in lit else tuple(round(c * daylight) for c in LENS[light])
        cv2.circle(image, centre, 15, colour, -1)
    if bloom_px:
        light = cv2.GaussianBlur(np.where(image > 150, image, 0).astype(np.float32), (0, 0), bloom_px)
        image = np.clip(image + 1.5 * light, 0, 255).astype(np.uint8)
    return image


def read(
    shown: Callable[[float], Image], for_s: float, fps: float = 12, lamps: LampsConfig = LAMPS
) -> list[SignalNow | None]:
    reader = LampReader(lamps, WIDTH, HEIGHT)
    return [reader.update(shown(n / fps), n / fps) for n in range(round(for_s * fps))]


def lights(states: list[SignalNow | None]) -> list[Light | None]:
    """The sequence of lights, without repetitions."""
    sequence = [now.light if now else None for now in states]
    return [light for n, light in enumerate(sequence) if n == 0 or light is not sequence[n - 1]]


@pytest.mark.parametrize("lit", Light)
@pytest.mark.parametrize("daylight", [1.0, 0.3, 0.0])
@pytest.mark.parametrize("bloom_px", [0.0, 6.0, 14.0])
def test_the_lit_lamp_is_read_by_day_and_by_night(lit: Light, daylight: float, bloom_px: float) -> None:
    image = head(lit, daylight=daylight, bloom_px=bloom_px)
    assert lights(read(lambda _: image, 2)) == [None, lit]


def test_red_with_amber_is_red() -> None:
    assert lights(read(lambda _: head(Light.RED, Light.AMBER), 2)) == [None, Light.RED]


@pytest.mark.parametrize(
    "image",
    [
        head(),
        head(daylight=0),
        head(occluded=True),
        head(Light.RED, Light.GREEN),
        head(*Light),
        np.full_like(head(), 255),
    ],
    ids=["all off", "all off at night", "occluded", "red and green", "all on", "blinded"],
)
def test_an_impossible_combination_is_unknown(image: Image) -> None:
    assert lights(read(lambda _: image, 3)) == [None]


def test_a_cycle_is_followed_with_the_start_of_each_light() -> None:
    def shown(at_s: float) -> Image:
        return head(Light.GREEN if at_s < 5 else Light.AMBER if at_s < 8 else Light.RED)

    states = read(shown, 12)
    assert lights(states) == [None, Light.GREEN, Light.AMBER, Light.RED]
    began_s = {now.light: now.since_s for now in states if now}
    assert began_s == pytest.approx({Light.GREEN: 0, Light.AMBER: 5, Light.RED: 8}, abs=0.1)


def test_an_occlusion_is_bridged_for_a_second_and_then_unknown() -> None:
    def shown(at_s: float) -> Image:
        return head(Light.RED, occluded=2 <= at_s < 2.8 or 5 <= at_s < 9)

    states = read(shown, 11)
    assert lights(states) == [None, Light.RED, None, Light.RED]
    assert states[int(2.5 * 12)] is not None
    assert states[7 * 12] is None


def test_blinking_amber_is_a_signal_out_of_service() -> None:
    states = read(lambda at_s: head(Light.AMBER) if at_s % 1 < 0.5 else head(), 12)
    assert not any(states[3 * 12 :])


def test_blinking_green_before_amber_is_green() -> None:
    def shown(at_s: float) -> Image:
        return head() if at_s > 3 and at_s % 1 >= 0.5 else head(Light.GREEN)

    assert lights(read(shown, 8)) == [None, Light.GREEN]


def test_a_signal_that_blinked_is_read_again_in_service() -> None:
    def shown(at_s: float) -> Image:
        if at_s < 6:
            return head(Light.AMBER) if at_s % 1 < 0.5 else head()
        return head(Light.RED)

    assert read(shown, 8)[-1] == SignalNow(Light.RED, pytest.approx(6, abs=0.1))


def test_flicker_against_the_shutter_is_read_as_steady() -> None:
    states = read(lambda at_s: head() if int(at_s * 25) % 3 == 0 else head(Light.RED), 6, fps=25)
    assert lights(states) == [None, Light.RED]


def test_a_signal_without_amber_is_read_too() -> None:
    lamps = LampsConfig(red=LAMPS.red, green=LAMPS.green)
    assert lights(read(lambda _: head(Light.GREEN), 2, lamps=lamps)) == [None, Light.GREEN]


def test_a_box_that_is_far_too_wide_still_reads_its_lamp() -> None:
    lamps = LampsConfig(
        red=((0.3, 0.02), (0.7, 0.32)), amber=((0.3, 0.33), (0.7, 0.57)), green=((0.3, 0.58), (0.7, 0.9))
    )
    assert lights(read(lambda _: head(Light.RED), 2, lamps=lamps)) == [None, Light.RED]


@given(st.lists(st.sampled_from([*Light, None]), max_size=60), st.integers(-(10**6), 10**6))
def test_a_time_shift_changes_only_the_times(shown: list[Light | None], shift_s: int) -> None:
    images = {light: head(light) if light else head() for light in (*Light, None)}
    now, later = LampReader(LAMPS, WIDTH, HEIGHT), LampReader(LAMPS, WIDTH, HEIGHT)
    for n, light in enumerate(shown):
        state, shifted = now.update(images[light], n / 8), later.update(images[light], n / 8 + shift_s)
        assert (state is None) == (shifted is None)
        if state and shifted:
            assert shifted.light is state.light
            assert shifted.since_s - shift_s == pytest.approx(state.since_s, abs=1e-3)


def test_a_lamp_of_one_pixel_at_the_image_edge_is_no_error() -> None:
    lamps = LampsConfig(red=((0.999, 0.999), (1, 1)), green=((0, 0), (0.001, 0.001)))
    LampReader(lamps, 64, 48).update(np.zeros((48, 64, 3), np.uint8), 0)
