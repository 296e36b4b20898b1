"""Room for the rider: labels of two-wheelers that leave out heads and shoulders grow upwards until they hold them.

Ours is the two-wheeler with its rider, but people often draw the machine and what of the rider hides it. A teacher that
sees persons and two-wheelers apart knows where the rider ends; where it misses one, the label grows by as much as is
usual in its scene, since one person draws all of a scene alike.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from vision.core import Detections
from vision.detection.riders import TWO_WHEELERS
from vision.geometry import iou
from vision.training.data.yolo_dataset import Labels

SAME_IOU = 0.4
"""The teacher's vehicle, rider joined, is the label's from this overlap on: a label without its rider is smaller."""
MOST = 0.6
"""A label grows by at most this part of its height."""
FEWEST = 20
"""From so many vehicles on that a teacher matched, a scene has a usual growth."""

FloatArray = NDArray[np.float64]


def room(labels_px: NDArray[np.float32], class_id: NDArray[np.int64], seen: Detections) -> FloatArray:
    """(N,): by which part of its height each two-wheeler's label is to grow upwards; NaN where no teacher's fits.

    `labels_px` is (N, 4) in the pixels of `seen`. Other classes get 0.
    """
    rides = np.isin(class_id, TWO_WHEELERS)
    grown = np.where(rides, np.nan, 0.0)
    mounts = seen[np.isin(seen.class_id, TWO_WHEELERS)]
    if not len(mounts) or not rides.any():
        return grown
    overlap = iou(labels_px, mounts.xyxy)
    best = overlap.argmax(axis=1)
    above = labels_px[:, 1] - mounts.xyxy[best, 1]
    part = (above / np.maximum(labels_px[:, 3] - labels_px[:, 1], 1e-6)).clip(0, MOST)
    found = rides & (overlap.max(axis=1) >= SAME_IOU)
    return np.where(found, part, grown)


def usual(scenes: Sequence[str], rooms: Sequence[FloatArray], ridden: Sequence[NDArray[np.bool_]]) -> dict[str, float]:
    """The median growth of each scene's matched two-wheelers; 0 where there are few of them."""
    known: dict[str, list[float]] = defaultdict(list)
    for scene, some, rides in zip(scenes, rooms, ridden, strict=True):
        known[scene] += [float(v) for v in some[rides & np.isfinite(some)]]
    return {scene: float(np.median(values)) if len(values) >= FEWEST else 0.0 for scene, values in known.items()}


def grow(labels: Labels, parts: FloatArray, else_by: float) -> Labels:
    """Each label's top raised by its part of the height, or by `else_by` of it where no teacher knew."""
    by = np.where(np.isnan(parts), else_by, parts)
    xyxy = labels.xyxy.copy()
    xyxy[:, 1] = (xyxy[:, 1] - by * (xyxy[:, 3] - xyxy[:, 1])).clip(0, 1)
    return Labels(xyxy, labels.class_id)


def ridden(class_ids: Iterable[int]) -> NDArray[np.bool_]:
    """(N,): which of the labels are two-wheelers."""
    return np.isin(np.fromiter(class_ids, np.int64), TWO_WHEELERS)
