"""Keeps the learned state of cameras on disk: free-flow speeds and reference views.

Losing it costs some days of learning free flow, and hides a camera that moved while it was not watched.
"""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import structlog

from vision.analytics import FreeFlow
from vision.common.atomic_file import write_atomically
from vision.config.camera import CameraConfig
from vision.image.tampering.view import ReferenceView
from vision.pipeline import LearnedState

FOLDER = "learned"
"""In the state folder."""

log = structlog.get_logger(__name__)


class NoStateStore:
    """Keeps nothing: every session starts from an empty state."""

    def load(self, camera: CameraConfig) -> LearnedState:  # noqa: ARG002
        return LearnedState(FreeFlow())

    def save(self, camera: CameraConfig, state: LearnedState) -> None:
        """Does nothing."""


class StateStore:
    """Two files per camera. No method raises: what cannot be read or written is logged, and learned again.

    A view belongs to the camera's configuration: after a change of the camera's file, the next view is the reference.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, camera: CameraConfig) -> LearnedState:
        """The camera's state; an empty one where there is none."""
        return LearnedState(self._free_flow(camera), self._view(camera))

    def save(self, camera: CameraConfig, state: LearnedState) -> None:
        """Write the state, each file in one step."""
        try:
            if state.free_flow.counts:
                self._write(self._flow_path(camera), state.free_flow.to_json().encode())
            if state.view is not None:
                self._write(self._view_path(camera), _packed(state.view, _fingerprint(camera)))
        except OSError as error:
            log.warning("learned state not saved", camera=camera.id, reason=str(error))

    def _free_flow(self, camera: CameraConfig) -> FreeFlow:
        path = self._flow_path(camera)
        try:
            return FreeFlow.from_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return FreeFlow()
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("free flow not readable, learning again", camera=camera.id, file=str(path), reason=str(error))
            return FreeFlow()

    def _view(self, camera: CameraConfig) -> ReferenceView | None:
        path = self._view_path(camera)
        try:
            return _unpacked(path.read_bytes(), _fingerprint(camera))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            log.warning(
                "reference view not readable, learning again", camera=camera.id, file=str(path), reason=str(error)
            )
            return None

    def _write(self, path: Path, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)

    def _flow_path(self, camera: CameraConfig) -> Path:
        return self._folder / f"{camera.id}.json"

    def _view_path(self, camera: CameraConfig) -> Path:
        return self._folder / f"{camera.id}.view.npz"


def _fingerprint(camera: CameraConfig) -> str:
    """A hash of the camera's configuration."""
    return hashlib.sha256(camera.model_dump_json().encode()).hexdigest()


def _packed(view: ReferenceView, fingerprint: str) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(
        file, reference=view.reference.astype(np.float16), looks=view.counts.astype(np.uint16), drawn_for=fingerprint
    )
    return file.getvalue()


def _unpacked(content: bytes, fingerprint: str) -> ReferenceView | None:
    """None where the configuration has changed. Raises what numpy raises for a file of another kind."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        if str(file["drawn_for"]) != fingerprint:
            return None
        return ReferenceView(file["reference"].astype(np.float32), file["looks"].astype(np.float32))
