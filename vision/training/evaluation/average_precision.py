"""Average precision from matches, with confidence intervals by bootstrap over pictures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import ObjectClass
from vision.training.evaluation.matches import IOUS, Matches

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

RESAMPLES = 400
CONFIDENCE = 0.95
AT_50 = slice(0, 1)
AT_ALL = slice(0, len(IOUS))


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Subset:
    """The labels and detections that count: those of some pictures, or of some sizes."""

    pictures: BoolArray
    """(P,)."""
    min_px: float = 0.0
    max_px: float = float("inf")
    """Sides from `min_px` to below `max_px`. A detection that matches a label of another size is ignored."""


def bootstrap_weights(pictures: int, seed: int = 0, resamples: int = RESAMPLES) -> FloatArray:
    """(resamples + 1, pictures): how often each picture is drawn. The first row is the original sample, all ones."""
    random = np.random.default_rng(seed)
    drawn = random.multinomial(pictures, np.full(pictures, 1 / max(pictures, 1)), size=resamples)
    return np.concatenate([np.ones((1, pictures)), drawn]).astype(np.float64)


def average_precision(
    matches: Matches, kind: ObjectClass, weights: FloatArray, subset: Subset, ious: slice = AT_50
) -> FloatArray:
    """(B, P) weights of pictures to (B,) average precisions of a class, NaN where no label of it was drawn.

    The exact area under the precision-recall curve with monotone precision (Everingham et al. 2010), as mean over the
    thresholds `ious`. COCO's figure is the mean over 101 recalls of the same curve.
    """
    scores = [_at_threshold(matches, kind, weights, subset, column) for column in range(*ious.indices(len(IOUS)))]
    mean: FloatArray = np.mean(scores, axis=0)
    return mean


def interval(samples: FloatArray) -> Interval:
    """The figure (first sample) and the interval of its resamples; NaN throughout if the figure is undefined.

    >>> interval(np.array([0.5, 0.4, 0.5, 0.6]))
    Interval(value=0.5, low=0.405, high=0.595)
    """
    drawn = samples[1:][np.isfinite(samples[1:])]
    if not np.isfinite(samples[0]) or not len(drawn):
        return Interval(float("nan"), float("nan"), float("nan"))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Interval(float(samples[0]), float(low), float(high))


def counted_labels(matches: Matches, kind: ObjectClass, subset: Subset) -> BoolArray:
    """(L,): the labels of a class that are in the subset."""
    counted: BoolArray = (
        (matches.label_class == kind.class_id)
        & subset.pictures[matches.label_picture]
        & _is_in_size(matches.label_side_px, subset)
    )
    return counted


def _at_threshold(matches: Matches, kind: ObjectClass, weights: FloatArray, subset: Subset, column: int) -> FloatArray:
    rows = np.flatnonzero((matches.class_id == kind.class_id) & subset.pictures[matches.picture])
    rows = rows[np.argsort(-matches.confidence[rows], kind="stable")]
    counted = counted_labels(matches, kind, subset)
    labels = weights[:, matches.label_picture[counted]].sum(axis=1)
    label = matches.label[rows, column]
    true_positive = np.isin(label, np.flatnonzero(counted)) & (label >= 0)
    false_positive = (label < 0) & _is_in_size(matches.side_px[rows], subset)
    times = weights[:, matches.picture[rows]]
    return _area(np.cumsum(times * true_positive, axis=1), np.cumsum(times * false_positive, axis=1), labels)


def _is_in_size(side_px: NDArray[np.float32], subset: Subset) -> BoolArray:
    inside: BoolArray = (side_px >= subset.min_px) & (side_px < subset.max_px)
    return inside


def _area(true_positives: FloatArray, false_positives: FloatArray, labels: FloatArray) -> FloatArray:
    """(B, D) cumulated true and false positives by decreasing confidence, and (B,) labels, to (B,) areas."""
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = true_positives / labels[:, None]
        precision = true_positives / np.maximum(true_positives + false_positives, 1e-12)
    monotone = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    steps = np.diff(recall, axis=1, prepend=0.0)
    return np.where(labels > 0, (steps * monotone).sum(axis=1), np.nan)
