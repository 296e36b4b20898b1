"""The camera files that the service reads; a changed file is read again, outside of any request."""

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from vision.config.camera import CameraConfig
from vision.config.errors import ConfigProblem
from vision.config.files.loading import SUFFIXES, CameraSet, load_files

log = structlog.get_logger(__name__)
Stamp = tuple[int, int]
"""A file's modification time in nanoseconds, and its size."""


@dataclass(frozen=True, slots=True)
class CameraFolder:
    """The content of a folder of camera files."""

    cameras: dict[str, CameraConfig] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    """What is wrong with a camera's file, by camera id."""
    trouble: str = ""
    """Why the folder itself cannot be read; empty if it can."""


class CameraFiles:
    """A folder of camera files; `now` holds what was read last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, tuple[Stamp, CameraSet]] = {}
        self.now = CameraFolder()

    async def refresh(self) -> None:
        """Read the files that have changed."""
        before = self.now
        self.now = await asyncio.to_thread(self._refresh)
        if self.now.trouble and self.now.trouble != before.trouble:
            log.error("camera files cannot be read", reason=self.now.trouble)
        if self.now.cameras != before.cameras or self.now.problems != before.problems:
            log.info("camera files read", cameras=len(self.now.cameras), with_problems=len(self.now.problems))

    def _refresh(self) -> CameraFolder:
        try:
            stamps = {path: _stamp(path) for path in self._files()}
        except OSError as error:
            trouble = f"folder {self._folder}: {error.strerror}; name the folder of camera files by NGATU_CAMERAS"
            return CameraFolder(trouble=trouble)
        self._read = {
            path: known if (known := self._read.get(path)) and known[0] == stamp else (stamp, load_files([path]))
            for path, stamp in stamps.items()
        }
        return _merged([camera_set for _, camera_set in self._read.values()])

    def _files(self) -> list[Path]:
        return sorted(p for p in self._folder.iterdir() if p.suffix in SUFFIXES and not p.name.startswith("."))


def _stamp(path: Path) -> Stamp:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (stat.st_mtime_ns, stat.st_size)


def _merged(sets: list[CameraSet]) -> CameraFolder:
    cameras: dict[str, CameraConfig] = {}
    problems: dict[str, list[ConfigProblem]] = {}
    for one in sets:
        for camera_id, loaded in one.cameras.items():
            cameras.setdefault(camera_id, loaded.config)
        for problem in one.problems:
            if problem.path is not None:
                problems.setdefault(problem.path.stem, []).append(problem)
    return CameraFolder(cameras, {camera_id: _text(several) for camera_id, several in problems.items()})


def _text(problems: list[ConfigProblem]) -> str:
    """The problems in one line, without the folder, which does not concern clients."""
    return "; ".join(str(replace(p, path=Path(p.path.name) if p.path else None)) for p in problems)
