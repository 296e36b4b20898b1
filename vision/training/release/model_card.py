"""What leaves a training: the model file, its card, and the record of how it was made."""

import platform
from datetime import date
from pathlib import Path

from pydantic import Field
from ruamel.yaml import YAML

from vision.common.object_class import CLASSES
from vision.config.base import Config
from vision.detection.cards import FileSource, ModelCard
from vision.training.data.prepare import Prepared
from vision.training.data.yolo_dataset import file_digest
from vision.training.release.float16 import halve
from vision.training.ultralytics.launcher import Trained
from vision.training.ultralytics.recipe import Recipe

AGPL = "AGPL-3.0"


class Described(Config):
    """What only a person knows of a training."""

    name: str = Field(title="Name", description="What the model is called.", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    data_licence: str = Field(title="Licence of the data", description="And whom to name.")
    use: str = Field(
        "Finding road users in pictures of street cameras.", title="Intended use", description="In a sentence."
    )


class TrainingRecord(Config):
    """How a model was made, so that another can make it again."""

    name: str = Field(title="Name", description="The model's.")
    sha256: str = Field(title="SHA-256", description="Of the ONNX file.")
    licence: str = Field(AGPL, title="Licence", description="Of the weights: that of the base and the trainer.")
    use: str = Field(title="Intended use", description="In a sentence.")
    made: date = Field(title="Made", description="When.")
    base: str = Field(title="Base", description="The checkpoint that training began from.")
    base_sha256: str = Field(title="Base's SHA-256", description="Of that checkpoint.")
    data: Prepared = Field(title="Data", description="What it was shown.")
    data_licence: str = Field(title="Licence of the data", description="And whom to name.")
    recipe: Recipe = Field(title="Recipe", description="Its settings.")
    epochs: int = Field(title="Epochs", description="How often every picture was shown.")
    minutes: float = Field(title="Minutes", description="How long it took, over all interruptions.")
    hardware: str = Field(title="Hardware", description="What it ran on.")
    versions: dict[str, str] = Field(title="Versions", description="Of what trained it.")


def finish(
    trained: Trained, prepared: Prepared, recipe: Recipe, described: Described, *, base: Path, folder: Path, made: date
) -> tuple[Path, ModelCard]:
    """Write NAME.onnx (weights as float16), NAME.yaml (its card) and NAME.training.yaml into the folder."""
    file = halve(trained.onnx, folder / f"{described.name}.onnx", f"{described.name}, trained by ngatu")
    record = TrainingRecord(
        name=described.name,
        sha256=file_digest(file),
        use=described.use,
        made=made,
        base=base.name,
        base_sha256=file_digest(base),
        data=prepared,
        data_licence=described.data_licence,
        recipe=recipe,
        epochs=trained.epochs,
        minutes=round(trained.seconds / 60, 1),
        hardware=_hardware(trained.gpu),
        versions=trained.versions,
    )
    card = ModelCard(
        name=described.name,
        title=f"Trained on {prepared.pictures} pictures, from {base.stem}",
        licence=AGPL,
        source=FileSource(kind="file", origin=file.name),
        sha256=record.sha256,
        names=tuple(c.value for c in CLASSES),
    )
    _dump(record, folder / f"{described.name}.training.yaml")
    _dump(card, folder / f"{described.name}.yaml")
    return file, card


def _dump(what: Config, file: Path) -> None:
    yaml = YAML()
    yaml.width = 110
    with file.open("w", encoding="utf-8") as out:
        yaml.dump(what.model_dump(mode="json", exclude_none=True), out)


def _hardware(gpu: str) -> str:
    """The processor's name, and the GPU's where one was used."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8", errors="replace").splitlines() if told.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.machine()
    return f"{processor}, {gpu}" if gpu else processor
