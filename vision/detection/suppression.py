"""Suppresses duplicate boxes within a class, and among vehicles of two classes."""

import numpy as np
from numpy.typing import NDArray

from vision.geometry import iou

FloatArray = NDArray[np.float32]
MAX_CANDIDATES = 1000
"""Only this many boxes, the most confident ones, are considered."""


def suppress(
    xyxy: FloatArray,
    confidence: FloatArray,
    class_id: NDArray[np.int64],
    *,
    same_class_iou: float,
    vehicle_iou: float,
    vehicles: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Indices of the boxes that are kept, best first.

    A box is removed when a better one that is kept overlaps it by more than `same_class_iou` and is of its class, or by
    more than `vehicle_iou` and both are vehicles (`vehicles` is indexed by class): a pick-up detected as car and as
    truck.
    """
    order = np.argsort(-confidence, kind="stable")[:MAX_CANDIDATES]
    boxes, kinds = xyxy[order], class_id[order]
    overlap = iou(boxes, boxes)
    is_duplicate = (kinds[:, None] == kinds[None, :]) & (overlap > same_class_iou)
    is_double_vehicle = vehicles[kinds][:, None] & vehicles[kinds][None, :] & (overlap > vehicle_iou)
    return order[_greedy(is_duplicate | is_double_vehicle)]


def _greedy(rivals: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Row by row, best first: a kept box removes its later duplicates."""
    removed = np.zeros(len(rivals), np.bool_)
    kept = []
    has_rivals = rivals.sum(axis=1) > 1
    for i in range(len(rivals)):
        if removed[i]:
            continue
        kept.append(i)
        if has_rivals[i]:
            removed[i + 1 :] |= rivals[i, i + 1 :]
    return np.asarray(kept, np.int64)
