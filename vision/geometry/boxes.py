"""Areas and overlaps of boxes given as (left, top, right, bottom)."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", np.float32, np.float64)


def iou(a: NDArray[F], b: NDArray[F]) -> NDArray[F]:
    """(N, M): intersection over union of boxes (N, 4) and (M, 4).

    Examples:
        >>> iou(np.array([[0.0, 0.0, 10.0, 10.0]]), np.array([[5.0, 0.0, 10.0, 10.0]])).tolist()
        [[0.5]]
    """
    inter = intersection(a, b)
    union = area(a)[:, None] + area(b)[None, :] - inter
    ratio: NDArray[F] = inter / np.maximum(union, np.float32(1e-9))
    return ratio


def intersection(a: NDArray[F], b: NDArray[F]) -> NDArray[F]:
    """(N, M): intersection areas of boxes (N, 4) and (M, 4), square pixels."""
    width = np.minimum(a[:, None, 2], b[None, :, 2]) - np.maximum(a[:, None, 0], b[None, :, 0])
    height = np.minimum(a[:, None, 3], b[None, :, 3]) - np.maximum(a[:, None, 1], b[None, :, 1])
    shared: NDArray[F] = width.clip(min=0) * height.clip(min=0)
    return shared


def area(boxes: NDArray[F]) -> NDArray[F]:
    """(N,): areas of boxes (N, 4), square pixels."""
    sizes: NDArray[F] = (boxes[:, 2] - boxes[:, 0]).clip(min=0) * (boxes[:, 3] - boxes[:, 1]).clip(min=0)
    return sizes
