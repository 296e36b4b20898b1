"""Several models' boxes of one picture made into one: weighted boxes fusion, class by class.

R. Solovyev, W. Wang, T. Gabruseva, "Weighted boxes fusion", Image and Vision Computing 107 (2021), arXiv:1910.13302.
As there, a box joins the fused box of its class that it overlaps most, above a threshold, and the fused box is the mean
of its members, each weighted by its confidence. Unlike there, a model joins a fused box once, and votes are kept apart
from confidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vision.core import Detections
from vision.core.columns import Columns
from vision.geometry import iou

SAME_IOU = 0.55
"""The paper's threshold."""


@dataclass(frozen=True, slots=True, eq=False)
class Fused(Columns):
    """N fused boxes of one picture."""

    xyxy: NDArray[np.float32]
    """(N, 4): left, top, right, bottom in pixels."""
    class_id: NDArray[np.int64]
    """(N,): `ObjectClass.class_id`."""
    confidence: NDArray[np.float32]
    """(N,): mean of the members', 0 to 1."""
    voted: NDArray[np.bool_]
    """(N, models): whose boxes are members."""

    def __post_init__(self) -> None:
        self.check_lengths()

    @property
    def votes(self) -> NDArray[np.int64]:
        """(N,): how many models."""
        return np.asarray(self.voted.sum(axis=1), np.int64)


@dataclass(slots=True, eq=False)
class _Cluster:
    """One fused box in the making."""

    class_id: int
    boxes: list[NDArray[np.float32]] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    models: set[int] = field(default_factory=set)

    def add(self, box: NDArray[np.float32], confidence: float, model: int) -> None:
        self.boxes.append(box)
        self.weights.append(confidence)
        self.models.add(model)

    @property
    def box(self) -> NDArray[np.float32]:
        return np.asarray(np.average(np.stack(self.boxes), axis=0, weights=self.weights), np.float32)


def fuse(seen: Sequence[Detections], same_iou: float = SAME_IOU) -> Fused:
    """The models' detections in one picture to fused boxes, the surest model's boxes first."""
    rows = [
        (float(one.confidence[row]), model, int(one.class_id[row]), one.xyxy[row])
        for model, one in enumerate(seen)
        for row in range(len(one))
    ]
    clusters: list[_Cluster] = []
    for confidence, model, class_id, box in sorted(rows, key=lambda row: -row[0]):
        cluster = _nearest(clusters, box, class_id, model, same_iou)
        if cluster is None:
            cluster = _Cluster(class_id)
            clusters.append(cluster)
        cluster.add(box, confidence, model)
    return Fused(
        xyxy=np.array([cluster.box for cluster in clusters], np.float32).reshape(-1, 4),
        class_id=np.array([cluster.class_id for cluster in clusters], np.int64),
        confidence=np.array([np.mean(cluster.weights) for cluster in clusters], np.float32),
        voted=np.array([[m in c.models for m in range(len(seen))] for c in clusters], bool).reshape(-1, len(seen)),
    )


def _nearest(
    clusters: Sequence[_Cluster], box: NDArray[np.float32], class_id: int, model: int, same_iou: float
) -> _Cluster | None:
    """The cluster of this class that the box overlaps most and of which its model is not a member yet."""
    free = [cluster for cluster in clusters if cluster.class_id == class_id and model not in cluster.models]
    if not free:
        return None
    overlap = iou(box[None], np.stack([cluster.box for cluster in free]))[0]
    best = int(overlap.argmax())
    return free[best] if overlap[best] > same_iou else None
