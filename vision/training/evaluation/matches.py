"""Which detections meet which labels: what every figure of precision is counted from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES
from vision.core import Detections
from vision.geometry import iou
from vision.labels.data_set.data_set import Image
from vision.training.data.yolo_dataset import Labels

IOUS = tuple(round(0.5 + 0.05 * i, 2) for i in range(10))
"""COCO's ten overlaps, 0.5 to 0.95, from which a detection is a hit."""
COMPARED_AT_PX = 640
"""Sizes are told as they are when the picture's long side has this many pixels."""

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """One model's detections over P pictures beside the labels, D detections and L labels in all."""

    pictures: int
    picture: IntArray
    """(D,): 0 to P - 1."""
    confidence: FloatArray
    """(D,)."""
    class_id: IntArray
    """(D,)."""
    side_px: FloatArray
    """(D,): square root of the box's area, the picture's long side taken as 640 pixels."""
    label: IntArray
    """(D, 10): the label that is hit at each of IOUS, -1 for none."""
    label_picture: IntArray
    """(L,)."""
    label_class: IntArray
    """(L,)."""
    label_side_px: FloatArray
    """(L,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """One picture: what is said to be in it, and what a model saw."""

    labels: FloatArray
    """(N, 4): left, top, right, bottom in pixels."""
    label_class: IntArray
    seen: Detections
    scale: float
    """640 over the picture's long side."""


def look(image: Image, labels: Labels, seen: Detections) -> Looked:
    return Looked(labels.in_px(image), labels.class_id, seen, COMPARED_AT_PX / max(image.shape[:2]))


def gather(looked: Sequence[Looked]) -> Hits:
    """Match each picture's detections to its labels, class by class, and put all pictures together."""
    firsts = np.cumsum([0, *(len(one.label_class) for one in looked)])
    matches = [_match(one) for one in looked]
    return Hits(
        pictures=len(looked),
        picture=np.repeat(np.arange(len(looked)), [len(one.seen) for one in looked]),
        confidence=_floats([one.seen.confidence for one in looked]),
        class_id=_numbers([one.seen.class_id for one in looked]),
        side_px=_floats([_side(one.seen.xyxy) * one.scale for one in looked]),
        label=np.concatenate(
            [np.where(m >= 0, m + first, -1) for m, first in zip(matches, firsts, strict=False)]
            or [np.empty((0, len(IOUS)), np.int64)]
        ),
        label_picture=np.repeat(np.arange(len(looked)), [len(one.label_class) for one in looked]),
        label_class=_numbers([one.label_class for one in looked]),
        label_side_px=_floats([_side(one.labels) * one.scale for one in looked]),
    )


def _match(one: Looked) -> IntArray:
    """(D, 10): each detection's label at each overlap, the surest choosing first, a label taken once (COCO's rule)."""
    found = np.full((len(one.seen), len(IOUS)), -1, np.int64)
    overlap = iou(one.seen.xyxy, one.labels)
    overlap[one.seen.class_id[:, None] != one.label_class[None, :]] = 0
    order = np.argsort(-one.seen.confidence, kind="stable")
    for column, least in enumerate(IOUS):
        left = overlap.copy()
        for i in order:
            best = int(left[i].argmax()) if left.shape[1] else 0
            if left.shape[1] and left[i, best] >= least:
                found[i, column] = best
                left[:, best] = 0
    return found


def _side(xyxy: FloatArray) -> FloatArray:
    sides = (xyxy[:, 2:] - xyxy[:, :2]).clip(min=0)
    return np.asarray(np.sqrt(sides[:, 0] * sides[:, 1]), np.float32)


def _floats(parts: Sequence[FloatArray]) -> FloatArray:
    return np.concatenate([np.empty(0, np.float32), *parts])


def _numbers(parts: Sequence[IntArray]) -> IntArray:
    return np.concatenate([np.empty(0, np.int64), *parts])


def labelled(hits: Hits) -> dict[str, int]:
    """How many labels of each class."""
    return {c.value: int((hits.label_class == c.class_id).sum()) for c in CLASSES}
