"""Keeps what cameras taught of their free flow, so that a restart does not unlearn it. Losing it loses only days."""

from pathlib import Path

import structlog

from vision.analytics import FreeFlow
from vision.whole_files import write_whole

FOLDER = "learnt"
"""In the state's folder."""

log = structlog.get_logger(__name__)


class Forgetful:
    """Remembers nothing: for whoever has no folder."""

    def recall(self, camera_id: str) -> FreeFlow:  # noqa: ARG002
        return FreeFlow()

    def keep(self, camera_id: str, free_flow: FreeFlow) -> None:
        """Gone."""


class LearntFolder:
    """A file a camera. Nothing here raises: what cannot be read or written is said in the log and learnt again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def recall(self, camera_id: str) -> FreeFlow:
        """What was kept of this camera, or nothing yet."""
        path = self._path(camera_id)
        try:
            return FreeFlow.from_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return FreeFlow()
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("what was learnt is begun anew", camera=camera_id, file=str(path), reason=str(error))
            return FreeFlow()

    def keep(self, camera_id: str, free_flow: FreeFlow) -> None:
        """Write it, whole or not at all."""
        if not free_flow.counts:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._path(camera_id), free_flow.to_json().encode())
        except OSError as error:
            log.warning("what was learnt is not kept", camera=camera_id, reason=str(error))

    def _path(self, camera_id: str) -> Path:
        return self._folder / f"{camera_id}.json"
