"""The gate: a model that is worse than the one it would follow, anywhere and beyond the noise, does not pass."""

from collections.abc import Iterator

from vision.training.evaluation.report import Evaluation

FEWEST_LABELS = 10
"""A class with fewer labels can be judged neither way."""
SLOWER = 0.95
"""Processor times of one machine scatter by some percent; a ratio under this is slower ..."""
FEWEST_TIMES = 20
"""... if it comes from so many pictures. The slices' first one has them all."""


def judged(evaluation: Evaluation) -> Evaluation:
    """The evaluation with the gate's findings."""
    if evaluation.against is None:
        return evaluation
    worse = (*_classes(evaluation), *_counting(evaluation), *_speed(evaluation))
    return evaluation.model_copy(update={"worse": worse, "untold": tuple(_untold(evaluation))})


def _classes(evaluation: Evaluation) -> Iterator[str]:
    """A class is worse when the whole range of the difference in AP50 lies under zero."""
    for kind, score in evaluation.slices[0].classes.items():
        change, theirs = score.ap50, score.theirs
        if change is None or theirs is None or theirs.ap50 is None or score.ours.labels < FEWEST_LABELS:
            continue
        if change.high < 0 and score.ours.ap50:
            yield (
                f"{kind}: AP50 {score.ours.ap50.value:.3f} against {theirs.ap50.value:.3f} "
                f"(difference {change.low:.3f} to {change.high:.3f})"
            )


def _counting(evaluation: Evaluation) -> Iterator[str]:
    """Counting is worse when the whole range of the difference in WAPE lies above zero."""
    counting = evaluation.counting
    if counting and counting.theirs and counting.difference and counting.difference.low > 0:
        yield f"counting: WAPE {counting.wape.value:.1%} against {counting.theirs.value:.1%}"


def _speed(evaluation: Evaluation) -> Iterator[str]:
    speed = evaluation.speed
    if speed.ratio is not None and speed.ratio < SLOWER and evaluation.slices[0].pictures >= FEWEST_TIMES:
        yield f"speed: {speed.ms:.1f} ms a picture against {speed.their_ms:.1f} ms"


def _untold(evaluation: Evaluation) -> Iterator[str]:
    for kind, score in evaluation.slices[0].classes.items():
        if score.ours.labels < FEWEST_LABELS:
            yield f"{kind}: {score.ours.labels} labels are too few to judge by"
    if evaluation.slices[0].pictures < FEWEST_TIMES:
        yield f"speed: {evaluation.slices[0].pictures} pictures are too few to judge by"
    if evaluation.counting is None:
        yield "counting: no clips with counted vehicles were given"
