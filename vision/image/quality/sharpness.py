"""Measures how sharp an image is, whatever it shows and however bright it is."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.image.sample import Bools, ImageSample


@dataclass(frozen=True, slots=True)
class SharpnessParameters:
    """How sharpness is measured."""

    blur_px: int = 9
    """Length of the blur that the image is compared with, pixels. Larger: strong blurs differ more. Source:
    chosen."""
    min_edge: float = 24.0
    """Grey levels across the blur that make an edge; less is noise or a flat surface. Higher: less noise, fewer edges.
    Source: chosen."""
    min_edge_share: float = 0.003
    """With edges on a smaller share of the pixels, sharpness is undefined. Higher: undefined for more images. Source:
    chosen."""
    stride: int = 3
    """Every nth row and column is measured. Larger: faster, noisier. Source: chosen."""
    noise_sigma_px: float = 0.8
    """Sensor noise comes after the lens and is always sharp; a Gaussian blur of this sigma, pixels, removes it first.
    Larger: less noise is taken for sharpness. Source: chosen."""


DEFAULTS = SharpnessParameters()


def softness(sample: ImageSample, parameters: SharpnessParameters = DEFAULTS) -> float:
    """0 for edges of one pixel's width, towards 1 for a blur; NaN where the image has too few edges.

    Measures how much variation between neighbours another blur removes: much in a sharp image, little in a blurred one
    (Crété-Roffet et al. 2007, "The blur effect"), here on edges of the background only. Sharp cameras have .3 to .55 at
    this scale; a Gaussian blur of 2 pixels makes it .67 to .8, one of 3 pixels .77 to .87.
    """
    p = parameters
    grey = cv2.GaussianBlur(sample.sharp, (0, 0), p.noise_sigma_px)
    background = sample.background_at(grey.shape)
    across = _lost_variation(grey[:: p.stride], background[:: p.stride], p)
    down = _lost_variation(grey.T[:: p.stride], background.T[:: p.stride], p)
    pixels, variation, lost = (a + b for a, b in zip(across, down, strict=True))
    if pixels < p.min_edge_share * 2 * sample.sharp.size / p.stride or variation == 0:
        return float("nan")
    return 1.0 - lost / variation


def _lost_variation(grey: NDArray[np.generic], background: Bools, p: SharpnessParameters) -> tuple[float, float, float]:
    """Along the rows: number of edge pixels, their variation, and how much of it a blur removes."""
    lines = np.ascontiguousarray(grey, np.float32)
    blurred = cv2.blur(lines, (p.blur_px, 1))
    half = p.blur_px // 2
    before, after = slice(None, -p.blur_px), slice(p.blur_px - 1, -1)
    edges = (np.abs(blurred[:, after] - blurred[:, before]) >= p.min_edge) & background[:, half : -half - 1]
    variation = np.abs(lines[:, half + 1 : -half] - lines[:, half : -half - 1]) * edges
    kept = np.abs(blurred[:, half + 1 : -half] - blurred[:, half : -half - 1])
    return float(edges.sum()), float(variation.sum()), float(np.maximum(variation - kept, 0).sum())
