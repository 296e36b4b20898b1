"""Publishes cameras' current health and live views; what nobody receives is lost, on purpose."""

import threading
import time
from dataclasses import dataclass

import structlog

from vision.config.bus import connect, explain
from vision.config.settings import BusSettings
from vision.contracts import CameraHealth, LiveView, keys
from vision.contracts.live import pack

log = structlog.get_logger(__name__)

HEALTH_KEPT_S = 5
"""Health is published every second and expires after this long, so that a dead worker's cameras count as lost."""

_WATCHERS_EVERY_S = 1.0
_INTEREST_KEPT_S = 30.0
_TIMEOUT_S = 1.0
_RETRY_S = 1.0


@dataclass(slots=True)
class _Interest:
    """Whether somebody watches a camera, and when `is_watched` was last called for it."""

    watched: bool
    asked_at: float


class LivePublisher:
    """Publishes health and live views from a thread of its own.

    Every method returns at once, and none raises because Redis is unreachable: only the newest health and the newest
    view of each camera wait to be sent. Thread-safe.
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
        self._is_away = False
        self._next_check = 0.0
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self._thread.start()

    def publish_health(self, health: CameraHealth) -> None:
        """Keep it in Redis for `HEALTH_KEPT_S`, and send it to subscribers."""
        with self._changed:
            self._health[health.camera_id] = health
            self._changed.notify()

    def publish_view(self, view: LiveView, jpeg: bytes) -> None:
        """Send a live view to the subscribers of the camera's live channel."""
        with self._changed:
            self._views[view.camera_id] = (view, jpeg)
            self._changed.notify()

    def is_watched(self, camera_id: str) -> bool:
        """Whether somebody was subscribed to this camera's live channel within about the last second.

        The first call for a camera returns False; a call takes microseconds.
        """
        now = time.monotonic()
        with self._changed:
            known = self._interest.get(camera_id)
            if known is None:
                self._interest[camera_id] = _Interest(watched=False, asked_at=now)
                self._next_check = 0.0
                self._changed.notify()
                return False
            known.asked_at = now
            return known.watched

    def close(self, timeout_s: float = 2.0) -> None:
        """Send what waits, if Redis takes it at once."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout_s)
        if not self._thread.is_alive():
            self._client.close()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work, self._until_next_check())
                closing, health, views = self._closing, self._health, self._views
                self._health, self._views = {}, {}
            try:
                self._send(list(health.values()), list(views.values()))
                self._check_watchers()
                self._log_change(None)
            except Exception as error:  # noqa: BLE001 - the thread's boundary
                self._log_change(error)
                self._clear_watchers()
                self._pause()
            if closing:
                return

    def _has_work(self) -> bool:
        return bool(self._closing or self._health or self._views or (self._interest and self._next_check == 0.0))

    def _until_next_check(self) -> float | None:
        return max(0.0, self._next_check - time.monotonic()) if self._interest else None

    def _send(self, health: list[CameraHealth], views: list[tuple[LiveView, bytes]]) -> None:
        if not health and not views:
            return
        with self._client.pipeline(transaction=False) as pipe:
            for each in health:
                text = each.model_dump_json()
                pipe.set(keys.health(each.camera_id), text, ex=HEALTH_KEPT_S)
                pipe.publish(keys.health_channel(each.camera_id), text)
            for view, jpeg in views:
                pipe.publish(keys.live_channel(view.camera_id), pack(view, jpeg))
            pipe.execute()

    def _check_watchers(self) -> None:
        now = time.monotonic()
        with self._changed:
            if now < self._next_check or not self._interest:
                return
            self._next_check = now + _WATCHERS_EVERY_S
            self._interest = {
                camera: known for camera, known in self._interest.items() if now - known.asked_at < _INTEREST_KEPT_S
            }
            cameras = list(self._interest)
        channels = [keys.live_channel(camera) for camera in cameras]
        watchers = [count for _, count in self._client.pubsub_numsub(*channels)]
        with self._changed:
            for camera, count in zip(cameras, watchers, strict=True):
                self._interest[camera].watched = count > 0

    def _clear_watchers(self) -> None:
        with self._changed:
            for known in self._interest.values():
                known.watched = False

    def _log_change(self, error: Exception | None) -> None:
        """Log once when Redis is lost, and once when it is back."""
        if error is not None and not self._is_away:
            log.warning("health and live views not published", reason=explain(error, self._url))
        elif error is None and self._is_away:
            log.info("health and live views published again")
        self._is_away = error is not None

    def _pause(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing, _RETRY_S)
