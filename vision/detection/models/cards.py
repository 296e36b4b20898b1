"""Model cards, one YAML file per model, and the location of their weights."""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from vision.common.object_class import ObjectClass
from vision.common.paths import cache_dir, data_dir
from vision.config.base import Config
from vision.core import ModelError
from vision.detection.calibration import Calibration, check_rising
from vision.detection.class_map import COCO, by_name
from vision.detection.decoders import FAMILIES
from vision.detection.input_spec import InputSpec

DEFAULT_MODEL = "traffic26n"
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PackagedSource(Config):
    """A file that comes with ngatu, in the folder of its card."""

    kind: Literal["packaged"]
    file: str = Field(title="File", description="Its name.", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.onnx$")


class UltralyticsSource(Config):
    """Official weights, exported by the `ultralytics` package in a separate process."""

    kind: Literal["ultralytics"]
    weights: str = Field(title="Weights", description="The name under which Ultralytics publishes them.")


class UrlSource(Config):
    """A file on the internet."""

    kind: Literal["url"]
    url: str = Field(pattern=r"^https://", title="Address", description="Where the ONNX file is downloaded from.")


class FileSource(Config):
    """A file that the user added."""

    kind: Literal["file"]
    origin: str = Field(title="Origin", description="The path that it was added from.")


Source = Annotated[PackagedSource | UltralyticsSource | UrlSource | FileSource, Field(discriminator="kind")]


class ModelCard(Config):
    """Description of a model, known before its file is opened."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", title="Name", description="Also of its file in the cache."
    )
    title: str = Field(title="Title", description="What it is, in a sentence.")
    licence: str = Field(title="Licence", description="Of the weights.")
    source: Source = Field(title="Source", description="Where the weights come from.")
    sha256: Sha256 | None = Field(None, title="SHA-256", description="Of the ONNX file, where it is always the same.")
    family: str | None = Field(None, title="Family", description="The decoder. Unset: recognised from the file.")
    input: InputSpec | None = Field(None, title="Input", description="Unset: the family's convention.")
    names: tuple[str, ...] | Literal["coco"] | None = Field(
        None, title="Class names", description="In the model's order. Unset: the file's own."
    )
    classes: dict[str, ObjectClass] | None = Field(
        None, title="Classes", description="Maps the model's class names to road users. Unset: equal names."
    )

    calibration: Annotated[Calibration, AfterValidator(check_rising)] | None = Field(
        None, title="Calibration", description="Pairs (the model's score, the common score). Unset: the family's own."
    )

    def class_names(self) -> tuple[str, ...] | None:
        return COCO if self.names == "coco" else self.names

    def mapping(self, names: tuple[str, ...]) -> dict[str, ObjectClass]:
        return by_name(names) if self.classes is None else self.classes


def weights_file(card: ModelCard) -> Path:
    """The path of the weights, whether they are there or not: in the package, or in the cache."""
    if isinstance(card.source, PackagedSource):
        return data_dir("models") / card.source.file
    return cache_dir("models") / f"{card.name}.onnx"


def check_digest(card: ModelCard, file: Path) -> None:
    """Refuse a file other than the one that the card names."""
    if card.sha256 is None:
        return
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != card.sha256:
        raise ModelError(
            f"model '{card.name}': {file} has SHA-256 {digest}, its card says {card.sha256}; "
            f"it is damaged or another file, get it by `ngatu models pull --force {card.name}`"
        )


def load_cards() -> dict[str, ModelCard]:
    """Every card by name; those of the user, in the cache, override packaged ones."""
    files = [*sorted(data_dir("models").glob("*.yaml")), *sorted(cache_dir("models").glob("*.yaml"))]
    return {card.name: card for card in map(read_card, files)}


def default_pointer() -> Path:
    """The file with the name of the model that was promoted on this machine."""
    return cache_dir("models") / "default"


def default_model() -> str:
    """The default model: the promoted one if it has a card, else the packaged one."""
    try:
        promoted = default_pointer().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return DEFAULT_MODEL
    return promoted if promoted in load_cards() else DEFAULT_MODEL


def find_card(name: str) -> ModelCard:
    cards = load_cards()
    if name not in cards:
        raise ModelError(f"model '{name}': no card and no file of that name; the cards are {', '.join(sorted(cards))}")
    return cards[name]


def read_card(file: Path) -> ModelCard:
    try:
        card = ModelCard.model_validate(YAML(typ="safe").load(file.read_text(encoding="utf-8")))
    except (YAMLError, ValidationError, UnicodeDecodeError) as error:
        raise ModelError(f"model card {file}: {_short(error)}") from error
    if card.family is not None and card.family not in FAMILIES:
        raise ModelError(f"model card {file}: family '{card.family}' has no decoder; there are {', '.join(FAMILIES)}")
    return card


def _short(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the card'}: {e['msg']}" for e in error.errors())
    return " ".join(str(error).split())
