"""How cameras are and what they show just now: told while somebody may hear it, and lost otherwise, by intent."""

import threading
import time
from dataclasses import dataclass

import redis
import structlog

from vision.config.bus import connect, explain
from vision.config.settings import BusSettings
from vision.contracts import CameraHealth, LiveView, keys
from vision.contracts.live import pack

log = structlog.get_logger(__name__)

HEALTH_KEPT_S = 5
"""Health is told every second; a camera that is silent for so long is lost."""

_WATCHERS_S = 1.0
_ASKED_S = 30.0
_TIMEOUT_S = 1.0
_PAUSE_S = 1.0


@dataclass(slots=True)
class _Interest:
    """Whether somebody watches a camera, as far as we know, and when we were last asked about it."""

    watched: bool
    asked_at: float


class LivePublisher:
    """Tells health and shows live views from a thread of its own.

    Every method returns at once and none raises because Redis is away: of each camera only the newest health and the
    newest view wait to be sent. Safe to use from several threads.
    """

    def __init__(self, settings: BusSettings) -> None:
        """
        Raises:
            BusError: the address has no known form.
        """
        self._url = settings.redis_url
        self._client = connect(settings.redis_url, timeout_s=_TIMEOUT_S, retries=0)
        self._health: dict[str, CameraHealth] = {}
        self._views: dict[str, tuple[LiveView, bytes]] = {}
        self._interest: dict[str, _Interest] = {}
        self._changed = threading.Condition()
        self._closing = False
        self._away = False
        self._next_look = 0.0
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self._thread.start()

    def tell_health(self, health: CameraHealth) -> None:
        """Keeps it in Redis for `HEALTH_KEPT_S`, and tells who is subscribed."""
        with self._changed:
            self._health[health.camera_id] = health
            self._changed.notify()

    def show(self, view: LiveView, jpeg: bytes) -> None:
        """Shows who is subscribed to the camera's live channel."""
        with self._changed:
            self._views[view.camera_id] = (view, jpeg)
            self._changed.notify()

    def is_watched(self, camera_id: str) -> bool:
        """Whether somebody was subscribed to exactly this camera's live channel within about the last second.

        The first question about a camera is answered with no; asking costs microseconds.
        """
        now = time.monotonic()
        with self._changed:
            known = self._interest.get(camera_id)
            if known is None:
                self._interest[camera_id] = _Interest(watched=False, asked_at=now)
                self._next_look = 0.0
                self._changed.notify()
                return False
            known.asked_at = now
            return known.watched

    def close(self, timeout_s: float = 2.0) -> None:
        """Sends what waits, if Redis takes it at once."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout_s)
        if not self._thread.is_alive():
            self._client.close()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work, self._until_next_look())
                closing, health, views = self._closing, self._health, self._views
                self._health, self._views = {}, {}
            try:
                self._send(list(health.values()), list(views.values()))
                self._look_who_watches()
                self._said(None)
            except redis.RedisError as error:
                self._said(error)
                self._nobody_watches()
                self._pause()
            if closing:
                return

    def _has_work(self) -> bool:
        return bool(self._closing or self._health or self._views or (self._interest and self._next_look == 0.0))

    def _until_next_look(self) -> float | None:
        return max(0.0, self._next_look - time.monotonic()) if self._interest else None

    def _send(self, health: list[CameraHealth], views: list[tuple[LiveView, bytes]]) -> None:
        if not health and not views:
            return
        with self._client.pipeline(transaction=False) as pipe:
            for told in health:
                text = told.model_dump_json()
                pipe.set(keys.health(told.camera_id), text, ex=HEALTH_KEPT_S)
                pipe.publish(keys.health_channel(told.camera_id), text)
            for view, jpeg in views:
                pipe.publish(keys.live_channel(view.camera_id), pack(view, jpeg))
            pipe.execute()

    def _look_who_watches(self) -> None:
        now = time.monotonic()
        with self._changed:
            if now < self._next_look or not self._interest:
                return
            self._next_look = now + _WATCHERS_S
            self._interest = {
                camera: known for camera, known in self._interest.items() if now - known.asked_at < _ASKED_S
            }
            cameras = list(self._interest)
        channels = [keys.live_channel(camera) for camera in cameras]
        watchers = [count for _, count in self._client.pubsub_numsub(*channels)]
        with self._changed:
            for camera, count in zip(cameras, watchers, strict=True):
                self._interest[camera].watched = count > 0

    def _nobody_watches(self) -> None:
        with self._changed:
            for known in self._interest.values():
                known.watched = False

    def _said(self, error: redis.RedisError | None) -> None:
        """One line when Redis goes away, one when it is back."""
        if error is not None and not self._away:
            log.warning("live view and health are not told", reason=explain(error, self._url))
        elif error is None and self._away:
            log.info("live view and health are told again")
        self._away = error is not None

    def _pause(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing, _PAUSE_S)
