"""Average precision from hits, and how sure of it one may be: pictures drawn again and again (bootstrap)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import ObjectClass
from vision.training.evaluation.matches import IOUS, Hits

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

DRAWS = 400
CONFIDENCE = 0.95
AT_50 = slice(0, 1)
AT_ALL = slice(0, len(IOUS))


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the range in which 95 of 100 drawings of the pictures leave it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Which of the labels and detections count: those of some pictures, or of some sizes."""

    pictures: BoolArray
    """(P,)."""
    least_px: float = 0.0
    most_px: float = float("inf")
    """Sides from `least_px` to under `most_px`. A detection that hits a label of another size counts neither way."""


def draws(pictures: int, seed: int = 0, times: int = DRAWS) -> FloatArray:
    """(times + 1, pictures): how often each picture is drawn; the first row is the pictures as they are."""
    random = np.random.default_rng(seed)
    drawn = random.multinomial(pictures, np.full(pictures, 1 / max(pictures, 1)), size=times)
    return np.concatenate([np.ones((1, pictures)), drawn]).astype(np.float64)


def average_precision(
    hits: Hits, kind: ObjectClass, weights: FloatArray, part: Part, ious: slice = AT_50
) -> FloatArray:
    """(B, P) weights of pictures to (B,) average precisions of a class, NaN where no label of it was drawn.

    Area under the precision-recall curve, precision made to fall (Everingham et al. 2010); the mean over `ious`.
    """
    scored = [_at(hits, kind, weights, part, column) for column in range(*ious.indices(len(IOUS)))]
    mean: FloatArray = np.mean(scored, axis=0)
    return mean


def interval(samples: FloatArray) -> Interval:
    """The first sample is the figure, the others its drawings; a figure that cannot be told is NaN throughout."""
    drawn = samples[1:][np.isfinite(samples[1:])]
    if not np.isfinite(samples[0]) or not len(drawn):
        return Interval(float("nan"), float("nan"), float("nan"))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Interval(float(samples[0]), float(low), float(high))


def _at(hits: Hits, kind: ObjectClass, weights: FloatArray, part: Part, column: int) -> FloatArray:
    ours = np.flatnonzero((hits.class_id == kind.class_id) & part.pictures[hits.picture])
    ours = ours[np.argsort(-hits.confidence[ours], kind="stable")]
    wanted = _wanted_labels(hits, kind, part)
    there = weights[:, hits.label_picture[wanted]].sum(axis=1)
    label = hits.label[ours, column]
    hit = np.isin(label, np.flatnonzero(wanted)) & (label >= 0)
    miss = (label < 0) & _sized(hits.side_px[ours], part)
    times = weights[:, hits.picture[ours]]
    return _area(np.cumsum(times * hit, axis=1), np.cumsum(times * miss, axis=1), there)


def _wanted_labels(hits: Hits, kind: ObjectClass, part: Part) -> BoolArray:
    chosen: BoolArray = (
        (hits.label_class == kind.class_id) & part.pictures[hits.label_picture] & _sized(hits.label_side_px, part)
    )
    return chosen


def _sized(side_px: NDArray[np.float32], part: Part) -> BoolArray:
    inside: BoolArray = (side_px >= part.least_px) & (side_px < part.most_px)
    return inside


def _area(hit: FloatArray, miss: FloatArray, there: FloatArray) -> FloatArray:
    """(B, D) cumulated hits and misses, surest first, and (B,) labels, to (B,) areas."""
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = hit / there[:, None]
        precision = hit / np.maximum(hit + miss, 1e-12)
    falling = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    steps = np.diff(recall, axis=1, prepend=0.0)
    return np.where(there > 0, (steps * falling).sum(axis=1), np.nan)
