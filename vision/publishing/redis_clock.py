"""A clock that is compared with Redis's, so that machines whose clocks are wrong do not misdate what they see."""

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import redis
import structlog

from vision.config.bus import connect
from vision.config.settings import BusSettings
from vision.core import Clock, SystemClock

log = structlog.get_logger(__name__)

MAX_SKEW = timedelta(seconds=2)
"""A machine that is kept by NTP is within milliseconds. Beyond this, its clock counts as wrong."""
MEASURE_EVERY_S = 5.0
_TIMEOUT_S = 1.0


class RedisClock:
    """The machine's clock, corrected by its difference to Redis's while that is more than `MAX_SKEW`.

    Intervals are measured by the machine as ever. While Redis is away, the last correction stays.
    """

    def __init__(self, settings: BusSettings, clock: Clock | None = None) -> None:
        """Measures in a thread of its own, until `close`.

        Raises:
            BusError: the address of Redis has no known form.
        """
        self._clock = clock or SystemClock()
        self._client = connect(settings.redis_url, timeout_s=_TIMEOUT_S, retries=0)
        self._skew: timedelta | None = None
        self._correction = timedelta()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
        self._thread.start()

    def now(self) -> datetime:
        return self._clock.now() - self._correction

    def monotonic(self) -> float:
        return self._clock.monotonic()

    @property
    def skew_s(self) -> float | None:
        """How far the machine's clock is ahead of Redis's, seconds; None: not measured yet."""
        return None if self._skew is None else round(self._skew.total_seconds(), 3)

    @property
    def trouble(self) -> str:
        """What is wrong with the machine's clock, and the remedy; empty while it is right."""
        if not self._correction:
            return ""
        seconds = self._correction.total_seconds()
        side = "ahead of" if seconds > 0 else "behind"
        return (
            f"this machine's clock is {abs(seconds):.0f} s {side} that of Redis; times are corrected by this: set the "
            "clocks by NTP"
        )

    def close(self) -> None:
        """End the thread and the connection."""
        self._closing.set()
        self._thread.join(2 * _TIMEOUT_S)
        self._client.close()

    def _run(self) -> None:
        while True:
            # The publisher says that Redis is away.
            with suppress(redis.RedisError, ValueError, OverflowError):
                self._measure()
            if self._closing.wait(MEASURE_EVERY_S):
                return

    def _measure(self) -> None:
        """Take the middle of the question and the answer as the moment of the answer."""
        asked = self._clock.now()
        seconds, microseconds = self._client.time()
        answered = self._clock.now()
        self._skew = asked + (answered - asked) / 2 - datetime.fromtimestamp(seconds + microseconds / 1e6, UTC)
        correction = self._skew if abs(self._skew) > MAX_SKEW else timedelta()
        changed = abs(correction - self._correction) > MAX_SKEW
        self._correction = correction
        if changed:
            log.warning("clock corrected by that of Redis", trouble=self.trouble or "the clocks agree again")
