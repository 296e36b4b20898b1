"""The document of an evaluation: measurements, model files, data, and the findings of the gate."""

from pathlib import Path

from pydantic import AliasChoices, Field, ValidationError

from vision.common.object_class import ObjectClass
from vision.config.base import Config
from vision.core import NgatuError


class Estimate(Config):
    """A figure and its 95 % bootstrap interval."""

    value: float = Field(title="Value", description="As measured.")
    low: float = Field(title="Low", description="2.5 % of the resamples are below.")
    high: float = Field(title="High", description="2.5 % of the resamples are above.")


class Score(Config):
    """Average precision, 0 to 1, of a class or of the mean over classes. None: there are no labels."""

    labels: int = Field(title="Labels", description="Number of labels.")
    ap50: Estimate | None = Field(None, title="AP50", description="At an IoU of 0.5.")
    ap50_95: Estimate | None = Field(None, title="AP50-95", description="Mean over IoU 0.5 to 0.95.")


class ComparedScore(Config):
    """The scores of two models, and the difference the model's minus the reference's on the same resamples."""

    ours: Score = Field(title="Model", description="Of the evaluated model.")
    theirs: Score | None = Field(None, title="Reference", description="Of the reference model.")
    ap50: Estimate | None = Field(None, title="Difference in AP50", description="Above 0: the model is better.")
    ap50_95: Estimate | None = Field(None, title="Difference in AP50-95", description="Above 0: the model is better.")


class Slice(Config):
    """The scores on a subset of the pictures or object sizes."""

    name: str = Field(title="Name", description="whole, or the kind and value of the subset, as `scene lhht`.")
    pictures: int = Field(title="Pictures", description="Number of pictures.")
    classes: dict[ObjectClass, ComparedScore] = Field(title="Classes", description="By class.")
    mean: ComparedScore = Field(title="Mean", description="Over the classes that have labels.")


class ClipCount(Config):
    """The count of a clip and its true count."""

    file: str = Field(title="File", description="The clip.")
    true_low: int = Field(title="Lowest true count", description="See docs/benchmarks.md.")
    true_high: int = Field(title="Highest true count", description="See docs/benchmarks.md.")
    ours: int = Field(title="Model", description="Count of the evaluated model.")
    theirs: int | None = Field(None, title="Reference", description="Count of the reference model.")


class Counting(Config):
    """Weighted absolute percentage error (WAPE) over clips with true counts, as a fraction."""

    wape: Estimate = Field(title="WAPE", description="Of the evaluated model.")
    theirs: Estimate | None = Field(None, title="Reference", description="WAPE of the reference model.")
    difference: Estimate | None = Field(None, title="Difference", description="Above 0: the model is worse.")
    clips: tuple[ClipCount, ...] = Field(title="Clips", description="Clip by clip.")


class Speed(Config):
    """Processor time of one picture on one thread, from image to detections; the models take turns."""

    ms: float = Field(title="Model", description="Median, in milliseconds.")
    their_ms: float | None = Field(None, title="Reference", description="Median, in milliseconds.")
    ratio: float | None = Field(
        None, title="Ratio", description="The reference's time over the model's: above 1, the model is faster."
    )


class ModelFile(Config):
    """The model file that was measured."""

    name: str = Field(title="Name", description="Of the card, or of the file.")
    sha256: str = Field(title="SHA-256", description="Of the ONNX file.")
    size_px: int = Field(title="Input", description="Longer side of the input.")


class Pictures(Config):
    """The labelled pictures of the measurement."""

    dataset: str = Field(title="Data set", description="Folder name and split.")
    pictures: int = Field(title="Pictures", description="Number of pictures.")
    sha256: str = Field(title="SHA-256", description="Of pictures and labels.")


class Evaluation(Config):
    """All measurements, and the findings of the gate."""

    model: ModelFile = Field(title="Model", description="The evaluated model.")
    against: ModelFile | None = Field(None, title="Against", description="The reference model.")
    data: tuple[Pictures, ...] = Field(title="Data", description="The data of the measurement.")
    slices: tuple[Slice, ...] = Field(title="Slices", description="The first one has all pictures.")
    counting: Counting | None = Field(None, title="Counting", description="If clips were given.")
    speed: Speed = Field(title="Speed", description="Of one picture.")
    worse: tuple[str, ...] = Field((), title="Worse", description="Where the model is significantly worse.")
    undecided: tuple[str, ...] = Field(
        (),
        validation_alias=AliasChoices("undecided", "untold"),
        title="Undecided",
        description="What the data are too few to decide.",
    )
    """Earlier files name it `untold`."""

    @property
    def passed(self) -> bool:
        """Whether there is a reference model and the evaluated one is nowhere significantly worse."""
        return self.against is not None and not self.worse


def write_evaluation(evaluation: Evaluation, file: Path) -> None:
    file.write_text(evaluation.model_dump_json(indent=2, exclude_none=True) + "\n", encoding="utf-8")


def read_evaluation(file: Path) -> Evaluation:
    """Read a file of `write_evaluation`. Raises NgatuError if it is not an evaluation."""
    try:
        return Evaluation.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise NgatuError(
            f"evaluation {file}: it cannot be read ({type(error).__name__}); create one by "
            "`ngatu models evaluate MODEL --against … --save FILE`"
        ) from error
