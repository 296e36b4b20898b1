"""The truth of the chaos benchmark: the ids of all events that a worker handed over."""

import mmap
from collections.abc import Iterator
from pathlib import Path

SIZE_BYTES = 64 << 20
"""Room for about a million ids. The file is sparse."""


class Journal:
    r"""An append-only list of event ids; it survives `kill -9` and, at its full size from the start, a full disk.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> Journal(folder / "worker-0.journal").add("session-1")
        >>> list(read_journals(folder))
        ['session-1']
    """

    def __init__(self, path: Path) -> None:
        """Make the file, with its folder."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w+b") as file:
            file.truncate(SIZE_BYTES)
            self._map = mmap.mmap(file.fileno(), SIZE_BYTES)

    def add(self, event_id: str) -> None:
        """Note that the worker has handed over this event."""
        self._map.write(f"{event_id}\n".encode())


def read_journals(folder: Path) -> Iterator[str]:
    """The ids of all journals in the folder; one that was cut short by a kill is left out."""
    for path in sorted(folder.glob("*.journal")):
        with path.open("rb") as file:
            for line in file:
                if line.startswith(b"\0") or not line.endswith(b"\n"):
                    break
                yield line[:-1].decode()
