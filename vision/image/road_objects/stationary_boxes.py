"""Finds the boxes of stationary road users from the boxes alone."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]

MAX_FRAMES = 32
"""Frames that are kept."""


@dataclass(frozen=True, slots=True)
class StationaryBoxParameters:
    """When a box is stationary."""

    min_duration_s: float = 2.4
    """A box in the same place for this long is stationary, seconds. Longer: fewer slow vehicles count, later answers.
    Source: chosen."""
    min_iou: float = 0.6
    """Boxes with this intersection over union are in the same place, in spite of jitter. Higher: less tolerance for
    jitter. Source: chosen."""
    min_seen_share: float = 0.7
    """Share of the frames in which it was detected. Higher: less tolerance for missed detections. Source: chosen."""


DEFAULTS = StationaryBoxParameters()


class StationaryBoxes:
    """Compares the boxes of a frame with those of the last seconds, in constant memory.

    Examples:
        >>> stationary = StationaryBoxes()
        >>> for i in range(10):
        ...     found = stationary.update(np.array([[0.0, 0, 10, 10], [50 + 5 * i, 0, 60 + 5 * i, 10]]), 0.5 * i)
        >>> found
        array([[ 0.,  0., 10., 10.]])
    """

    def __init__(self, parameters: StationaryBoxParameters = DEFAULTS) -> None:
        self._parameters = parameters
        self._frames: deque[tuple[float, Boxes]] = deque(maxlen=MAX_FRAMES)

    def update(self, boxes_px: Boxes, at_s: float) -> Boxes:
        """(M, 4): the stationary ones of the boxes (N, 4) of this media time."""
        while self._frames and not 0 < at_s - self._frames[0][0] <= 2 * self._parameters.min_duration_s:
            self._frames.popleft()
        stationary = boxes_px[self._is_stationary(boxes_px, at_s)]
        self._frames.append((at_s, boxes_px))
        return stationary

    def _is_stationary(self, boxes_px: Boxes, at_s: float) -> NDArray[np.bool_]:
        p = self._parameters
        recent = [boxes for then_s, boxes in self._frames if at_s - then_s <= p.min_duration_s]
        has_history = bool(self._frames) and at_s - self._frames[0][0] >= p.min_duration_s
        if not has_history or not recent or not len(boxes_px):
            return np.zeros(len(boxes_px), bool)
        seen_share = np.mean([(_iou(boxes_px, boxes) >= p.min_iou).any(axis=1) for boxes in recent], axis=0)
        return np.asarray(seen_share >= p.min_seen_share, bool)


def _iou(some: Boxes, others: Boxes) -> Boxes:
    """(N, M): intersection over union of each pair."""
    first, last = np.maximum(some[:, None, :2], others[None, :, :2]), np.minimum(some[:, None, 2:], others[None, :, 2:])
    both = np.clip(last - first, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (some, others)]
    return np.asarray(both / np.maximum(areas[0][:, None] + areas[1][None, :] - both, 1e-9), np.float64)
