"""Evaluations with given differences."""

from vision.common.object_class import CLASSES, ObjectClass
from vision.training.evaluation.report import (
    ComparedScore,
    Counting,
    Estimate,
    Evaluation,
    ModelFile,
    Score,
    Slice,
    Speed,
)


def estimate(value: float, low: float, high: float) -> Estimate:
    return Estimate(value=value, low=low, high=high)


def compared(labels: int, low: float, high: float) -> ComparedScore:
    """A class with this interval of the difference in AP50."""
    middle = (low + high) / 2
    ours = Score(labels=labels, ap50=estimate(0.5 + middle, 0, 1), ap50_95=None)
    return ComparedScore(
        ours=ours, theirs=Score(labels=labels, ap50=estimate(0.5, 0, 1), ap50_95=None), ap50=estimate(middle, low, high)
    )


def evaluation(
    *,
    low: float = -0.02,
    high: float = 0.02,
    labels: int = 100,
    ratio: float = 1.0,
    wape: tuple[float, float] = (-0.01, 0.01),
    pictures: int = 100,
) -> Evaluation:
    better = compared(100, 0.1, 0.2)
    classes = dict.fromkeys(CLASSES, better) | {ObjectClass.BUS: compared(labels, low, high)}
    return Evaluation(
        model=ModelFile(name="new", sha256="0" * 64, size_px=640),
        against=ModelFile(name="old", sha256="1" * 64, size_px=640),
        data=(),
        slices=(Slice(name="whole", pictures=pictures, classes=classes, mean=better),),
        counting=Counting(
            wape=estimate(0.03, 0, 0.1),
            theirs=estimate(0.02, 0, 0.1),
            difference=estimate(sum(wape) / 2, *wape),
            clips=(),
        ),
        speed=Speed(ms=10, their_ms=10 * ratio, ratio=ratio),
    )
