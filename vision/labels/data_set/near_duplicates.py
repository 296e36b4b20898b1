"""Detects near-duplicate pictures: the same view in which nothing has moved."""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

CELLS = (32, 18)
"""Columns and rows of the grid on which pictures are compared: a cell is 40 pixels wide in a picture of 1280."""
MAX_DIFFERENCE = 12.0
"""Near-duplicates differ by less than this in every cell: levels (0 to 255) of mean brightness, after removing the
picture's median."""
HISTORY_LENGTH = 64
"""A new picture is compared with this many of the newest ones of its camera."""

Thumbnail = NDArray[np.float32]


def thumbnail(image: NDArray[np.uint8]) -> Thumbnail:
    """(rows * columns,) mean brightness of each cell minus their median, so that dusk makes no new picture."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    cells = cv2.resize(grey, CELLS, interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    return np.asarray(cells - np.median(cells), np.float32)


def difference(one: Thumbnail, others: NDArray[np.float32]) -> NDArray[np.float32]:
    """(K,): the largest difference of a cell, in levels, to each of the (K, cells) thumbnails."""
    return np.asarray(np.abs(others - one).max(axis=1), np.float32)


class RecentPictures:
    """Thumbnails of the newest pictures that were kept of one camera; holds at most `HISTORY_LENGTH`."""

    def __init__(self) -> None:
        self._kept: deque[Thumbnail] = deque(maxlen=HISTORY_LENGTH)

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, kept: Thumbnail) -> None:
        self._kept.append(kept)

    def contains(self, new: Thumbnail) -> bool:
        """Whether a near-duplicate is among them."""
        return bool(self._kept) and bool((difference(new, np.stack(self._kept)) < MAX_DIFFERENCE).any())
