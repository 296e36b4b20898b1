"""Where events go: a promise, and the two ways to keep it without Redis."""

from pathlib import Path
from threading import Lock
from typing import Protocol

from vision.contracts import Event


class Publisher(Protocol):
    """Takes each event and sees that it arrives. Safe to use from several threads."""

    def publish(self, event: Event) -> None:
        """Returns as soon as the event is safe; never raises because its destination is away."""

    def close(self, timeout_s: float = 10.0) -> None:
        """Brings what is still under way to its destination, for at most so long."""


class MemoryPublisher:
    """Keeps events in a list: for tests and notebooks."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, event: Event) -> None:
        self.events.append(event)

    def close(self, timeout_s: float = 10.0) -> None:
        """Nothing is under way."""


class JsonlPublisher:
    """Writes one JSON object a line, at the end of a file; each line is on its way to the disk when `publish` returns.

    `EVENT.validate_json(line)` reads one back.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._lock = Lock()

    def publish(self, event: Event) -> None:
        line = event.model_dump_json()
        with self._lock:
            self._file.write(f"{line}\n")

    def close(self, timeout_s: float = 10.0) -> None:  # noqa: ARG002
        """Every line was written already."""
        self._file.close()
