"""Whether two pictures show nearly the same: the same camera, with nothing that has moved."""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

CELLS = (32, 18)
"""Columns and rows of the grid over which pictures are compared: a cell is 40 pixels wide in a picture of 1280."""
SAME_LEVELS = 12.0
"""Two pictures are the same when no cell's mean brightness (0 to 255) differs by more, light and noise taken off."""
REMEMBERED = 64
"""Newest pictures of a camera that a new one is compared with."""

Thumbnail = NDArray[np.float32]


def thumbnail(image: NDArray[np.uint8]) -> Thumbnail:
    """(rows * columns,) mean brightness of each cell, without the picture's own mean: dusk makes no new picture."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    cells = cv2.resize(grey, CELLS, interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    return np.asarray(cells - np.median(cells), np.float32)


def difference(one: Thumbnail, others: NDArray[np.float32]) -> NDArray[np.float32]:
    """(K,): by how many levels the cell that changed most differs, to each of (K, cells) thumbnails."""
    return np.asarray(np.abs(others - one).max(axis=1), np.float32)


class Remembered:
    """The newest pictures that were kept of one camera."""

    def __init__(self) -> None:
        self._kept: deque[Thumbnail] = deque(maxlen=REMEMBERED)

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, kept: Thumbnail) -> None:
        self._kept.append(kept)

    def has(self, new: Thumbnail) -> bool:
        """Whether one nearly the same is among them."""
        return bool(self._kept) and bool((difference(new, np.stack(self._kept)) < SAME_LEVELS).any())
