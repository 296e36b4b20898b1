"""Watches the folder of camera files and reads it when it has changed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vision.config.camera import CameraConfig
from vision.config.files.loading import SUFFIXES, load_cameras

MAX_ID_LENGTH = 64
"""The longest camera id that contracts allow."""

Signature = frozenset[tuple[str, int, int, int]]


@dataclass(frozen=True, slots=True)
class Folder:
    """The cameras of a folder, and the problems of its files."""

    cameras: dict[str, CameraConfig] = field(default_factory=dict)
    """By id."""
    problems: dict[str, str] = field(default_factory=dict)
    """Problems of invalid files, by the id that their camera would have."""


def read_folder(path: Path) -> Folder:
    """Read every camera file of a folder.

    Raises:
        ConfigError: there is no such folder. Invalid files are among the problems.
    """
    found = load_cameras(path)
    problems: dict[str, list[str]] = {}
    for problem in found.problems:
        problems.setdefault(_id_of(problem.path or path), []).append(str(problem))
    return Folder(
        {camera_id: loaded.config for camera_id, loaded in found.cameras.items()},
        {camera_id: "; ".join(texts) for camera_id, texts in problems.items()},
    )


class FolderWatch:
    """Reads the folder again once a change has settled: an editor may save a file in several steps."""

    def __init__(self, path: Path, read: Callable[[Path], Folder] = read_folder) -> None:
        self._path = path
        self._read = read
        self._read_signature: Signature | None = None
        self._last_signature: Signature | None = None

    def read(self) -> Folder:
        """Read the folder now."""
        self._read_signature = self._last_signature = self._signature()
        return self._read(self._path)

    def poll(self) -> Folder | None:
        """The folder, if it has changed since it was read but not since the last poll; else None."""
        signature = self._signature()
        is_settled, self._last_signature = signature == self._last_signature, signature
        if signature == self._read_signature or not is_settled:
            return None
        self._read_signature = signature
        return self._read(self._path)

    def _signature(self) -> Signature:
        files = (file for file in self._path.glob("*") if file.suffix in SUFFIXES)
        return frozenset(filter(None, map(_stamp, files)))


def _id_of(file: Path) -> str:
    return file.stem[:MAX_ID_LENGTH]


def _stamp(file: Path) -> tuple[str, int, int, int] | None:
    try:
        stat = file.stat()
    except FileNotFoundError:
        return None
    return file.name, stat.st_mtime_ns, stat.st_size, stat.st_ino
