"""From two models' hits on the same pictures to the scores of a slice, with the differences drawn together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES, ObjectClass
from vision.training.evaluation.average_precision import AT_50, AT_ALL, Part, average_precision, draws, interval
from vision.training.evaluation.matches import Hits
from vision.training.evaluation.report import Compared, Figure, Score, Slice

FloatArray = NDArray[np.float64]

SMALL_PX, LARGE_PX = 32, 96
"""COCO's bounds between small, medium and large: sides of a square box in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A part and what to call it."""

    name: str
    part: Part


@dataclass(frozen=True, slots=True, eq=False)
class _Samples:
    """(B,) scores of one class, the first as measured."""

    labels: int
    ap50: FloatArray
    ap50_95: FloatArray


def parts(scenes: Sequence[str], dark: Sequence[bool]) -> Iterator[Named]:
    """The whole, by size, by scene, by light; only parts that hold pictures."""
    everything = np.ones(len(scenes), np.bool_)
    yield Named("whole", Part(everything))
    yield Named(f"small (under {SMALL_PX} px)", Part(everything, 0, SMALL_PX))
    yield Named("medium", Part(everything, SMALL_PX, LARGE_PX))
    yield Named(f"large (from {LARGE_PX} px)", Part(everything, LARGE_PX))
    for scene in sorted(set(scenes)):
        yield Named(f"scene {scene}", Part(np.array([s == scene for s in scenes])))
    for name, wanted in (("day", False), ("night", True)):
        if wanted in dark:
            yield Named(name, Part(np.array([d == wanted for d in dark])))


def compare(named: Named, ours: Hits, theirs: Hits | None, seed: int = 0) -> Slice:
    """Both models' scores over a part, and the differences."""
    weights = draws(ours.pictures, seed)
    mine = {c: _samples(ours, c, weights, named.part) for c in CLASSES}
    other = {c: _samples(theirs, c, weights, named.part) for c in CLASSES} if theirs else None
    return Slice(
        name=named.name,
        pictures=int(named.part.pictures.sum()),
        classes={c: _compared(mine[c], other[c] if other else None) for c in CLASSES},
        mean=_compared(_mean(list(mine.values())), _mean(list(other.values())) if other else None),
    )


def _samples(hits: Hits, kind: ObjectClass, weights: FloatArray, part: Part) -> _Samples:
    sized = (hits.label_side_px >= part.least_px) & (hits.label_side_px < part.most_px)
    labels = int(((hits.label_class == kind.class_id) & part.pictures[hits.label_picture] & sized).sum())
    return _Samples(
        labels,
        average_precision(hits, kind, weights, part, AT_50),
        average_precision(hits, kind, weights, part, AT_ALL),
    )


def _mean(samples: Sequence[_Samples]) -> _Samples:
    """Over the classes that have labels, whichever of them a drawing left."""
    there = [s for s in samples if s.labels]
    if not there:
        return samples[0]
    return _Samples(
        sum(s.labels for s in there),
        _mean_of_known([s.ap50 for s in there]),
        _mean_of_known([s.ap50_95 for s in there]),
    )


def _mean_of_known(rows: Sequence[FloatArray]) -> FloatArray:
    """(D,): the mean of (D,) rows by column, NaN left out; NaN where a drawing left no class a label."""
    values = np.array(rows)
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0))


def _compared(ours: _Samples, theirs: _Samples | None) -> Compared:
    if theirs is None:
        return Compared(ours=_score(ours))
    return Compared(
        ours=_score(ours),
        theirs=_score(theirs),
        ap50=figure(ours.ap50 - theirs.ap50),
        ap50_95=figure(ours.ap50_95 - theirs.ap50_95),
    )


def _score(samples: _Samples) -> Score:
    return Score(labels=samples.labels, ap50=figure(samples.ap50), ap50_95=figure(samples.ap50_95))


def figure(samples: FloatArray) -> Figure | None:
    """(B,) samples, the first as measured, to a figure with its range; None where there is nothing to tell."""
    told = interval(samples)
    if not np.isfinite(told.value):
        return None
    return Figure(value=round(told.value, 4), low=round(told.low, 4), high=round(told.high, 4))
