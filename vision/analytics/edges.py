"""Boxes at the picture's edge, which shows a part of their vehicles only."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

EDGE = 0.005
"""A box this near the picture's edge, as a part of the picture's side, is taken to be cut off by it."""


def cut_sides(xyxy: Floats, size_px: Floats) -> Bools:
    """(N, 4): which sides of the boxes (left, top, right, bottom) the edge of a picture of (width, height) cuts off."""
    margin_px = EDGE * size_px
    return np.concatenate([xyxy[:, :2] <= margin_px, xyxy[:, 2:] >= size_px - margin_px], axis=1)


def whole_sizes(xyxy: Floats, is_cut: Bools, known_px: Floats) -> Floats:
    """(N, 2): width and height of the whole vehicles: of boxes that are not cut off; else what was known, or NaN.

    `is_cut`: (N,), whether any side is.
    """
    sizes_px = xyxy[:, 2:] - xyxy[:, :2]
    sizes_px[is_cut] = known_px[is_cut]
    return sizes_px


def completed(xyxy: Floats, cut: Bools, size_px: Floats) -> Floats:
    """The boxes with what the picture's edge hides of them, where the whole size is known and one end is in sight."""
    hidden_px = np.fmax(size_px - (xyxy[:, 2:] - xyxy[:, :2]), 0.0)
    one_end = cut[:, :2] ^ cut[:, 2:]
    low = xyxy[:, :2] - np.where(one_end & cut[:, :2], hidden_px, 0.0)
    high = xyxy[:, 2:] + np.where(one_end & cut[:, 2:], hidden_px, 0.0)
    return np.concatenate([low, high], axis=1)
