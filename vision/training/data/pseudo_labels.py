"""What a data set's people left unlabelled and teachers are sure of: labels added so that training unlearns nothing.

A data set that labels vehicles only teaches a model that pedestrians are background. General models know them, so what
they are sure of, at a large size, becomes a label where people drew none (self-training; Xie et al. 2020,
arXiv:1911.04252). Several teachers must agree, since what one mistakes another seldom mistakes alike.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES, ObjectClass
from vision.core import Detections
from vision.geometry import area, intersection, iou
from vision.labels.data_set.data_set import Image
from vision.training.data.yolo_dataset import Labels

SURE: Mapping[ObjectClass, float] = MappingProxyType(
    {
        ObjectClass.BICYCLE: 0.4,
        ObjectClass.MOTORCYCLE: 0.5,
        ObjectClass.CAR: 0.5,
        ObjectClass.BUS: 0.7,
        ObjectClass.TRUCK: 0.7,
        ObjectClass.PERSON: 0.4,
    }
)
"""The first teacher's least score of an added label. Signs and awnings pass for buses and trucks at 0.5."""
AGREED_IOU = 0.6
"""Two teachers mean the same object when they give one class to boxes that overlap so much."""
LEAST_SIDE_PX = 8
"""A smaller box, in pixels of the picture, is no use to a learner."""
TALL = 1.6
"""A pedestrian is at least so many times as tall as wide; else it is a rider whose machine is hidden or cut off."""
SHARED = 0.3
"""An addition that shares more than this part of the smaller box with a label, or with a surer addition, is one already
labelled, or a rider."""


def complete(image: Image, labels: Labels, seen: Sequence[Detections]) -> Labels:
    """The labels, and after them what the first teacher is sure of, the others see too, and no label covers.

    `seen` is what each teacher saw in the picture.
    """
    plain = _plain(seen[0])
    for other in seen[1:]:
        plain = plain[_agreed(plain, other)]
    added = _uncovered(plain, labels.in_px(image))
    height, width = image.shape[:2]
    fractions = added.xyxy / np.array([width, height, width, height], np.float32)
    return Labels(np.concatenate([labels.xyxy, fractions]), np.concatenate([labels.class_id, added.class_id]))


def _plain(seen: Detections) -> Detections:
    """Sure ones of a useful size that are no riders, the surest first."""
    sides = seen.xyxy[:, 2:] - seen.xyxy[:, :2]
    sure = np.array([SURE[c] for c in CLASSES], np.float32)
    walks = (seen.class_id != ObjectClass.PERSON.class_id) | (sides[:, 1] >= TALL * sides[:, 0])
    kept = seen[(seen.confidence >= sure[seen.class_id]) & (sides >= LEAST_SIDE_PX).all(axis=1) & walks]
    return kept[np.argsort(-kept.confidence, kind="stable")]


def _agreed(seen: Detections, other: Detections) -> NDArray[np.bool_]:
    """(N,): whether the other teacher saw the same, however sure of it he was."""
    alike = seen.class_id[:, None] == other.class_id[None, :]
    same: NDArray[np.bool_] = (alike & (iou(seen.xyxy, other.xyxy) >= AGREED_IOU)).any(axis=1)
    return same


def _uncovered(seen: Detections, labelled: NDArray[np.float32]) -> Detections:
    """Those that share little with any label and with any surer one of them."""
    taken = [labelled]
    chosen = []
    for i, box in enumerate(seen.xyxy):
        if not _covered(box[None], np.concatenate(taken), is_person=seen.class_id[i] == ObjectClass.PERSON.class_id):
            chosen.append(i)
            taken.append(box[None])
    return seen[np.asarray(chosen, np.int64)]


def _covered(box: NDArray[np.float32], others: NDArray[np.float32], *, is_person: bool) -> bool:
    """A person may stand before a vehicle a little, a rider's box lies within his motorcycle's."""
    if not len(others):
        return False
    shared = intersection(box, others)[0]
    smaller = area(box)[0] if is_person else np.minimum(area(box)[0], area(others))
    return bool((shared / np.maximum(smaller, 1e-6) > SHARED).any())
