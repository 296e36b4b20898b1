"""One box for one object: suppression within a class, and among vehicles that were given two classes."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
MAX_CANDIDATES = 1000


def iou(a: FloatArray, b: FloatArray) -> FloatArray:
    """(N, 4) and (M, 4) boxes to the (N, M) matrix of intersection over union."""
    inter = intersection(a, b)
    union = area(a)[:, None] + area(b)[None, :] - inter
    ratio: FloatArray = inter / np.maximum(union, np.float32(1e-9))
    return ratio


def intersection(a: FloatArray, b: FloatArray) -> FloatArray:
    """(N, 4) and (M, 4) boxes to the (N, M) matrix of shared areas in square pixels."""
    width = np.minimum(a[:, None, 2], b[None, :, 2]) - np.maximum(a[:, None, 0], b[None, :, 0])
    height = np.minimum(a[:, None, 3], b[None, :, 3]) - np.maximum(a[:, None, 1], b[None, :, 1])
    shared: FloatArray = width.clip(min=0) * height.clip(min=0)
    return shared


def area(boxes: FloatArray) -> FloatArray:
    """(N, 4) boxes to (N,) square pixels."""
    sizes: FloatArray = (boxes[:, 2] - boxes[:, 0]).clip(min=0) * (boxes[:, 3] - boxes[:, 1]).clip(min=0)
    return sizes


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
    """Row by row, best first: what stays removes its later rivals."""
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
