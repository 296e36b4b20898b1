"""Publishes a worker's events through the outbox, and its health and live views directly."""

from types import TracebackType
from typing import Self

from vision.config.settings import WorkerSettings
from vision.contracts import CameraHealth, Event, LiveView
from vision.publishing import OutboxStatus, RedisPublisher
from vision.publishing.live import LivePublisher

DELIVER_S = 2.0
"""How long an ending worker waits for Redis; the rest is delivered at the next start."""
OUTBOXES = "outbox"
"""The folder, in the state folder, that all workers of this machine share."""


class RedisEventSink:
    """An `EventSink` to Redis, while the `with` block runs. It opens whether or not Redis answers."""

    def __init__(self, settings: WorkerSettings, worker_id: str) -> None:
        self._events = RedisPublisher(settings, settings.state / OUTBOXES, worker_id)
        self._live = LivePublisher(settings)

    def publish(self, event: Event) -> None:
        self._events.publish(event)

    def status(self) -> OutboxStatus:
        return self._events.status()

    def publish_health(self, health: CameraHealth) -> None:
        self._live.publish_health(health)

    def is_watched(self, camera_id: str) -> bool:
        return self._live.is_watched(camera_id)

    def publish_live_view(self, view: LiveView, jpeg: bytes) -> None:
        self._live.publish_view(view, jpeg)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._events.close(DELIVER_S)
        self._live.close()
