"""What a worker gives to each of its cameras, and the interfaces that it needs."""

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
from vision.publishing import OutboxStatus
from vision.sources import SourceStatus
from vision.worker.batching import BatchScheduler
from vision.worker.live_view import LiveFrame


class FrameSource(Protocol):
    """An opened stream or recording, as `vision.sources.open_source` returns it."""

    def frames(self) -> Iterator[Frame]: ...

    def status(self) -> SourceStatus: ...


class OpenSource(Protocol):
    """Opens a camera's source; `frames` end soon after `stop` is set."""

    def __call__(self, camera: CameraConfig, *, stop: threading.Event, clock: Clock) -> FrameSource: ...


class DetectorProtocol(Protocol):
    """Finds road users in images of shape (height, width, 3), BGR."""

    def detect(self, images: Sequence[NDArray[np.uint8]]) -> list[Detections]: ...


class EventSink(Protocol):
    """Where a worker publishes. Only `publish` is durable."""

    def publish(self, event: Event) -> None:
        """Write the event to disk, then deliver it. Returns once it is on disk."""

    def status(self) -> OutboxStatus:
        """How delivery stands."""

    def publish_health(self, health: CameraHealth) -> None:
        """Send a camera's health; lost where Redis is absent. Never blocks."""

    def is_watched(self, camera_id: str) -> bool:
        """Whether somebody follows this camera's live view. Never blocks."""

    def publish_live_view(self, view: LiveView, jpeg: bytes) -> None:
        """Send a live view; lost where Redis is absent."""


class StateStorage(Protocol):
    """Keeps learned state across sessions. Neither method raises."""

    def load(self, camera: CameraConfig) -> LearnedState:
        """The camera's state; an empty one where there is none."""

    def save(self, camera: CameraConfig, state: LearnedState) -> None:
        """Keep the camera's state."""


@dataclass(frozen=True, slots=True)
class ClockSkew:
    """How far a machine's clock is ahead of Redis's."""

    seconds: float | None = None
    """None: not measured."""
    trouble: str = ""
    """Why times are corrected, and the remedy; empty while the clock is right."""


@dataclass(slots=True)
class ActiveModel:
    """The detector in use. The worker changes it between two batches."""

    model: str = ""
    provider: str = ""
    trouble: str = ""
    """Why it is not the promoted model; empty when all is well."""


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """Shared by all cameras of a worker."""

    worker_id: str
    active_model: ActiveModel
    scheduler: BatchScheduler
    sink: EventSink
    show: Callable[[LiveFrame], None]
    open_source: OpenSource
    clock: Clock
    state_store: StateStorage
    session_number: Callable[[str], int]
    """The number of a camera's next session, greater than all before it."""
    clock_skew: Callable[[], ClockSkew]
    """How far this machine's clock is wrong."""
    signals: Callable[[str], Sequence[SignalUpdate]]
    """The signal updates of a camera that arrived since the last call. Never blocks."""
