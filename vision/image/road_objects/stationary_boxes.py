"""Which of the boxes in a picture stand still, told from the boxes alone."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]

STANDS_AFTER_S = 2.4
"""A box that is where one was all this time stands."""
SAME_PLACE = 0.6
"""Intersection over union: boxes of something that stands tremble."""
SEEN_PART = 0.7
"""Of the looks, those at which it was seen: detectors blink."""
MOST_LOOKS = 32


class StationaryBoxes:
    """Compares each picture's boxes with those of the last seconds. In constant memory."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, Boxes]] = deque(maxlen=MOST_LOOKS)

    def update(self, boxes_px: Boxes, at_s: float) -> Boxes:
        """Those of the boxes (N, 4) at `at_s`, media time, that stand: (M, 4)."""
        while self._looks and not 0 < at_s - self._looks[0][0] <= 2 * STANDS_AFTER_S:
            self._looks.popleft()
        standing = boxes_px[self._stands(boxes_px, at_s)]
        self._looks.append((at_s, boxes_px))
        return standing

    def _stands(self, boxes_px: Boxes, at_s: float) -> NDArray[np.bool_]:
        looks = [boxes for was_at_s, boxes in self._looks if at_s - was_at_s <= STANDS_AFTER_S]
        is_known = bool(self._looks) and at_s - self._looks[0][0] >= STANDS_AFTER_S
        if not is_known or not looks or not len(boxes_px):
            return np.zeros(len(boxes_px), bool)
        seen = np.mean([(_overlap(boxes_px, boxes) >= SAME_PLACE).any(axis=1) for boxes in looks], axis=0)
        return np.asarray(seen >= SEEN_PART, bool)


def _overlap(some: Boxes, others: Boxes) -> Boxes:
    """Intersection over union of each pair, (N, M)."""
    first, last = np.maximum(some[:, None, :2], others[None, :, :2]), np.minimum(some[:, None, 2:], others[None, :, 2:])
    both = np.clip(last - first, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (some, others)]
    return np.asarray(both / np.maximum(areas[0][:, None] + areas[1][None, :] - both, 1e-9), np.float64)
