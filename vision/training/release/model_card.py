"""Writes the files of a trained model: the ONNX file, its card, and the record of its training."""

import platform
from datetime import date
from pathlib import Path

from pydantic import Field
from ruamel.yaml import YAML

from vision.common.digest import sha256_of
from vision.common.object_class import CLASSES
from vision.config.base import Config
from vision.detection.models.cards import FileSource, ModelCard
from vision.training.data.prepare import Prepared
from vision.training.release.float16 import store_as_float16
from vision.training.ultralytics.launcher import TrainingResult
from vision.training.ultralytics.recipe import Recipe

AGPL = "AGPL-3.0"


class ModelDescription(Config):
    """What a person states about a trained model."""

    name: str = Field(title="Name", description="Name of the model.", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    data_licence: str = Field(title="Licence of the data", description="Licence and attribution.")
    use: str = Field(
        "Finding road users in pictures of street cameras.", title="Intended use", description="One sentence."
    )


class TrainingRecord(Config):
    """How a model was trained, to reproduce it."""

    name: str = Field(title="Name", description="Of the model.")
    sha256: str = Field(title="SHA-256", description="Of the ONNX file.")
    licence: str = Field(AGPL, title="Licence", description="Of the weights: that of the base and of Ultralytics.")
    use: str = Field(title="Intended use", description="One sentence.")
    made: date = Field(title="Made", description="Date.")
    base: str = Field(title="Base", description="The checkpoint that training started from.")
    base_sha256: str = Field(title="Base's SHA-256", description="Of that checkpoint.")
    data: Prepared = Field(title="Data", description="The prepared data set.")
    data_licence: str = Field(title="Licence of the data", description="Licence and attribution.")
    recipe: Recipe = Field(title="Recipe", description="Settings of the training.")
    epochs: int = Field(title="Epochs", description="Number of epochs.")
    minutes: float = Field(title="Minutes", description="Training time, summed over interruptions.")
    hardware: str = Field(title="Hardware", description="Processor and GPU.")
    versions: dict[str, str] = Field(title="Versions", description="Of the libraries that trained it, by name.")


def write_release(
    trained: TrainingResult,
    prepared: Prepared,
    recipe: Recipe,
    description: ModelDescription,
    *,
    base: Path,
    folder: Path,
    made: date,
) -> tuple[Path, ModelCard]:
    """Write NAME.onnx (weights as float16), NAME.yaml (its card) and NAME.training.yaml into the folder."""
    file = store_as_float16(trained.onnx, folder / f"{description.name}.onnx", f"{description.name}, trained by ngatu")
    record = TrainingRecord(
        name=description.name,
        sha256=sha256_of(file),
        use=description.use,
        made=made,
        base=base.name,
        base_sha256=sha256_of(base),
        data=prepared,
        data_licence=description.data_licence,
        recipe=recipe,
        epochs=trained.epochs,
        minutes=round(trained.seconds / 60, 1),
        hardware=_hardware(trained.gpu),
        versions=trained.versions,
    )
    card = ModelCard(
        name=description.name,
        title=f"Trained on {prepared.pictures} pictures, from {base.stem}",
        licence=AGPL,
        source=FileSource(kind="file", origin=file.name),
        sha256=record.sha256,
        names=tuple(c.value for c in CLASSES),
    )
    _dump(record, folder / f"{description.name}.training.yaml")
    _dump(card, folder / f"{description.name}.yaml")
    return file, card


def _dump(content: Config, file: Path) -> None:
    yaml = YAML()
    yaml.width = 110
    with file.open("w", encoding="utf-8") as out:
        yaml.dump(content.model_dump(mode="json", exclude_none=True), out)


def _hardware(gpu: str) -> str:
    """The name of the processor, and of the GPU if one was used."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.machine()
    return f"{processor}, {gpu}" if gpu else processor
