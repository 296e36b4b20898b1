"""Expands two-wheeler labels upwards until they contain the rider."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from vision.core import Detections
from vision.detection.riders import TWO_WHEELERS
from vision.geometry import iou
from vision.training.data.yolo_dataset import Labels

MATCH_IOU = 0.4
"""Minimum IoU of a label and the teacher's vehicle with its rider; low, because a label without rider is smaller."""
MAX_EXPANSION = 0.6
"""A label expands by at most this fraction of its height."""
MIN_MATCHES = 20
"""A scene with fewer matched two-wheelers has no median expansion."""

FloatArray = NDArray[np.float64]


def expansions(labels_px: NDArray[np.float32], class_id: NDArray[np.int64], detections: Detections) -> FloatArray:
    """(N,): fraction of its height by which each label expands upwards; NaN for two-wheelers without a match.

    `labels_px` is (N, 4) in the pixels of `detections`. Other classes get 0. The class is the two-wheeler with its
    rider, but people often label only the machine; a teacher that detects both separately gives the rider's top.
    """
    wanted = np.isin(class_id, TWO_WHEELERS)
    unmatched = np.where(wanted, np.nan, 0.0)
    vehicles = detections[np.isin(detections.class_id, TWO_WHEELERS)]
    if not len(vehicles) or not wanted.any():
        return unmatched
    overlap = iou(labels_px, vehicles.xyxy)
    best = overlap.argmax(axis=1)
    above = labels_px[:, 1] - vehicles.xyxy[best, 1]
    part = (above / np.maximum(labels_px[:, 3] - labels_px[:, 1], 1e-6)).clip(0, MAX_EXPANSION)
    matched = wanted & (overlap.max(axis=1) >= MATCH_IOU)
    return np.where(matched, part, unmatched)


def median_by_scene(
    scenes: Sequence[str], parts: Sequence[FloatArray], two_wheelers: Sequence[NDArray[np.bool_]]
) -> dict[str, float]:
    """Median expansion of each scene's matched two-wheelers; 0 for scenes with fewer than `MIN_MATCHES`.

    Labels that the teacher misses expand by it, since one person usually labels all of a scene in the same manner.
    All sequences have one item per picture: its scene, its expansions (N,), and which labels are two-wheelers (N,).
    """
    matched: dict[str, list[float]] = defaultdict(list)
    for scene, some, wanted in zip(scenes, parts, two_wheelers, strict=True):
        matched[scene] += [float(v) for v in some[wanted & np.isfinite(some)]]
    return {scene: float(np.median(v)) if len(v) >= MIN_MATCHES else 0.0 for scene, v in matched.items()}


def expand(labels: Labels, parts: FloatArray, default: float) -> Labels:
    """Raise the top of each label by its fraction of the height, or by `default` where that is NaN."""
    by = np.where(np.isnan(parts), default, parts)
    xyxy = labels.xyxy.copy()
    xyxy[:, 1] = (xyxy[:, 1] - by * (xyxy[:, 3] - xyxy[:, 1])).clip(0, 1)
    return Labels(xyxy, labels.class_id)


def are_two_wheelers(class_ids: Iterable[int]) -> NDArray[np.bool_]:
    """(N,): which labels are two-wheelers."""
    return np.isin(np.fromiter(class_ids, np.int64), TWO_WHEELERS)
