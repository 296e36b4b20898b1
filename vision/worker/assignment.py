"""What a supervisor tells its workers: one JSON object a line on their standard input."""

import threading

from pydantic import BaseModel, ConfigDict

from vision.config.camera import CameraConfig
from vision.contracts import CameraState


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Watched(_Line):
    """A camera to watch."""

    camera: CameraConfig
    remark: str = ""
    """What people should know of its file although the camera runs."""


class Resting(_Line):
    """A camera that is not watched, and why."""

    camera_id: str
    state: CameraState
    reason: str


class Assignment(_Line):
    """Everything one worker has to do. A new one replaces the old one; what is the same in both goes on undisturbed."""

    watched: tuple[Watched, ...] = ()
    resting: tuple[Resting, ...] = ()

    def camera_ids(self) -> frozenset[str]:
        return frozenset({w.camera.id for w in self.watched} | {r.camera_id for r in self.resting})


class Orders:
    """Where orders lie until the worker looks: only the newest counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: Assignment | None = None

    def put(self, assignment: Assignment) -> None:
        with self._lock:
            self._newest = assignment

    def take(self) -> Assignment | None:
        """The newest orders, once; None when there is nothing new."""
        with self._lock:
            newest, self._newest = self._newest, None
            return newest


EXIT_HOPELESS = 78
"""The exit code of a worker that would fail again in the same way: the model or a setting is wrong."""
