"""Receives the signal states that traffic controllers publish."""

import threading
from collections import defaultdict

import redis
import structlog
from pydantic import ValidationError

from vision.config.bus import connect, explain
from vision.config.settings import BusSettings
from vision.contracts import SignalUpdate, keys

log = structlog.get_logger(__name__)

_POLL_S = 0.5
_RETRY_S = 1.0
_TIMEOUT_S = 5.0
MAX_WAITING = 64
"""Updates kept per camera until they are taken; the oldest are dropped."""


class SignalListener:
    """Collects signal updates; `take(camera_id)` returns those of a camera since the last call.

    It subscribes at the first call: a worker without controlled signals costs nothing. Updates published while Redis is
    unreachable are lost; controllers repeat their state.
    """

    def __init__(self, settings: BusSettings) -> None:
        """
        Raises:
            BusError: the address has no known form.
        """
        self._url = settings.redis_url
        self._client = connect(settings.redis_url, timeout_s=_TIMEOUT_S, retries=0)
        self._lock = threading.Lock()
        self._waiting: defaultdict[str, list[SignalUpdate]] = defaultdict(list)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="signals", daemon=True)
        self._is_away = False

    def take(self, camera_id: str) -> list[SignalUpdate]:
        """The updates of a camera since the last call, oldest first. Never blocks."""
        with self._lock:
            if not self._thread.is_alive() and not self._ending.is_set():
                self._thread.start()
            return self._waiting.pop(camera_id, [])

    def close(self) -> None:
        """End the thread and the connection."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(2 * _POLL_S)
        self._client.close()

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._listen()
            except redis.RedisError as error:
                self._log_change(error)
                self._ending.wait(_RETRY_S)

    def _listen(self) -> None:
        with self._client.pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]
            channel.psubscribe(keys.signal_channel("*"))
            self._log_change(None)
            while not self._ending.is_set():
                message = channel.get_message(timeout=_POLL_S)
                if message is not None:
                    self._receive(message["data"])

    def _receive(self, text: bytes | str) -> None:
        try:
            update = SignalUpdate.model_validate_json(text)
        except ValidationError:
            log.warning("invalid signal update ignored")
            return
        with self._lock:
            waiting = self._waiting[update.camera_id]
            waiting.append(update)
            del waiting[:-MAX_WAITING]

    def _log_change(self, error: redis.RedisError | None) -> None:
        """Log once when Redis is lost, and once when it is back."""
        if error is not None and not self._is_away:
            log.warning("signals not received", reason=explain(error, self._url))
        elif error is None and self._is_away:
            log.info("signals received again")
        self._is_away = error is not None
