"""Cards of sample clips: one YAML each, in `sample_videos/`."""

import hashlib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from vision.common.errors import NgatuError
from vision.common.paths import cache_dir, data_dir
from vision.config.base import Config, Slug, refuse
from vision.config.files.loading import read_model
from vision.config.lines import LineConfig

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
CountRange = tuple[Annotated[int, Field(ge=0, le=10_000)], Annotated[int, Field(ge=0, le=10_000)]]


class SampleError(NgatuError):
    """A clip that cannot be fetched, or does not match its card."""


class PypiSource(Config):
    """A file inside the source archive of a Python package; the archive is deleted afterwards."""

    kind: Literal["pypi"] = Field("pypi", title="Kind", description="From a Python package's source archive.")
    project: Slug = Field(title="Project", description="The package's name.")
    version: str = Field(title="Version", description="The package's version.", pattern=r"^[0-9][0-9a-z.]*$")
    archive_sha256: Sha256 = Field(title="Archive's SHA-256", description="Another archive is refused.")
    archive_bytes: int = Field(title="Archive's size", description="What is downloaded.", ge=1, le=10**9)
    build_backend: str = Field(
        title="Build backend",
        description="The archive's build module. It is never run: an empty module replaces it.",
        pattern=r"^[a-z_]+(\.[a-z_]+)*$",
    )
    member: str = Field(title="Member", description="The clip's path below the archive's own folder.", min_length=1)


class UrlSource(Config):
    """A file on the internet."""

    kind: Literal["url"] = Field("url", title="Kind", description="From the internet.")
    url: str = Field(title="Address", description="https only.", pattern=r"^https://\S+$")


class LineTruth(Config):
    """Number of vehicles that cross a line in the clip, counted by people."""

    line: Slug = Field(title="Line", description="The id of one of the card's lines.")
    in_: CountRange = Field((0, 0), alias="in", title="In", description="[at least, at most]")
    out: CountRange = Field((0, 0), title="Out", description="[at least, at most]")
    note: str = Field(
        "", title="Note", description="Which vehicles were counted, and which are doubtful.", max_length=500
    )


class ClipCard(Config):
    """One clip."""

    name: Slug = Field(title="Name", description="The card's file name without `.yaml`, and the clip's in the cache.")
    title: str = Field(title="Title", description="What it shows.", max_length=200)
    source: Annotated[PypiSource | UrlSource, Field(discriminator="kind")] = Field(
        title="Source", description="Where the clip comes from."
    )
    licence: str = Field(title="Licence", description="An SPDX name where there is one.", max_length=60)
    notice: str = Field(title="Notice", description="What users of the clip must know.", max_length=500)
    default: bool = Field(
        False, title="Default", description="Fetched by `ngatu samples pull`, played by `ngatu demo`."
    )
    sha256: Sha256 = Field(title="SHA-256", description="Of the clip.")
    width: int = Field(title="Width", description="In pixels.", ge=16, le=16384)
    height: int = Field(title="Height", description="In pixels.", ge=16, le=16384)
    fps: float = Field(title="Frames per second", description="As the clip plays.", gt=0, le=240)
    frames: int = Field(title="Frames", description="In the whole clip.", ge=1, le=10**7)
    lines: tuple[LineConfig, ...] = Field((), title="Lines", description="Where vehicles cross.", max_length=64)
    truth: tuple[LineTruth, ...] = Field((), title="Truth", description="True counts at the lines.", max_length=64)

    @model_validator(mode="after")
    def _truth_is_of_lines(self) -> Self:
        known = {line.id for line in self.lines}
        refuse(
            (("truth", number, "line"), f"there is no line {truth.line!r}: name one of the card's lines")
            for number, truth in enumerate(self.truth)
            if truth.line not in known
        )
        return self


def load_cards(folder: Path | None = None) -> dict[str, ClipCard]:
    """The cards by name: the packaged ones, unless a folder is given. Raises ConfigError."""
    paths = sorted((folder or data_dir("sample_videos")).glob("*.yaml"))
    return {path.stem: read_model(path, ClipCard) for path in paths}


def clip_file(card: ClipCard) -> Path:
    """The path of the clip in the cache."""
    origin = card.source.member if isinstance(card.source, PypiSource) else card.source.url
    return cache_dir("samples") / f"{card.name}{Path(origin).suffix}"


def is_cached(card: ClipCard) -> bool:
    """Whether the cache holds the clip with the card's hash."""
    file = clip_file(card)
    return file.is_file() and digest(file) == card.sha256


def digest(file: Path) -> str:
    """A file's SHA-256."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
