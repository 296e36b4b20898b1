"""Loads camera files: one camera per file; an invalid file affects only its own camera."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from vision.common.redaction import remember_secrets
from vision.config.camera import CameraConfig
from vision.config.errors import ConfigError, ConfigProblem
from vision.config.files.messages import problems
from vision.config.files.yaml_document import Document, KeyPath, Mark, dotted, parse
from vision.config.lint.finding import Finding
from vision.config.sources import FileSource, RtspSource

MAX_FILE_BYTES = 128 * 1024
"""A camera file with 64 lines and 256 movements has less than half of that."""

SUFFIXES = (".yaml", ".yml")

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class LoadedCamera:
    """A camera, its file, and the SHA-256 of the file's content, which reveals a change."""

    config: CameraConfig
    path: Path
    digest: str


@dataclass(frozen=True, slots=True)
class CameraSet:
    """The valid cameras of a folder by id, and the problems of the other files."""

    cameras: dict[str, LoadedCamera]
    problems: list[ConfigProblem]


def load_camera(path: Path) -> CameraConfig:
    """The camera that a file describes; a recording's relative path is made absolute.

    Raises ConfigError with every mistake, each with file, line, column, key and remedy.
    """
    return read_camera(path).config


def read_camera(path: Path) -> LoadedCamera:
    """`load_camera`, with the file's path and digest."""
    content = read_bytes(path)
    return LoadedCamera(camera_of(content, path), path, hashlib.sha256(content).hexdigest())


def load_cameras(folder: Path) -> CameraSet:
    """Every `*.yaml` and `*.yml` of a folder; hidden files and folders are ignored.

    Raises ConfigError only where there is no such folder.
    """
    return load_files(camera_files(folder))


def camera_files(folder: Path) -> list[Path]:
    """A folder's `*.yaml` and `*.yml` in the order of their names, without hidden ones. Raises ConfigError."""
    if not folder.is_dir():
        raise ConfigError.single("there is no such folder", "name the folder that holds the camera files", path=folder)
    return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and not path.name.startswith("."))


def load_files(paths: Iterable[Path]) -> CameraSet:
    """The cameras of some files. Of two files with the same id, the first is used."""
    loaded = CameraSet({}, [])
    for path in paths:
        try:
            camera = read_camera(path)
            _check_id_is_free(camera, loaded.cameras)
        except ConfigError as error:
            loaded.problems.extend(error.problems)
        else:
            loaded.cameras[camera.config.id] = camera
    return loaded


def located(findings: Iterable[Finding], path: Path) -> list[ConfigProblem]:
    """Findings about a valid camera, each with the line of its culprit in the camera's file."""
    values = parse(decode(read_bytes(path), path), path).values
    return [_located(finding, values, path) for finding in findings]


def _located(finding: Finding, values: Mapping[KeyPath, Mark], path: Path) -> ConfigProblem:
    ends = range(len(finding.key), -1, -1)
    mark = next((values[finding.key[:end]] for end in ends if finding.key[:end] in values), Mark(1, 1))
    return ConfigProblem(path, mark.line, mark.column, dotted(finding.key), finding.message, finding.remedy)


def read_model(path: Path, model: type[Model]) -> Model:
    """Read any YAML file into a pydantic model. Raises ConfigError as `load_camera` does."""
    return _validated(parse(decode(read_bytes(path), path), path), model, path)


def camera_of(content: bytes, path: Path) -> CameraConfig:
    """The camera that a file's content describes. Raises ConfigError."""
    document = parse(decode(content, path), path)
    camera = _validated(document, CameraConfig, path)
    if camera.id != path.stem:
        mark = document.values[("id",)]
        raise ConfigError.single(
            f"{camera.id!r} is not the file's name",
            f"write `id: {path.stem}`, or rename the file to {camera.id}{path.suffix}",
            path=path,
            line=mark.line,
            column=mark.column,
            key="id",
        )
    if isinstance(camera.source, RtspSource):
        remember_secrets(camera.source.url)
    return _with_absolute_path(camera, path.absolute().parent)


def read_bytes(path: Path) -> bytes:
    """A file's content, if it is a file, may be read and is not too large. Raises ConfigError."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError.single("not a file", "put the camera's YAML here", path=path)
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        remedy = "check the path" if isinstance(error, FileNotFoundError) else "check the file's owner and permissions"
        raise ConfigError.single(error.strerror or str(error), remedy, path=path) from None
    except ValueError as error:
        raise ConfigError.single(str(error), "check the path", path=path) from None
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError.single(
            f"larger than {MAX_FILE_BYTES // 1024} KiB", "a config has a few KiB: is this another file?", path=path
        )
    return content


def decode(content: bytes, path: Path) -> str:
    """UTF-8, with or without a byte order mark. Raises ConfigError naming the line of the first other byte."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        mark = Mark(before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        raise ConfigError.single(
            "not UTF-8", "save the file as UTF-8", path=path, line=mark.line, column=mark.column
        ) from None


def _validated(document: Document, model: type[Model], path: Path) -> Model:
    if document.data is None:
        raise ConfigError.single("the file is empty", "see docs/cameras.md for an example", path=path, line=1, column=1)
    if not isinstance(document.data, dict):
        mark = document.values[()]
        kind = "a list" if isinstance(document.data, list) else "a single value"
        raise ConfigError.single(
            f"{kind} instead of a map", "write `key: value` lines", path=path, line=mark.line, column=mark.column
        )
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise ConfigError(sorted(problems(error, document, model, path), key=_position)) from None


def _position(problem: ConfigProblem) -> tuple[int, int]:
    return problem.line or 0, problem.column or 0


def _with_absolute_path(camera: CameraConfig, folder: Path) -> CameraConfig:
    source = camera.source
    if not isinstance(source, FileSource):
        return camera
    whole = source.model_copy(update={"path": str(folder / source.path)})
    return camera.model_copy(update={"source": whole})


def _check_id_is_free(camera: LoadedCamera, others: dict[str, LoadedCamera]) -> None:
    other = others.get(camera.config.id)
    if other is not None:
        raise ConfigError.single(
            f"{camera.config.id!r} is the id of {other.path} already",
            "delete or rename one",
            path=camera.path,
            key="id",
        )
