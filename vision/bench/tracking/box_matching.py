"""Matches labelled boxes with detected ones by their overlap."""

import numpy as np
from numpy.typing import NDArray

from vision.geometry import iou

MIN_IOU = 0.3
"""Boxes with at least this IoU match. Low, because COCO's boxes leave riders out and labels are loose."""


def match(true: NDArray[np.float32], seen: NDArray[np.float32], min_iou: float = MIN_IOU) -> NDArray[np.int64]:
    """The row of each true box's (N, 4) match among the seen boxes (M, 4), -1 for none.

    Greedy: the best overlaps are matched first, and each box once.

    Examples:
        >>> true = np.array([[0, 0, 10, 10], [50, 50, 60, 60]], np.float32)
        >>> match(true, np.array([[1, 0, 11, 10]], np.float32)).tolist()
        [0, -1]
    """
    overlap = iou(true, seen)
    matched = np.full(len(true), -1, np.int64)
    while overlap.size and overlap.max() >= min_iou:
        i, j = np.unravel_index(int(overlap.argmax()), overlap.shape)
        matched[i] = j
        overlap[i] = -1
        overlap[:, j] = -1
    return matched
