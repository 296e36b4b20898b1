"""Edge fields: where an image's edges are and how they run, in any light, to recognise a view by."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.image.sample import Bools, Image

Field = NDArray[np.float32]
"""(h, w, 2): at each pixel a vector of length 0 to 1, how distinct the edge is, at twice the edge's angle.

The doubled angle makes an edge the same whichever side is lit, and sums of fields add up where edges stay and cancel
where they come and go."""


@dataclass(frozen=True, slots=True)
class EdgeParameters:
    """How edges are weighted."""

    noise_level: float = 3.0
    """Edges weaker than this many grey levels per pixel are noise. Higher: less noise, faint structure is lost. Source:
    chosen."""
    neighbourhood_px: int = 15
    """An edge is as distinct as it stands out from those in a square of this side, pixels. Larger: isolated edges weigh
    more. Source: chosen."""
    blur_sigma_px: float = 1.5
    """Edges within about this distance count as the same, pixels. Larger: tolerates more vibration, confuses more
    views. Source: chosen."""


DEFAULTS = EdgeParameters()


def edge_field(grey: Image, background: Bools, parameters: EdgeParameters = DEFAULTS) -> Field:
    """The field of an image (h, w); zero where road users are."""
    p = parameters
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
    dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8)
    dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8)
    power = dx * dx + dy * dy
    normaliser = power + cv2.blur(power, (p.neighbourhood_px, p.neighbourhood_px)) + p.noise_level**2
    field = np.dstack(((dx * dx - dy * dy) / normaliser, 2 * dx * dy / normaliser))
    field[~background] = 0
    return cv2.GaussianBlur(field, (0, 0), p.blur_sigma_px).astype(np.float32, copy=False)


def correlation(field: Field, reference: Field) -> NDArray[np.float32]:
    """(h, w): normalised cross-correlation of a field with a reference for every shift; 1 is a perfect match.

    The value at [dy, dx] is for edges at (y, x) in the field and at (y + dy, x + dx) in the reference. As usual with
    Fourier transforms, shifts wrap around; negative ones count from the array's end.
    """
    spectrum = cv2.mulSpectrums(cv2.dft(reference), cv2.dft(field), 0, conjB=True)
    product = cv2.dft(spectrum, flags=cv2.DFT_INVERSE | cv2.DFT_SCALE)[..., 0]
    size = float(np.sqrt(np.square(field).sum() * np.square(reference).sum()))
    return (product / max(size, 1e-9)).astype(np.float32)


def best_shift(agreement: NDArray[np.float32], within_px: float = math.inf) -> tuple[float, tuple[int, int]]:
    """The highest value of a `correlation`, and the shift (dx, dy) of the image against its reference there.

    Positive shifts: what the image shows is further right, further down than in the reference. Only shifts of at most
    `within_px` along each axis count.
    """
    height, width = agreement.shape
    reach = int(min(within_px, max(agreement.shape)))
    rows, columns = _within(height, reach), _within(width, reach)
    near = agreement[rows[:, None], columns]
    row, column = np.unravel_index(near.argmax(), near.shape)
    return float(near[row, column]), (_signed(-int(columns[column]), width), _signed(-int(rows[row]), height))


def shifted(field: Field, shift: tuple[int, int]) -> Field:
    """The field shifted by (dx, dy) pixels; what comes in from outside is zero."""
    move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    return cv2.warpAffine(field, move, (field.shape[1], field.shape[0]), flags=cv2.INTER_NEAREST).astype(
        np.float32, copy=False
    )


def _within(length: int, reach: int) -> NDArray[np.int64]:
    """Indices of shifts of at most `reach` in both directions, of an axis that wraps around."""
    return np.arange(-reach, reach + 1) % length if 2 * reach + 1 < length else np.arange(length)


def _signed(shift: int, length: int) -> int:
    return (shift + length // 2) % length - length // 2
