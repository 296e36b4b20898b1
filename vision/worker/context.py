"""What a camera's session finds around it in a worker."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vision.config.camera import CameraConfig
from vision.contracts import CameraHealth, Event, LiveView, SignalUpdate
from vision.core import Clock, Detections, Frame
from vision.pipeline import LearnedState
from vision.sources import SourceStatus
from vision.worker.batching import BatchScheduler
from vision.worker.live_view import Shot


class FrameSource(Protocol):
    """An opened camera or recording, as `vision.sources.open_source` gives it."""

    def frames(self) -> Iterator[Frame]: ...

    def status(self) -> SourceStatus: ...


class OpenSource(Protocol):
    def __call__(self, camera: CameraConfig, *, stop: threading.Event, clock: Clock) -> FrameSource: ...


class DetectorProtocol(Protocol):
    """The detector's one verb."""

    def detect(self, images: Sequence[NDArray[np.uint8]]) -> list[Detections]: ...


class Outlet(Protocol):
    """Where a worker's words go."""

    def publish(self, event: Event) -> None:
        """Hold it on disk, then deliver it, once. Returns when it is on disk."""

    def outbox_size(self) -> int:
        """Events that wait for Redis."""

    def tell(self, health: CameraHealth) -> None:
        """Say how a camera is; lost where nobody listens. Never waits."""

    def is_watched(self, camera_id: str) -> bool:
        """Whether somebody follows this camera's live view. Never waits."""

    def show(self, view: LiveView, jpeg: bytes) -> None:
        """Send a live view; lost where nobody listens."""


class RemembersLearnt(Protocol):
    """Where what cameras taught outlives their sessions. Neither verb raises."""

    def recall(self, camera: CameraConfig) -> LearnedState:
        """What was kept of this camera, or nothing yet."""

    def keep(self, camera: CameraConfig, state: LearnedState) -> None:
        """Keep it."""


@dataclass(slots=True)
class ActiveModel:
    """The detector that a worker's cameras go through just now. The worker changes it, between two batches."""

    model: str = ""
    provider: str = ""
    trouble: str = ""
    """Why it is not the model that was promoted, for people; empty when all is well."""


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """Shared by all cameras of a worker."""

    worker_id: str
    running: ActiveModel
    intake: BatchScheduler
    outlet: Outlet
    show: Callable[[Shot], None]
    open_source: OpenSource
    clock: Clock
    learnt: RemembersLearnt
    signals: Callable[[str], Sequence[SignalUpdate]]
    """What was told of a camera's signals since it was asked for last. Never waits."""
