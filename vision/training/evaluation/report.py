"""An evaluation as one document: what was measured, on what, of which file, beside which other."""

from pathlib import Path

from pydantic import Field, ValidationError

from vision.common.object_class import ObjectClass
from vision.config.base import Config
from vision.core import NgatuError


class Figure(Config):
    """A figure and the range in which 95 of 100 drawings leave it."""

    value: float = Field(title="Value", description="As measured.")
    low: float = Field(title="Low", description="2.5 % of the drawings lie under it.")
    high: float = Field(title="High", description="2.5 % of the drawings lie over it.")


class Score(Config):
    """Average precision, 0 to 1, of one class or of the mean of all. None: no label, nothing to tell."""

    labels: int = Field(title="Labels", description="How many there are to be found.")
    ap50: Figure | None = Field(None, title="AP50", description="At an overlap of 0.5.")
    ap50_95: Figure | None = Field(None, title="AP50-95", description="Mean over overlaps 0.5 to 0.95.")


class Compared(Config):
    """One model's score beside the other's; the difference is ours less theirs, drawn together."""

    ours: Score = Field(title="Ours", description="Of the model on trial.")
    theirs: Score | None = Field(None, title="Theirs", description="Of the model it is held against.")
    ap50: Figure | None = Field(None, title="Difference in AP50", description="Above 0: ours is better.")
    ap50_95: Figure | None = Field(None, title="Difference in AP50-95", description="Above 0: ours is better.")


class Slice(Config):
    """The scores over a part of the pictures or of the sizes."""

    name: str = Field(title="Name", description="whole, or the kind and value of the part, as `scene lhht`.")
    pictures: int = Field(title="Pictures", description="How many there are.")
    classes: dict[ObjectClass, Compared] = Field(title="Classes", description="By class.")
    mean: Compared = Field(title="Mean", description="Over the classes that have labels.")


class ClipCount(Config):
    """One clip's count beside the truth."""

    file: str = Field(title="File", description="The clip.")
    true_low: int = Field(title="Least true count", description="See docs/benchmarks.md.")
    true_high: int = Field(title="Greatest true count", description="See docs/benchmarks.md.")
    ours: int = Field(title="Ours", description="What the model on trial counted.")
    theirs: int | None = Field(None, title="Theirs", description="What the other counted.")


class Counting(Config):
    """Weighted absolute percentage error over clips that people counted, 0 to 1 and above."""

    wape: Figure = Field(title="WAPE", description="Ours.")
    theirs: Figure | None = Field(None, title="Theirs", description="The other's WAPE.")
    difference: Figure | None = Field(None, title="Difference", description="Above 0: ours is worse.")
    clips: tuple[ClipCount, ...] = Field(title="Clips", description="One by one.")


class Speed(Config):
    """Processor time of one picture on one thread, from picture to road users; both took turns."""

    ms: float = Field(title="Ours", description="Median, in milliseconds.")
    their_ms: float | None = Field(None, title="Theirs", description="Median, in milliseconds.")
    ratio: float | None = Field(None, title="Ratio", description="Theirs over ours: above 1, ours is faster.")


class ModelFile(Config):
    """Which file was measured."""

    name: str = Field(title="Name", description="The card's, or the file's.")
    sha256: str = Field(title="SHA-256", description="Of the ONNX file.")
    size_px: int = Field(title="Input", description="The long side.")


class Pictures(Config):
    """Which labelled pictures it was measured on."""

    dataset: str = Field(title="Data set", description="Its folder's name.")
    pictures: int = Field(title="Pictures", description="How many.")
    sha256: str = Field(title="SHA-256", description="Over pictures and labels.")


class Evaluation(Config):
    """Everything that was measured, and what the gate makes of it."""

    model: ModelFile = Field(title="Model", description="On trial.")
    against: ModelFile | None = Field(None, title="Against", description="What it is held against.")
    data: tuple[Pictures, ...] = Field(title="Data", description="What it was measured on.")
    slices: tuple[Slice, ...] = Field(title="Slices", description="The whole first.")
    counting: Counting | None = Field(None, title="Counting", description="Where clips were given.")
    speed: Speed = Field(title="Speed", description="Of one picture.")
    worse: tuple[str, ...] = Field((), title="Worse", description="Where it is worse beyond the noise, in words.")
    untold: tuple[str, ...] = Field((), title="Untold", description="What too few labels leave open, in words.")

    @property
    def passed(self) -> bool:
        """Whether it is worse nowhere; untold without another model."""
        return self.against is not None and not self.worse


def write_evaluation(evaluation: Evaluation, file: Path) -> None:
    file.write_text(evaluation.model_dump_json(indent=2, exclude_none=True) + "\n", encoding="utf-8")


def read_evaluation(file: Path) -> Evaluation:
    """Raises NgatuError where the file is no evaluation."""
    try:
        return Evaluation.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise NgatuError(
            f"evaluation {file}: it cannot be read ({type(error).__name__}); make one by "
            "`ngatu models evaluate MODEL --against … --save FILE`"
        ) from error
