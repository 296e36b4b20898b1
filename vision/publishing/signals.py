"""Hears what controllers tell of their signals, from a thread of its own."""

import threading
from collections import defaultdict

import redis
import structlog
from pydantic import ValidationError

from vision.config.bus import connect, explain
from vision.config.settings import BusSettings
from vision.contracts import SignalUpdate, keys

log = structlog.get_logger(__name__)

_LOOK_S = 0.5
_PAUSE_S = 1.0
_TIMEOUT_S = 5.0
MOST_WAITING = 64
"""Of one camera: what nobody asks for does not pile up."""


class SignalListener:
    """`listener.take(camera_id)`: what was told of a camera's signals since it was asked for last.

    Listens from the first question on, so that a worker none of whose cameras has such a signal costs nothing. Nothing
    is made up for while Redis is away: controllers repeat what they show.
    """

    def __init__(self, settings: BusSettings) -> None:
        """
        Raises:
            BusError: the address has no known form.
        """
        self._url = settings.redis_url
        self._client = connect(settings.redis_url, timeout_s=_TIMEOUT_S, retries=0)
        self._lock = threading.Lock()
        self._told: defaultdict[str, list[SignalUpdate]] = defaultdict(list)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="signals", daemon=True)
        self._is_away = False

    def take(self, camera_id: str) -> list[SignalUpdate]:
        """Oldest first. Never waits."""
        with self._lock:
            if not self._thread.is_alive() and not self._ending.is_set():
                self._thread.start()
            return self._told.pop(camera_id, [])

    def close(self) -> None:
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(2 * _LOOK_S)
        self._client.close()

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._listen()
            except redis.RedisError as error:
                self._said(error)
                self._ending.wait(_PAUSE_S)

    def _listen(self) -> None:
        with self._client.pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]
            channel.psubscribe(keys.signal_channel("*"))
            self._said(None)
            while not self._ending.is_set():
                message = channel.get_message(timeout=_LOOK_S)
                if message is not None:
                    self._hear(message["data"])

    def _hear(self, text: bytes | str) -> None:
        try:
            told = SignalUpdate.model_validate_json(text)
        except ValidationError:
            log.warning("a signal's state that cannot be read was passed over")
            return
        with self._lock:
            waiting = self._told[told.camera_id]
            waiting.append(told)
            del waiting[:-MOST_WAITING]

    def _said(self, error: redis.RedisError | None) -> None:
        """One line when Redis goes away, one when it is back."""
        if error is not None and not self._is_away:
            log.warning("signals are not heard", reason=explain(error, self._url))
        elif error is None and self._is_away:
            log.info("signals are heard again")
        self._is_away = error is not None
