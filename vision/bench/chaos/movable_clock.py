"""A wall clock that another process can move."""

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vision.common.atomic_file import write_atomically

_READ_EVERY_S = 0.1


class MovableClock:
    """The machine's clock plus the seconds that stand in a file; intervals are measured as ever."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = timedelta()
        self._read_at_s = float("-inf")

    def now(self) -> datetime:
        if self.monotonic() - self._read_at_s >= _READ_EVERY_S:
            self._read_at_s = self.monotonic()
            with suppress(OSError, ValueError):
                self._offset = timedelta(seconds=float(self._path.read_text()))
        return datetime.now(UTC) + self._offset

    def monotonic(self) -> float:
        return time.monotonic()


def move_clock(path: Path, offset_s: float) -> None:
    """Move the clocks that read this file, at once or within a tenth of a second."""
    write_atomically(path, str(offset_s).encode())
