"""Where events are published: the interface, and two implementations without Redis."""

from pathlib import Path
from threading import Lock
from typing import Protocol

from vision.contracts import Event


class Publisher(Protocol):
    """Delivers events. Thread-safe."""

    def publish(self, event: Event) -> None:
        """Returns as soon as the event is stored; never raises because its destination is unreachable."""

    def close(self, timeout_s: float = 10.0) -> None:
        """Deliver what still waits, for at most `timeout_s` seconds."""


class MemoryPublisher:
    """Keeps events in a list, for tests and notebooks.

    Examples:
        >>> publisher = MemoryPublisher()
        >>> publisher.events
        []
    """

    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, event: Event) -> None:
        self.events.append(event)

    def close(self, timeout_s: float = 10.0) -> None:
        """Does nothing: no event waits."""


class JsonlPublisher:
    """Appends events to a file, one JSON object per line; `EVENT.validate_json(line)` reads one back.

    When `publish` returns, the line has been handed to the operating system.
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
        """Close the file."""
        self._file.close()
