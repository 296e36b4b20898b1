"""Adds pseudo-labels: confident detections of teacher models where people labelled no object."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES, ObjectClass
from vision.core import Detections
from vision.geometry import area, intersection, iou
from vision.labels.data_set.data_set import Image
from vision.training.data.yolo_dataset import Labels

MIN_CONFIDENCE: Mapping[ObjectClass, float] = MappingProxyType(
    {
        ObjectClass.BICYCLE: 0.4,
        ObjectClass.MOTORCYCLE: 0.5,
        ObjectClass.CAR: 0.5,
        ObjectClass.BUS: 0.7,
        ObjectClass.TRUCK: 0.7,
        ObjectClass.PERSON: 0.4,
    }
)
"""Minimum confidence of the first teacher. At 0.5, signs and awnings are detected as buses and trucks."""
AGREEMENT_IOU = 0.6
"""Teachers agree on an object if their boxes of one class have at least this IoU."""
MIN_SIDE_PX = 8
"""A smaller box, in pixels of the picture, is not added."""
MIN_PEDESTRIAN_ASPECT = 1.6
"""Minimum height of a pedestrian over its width; others are riders of an occluded or truncated two-wheeler."""
MAX_OVERLAP = 0.3
"""A detection that covers more than this fraction of the smaller box of a label, or of a more confident addition, is
already labelled, or a rider."""


def add_pseudo_labels(image: Image, labels: Labels, detections: Sequence[Detections]) -> Labels:
    """The labels, followed by detections of the first teacher that all others confirm and no label covers.

    `detections` has those of each teacher in the picture. A data set with only vehicles labelled teaches a model that
    pedestrians are background. General models know them, so their confident detections at a large input size become
    labels (self-training; Xie et al. 2020, arXiv:1911.04252). Several teachers must agree, because different models
    seldom make the same mistake.
    """
    candidates = _candidates(detections[0])
    for other in detections[1:]:
        candidates = candidates[_confirmed(candidates, other)]
    added = _uncovered(candidates, labels.in_px(image))
    height, width = image.shape[:2]
    fractions = added.xyxy / np.array([width, height, width, height], np.float32)
    return Labels(np.concatenate([labels.xyxy, fractions]), np.concatenate([labels.class_id, added.class_id]))


def _candidates(detections: Detections) -> Detections:
    """Confident detections of a useful size that are not riders, most confident first."""
    sides = detections.xyxy[:, 2:] - detections.xyxy[:, :2]
    thresholds = np.array([MIN_CONFIDENCE[c] for c in CLASSES], np.float32)
    is_person = detections.class_id == ObjectClass.PERSON.class_id
    is_no_rider = ~is_person | (sides[:, 1] >= MIN_PEDESTRIAN_ASPECT * sides[:, 0])
    is_confident = detections.confidence >= thresholds[detections.class_id]
    kept = detections[is_confident & (sides >= MIN_SIDE_PX).all(axis=1) & is_no_rider]
    return kept[np.argsort(-kept.confidence, kind="stable")]


def _confirmed(detections: Detections, other: Detections) -> NDArray[np.bool_]:
    """(N,): whether the other teacher detects the same object, with any confidence."""
    same_class = detections.class_id[:, None] == other.class_id[None, :]
    confirmed: NDArray[np.bool_] = (same_class & (iou(detections.xyxy, other.xyxy) >= AGREEMENT_IOU)).any(axis=1)
    return confirmed


def _uncovered(detections: Detections, labelled: NDArray[np.float32]) -> Detections:
    """Detections that overlap no label and no more confident one of them."""
    taken = [labelled]
    chosen = []
    for i, box in enumerate(detections.xyxy):
        is_person = detections.class_id[i] == ObjectClass.PERSON.class_id
        if not _is_covered(box[None], np.concatenate(taken), is_person=is_person):
            chosen.append(i)
            taken.append(box[None])
    return detections[np.asarray(chosen, np.int64)]


def _is_covered(box: NDArray[np.float32], others: NDArray[np.float32], *, is_person: bool) -> bool:
    """Whether the overlap is too large. A person may be in front of a vehicle; a rider is inside the motorcycle's
    box."""
    if not len(others):
        return False
    shared = intersection(box, others)[0]
    smaller = area(box)[0] if is_person else np.minimum(area(box)[0], area(others))
    return bool((shared / np.maximum(smaller, 1e-6) > MAX_OVERLAP).any())
