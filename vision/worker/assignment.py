"""The cameras that a supervisor gives a worker: one JSON object per line on the worker's standard input."""

import threading

from pydantic import BaseModel, ConfigDict

from vision.config.camera import CameraConfig
from vision.contracts import CameraState


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WatchedCamera(_Line):
    """A camera to watch."""

    camera: CameraConfig
    config_error: str = ""
    """What is wrong with its file although the camera runs, by the last good version; empty: nothing."""


class IdleCamera(_Line):
    """A camera that is not watched, and why."""

    camera_id: str
    state: CameraState
    reason: str
    config_error: str = ""
    """What is wrong with its file, where that is not the reason; empty: nothing."""


class Assignment(_Line):
    """All cameras of one worker. A new assignment replaces the old one; cameras that are the same in both go on."""

    watched: tuple[WatchedCamera, ...] = ()
    idle: tuple[IdleCamera, ...] = ()

    def camera_ids(self) -> frozenset[str]:
        return frozenset({w.camera.id for w in self.watched} | {r.camera_id for r in self.idle})


class AssignmentSlot:
    """Holds the newest assignment until the worker takes it.

    Examples:
        >>> slot = AssignmentSlot()
        >>> slot.put(Assignment())
        >>> slot.take()
        Assignment(watched=(), idle=())
        >>> slot.take() is None
        True
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: Assignment | None = None

    def put(self, assignment: Assignment) -> None:
        """Replace the assignment that waits here."""
        with self._lock:
            self._newest = assignment

    def take(self) -> Assignment | None:
        """The newest assignment, once; None when there is no new one."""
        with self._lock:
            newest, self._newest = self._newest, None
            return newest


EXIT_MISCONFIGURED = 78
"""Exit code of a worker that would fail again in the same way (the model or a setting is wrong): EX_CONFIG."""
