"""How bright a picture is: night, darkness, glare."""

from dataclasses import dataclass

import numpy as np

from vision.picture.look import Look

BLACK = 40.0
"""Where even the brightest hundredth of the background is darker, nothing can be made out."""
DIM = 75.0
"""A median below this, with a black sky or black corners, is night."""
BLACK_CORNERS = 25.0
"""The darkest twentieth of the background is darker: no daylight falls there."""
LAMP_LIGHT = 0.25
"""Sodium light: the background is so much redder than blue, as a part of its brightness."""
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
    warmth: float
    """Red less blue as a part of the brightness: the median over the background."""
    saturated_part: float
    """Of the lower two thirds of the picture."""

    @property
    def is_dark(self) -> bool:
        """Nothing can be seen, not even lamps."""
        return self.brightest < BLACK

    @property
    def is_night(self) -> bool:
        """Lamps light the scene: it is dim and they do not reach its corners, or everything has their colour."""
        is_dim = self.median < DIM and self.darkest < BLACK_CORNERS
        return not self.is_dark and (is_dim or self.warmth > LAMP_LIGHT)

    @property
    def is_glaring(self) -> bool:
        """Sun or headlights drown a good part of the road."""
        return self.saturated_part > GLARE_PART


def brightness(look: Look) -> Brightness:
    """Measure a look. Where road users cover everything, all counts as background."""
    seen = look.background if look.background.any() else np.ones_like(look.background)
    grey, colour = look.small[seen], look.colour[seen].astype(np.float32)
    darkest, median, brightest = np.percentile(grey, (5, 50, 99))
    lower = slice(look.small.shape[0] // 3, None)
    saturated = (look.colour[lower].min(axis=2) >= SATURATED) & seen[lower]
    return Brightness(
        median=float(median),
        darkest=float(darkest),
        brightest=float(brightest),
        warmth=float(np.median((colour[:, 2] - colour[:, 0]) / np.maximum(colour.mean(axis=1), 1))),
        saturated_part=float(saturated.sum() / max(1, seen[lower].sum())),
    )
