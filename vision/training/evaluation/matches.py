"""Matches detections to labels at COCO's ten IoU thresholds: the basis of average precision."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.core import Detections
from vision.geometry import iou
from vision.labels.data_set.data_set import Image
from vision.training.data.yolo_dataset import Labels

IOUS = tuple(round(0.5 + 0.05 * i, 2) for i in range(10))
"""COCO's IoU thresholds, 0.5 to 0.95."""
REFERENCE_SIDE_PX = 640
"""Object sizes refer to pictures scaled to this longer side."""

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """One model's D detections in P pictures, matched to L labels."""

    pictures: int
    picture: IntArray
    """(D,): 0 to P - 1."""
    confidence: FloatArray
    """(D,)."""
    class_id: IntArray
    """(D,)."""
    side_px: FloatArray
    """(D,): square root of the box area, with the picture scaled to `REFERENCE_SIDE_PX`."""
    label: IntArray
    """(D, 10): the label matched at each threshold of `IOUS`, -1 for none."""
    label_picture: IntArray
    """(L,)."""
    label_class: IntArray
    """(L,)."""
    label_side_px: FloatArray
    """(L,)."""


@dataclass(frozen=True, slots=True, eq=False)
class PictureResult:
    """The labels and detections of one picture."""

    labels: FloatArray
    """(N, 4): left, top, right, bottom in pixels."""
    label_class: IntArray
    detections: Detections
    scale: float
    """`REFERENCE_SIDE_PX` over the picture's longer side."""


def picture_result(image: Image, labels: Labels, detections: Detections) -> PictureResult:
    scale = REFERENCE_SIDE_PX / max(image.shape[:2])
    return PictureResult(labels.in_px(image), labels.class_id, detections, scale)


def match(results: Sequence[PictureResult]) -> Matches:
    """Match the detections of each picture to its labels, class by class, and concatenate all pictures."""
    firsts = np.cumsum([0, *(len(one.label_class) for one in results)])
    matched = [_match_picture(one) for one in results]
    return Matches(
        pictures=len(results),
        picture=np.repeat(np.arange(len(results)), [len(one.detections) for one in results]),
        confidence=_floats([one.detections.confidence for one in results]),
        class_id=_integers([one.detections.class_id for one in results]),
        side_px=_floats([_side(one.detections.xyxy) * one.scale for one in results]),
        label=np.concatenate(
            [np.where(m >= 0, m + first, -1) for m, first in zip(matched, firsts, strict=False)]
            or [np.empty((0, len(IOUS)), np.int64)]
        ),
        label_picture=np.repeat(np.arange(len(results)), [len(one.label_class) for one in results]),
        label_class=_integers([one.label_class for one in results]),
        label_side_px=_floats([_side(one.labels) * one.scale for one in results]),
    )


def _match_picture(one: PictureResult) -> IntArray:
    """(D, 10): the label of each detection at each threshold.

    As in COCO, detections choose in order of decreasing confidence, and a label is matched once.
    """
    matched = np.full((len(one.detections), len(IOUS)), -1, np.int64)
    overlap = iou(one.detections.xyxy, one.labels)
    overlap[one.detections.class_id[:, None] != one.label_class[None, :]] = 0
    order = np.argsort(-one.detections.confidence, kind="stable")
    for column, threshold in enumerate(IOUS):
        free = overlap.copy()
        for i in order:
            best = int(free[i].argmax()) if free.shape[1] else 0
            if free.shape[1] and free[i, best] >= threshold:
                matched[i, column] = best
                free[:, best] = 0
    return matched


def _side(xyxy: FloatArray) -> FloatArray:
    sides = (xyxy[:, 2:] - xyxy[:, :2]).clip(min=0)
    return np.asarray(np.sqrt(sides[:, 0] * sides[:, 1]), np.float32)


def _floats(arrays: Sequence[FloatArray]) -> FloatArray:
    return np.concatenate([np.empty(0, np.float32), *arrays])


def _integers(arrays: Sequence[IntArray]) -> IntArray:
    return np.concatenate([np.empty(0, np.int64), *arrays])
