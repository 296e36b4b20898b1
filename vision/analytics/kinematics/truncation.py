"""Boxes at the picture's edge, which shows a part of their vehicles only."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

EDGE = 0.005
"""A box this near the picture's edge, as a part of the picture's side, is taken to be cut off by it."""


def truncated_sides(xyxy: Floats, size_px: Floats) -> Bools:
    """(N, 4): which sides of the boxes (left, top, right, bottom) the edge of a picture of (width, height) cuts off."""
    margin_px = EDGE * size_px
    cut = np.empty(xyxy.shape, bool)
    cut[:, :2], cut[:, 2:] = xyxy[:, :2] <= margin_px, xyxy[:, 2:] >= size_px - margin_px
    return cut


def whole_sizes(xyxy: Floats, is_truncated: Bools, known_px: Floats) -> Floats:
    """(N, 2): width and height of the whole vehicles: of boxes that are not cut off; else what was known, or NaN.

    `is_cut`: (N,), whether any side is.
    """
    return np.where(is_truncated[:, None], known_px, xyxy[:, 2:] - xyxy[:, :2])


def completed(xyxy: Floats, truncated: Bools, size_px: Floats) -> Floats:
    """The boxes with what the picture's edge hides of them, where the whole size is known and one end is in sight."""
    hidden_px = np.fmax(size_px - (xyxy[:, 2:] - xyxy[:, :2]), 0.0)
    low, high = truncated[:, :2], truncated[:, 2:]
    whole = np.empty(xyxy.shape)
    whole[:, :2] = xyxy[:, :2] - np.where(low & ~high, hidden_px, 0.0)
    whole[:, 2:] = xyxy[:, 2:] + np.where(high & ~low, hidden_px, 0.0)
    return whole
