"""How sharp a picture is, whatever it shows and however bright it is."""

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.image.sample import Bools, ImageSample

WINDOW_PX = 9
"""Length of the blur that a picture is compared with."""
EDGE = 24.0
"""Grey levels across the window: less is noise or a flat surface and says nothing of sharpness."""
LEAST_EDGES = 0.003
"""A picture with edges on less of its pixels says nothing of its sharpness."""
EVERY = 3
"""Every third row and column speaks for all."""
NOISE_SIGMA_PX = 0.8
"""Sensor noise comes after the lens and is always sharp: it is smoothed away first."""


def softness(look: ImageSample) -> float:
    """0 for edges of one pixel's width, towards 1 for a blur; NaN where the picture has too few edges to tell.

    Blur again, and see how much of the variation between neighbours is lost: much in a sharp picture, little in a
    blurred one (Crété-Roffet et al. 2007, "The blur effect"), here on true edges of the background only. Sharp cameras
    have .3 to .55 at this scale; a Gaussian blur of 2 pixels makes it .67 to .8, of 3 pixels .77 to .87.
    """
    grey = cv2.GaussianBlur(look.sharp, (0, 0), NOISE_SIGMA_PX)
    seen = look.background_at(grey.shape)
    across = _lost_variation(grey[::EVERY], seen[::EVERY])
    down = _lost_variation(grey.T[::EVERY], seen.T[::EVERY])
    pixels, variation, lost = (a + b for a, b in zip(across, down, strict=True))
    if pixels < LEAST_EDGES * 2 * look.sharp.size / EVERY or variation == 0:
        return float("nan")
    return 1.0 - lost / variation


def _lost_variation(grey: NDArray[np.generic], seen: Bools) -> tuple[float, float, float]:
    """Along the rows: how many edge pixels, their variation, and how much of it a blur takes away."""
    lines = np.ascontiguousarray(grey, np.float32)
    blurred = cv2.blur(lines, (WINDOW_PX, 1))
    half = WINDOW_PX // 2
    before, after = slice(None, -WINDOW_PX), slice(WINDOW_PX - 1, -1)
    edges = (np.abs(blurred[:, after] - blurred[:, before]) >= EDGE) & seen[:, half : -half - 1]
    variation = np.abs(lines[:, half + 1 : -half] - lines[:, half : -half - 1]) * edges
    kept = np.abs(blurred[:, half + 1 : -half] - blurred[:, half : -half - 1])
    return float(edges.sum()), float(variation.sum()), float(np.maximum(variation - kept, 0).sum())
