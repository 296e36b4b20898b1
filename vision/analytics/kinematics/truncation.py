"""Finds boxes that the picture's edge truncates, and extrapolates them to the whole vehicle."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TruncationParameters:
    """When a box counts as truncated."""

    edge_margin: float = 0.005
    """A side this near to the picture's edge, as a part of the picture's width or height, is truncated. Larger: more
    boxes near the edge are extrapolated instead of measured. Source: chosen."""


def truncated_sides(
    xyxy: Floats, picture_px: Floats, parameters: TruncationParameters = TruncationParameters()
) -> Bools:
    """(N, 4): which sides (left, top, right, bottom) of boxes (N, 4) are at the edge of a picture (width, height).

    Examples:
        >>> truncated_sides(np.array([[10.0, 20.0, 99.9, 60.0]]), np.array([100.0, 100.0])).tolist()
        [[False, False, True, False]]
    """
    margin_px = parameters.edge_margin * picture_px
    truncated = np.empty(xyxy.shape, bool)
    truncated[:, :2], truncated[:, 2:] = xyxy[:, :2] <= margin_px, xyxy[:, 2:] >= picture_px - margin_px
    return truncated


def full_sizes(xyxy: Floats, is_truncated: Bools, previous_px: Floats) -> Floats:
    """(N, 2): width and height of the whole vehicles: of boxes that are not truncated; else the previous size.

    `is_truncated` is (N,); `previous_px` is (N, 2), NaN where the vehicle was never observed whole.
    """
    return np.where(is_truncated[:, None], previous_px, xyxy[:, 2:] - xyxy[:, :2])


def extrapolated_boxes(xyxy: Floats, truncated: Bools, size_px: Floats) -> Floats:
    """(N, 4): the boxes extended beyond the picture's edge to their full size.

    A box is extended where its full size (N, 2) is known and only one of two opposite sides is truncated.
    """
    missing_px = np.fmax(size_px - (xyxy[:, 2:] - xyxy[:, :2]), 0.0)
    low, high = truncated[:, :2], truncated[:, 2:]
    boxes = np.empty(xyxy.shape)
    boxes[:, :2] = xyxy[:, :2] - np.where(low & ~high, missing_px, 0.0)
    boxes[:, 2:] = xyxy[:, 2:] + np.where(high & ~low, missing_px, 0.0)
    return boxes
