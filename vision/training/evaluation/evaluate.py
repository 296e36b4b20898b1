"""Two models on the same pictures and clips, in turns: through the very detector that runs at a camera."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.bench.counting.dataset import CountedClip
from vision.bench.counting.score import ClipScore, score_clips
from vision.common.progress import Report, quiet
from vision.core import Detections
from vision.detection import Detector
from vision.labels.data_set.data_set import Image
from vision.training.data.yolo_dataset import DataSet, LabelledPicture, digest, file_digest
from vision.training.evaluation.average_precision import draws
from vision.training.evaluation.comparison import compare, figure, parts
from vision.training.evaluation.matches import Hits, Looked, gather, look
from vision.training.evaluation.report import ClipCount, Counting, Evaluation, ModelFile, Pictures, Speed
from vision.training.release.gate import judged

NIGHT_BELOW = 60
"""A picture whose mean level (0 to 255) is under this was taken at night."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What one model saw in all pictures, and the processor time of each."""

    hits: Hits
    took_s: NDArray[np.float64]


def evaluate(
    detector: Detector,
    against: Detector | None,
    datasets: Sequence[DataSet],
    clips: Sequence[CountedClip] = (),
    *,
    split: str = "val",
    report: Report = quiet,
) -> Evaluation:
    """Measure a model, beside another where one is given. Both should have one thread, so that times compare.

    Pictures are those of the data sets' `split`; clips are counted with the default settings.
    """
    pictures = [(of, one) for of in datasets for one in of.pictures(split)]
    seen, dark = _look_at(pictures, [detector, *([against] if against else [])], report)
    scenes = [one.scene for _, one in pictures]
    theirs = seen[1].hits if against else None
    return judged(
        Evaluation(
            model=_file(detector),
            against=_file(against) if against else None,
            data=tuple(_pictures(of, split) for of in datasets),
            slices=tuple(compare(named, seen[0].hits, theirs) for named in parts(scenes, dark)),
            counting=_count(clips, detector, against, report) if clips else None,
            speed=_speed(seen),
        )
    )


def _look_at(
    pictures: Sequence[tuple[DataSet, LabelledPicture]], detectors: Sequence[Detector], report: Report
) -> tuple[list[_Seen], list[bool]]:
    """Every picture by every model, one after the other, so that a busy moment hits them alike."""
    looked: list[list[Looked]] = [[] for _ in detectors]
    took: list[list[float]] = [[] for _ in detectors]
    dark = []
    for i, (of, one) in enumerate(pictures):
        report("looking at pictures", i, len(pictures))
        image, labels = one.read(), of.labels(one)
        dark.append(float(image.mean()) < NIGHT_BELOW)
        for place, detector in enumerate(detectors):
            seen, took_s = _timed(detector, image)
            looked[place].append(look(image, labels, seen))
            took[place].append(took_s)
    return [_Seen(gather(some), np.asarray(times)) for some, times in zip(looked, took, strict=True)], dark


def _timed(detector: Detector, image: Image) -> tuple[Detections, float]:
    """With one thread a detector works in its caller's, so that this thread's time is its own."""
    start = time.thread_time()
    (seen,) = detector.detect([image])
    return seen, time.thread_time() - start


def _speed(seen: Sequence[_Seen]) -> Speed:
    ms = [float(np.median(one.took_s)) * 1000 for one in seen]
    if len(ms) == 1:
        return Speed(ms=round(ms[0], 2))
    return Speed(ms=round(ms[0], 2), their_ms=round(ms[1], 2), ratio=round(ms[1] / ms[0], 3))


def _count(clips: Sequence[CountedClip], ours: Detector, against: Detector | None, report: Report) -> Counting:
    report("counting clips", 0, None)
    mine = list(score_clips(clips, ours))
    others = list(score_clips(clips, against)) if against else None
    weights = draws(len(clips))
    wapes = _wapes(mine, weights)
    their_wapes = _wapes(others, weights) if others else None
    told = figure(wapes)
    assert told is not None  # noqa: S101  (every clip has vehicles: its truth says so)
    return Counting(
        wape=told,
        theirs=figure(their_wapes) if their_wapes is not None else None,
        difference=figure(wapes - their_wapes) if their_wapes is not None else None,
        clips=tuple(_clip(s, others[i] if others else None) for i, s in enumerate(mine)),
    )


def _wapes(scores: Sequence[ClipScore], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(B, clips) weights to (B,) errors over definite true counts."""
    errors, there = np.array([s.error for s in scores]), np.array([s.clip.definite for s in scores])
    return np.asarray((weights @ errors) / np.maximum(weights @ there, 1e-9))


def _clip(ours: ClipScore, theirs: ClipScore | None) -> ClipCount:
    return ClipCount(
        file=ours.clip.file.name,
        true_low=ours.clip.true_low,
        true_high=ours.clip.true_high,
        ours=ours.counted,
        theirs=theirs.counted if theirs else None,
    )


def _pictures(of: DataSet, split: str) -> Pictures:
    pictures = of.pictures(split)
    return Pictures(dataset=f"{of.name}/{split}", pictures=len(pictures), sha256=digest(pictures))


def _file(detector: Detector) -> ModelFile:
    model = detector.model
    size = max(model.width or 0, model.height or 0) or model.input.size
    return ModelFile(name=model.name, sha256=file_digest(model.file), size_px=size)
