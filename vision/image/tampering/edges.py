"""Where a picture's edges are and how they run, whatever the light: what a view is recognised by.

A field is (h, w, 2), float32: at each pixel a vector as long as its edge is distinct, 0 to 1, that points by twice the
edge's angle. So an edge is the same whether light falls from one side or the other, and sums of fields add up where
edges stay and cancel where they come and go.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.image.sample import Bools, Image

Field = NDArray[np.float32]

FAINT = 3.0
"""Grey levels a pixel: weaker edges are noise."""
AROUND_PX = 15
"""An edge is as distinct as it stands out from the edges in a square of this side."""
BLUR_SIGMA_PX = 1.5
"""Two edges so near each other are still the same one."""


def edge_field(grey: Image, background: Bools) -> Field:
    """The field of a picture (h, w); zero where road users are."""
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
    dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8)
    dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8)
    power = dx * dx + dy * dy
    standard = power + cv2.blur(power, (AROUND_PX, AROUND_PX)) + FAINT**2
    field = np.dstack(((dx * dx - dy * dy) / standard, 2 * dx * dy / standard))
    field[~background] = 0
    return cv2.GaussianBlur(field, (0, 0), BLUR_SIGMA_PX).astype(np.float32, copy=False)


def correlation(field: Field, reference: Field) -> NDArray[np.float32]:
    """How well a field coincides with a reference when it is shifted, for every shift: (h, w), 1 is wholly.

    The value at [dy, dx] is for edges that lie at (y, x) in the field and at (y + dy, x + dx) in the reference; as
    usual with Fourier transforms shifts wrap around, negative ones from the array's end.
    """
    spectrum = cv2.mulSpectrums(cv2.dft(reference), cv2.dft(field), 0, conjB=True)
    both = cv2.dft(spectrum, flags=cv2.DFT_INVERSE | cv2.DFT_SCALE)[..., 0]
    size = float(np.sqrt(np.square(field).sum() * np.square(reference).sum()))
    return (both / max(size, 1e-9)).astype(np.float32)


def best_shift(agreement: NDArray[np.float32], within_px: float = math.inf) -> tuple[float, tuple[int, int]]:
    """The highest agreement of a `correlation` and the shift (dx, dy) of the picture against its reference there.

    Only shifts of at most `within_px` right or left, up or down are looked at.

    Positive: what the picture shows lies further right, further down than it used to.
    """
    height, width = agreement.shape
    reach = int(min(within_px, max(agreement.shape)))
    rows, columns = _within(height, reach), _within(width, reach)
    near = agreement[rows[:, None], columns]
    row, column = np.unravel_index(near.argmax(), near.shape)
    return float(near[row, column]), (_signed(-int(columns[column]), width), _signed(-int(rows[row]), height))


def _within(length: int, reach: int) -> NDArray[np.int64]:
    """The places of shifts of at most `reach` either way, of an axis that wraps around."""
    return np.arange(-reach, reach + 1) % length if 2 * reach + 1 < length else np.arange(length)


def _signed(shift: int, length: int) -> int:
    return (shift + length // 2) % length - length // 2


def shifted(field: Field, shift: tuple[int, int]) -> Field:
    """The field as a camera would see it that looks by (dx, dy) pixels off; what comes in from outside is zero."""
    move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    return cv2.warpAffine(field, move, (field.shape[1], field.shape[0]), flags=cv2.INTER_NEAREST).astype(
        np.float32, copy=False
    )
