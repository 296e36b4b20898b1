"""Evaluates a model, and optionally a reference model, on labelled pictures and counted clips."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.bench.counting.dataset import CountedClip
from vision.bench.counting.score import ClipScore, score_clips
from vision.common.digest import sha256_of
from vision.common.progress import Report, quiet
from vision.core import Detections
from vision.detection import Detector
from vision.labels.data_set.data_set import Image
from vision.training.data.yolo_dataset import PictureFile, YoloDataSet, digest
from vision.training.evaluation.average_precision import bootstrap_weights
from vision.training.evaluation.comparison import compare, estimate, subsets
from vision.training.evaluation.matches import Matches, PictureResult, match, picture_result
from vision.training.evaluation.report import ClipCount, Counting, Evaluation, ModelFile, Pictures, Speed

NIGHT_LEVEL = 60
"""A picture with a lower mean level (0 to 255) was taken at night."""


@dataclass(frozen=True, slots=True, eq=False)
class _ModelResult:
    """The matches of one model on all pictures, and its processor time for each."""

    matches: Matches
    durations_s: NDArray[np.float64]


def evaluate(
    detector: Detector,
    against: Detector | None,
    datasets: Sequence[YoloDataSet],
    clips: Sequence[CountedClip] = (),
    *,
    split: str = "val",
    report: Report = quiet,
) -> Evaluation:
    """Measure a model, and a reference model if given. Both should have one thread, so that their times compare.

    Uses the pictures of the data sets' `split`. Clips are counted with the default settings. `release.gate.judge`
    adds the findings of the gate.
    """
    pictures = [(dataset, file) for dataset in datasets for file in dataset.pictures(split)]
    results, is_dark = _detect_all(pictures, [detector, *([against] if against else [])], report)
    scenes = [file.scene for _, file in pictures]
    theirs = results[1].matches if against else None
    return Evaluation(
        model=_model_file(detector),
        against=_model_file(against) if against else None,
        data=tuple(_pictures(dataset, split) for dataset in datasets),
        slices=tuple(compare(named, results[0].matches, theirs) for named in subsets(scenes, is_dark)),
        counting=_count(clips, detector, against, report) if clips else None,
        speed=_speed(results),
    )


def _detect_all(
    pictures: Sequence[tuple[YoloDataSet, PictureFile]], detectors: Sequence[Detector], report: Report
) -> tuple[list[_ModelResult], list[bool]]:
    """Run all models on every picture in turn, so that other load affects them alike; and which pictures are dark."""
    results: list[list[PictureResult]] = [[] for _ in detectors]
    durations: list[list[float]] = [[] for _ in detectors]
    is_dark = []
    for i, (dataset, file) in enumerate(pictures):
        report("detecting", i, len(pictures))
        image, labels = file.read(), dataset.labels(file)
        is_dark.append(float(image.mean()) < NIGHT_LEVEL)
        for place, detector in enumerate(detectors):
            detections, duration_s = _timed(detector, image)
            results[place].append(picture_result(image, labels, detections))
            durations[place].append(duration_s)
    models = [_ModelResult(match(some), np.asarray(times)) for some, times in zip(results, durations, strict=True)]
    return models, is_dark


def _timed(detector: Detector, image: Image) -> tuple[Detections, float]:
    """Detections and processor time. A detector with one thread works in the thread of its caller."""
    start = time.thread_time()
    (detections,) = detector.detect([image])
    return detections, time.thread_time() - start


def _speed(results: Sequence[_ModelResult]) -> Speed:
    ms = [float(np.median(one.durations_s)) * 1000 for one in results]
    if len(ms) == 1:
        return Speed(ms=round(ms[0], 2))
    return Speed(ms=round(ms[0], 2), their_ms=round(ms[1], 2), ratio=round(ms[1] / ms[0], 3))


def _count(clips: Sequence[CountedClip], detector: Detector, against: Detector | None, report: Report) -> Counting:
    report("counting clips", 0, None)
    ours = list(score_clips(clips, detector))
    theirs = list(score_clips(clips, against)) if against else None
    weights = bootstrap_weights(len(clips))
    our_wapes = _wapes(ours, weights)
    their_wapes = _wapes(theirs, weights) if theirs else None
    wape = estimate(our_wapes)
    assert wape is not None  # noqa: S101  (every clip has vehicles: its truth says so)
    return Counting(
        wape=wape,
        theirs=estimate(their_wapes) if their_wapes is not None else None,
        difference=estimate(our_wapes - their_wapes) if their_wapes is not None else None,
        clips=tuple(_clip(score, theirs[i] if theirs else None) for i, score in enumerate(ours)),
    )


def _wapes(scores: Sequence[ClipScore], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(B, clips) weights to (B,) errors over definite true counts."""
    errors, true_counts = np.array([s.error for s in scores]), np.array([s.clip.definite for s in scores])
    return np.asarray((weights @ errors) / np.maximum(weights @ true_counts, 1e-9))


def _clip(ours: ClipScore, theirs: ClipScore | None) -> ClipCount:
    return ClipCount(
        file=ours.clip.file.name,
        true_low=ours.clip.true_low,
        true_high=ours.clip.true_high,
        ours=ours.counted,
        theirs=theirs.counted if theirs else None,
    )


def _pictures(dataset: YoloDataSet, split: str) -> Pictures:
    pictures = dataset.pictures(split)
    return Pictures(dataset=f"{dataset.name}/{split}", pictures=len(pictures), sha256=digest(pictures))


def _model_file(detector: Detector) -> ModelFile:
    model = detector.model
    size = max(model.width or 0, model.height or 0) or model.input.size
    return ModelFile(name=model.name, sha256=sha256_of(model.file), size_px=size)
