"""The only place that asks what time it is. Analytics are told the time; they never ask."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall clock: UTC, aware. For stamping facts."""

    def monotonic(self) -> float:
        """Seconds that never go back. For measuring intervals."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()
