"""Weighted boxes fusion: merges the boxes of several models in one picture, class by class."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vision.core import Detections
from vision.core.columns import Columns
from vision.geometry import iou

SAME_IOU = 0.55
"""IoU above which a box joins a fused box; the value of the paper."""


@dataclass(frozen=True, slots=True, eq=False)
class FusedBoxes(Columns):
    """N fused boxes of one picture."""

    xyxy: NDArray[np.float32]
    """(N, 4): left, top, right, bottom in pixels."""
    class_id: NDArray[np.int64]
    """(N,): `ObjectClass.class_id`."""
    confidence: NDArray[np.float32]
    """(N,): mean confidence of the members, 0 to 1."""
    voted: NDArray[np.bool_]
    """(N, models): whether the model has a member in the fused box."""

    def __post_init__(self) -> None:
        self.check_lengths()

    @property
    def votes(self) -> NDArray[np.int64]:
        """(N,): number of models."""
        return np.asarray(self.voted.sum(axis=1), np.int64)


@dataclass(slots=True, eq=False)
class _Cluster:
    """The members of one fused box."""

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


def fuse(detections: Sequence[Detections], same_iou: float = SAME_IOU) -> FusedBoxes:
    """Fuse the detections of several models in one picture, in order of decreasing confidence.

    Weighted boxes fusion (Solovyev, Wang and Gabruseva, Image and Vision Computing 107, 2021, arXiv:1910.13302): a box
    joins the fused box of its class with the highest IoU above `same_iou`, and a fused box is the mean of its members
    weighted by confidence. Unlike in the paper, a model joins a fused box at most once, and votes are kept apart from
    confidence.

    Examples:
        >>> one = Detections(np.array([[0, 0, 8, 8]], np.float32), np.array([0.75], np.float32), np.array([2]))
        >>> other = Detections(np.array([[2, 0, 10, 8]], np.float32), np.array([0.25], np.float32), np.array([2]))
        >>> fused = fuse([one, other])
        >>> fused.xyxy.tolist(), fused.confidence.tolist(), fused.votes.tolist()
        ([[0.5, 0.0, 8.5, 8.0]], [0.5], [2])
    """
    rows = [
        (float(one.confidence[row]), model, int(one.class_id[row]), one.xyxy[row])
        for model, one in enumerate(detections)
        for row in range(len(one))
    ]
    clusters: list[_Cluster] = []
    for confidence, model, class_id, box in sorted(rows, key=lambda row: -row[0]):
        cluster = _nearest(clusters, box, class_id, model, same_iou)
        if cluster is None:
            cluster = _Cluster(class_id)
            clusters.append(cluster)
        cluster.add(box, confidence, model)
    return FusedBoxes(
        xyxy=np.array([cluster.box for cluster in clusters], np.float32).reshape(-1, 4),
        class_id=np.array([cluster.class_id for cluster in clusters], np.int64),
        confidence=np.array([np.mean(cluster.weights) for cluster in clusters], np.float32),
        voted=np.array([[m in c.models for m in range(len(detections))] for c in clusters], bool).reshape(
            -1, len(detections)
        ),
    )


def _nearest(
    clusters: Sequence[_Cluster], box: NDArray[np.float32], class_id: int, model: int, same_iou: float
) -> _Cluster | None:
    """The cluster of this class with the highest IoU above the threshold, without a member of this model."""
    free = [cluster for cluster in clusters if cluster.class_id == class_id and model not in cluster.models]
    if not free:
        return None
    overlap = iou(box[None], np.stack([cluster.box for cluster in free]))[0]
    best = int(overlap.argmax())
    return free[best] if overlap[best] > same_iou else None
