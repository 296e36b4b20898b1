"""A signal's state read from its lamps in the picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.config.base import Point
from vision.config.zones import LampsConfig
from vision.core import SignalNow
from vision.lights import Light

Image = NDArray[np.uint8]

OWN_COLOUR: dict[Light, tuple[float, float, float]] = {
    Light.RED: (-0.5, -0.5, 1.0),
    Light.AMBER: (-1.0, 0.5, 0.5),
    Light.GREEN: (0.5, 0.5, -1.0),
}
"""Weights of blue, green and red that a lamp's own light has much of, and white light nothing. Green lamps are
bluish, as the standards of signal colours have them, so blue speaks for green as much as green does."""
BRIGHT_PART = 0.3
"""Of a lamp's box, its brightest part is looked at: people draw boxes with some housing around the lens."""
FAINTEST = 0.06
"""A lamp that shines has at least so much of its own colour, of 1."""
SURE = 0.62
"""Of the colour of the two lamps that shine most, the first has at least so much. Light that blooms into a
neighbour's box, red into amber's above all, has about half of its own strength there."""
HOLD_S = 0.3
"""A light is told once it was seen for so long: lamps glow on, and frames mix two of them."""
KEEP_S = 1.0
"""A light that cannot be made out for longer (something drives between) is not known any more."""
DARK_S = 0.25
"""Lamps fed by the mains flicker against the camera's shutter; one that is out for at least so long was switched."""
BLINK_S = 2.5
"""The same lamp alone, on again within so long after it went out, blinks."""


class LampReader:
    """Follows the lamps of one signal, frame by frame. In constant memory."""

    def __init__(self, config: LampsConfig, width_px: int, height_px: int) -> None:
        boxes = {Light.RED: config.red, Light.AMBER: config.amber, Light.GREEN: config.green}
        self._boxes = {light: _pixels(box, width_px, height_px) for light, box in boxes.items() if box is not None}
        self._change = _Change()

    def update(self, image: Image, at_s: float) -> SignalNow | None:
        """What the signal shows with this picture (BGR) at `at_s`, media time; `None`: not known."""
        shines = {light: own_colour(image[rows, columns], light) for light, (rows, columns) in self._boxes.items()}
        return self._change.update(_brightest(shines), at_s)


def own_colour(patch: Image, light: Light) -> float:
    """How much of a lamp's own colour its box (h, w, 3; BGR) has in its brightest part: 0 to 1."""
    pixels = patch.reshape(-1, 3).astype(np.float32)
    brightness = pixels.max(axis=1)
    bright = pixels[brightness >= np.quantile(brightness, 1 - BRIGHT_PART)]
    return float(np.maximum(bright @ np.array(OWN_COLOUR[light], np.float32), 0).mean() / 255)


def _brightest(shines: dict[Light, float]) -> Light | None:
    """The light that surely governs: red beside amber is red, anything else that is not clear is nothing."""
    first, second, *_ = sorted(shines, key=lambda light: -shines[light])
    if shines[first] < FAINTEST:
        return None
    if shines[first] >= SURE * (shines[first] + shines[second]):
        return first
    return Light.RED if {first, second} == {Light.RED, Light.AMBER} else None


def _pixels(box: tuple[Point, Point], width_px: int, height_px: int) -> tuple[slice, slice]:
    """Rows and columns of a box given in fractions: at least one of each, inside the picture."""
    (x0, y0), (x1, y1) = box
    return _span(y0, y1, height_px), _span(x0, x1, width_px)


def _span(low: float, high: float, size_px: int) -> slice:
    start = min(int(low * size_px), size_px - 1)
    return slice(start, max(start + 1, min(round(high * size_px), size_px)))


@dataclass(slots=True)
class _Change:
    """From what each picture shows to what the signal shows: nothing at once, nothing for ever, no blinking."""

    told: SignalNow | None = None
    shown: Light | None = None
    """What the last pictures show."""
    shown_since_s: float = 0.0
    lit: Light | None = None
    """The lamp seen last, and when last."""
    lit_at_s: float = float("-inf")
    blinks: bool = False

    def update(self, shown: Light | None, at_s: float) -> SignalNow | None:
        if shown is not self.shown:
            self.shown, self.shown_since_s = shown, at_s
        if shown is not None:
            self._notice_blinking(shown, at_s)
            self.lit, self.lit_at_s = shown, at_s
            self._tell_if_held(shown, at_s)
        if self.blinks or at_s - self.lit_at_s > KEEP_S:
            self.told = None
        return self.told

    def _notice_blinking(self, shown: Light, at_s: float) -> None:
        """Green that blinks is still green. Anything else that does is a signal out of service."""
        if shown is not self.lit:
            self.blinks = False
        elif shown is not Light.GREEN and DARK_S <= at_s - self.lit_at_s <= BLINK_S:
            self.blinks = True
        elif self.blinks and at_s - self.shown_since_s > BLINK_S:
            self.blinks = False

    def _tell_if_held(self, shown: Light, at_s: float) -> None:
        if self.told is not None and self.told.light is shown:
            return
        if at_s - self.shown_since_s >= HOLD_S:
            self.told = SignalNow(shown, self.shown_since_s)
