"""Keeps what cameras taught, so that a restart does not unlearn it: their free flow, and where they look.

Losing it loses only days of free flow, and whether a camera was moved while nobody watched it.
"""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import structlog

from vision.analytics import FreeFlow
from vision.common.atomic_file import write_whole
from vision.config.camera import CameraConfig
from vision.image.tampering.view import ReferenceView
from vision.pipeline import LearnedState

FOLDER = "learnt"
"""In the state's folder."""

log = structlog.get_logger(__name__)


class Forgetful:
    """Remembers nothing: for whoever has no folder."""

    def recall(self, camera: CameraConfig) -> LearnedState:  # noqa: ARG002
        return LearnedState(FreeFlow())

    def keep(self, camera: CameraConfig, state: LearnedState) -> None:
        """Gone."""


class StateStore:
    """Two files a camera. Nothing here raises: what cannot be read or written is said in the log and learnt again.

    A view is kept with the camera's configuration: where that has been changed, the camera's next view is right.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def recall(self, camera: CameraConfig) -> LearnedState:
        """What was kept of this camera, or nothing yet."""
        return LearnedState(self._free_flow(camera), self._view(camera))

    def keep(self, camera: CameraConfig, state: LearnedState) -> None:
        """Write it, each file whole or not at all."""
        try:
            if state.free_flow.counts:
                self._write(self._flow_path(camera), state.free_flow.to_json().encode())
            if state.view is not None:
                self._write(self._view_path(camera), _packed(state.view, _drawn_for(camera)))
        except OSError as error:
            log.warning("what was learnt is not kept", camera=camera.id, reason=str(error))

    def _free_flow(self, camera: CameraConfig) -> FreeFlow:
        path = self._flow_path(camera)
        try:
            return FreeFlow.from_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return FreeFlow()
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("what was learnt is begun anew", camera=camera.id, file=str(path), reason=str(error))
            return FreeFlow()

    def _view(self, camera: CameraConfig) -> ReferenceView | None:
        path = self._view_path(camera)
        try:
            return _unpacked(path.read_bytes(), _drawn_for(camera))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            log.warning("the camera's view is begun anew", camera=camera.id, file=str(path), reason=str(error))
            return None

    def _write(self, path: Path, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)

    def _flow_path(self, camera: CameraConfig) -> Path:
        return self._folder / f"{camera.id}.json"

    def _view_path(self, camera: CameraConfig) -> Path:
        return self._folder / f"{camera.id}.view.npz"


def _drawn_for(camera: CameraConfig) -> str:
    """Another one for each other content of the camera's file."""
    return hashlib.sha256(camera.model_dump_json().encode()).hexdigest()


def _packed(view: ReferenceView, drawn_for: str) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(
        file, reference=view.reference.astype(np.float16), looks=view.counts.astype(np.uint16), drawn_for=drawn_for
    )
    return file.getvalue()


def _unpacked(content: bytes, drawn_for: str) -> ReferenceView | None:
    """Raises what numpy raises for what is no such file."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        if str(file["drawn_for"]) != drawn_for:
            return None
        return ReferenceView(file["reference"].astype(np.float32), file["looks"].astype(np.float32))
