"""A signal's state read from its lamps in the picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.common.traffic_light import Light
from vision.config.base import Point
from vision.config.zones import LampsConfig
from vision.core import SignalNow

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
"""A lamp that shines, shines at least so much of 1. A lens that does not has some colour in daylight, but is dark."""
SURE = 0.62
"""Of what two lamps shine together, the one that governs has at least so much. Light that blooms into a neighbour's
box, red into amber's above all, has about half of its own strength there."""
HOLD_S = 0.3
"""A light is told once it was seen for so long: lamps glow on, and frames mix two of them."""
KEEP_S = 1.0
"""A light that cannot be made out for longer (something drives between) is not known any more."""
DARK_S = 0.25
"""Lamps fed by the mains flicker against the camera's shutter; one that is out for at least so long was switched."""
BLINK_S = 2.5
"""A lamp that goes out for no longer than this and on again, twice, with no other between, blinks: the signal is out of
service. Once is something that drove by, and green that blinks is green still."""


class LampReader:
    """Follows the lamps of one signal, frame by frame. In constant memory."""

    def __init__(self, config: LampsConfig, width_px: int, height_px: int) -> None:
        boxes = {Light.RED: config.red, Light.AMBER: config.amber, Light.GREEN: config.green}
        self._boxes = {light: _pixels(box, width_px, height_px) for light, box in boxes.items() if box is not None}
        self._change = _Change()

    def update(self, image: Image, at_s: float) -> SignalNow | None:
        """What the signal shows with this picture (BGR) at `at_s`, media time; `None`: not known."""
        shines = {light: shine(image[rows, columns], light) for light, (rows, columns) in self._boxes.items()}
        return self._change.update(_governing(shines), at_s)


def shine(patch: Image, light: Light) -> float:
    """How much a lamp's box (h, w, 3; BGR) shines in the lamp's own colour in its brightest part: 0 to 1."""
    pixels = patch.reshape(-1, 3).astype(np.float32) / 255
    brightness = pixels.max(axis=1)
    bright = brightness >= np.quantile(brightness, 1 - BRIGHT_PART)
    own_colour = np.maximum(pixels[bright] @ np.array(OWN_COLOUR[light], np.float32), 0)
    return float((own_colour * brightness[bright]).mean())


def _governing(shines: dict[Light, float]) -> Light | None:
    """The light that surely governs: red beside amber is red, anything else that is not clear is nothing."""
    first, *others = sorted(shines, key=lambda light: -shines[light])
    if shines[first] < FAINTEST:
        return None
    rivals = [light for light in others if shines[first] < SURE * (shines[first] + shines[light])]
    if not rivals:
        return first
    return Light.RED if {first, *rivals} == {Light.RED, Light.AMBER} else None


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
    lit: Light | None = None
    """The lamp seen last, since when, and when last."""
    lit_since_s: float = 0.0
    lit_at_s: float = float("-inf")
    dark_since_s: float | None = None
    """Since when it has been out; `None` while it is on."""
    times_out: int = 0

    def update(self, shown: Light | None, at_s: float) -> SignalNow | None:
        if shown is not None:
            self._see(shown, at_s)
        elif self.dark_since_s is None:
            self.dark_since_s = at_s
        if self.times_out >= 2 or at_s - self.lit_at_s > KEEP_S:
            self.told = None
        return self.told

    def _see(self, shown: Light, at_s: float) -> None:
        out_s = 0.0 if self.dark_since_s is None else at_s - self.dark_since_s
        is_other = shown is not self.lit
        if is_other or out_s > BLINK_S or at_s - self.lit_since_s > BLINK_S:
            self.times_out = 0
        elif shown is not Light.GREEN and out_s >= DARK_S:
            self.times_out += 1
        if is_other or out_s >= DARK_S:
            self.lit_since_s = at_s
        self.lit, self.lit_at_s, self.dark_since_s = shown, at_s, None
        is_told = self.told is not None and self.told.light is shown
        if not is_told and at_s - self.lit_since_s >= HOLD_S:
            self.told = SignalNow(shown, self.lit_since_s)
