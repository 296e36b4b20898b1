"""The folder of camera files, looked at often and read when something in it has changed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vision.config.camera import CameraConfig
from vision.config.files.loading import SUFFIXES, load_cameras

LONGEST_ID = 64
"""Of a message on the wire."""

Signature = frozenset[tuple[str, int, int, int]]


@dataclass(frozen=True, slots=True)
class Folder:
    """What the files say."""

    cameras: dict[str, CameraConfig] = field(default_factory=dict)
    """By id."""
    problems: dict[str, str] = field(default_factory=dict)
    """What is wrong with the other files, by the id their camera would have."""


def read_folder(path: Path) -> Folder:
    """Every camera file of a folder. Raises ConfigError only where there is no such folder."""
    found = load_cameras(path)
    problems: dict[str, list[str]] = {}
    for problem in found.problems:
        problems.setdefault(_id_of(problem.path or path), []).append(str(problem))
    return Folder(
        {camera_id: loaded.config for camera_id, loaded in found.cameras.items()},
        {camera_id: "; ".join(told) for camera_id, told in problems.items()},
    )


class FolderWatch:
    """Reads the folder anew once a change in it has settled: an editor may save a file in several steps."""

    def __init__(self, path: Path, read: Callable[[Path], Folder] = read_folder) -> None:
        self._path = path
        self._read = read
        self._known: Signature | None = None
        self._last_seen: Signature | None = None

    def read(self) -> Folder:
        """What is there now."""
        self._known = self._last_seen = self._sign()
        return self._read(self._path)

    def look(self) -> Folder | None:
        """What is there, when it changed since it was read and not since the look before; else None."""
        seen = self._sign()
        settled, self._last_seen = seen == self._last_seen, seen
        if seen == self._known or not settled:
            return None
        self._known = seen
        return self._read(self._path)

    def _sign(self) -> Signature:
        files = (file for file in self._path.glob("*") if file.suffix in SUFFIXES)
        return frozenset(filter(None, map(_sign, files)))


def _id_of(file: Path) -> str:
    return file.stem[:LONGEST_ID]


def _sign(file: Path) -> tuple[str, int, int, int] | None:
    try:
        stat = file.stat()
    except FileNotFoundError:
        return None
    return file.name, stat.st_mtime_ns, stat.st_size, stat.st_ino
