"""The clock: the only module that reads the time; analytics get it as an argument."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Gives wall-clock and monotonic time, so that tests can replace both."""

    def now(self) -> datetime:
        """The wall clock, UTC and aware, for time stamps."""

    def monotonic(self) -> float:
        """Seconds that never decrease, for intervals."""


class SystemClock:
    """The machine's clock.

    Examples:
        >>> SystemClock().now().tzinfo is UTC
        True
    """

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()
