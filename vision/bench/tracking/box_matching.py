"""Which box is which: true boxes and seen ones, paired by their overlap."""

import numpy as np
from numpy.typing import NDArray

from vision.geometry import iou

SAME_IOU = 0.3
"""Boxes that overlap so much are of one vehicle. Low, since COCO's boxes leave riders out and labels are loose."""


def match(true: NDArray[np.float32], seen: NDArray[np.float32], least: float = SAME_IOU) -> NDArray[np.int64]:
    """(N, 4) and (M, 4) boxes to (N,): the seen box of each true one, -1 for none; best overlaps first, each once."""
    overlap = iou(true, seen)
    of = np.full(len(true), -1, np.int64)
    while overlap.size and overlap.max() >= least:
        i, j = np.unravel_index(int(overlap.argmax()), overlap.shape)
        of[i] = j
        overlap[i] = -1
        overlap[:, j] = -1
    return of
