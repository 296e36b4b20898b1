"""The gate: a model passes if it is nowhere significantly worse than the model it would replace."""

from collections.abc import Iterator

from vision.training.evaluation.report import Evaluation

MIN_LABELS = 10
"""A class with fewer labels is not judged."""
MIN_SPEED_RATIO = 0.95
"""A lower ratio of processor times is slower; times on one machine vary by a few percent."""
MIN_TIMED_PICTURES = 20
"""Speed is not judged on fewer pictures (those of the first slice)."""


def judge(evaluation: Evaluation) -> Evaluation:
    """The evaluation with the findings of the gate; unchanged without a reference model."""
    if evaluation.against is None:
        return evaluation
    worse = (*_worse_classes(evaluation), *_worse_counting(evaluation), *_worse_speed(evaluation))
    return evaluation.model_copy(update={"worse": worse, "undecided": tuple(_undecided(evaluation))})


def _worse_classes(evaluation: Evaluation) -> Iterator[str]:
    """A class is worse if the whole interval of the difference in AP50 is below zero."""
    for kind, score in evaluation.slices[0].classes.items():
        change, theirs = score.ap50, score.theirs
        if change is None or theirs is None or theirs.ap50 is None or score.ours.labels < MIN_LABELS:
            continue
        if change.high < 0 and score.ours.ap50:
            yield (
                f"{kind}: AP50 {score.ours.ap50.value:.3f} against {theirs.ap50.value:.3f} "
                f"(difference {change.low:.3f} to {change.high:.3f})"
            )


def _worse_counting(evaluation: Evaluation) -> Iterator[str]:
    """Counting is worse if the whole interval of the difference in WAPE is above zero."""
    counting = evaluation.counting
    if counting and counting.theirs and counting.difference and counting.difference.low > 0:
        yield f"counting: WAPE {counting.wape.value:.1%} against {counting.theirs.value:.1%}"


def _worse_speed(evaluation: Evaluation) -> Iterator[str]:
    speed = evaluation.speed
    has_enough_pictures = evaluation.slices[0].pictures >= MIN_TIMED_PICTURES
    if speed.ratio is not None and speed.ratio < MIN_SPEED_RATIO and has_enough_pictures:
        yield f"speed: {speed.ms:.1f} ms a picture against {speed.their_ms:.1f} ms"


def _undecided(evaluation: Evaluation) -> Iterator[str]:
    for kind, score in evaluation.slices[0].classes.items():
        if score.ours.labels < MIN_LABELS:
            yield f"{kind}: {score.ours.labels} labels are too few to judge"
    if evaluation.slices[0].pictures < MIN_TIMED_PICTURES:
        yield f"speed: {evaluation.slices[0].pictures} pictures are too few to judge"
    if evaluation.counting is None:
        yield "counting: no clips with counted vehicles were given"
