"""Suppresses duplicate boxes within a class, and among vehicles of two classes."""

import numpy as np
from numpy.typing import NDArray

from vision.geometry import iou

FloatArray = NDArray[np.float32]
MAX_CANDIDATES = 1000


def suppress(
    xyxy: FloatArray,
    confidence: FloatArray,
    class_id: NDArray[np.int64],
    *,
    same_class_iou: float,
    vehicle_iou: float,
    vehicles: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Indices of the boxes that stay, best first.

    A box goes when a better one that stays overlaps it by more than `same_class_iou` and is of its class, or by more
    than `vehicle_iou` and both are vehicles (`vehicles` is indexed by class): a pick-up seen as car and as truck.
    """
    order = np.argsort(-confidence, kind="stable")[:MAX_CANDIDATES]
    boxes, kinds = xyxy[order], class_id[order]
    overlap = iou(boxes, boxes)
    alike = (kinds[:, None] == kinds[None, :]) & (overlap > same_class_iou)
    twice = vehicles[kinds][:, None] & vehicles[kinds][None, :] & (overlap > vehicle_iou)
    return order[_greedy(alike | twice)]


def _greedy(rivals: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Row by row, best first: a kept box removes its later duplicates."""
    gone = np.zeros(len(rivals), np.bool_)
    stays = []
    busy = rivals.sum(axis=1) > 1
    for i in range(len(rivals)):
        if gone[i]:
            continue
        stays.append(i)
        if busy[i]:
            gone[i + 1 :] |= rivals[i, i + 1 :]
    return np.asarray(stays, np.int64)
