"""Reads the state of a traffic light from its lamps in the image."""

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
"""Weights of blue, green and red that a lamp's own light scores high on, and white light zero. Green lamps are bluish
by the standards of signal colours, so blue counts for green as much as green does."""


@dataclass(frozen=True, slots=True)
class LampParameters:
    """When a lamp is lit, and when a signal shows it."""

    bright_share: float = 0.3
    """The brightest share of a lamp's box is measured: people draw boxes with some housing around the lens. Larger:
    less noise, and less light in loose boxes. Source: chosen."""
    min_intensity: float = 0.06
    """Lowest intensity of a lit lamp, 0 to 1: an unlit lens has some colour in daylight, but is dark. Higher: faint
    lamps are missed. Source: chosen."""
    min_dominance: float = 0.62
    """The lit lamp has at least this share of two lamps' intensities. Light that blooms into a neighbour's box, most of
    all red into amber's, has about half of its own there. Higher: more frames are undecided. Source: chosen."""
    hold_s: float = 0.3
    """A light is shown once it was lit for this long, seconds: lamps glow on, and frames mix two of them. Longer: fewer
    errors at changes, later answers. Source: chosen."""
    keep_s: float = 1.0
    """A light that was not seen for longer, seconds, is unknown. Longer: more occlusions are bridged. Source:
    chosen."""
    min_dark_s: float = 0.25
    """A lamp that is out for at least this long, seconds, was switched off; mains flicker against the shutter is
    shorter. Longer: fewer blinks are noticed. Source: chosen."""
    max_blink_s: float = 2.5
    """A lamp that goes out for no longer than this, seconds, and on again, twice, with no other in between, blinks: the
    signal is out of service. Once may be an occlusion, and green may blink in service. Longer: slower blinking is
    noticed. Source: chosen."""


DEFAULTS = LampParameters()


class LampReader:
    """Follows the lamps of one signal from frame to frame, in constant memory."""

    def __init__(
        self, config: LampsConfig, width_px: int, height_px: int, parameters: LampParameters = DEFAULTS
    ) -> None:
        boxes = {Light.RED: config.red, Light.AMBER: config.amber, Light.GREEN: config.green}
        self._boxes = {light: _pixels(box, width_px, height_px) for light, box in boxes.items() if box is not None}
        self._parameters = parameters
        self._filter = _SignalFilter(parameters)

    def update(self, image: Image, at_s: float) -> SignalNow | None:
        """What the signal shows in an image (BGR) of this media time; None if unknown."""
        intensities = {
            light: lamp_intensity(image[rows, columns], light, self._parameters)
            for light, (rows, columns) in self._boxes.items()
        }
        return self._filter.update(_lit(intensities, self._parameters), at_s)


def lamp_intensity(patch: Image, light: Light, parameters: LampParameters = DEFAULTS) -> float:
    """0 to 1: how much the brightest part of a lamp's box (h, w, 3; BGR) shines in the lamp's own colour."""
    pixels = patch.reshape(-1, 3).astype(np.float32) / 255
    brightness = pixels.max(axis=1)
    bright = brightness >= np.quantile(brightness, 1 - parameters.bright_share)
    own_colour = np.maximum(pixels[bright] @ np.array(OWN_COLOUR[light], np.float32), 0)
    return float((own_colour * brightness[bright]).mean())


def _lit(intensities: dict[Light, float], p: LampParameters) -> Light | None:
    """The light that clearly dominates; red with amber is red; anything else is undecided."""
    first, *others = sorted(intensities, key=lambda light: -intensities[light])
    if intensities[first] < p.min_intensity:
        return None
    rivals = [
        light for light in others if intensities[first] < p.min_dominance * (intensities[first] + intensities[light])
    ]
    if not rivals:
        return first
    return Light.RED if {first, *rivals} == {Light.RED, Light.AMBER} else None


def _pixels(box: tuple[Point, Point], width_px: int, height_px: int) -> tuple[slice, slice]:
    """Rows and columns of a box given in fractions: at least one of each, inside the image."""
    (x0, y0), (x1, y1) = box
    return _span(y0, y1, height_px), _span(x0, x1, width_px)


def _span(low: float, high: float, size_px: int) -> slice:
    start = min(int(low * size_px), size_px - 1)
    return slice(start, max(start + 1, min(round(high * size_px), size_px)))


@dataclass(slots=True)
class _SignalFilter:
    """From the lamp that each frame shows to the signal's state: debounced, expiring, and unknown while it blinks."""

    parameters: LampParameters
    state: SignalNow | None = None
    lit: Light | None = None
    """The lamp that was lit last, since when, and when it was last seen lit."""
    lit_since_s: float = 0.0
    lit_at_s: float = float("-inf")
    dark_since_s: float | None = None
    """Since when it is out; None while it is lit."""
    blinks: int = 0

    def update(self, light: Light | None, at_s: float) -> SignalNow | None:
        if light is not None:
            self._observe(light, at_s)
        elif self.dark_since_s is None:
            self.dark_since_s = at_s
        if self.blinks >= 2 or at_s - self.lit_at_s > self.parameters.keep_s:
            self.state = None
        return self.state

    def _observe(self, light: Light, at_s: float) -> None:
        p = self.parameters
        dark_s = 0.0 if self.dark_since_s is None else at_s - self.dark_since_s
        is_other = light is not self.lit
        if is_other or dark_s > p.max_blink_s or at_s - self.lit_since_s > p.max_blink_s:
            self.blinks = 0
        elif light is not Light.GREEN and dark_s >= p.min_dark_s:
            self.blinks += 1
        if is_other or dark_s >= p.min_dark_s:
            self.lit_since_s = at_s
        self.lit, self.lit_at_s, self.dark_since_s = light, at_s, None
        is_shown = self.state is not None and self.state.light is light
        if not is_shown and at_s - self.lit_since_s >= p.hold_s:
            self.state = SignalNow(light, self.lit_since_s)
