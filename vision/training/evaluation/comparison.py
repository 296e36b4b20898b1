"""Compares two models' average precision on subsets of the same pictures, with paired bootstrap intervals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES, ObjectClass
from vision.training.evaluation.average_precision import (
    AT_50,
    AT_ALL,
    Subset,
    average_precision,
    bootstrap_weights,
    counted_labels,
    interval,
)
from vision.training.evaluation.matches import Matches
from vision.training.evaluation.report import ComparedScore, Estimate, Score, Slice

FloatArray = NDArray[np.float64]

SMALL_PX, LARGE_PX = 32, 96
"""COCO's bounds between small, medium and large objects: sides of a square box in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class NamedSubset:
    """A subset and its name in reports."""

    name: str
    subset: Subset


@dataclass(frozen=True, slots=True, eq=False)
class _Samples:
    """(B,) scores of one class: the first on the original sample, the others on resamples."""

    labels: int
    ap50: FloatArray
    ap50_95: FloatArray


def subsets(scenes: Sequence[str], is_dark: Sequence[bool]) -> Iterator[NamedSubset]:
    """All pictures, then by object size, scene and light, without empty subsets.

    `scenes` and `is_dark` have one item per picture.
    """
    everything = np.ones(len(scenes), np.bool_)
    yield NamedSubset("whole", Subset(everything))
    yield NamedSubset(f"small (under {SMALL_PX} px)", Subset(everything, 0, SMALL_PX))
    yield NamedSubset("medium", Subset(everything, SMALL_PX, LARGE_PX))
    yield NamedSubset(f"large (from {LARGE_PX} px)", Subset(everything, LARGE_PX))
    for scene in sorted(set(scenes)):
        yield NamedSubset(f"scene {scene}", Subset(np.array([s == scene for s in scenes])))
    for name, dark in (("day", False), ("night", True)):
        if dark in is_dark:
            yield NamedSubset(name, Subset(np.array([d == dark for d in is_dark])))


def compare(named: NamedSubset, ours: Matches, theirs: Matches | None, seed: int = 0) -> Slice:
    """Scores of both models on a subset, and their differences on the same resamples."""
    weights = bootstrap_weights(ours.pictures, seed)
    our_samples = {c: _samples(ours, c, weights, named.subset) for c in CLASSES}
    their_samples = {c: _samples(theirs, c, weights, named.subset) for c in CLASSES} if theirs else None
    their_mean = _mean(list(their_samples.values())) if their_samples else None
    return Slice(
        name=named.name,
        pictures=int(named.subset.pictures.sum()),
        classes={c: _compared(our_samples[c], their_samples[c] if their_samples else None) for c in CLASSES},
        mean=_compared(_mean(list(our_samples.values())), their_mean),
    )


def _samples(matches: Matches, kind: ObjectClass, weights: FloatArray, subset: Subset) -> _Samples:
    return _Samples(
        int(counted_labels(matches, kind, subset).sum()),
        average_precision(matches, kind, weights, subset, AT_50),
        average_precision(matches, kind, weights, subset, AT_ALL),
    )


def _mean(samples: Sequence[_Samples]) -> _Samples:
    """Mean over the classes that have labels; in each resample over those that have some left."""
    present = [s for s in samples if s.labels]
    if not present:
        return samples[0]
    return _Samples(
        sum(s.labels for s in present),
        _mean_ignoring_nan([s.ap50 for s in present]),
        _mean_ignoring_nan([s.ap50_95 for s in present]),
    )


def _mean_ignoring_nan(rows: Sequence[FloatArray]) -> FloatArray:
    """(B,): the mean of (B,) rows by column without NaN; NaN where all are NaN."""
    values = np.array(rows)
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0))


def _compared(ours: _Samples, theirs: _Samples | None) -> ComparedScore:
    if theirs is None:
        return ComparedScore(ours=_score(ours))
    return ComparedScore(
        ours=_score(ours),
        theirs=_score(theirs),
        ap50=estimate(ours.ap50 - theirs.ap50),
        ap50_95=estimate(ours.ap50_95 - theirs.ap50_95),
    )


def _score(samples: _Samples) -> Score:
    return Score(labels=samples.labels, ap50=estimate(samples.ap50), ap50_95=estimate(samples.ap50_95))


def estimate(samples: FloatArray) -> Estimate | None:
    """(B,) samples, the first on the original sample, to an estimate with its interval; None if it is undefined."""
    found = interval(samples)
    if not np.isfinite(found.value):
        return None
    return Estimate(value=round(found.value, 4), low=round(found.low, 4), high=round(found.high, 4))
