"""The camera files as the service knows them: read anew when one changes, never in the way of a request."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from vision.config.camera import CameraConfig

log = structlog.get_logger(__name__)
Signature = frozenset[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class CameraFolder:
    """What a folder of camera files holds."""

    cameras: dict[str, CameraConfig] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    """Camera id to what is wrong with its file."""


class CameraFiles:
    """The newest reading of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._signature: Signature | None = None
        self.now = CameraFolder()

    async def refresh(self) -> None:
        """Read the folder, if a file in it has changed."""
        signature = await asyncio.to_thread(self._sign)
        if signature != self._signature:
            self.now = await asyncio.to_thread(self._read)
            self._signature = signature
            log.info("camera files read", folder=str(self._folder), cameras=len(self.now.cameras))

    def _sign(self) -> Signature:
        try:
            stats = [(path.name, path.stat()) for path in self._folder.glob("*.yaml")]
        except OSError:
            return frozenset()
        return frozenset((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)

    def _read(self) -> CameraFolder:
        found = CameraFolder()
        for path in sorted(self._folder.glob("*.yaml")):
            try:
                found.cameras[path.stem] = CameraConfig.model_validate({"id": path.stem} | YAML(typ="safe").load(path))
            except (ValidationError, YAMLError, OSError, TypeError) as error:
                found.problems[path.stem] = str(error)
        return found
