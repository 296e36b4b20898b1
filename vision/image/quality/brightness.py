"""How bright a picture is: night, darkness, glare."""

from dataclasses import dataclass

import cv2
import numpy as np

from vision.image.sample import Image, ImageSample

BLACK = 40.0
"""Where even the brightest hundredth of the background is darker, nothing can be made out."""
DIM = 75.0
"""A median below this, with black corners and a dark sky, is night."""
BLACK_CORNERS = 25.0
"""The darkest twentieth of the background is darker: no daylight falls there."""
DARK_SKY = 0.92
"""Of the whole median, the upper quarter's at night. By day the sky is brighter than what is below it."""
LAMP_LIGHT = 0.25
"""Sodium light: the picture is so much redder than blue, as a part of its brightness."""
SATURATED = 250
"""A pixel whose every colour is at least this has lost what it showed."""
GLARE_PART = 0.06
"""Of the road, saturated: glare. The sky is not looked at: it is white on many days."""


@dataclass(frozen=True, slots=True)
class Brightness:
    """Of the background, in grey levels from 0 to 255."""

    median: float
    darkest: float
    """The 5th percentile."""
    brightest: float
    """The 99th percentile."""
    sky: float
    """The median of the picture's upper quarter."""
    warmth: float
    """Red less blue as a part of the brightness: the median over the picture."""
    saturated_part: float
    """Of the lower two thirds of the picture."""

    @property
    def is_dark(self) -> bool:
        """Nothing can be seen, not even lamps."""
        return self.brightest < BLACK

    @property
    def is_night(self) -> bool:
        """Lamps light the scene: it is dim and they do not reach its corners, or everything has their colour."""
        is_dim = self.median < DIM and self.darkest < BLACK_CORNERS and self.sky < DARK_SKY * self.median
        return not self.is_dark and (is_dim or self.warmth > LAMP_LIGHT)

    @property
    def is_glaring(self) -> bool:
        """Sun or headlights drown a good part of the road."""
        return self.saturated_part > GLARE_PART


def brightness(look: ImageSample) -> Brightness:
    """Measure a look. Where road users cover everything, all counts as background."""
    seen = look.background if look.background.any() else np.ones_like(look.background)
    darkest, median, brightest = _percentiles(look.small[seen], (5, 50, 99))
    colour_seen = look.background_at(look.colour.shape)
    lower = slice(look.colour.shape[0] // 3, None)
    blue, green, red = cv2.split(look.colour[lower])
    saturated = (cv2.min(cv2.min(blue, green), red) >= SATURATED) & colour_seen[lower]
    return Brightness(
        median=median,
        darkest=darkest,
        brightest=brightest,
        sky=_percentiles(look.small[: max(1, look.small.shape[0] // 4)].ravel(), (50,))[0],
        warmth=_warmth(look.colour[::3, ::3]),
        saturated_part=float(saturated.sum() / max(1, colour_seen[lower].sum())),
    )


def _percentiles(grey: Image, wanted: tuple[int, ...]) -> list[float]:
    """Of grey levels, by their histogram."""
    up_to = np.bincount(grey, minlength=256).cumsum()
    return [float(np.searchsorted(up_to, up_to[-1] * percent / 100)) for percent in wanted]


def _warmth(colour: Image) -> float:
    """The median of red less blue, each as a part of its pixel's brightness."""
    pixels = colour.astype(np.float32)
    return float(np.median((pixels[..., 2] - pixels[..., 0]) / np.maximum(pixels.mean(axis=2), 1)))
