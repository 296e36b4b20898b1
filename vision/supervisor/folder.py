"""The folder of camera files, looked at often and read when something in it has changed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vision.config.camera import CameraConfig

Signature = frozenset[tuple[str, int, int, int]]


@dataclass(frozen=True, slots=True)
class Folder:
    """What the files say."""

    cameras: dict[str, CameraConfig] = field(default_factory=dict)
    """By id."""
    problems: dict[str, str] = field(default_factory=dict)
    """What is wrong with the other files, by the id their camera would have."""


class FolderWatch:
    """Reads the folder anew once a change in it has settled: an editor may save a file in several steps."""

    def __init__(self, path: Path, read: Callable[[Path], Folder]) -> None:
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
        return frozenset(filter(None, (_sign(file) for file in self._path.glob("*.yaml"))))


def _sign(file: Path) -> tuple[str, int, int, int] | None:
    try:
        stat = file.stat()
    except FileNotFoundError:
        return None
    return file.name, stat.st_mtime_ns, stat.st_size, stat.st_ino
