"""Measures how bright an image is: night, darkness and glare."""

from dataclasses import dataclass

import cv2
import numpy as np

from vision.image.sample import Image, ImageSample


@dataclass(frozen=True, slots=True)
class BrightnessParameters:
    """When an image is dark, shows night or glares. Levels are grey levels from 0 to 255."""

    max_dark_level: float = 40.0
    """An image with its brightest hundredth below this level shows nothing. Higher: more images count as dark.
    Source: chosen."""
    max_dim_level: float = 75.0
    """A median below this level, with dark corners and a dark sky, is night. Higher: dusk counts as night. Source:
    chosen."""
    max_corner_level: float = 25.0
    """The darkest twentieth of an image at night is below this level: no daylight reaches it. Higher: dusk counts as
    night. Source: chosen."""
    max_sky_ratio: float = 0.92
    """The upper quarter's median at night is below this share of the whole median; by day the sky is brighter. Higher:
    more dull days count as night. Source: chosen."""
    min_lamp_warmth: float = 0.25
    """Under sodium light, red exceeds blue by this share of the brightness. Higher: fewer lit nights are noticed.
    Source: chosen."""
    saturated_level: int = 250
    """A pixel is saturated if all its colours reach this level. Higher: less counts as glare. Source: chosen."""
    min_glare_share: float = 0.06
    """A saturated share of the road above this is glare. The sky is left out, since it is white on many days. Higher:
    less counts as glare. Source: chosen."""


DEFAULTS = BrightnessParameters()


@dataclass(frozen=True, slots=True)
class Brightness:
    """Brightness of the background, in grey levels from 0 to 255."""

    median: float
    darkest: float
    """5th percentile."""
    brightest: float
    """99th percentile."""
    sky: float
    """Median of the image's upper quarter."""
    warmth: float
    """Median over the image of red less blue, as a share of the brightness."""
    saturated_share: float
    """Saturated share of the lower two thirds of the image."""
    parameters: BrightnessParameters = DEFAULTS

    @property
    def is_dark(self) -> bool:
        """Whether nothing is visible, not even lamps."""
        return self.brightest < self.parameters.max_dark_level

    @property
    def is_night(self) -> bool:
        """Whether lamps light the scene: it is dim and they do not reach its corners, or it has their colour."""
        p = self.parameters
        is_dim = (
            self.median < p.max_dim_level
            and self.darkest < p.max_corner_level
            and self.sky < p.max_sky_ratio * self.median
        )
        return not self.is_dark and (is_dim or self.warmth > p.min_lamp_warmth)

    @property
    def is_glaring(self) -> bool:
        """Whether sun or headlights saturate a good part of the road."""
        return self.saturated_share > self.parameters.min_glare_share


def measure_brightness(sample: ImageSample, parameters: BrightnessParameters = DEFAULTS) -> Brightness:
    """Measures a sample. Where road users cover everything, all of it counts as background."""
    mask = sample.background if sample.background.any() else np.ones_like(sample.background)
    darkest, median, brightest = _percentiles(sample.small[mask], (5, 50, 99))
    colour_mask = sample.background_at(sample.colour.shape)
    lower = slice(sample.colour.shape[0] // 3, None)
    blue, green, red = cv2.split(sample.colour[lower])
    saturated = (cv2.min(cv2.min(blue, green), red) >= parameters.saturated_level) & colour_mask[lower]
    return Brightness(
        median=median,
        darkest=darkest,
        brightest=brightest,
        sky=_percentiles(sample.small[: max(1, sample.small.shape[0] // 4)].ravel(), (50,))[0],
        warmth=_warmth(sample.colour[::3, ::3]),
        saturated_share=float(saturated.sum() / max(1, colour_mask[lower].sum())),
        parameters=parameters,
    )


def _percentiles(grey: Image, wanted: tuple[int, ...]) -> list[float]:
    """Percentiles of grey levels, from their histogram."""
    cumulated = np.bincount(grey, minlength=256).cumsum()
    return [float(np.searchsorted(cumulated, cumulated[-1] * percent / 100)) for percent in wanted]


def _warmth(colour: Image) -> float:
    pixels = colour.astype(np.float32)
    return float(np.median((pixels[..., 2] - pixels[..., 0]) / np.maximum(pixels.mean(axis=2), 1)))
