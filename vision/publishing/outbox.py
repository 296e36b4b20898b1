"""A queue of events on the local disk, which holds each event until Redis has it for good.

There is one SQLite file per process. Once `append` has returned, the event survives the death of the process (`kill -9`
included), because the operating system has it. A power failure may lose what the system had not written to the disk, at
worst the last half minute that Redis had not received; waiting for the disk at each event would delay detection.
"""

import sqlite3
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Condition
from typing import IO

import structlog

from vision.publishing.outbox_file import (
    INSERT,
    SELECT,
    Entry,
    Reserve,
    Row,
    connection_to,
    delete_until,
    lock,
    lock_within,
    newest_events,
    open_or_salvage,
    remove_files,
    replace_file,
)

log = structlog.get_logger(__name__)

_MAX_IN_MEMORY = 10_000
_RETRY_DISK_S = 1.0
_SYNC_EVERY_S = 15.0
_OPEN_WITHIN_S = 10.0
_ADOPT_BATCH = 1_000
_SHRINK_FROM_PAGES = 1_000
"""With more unused pages than this, about 4 MB, the file gives them back to the disk."""


class Outbox:
    """A first-in, first-out queue on disk.

    It is bounded: beyond `kept` events the oldest are dropped, counted and logged. When the disk accepts no more, the
    newest events wait in memory (10 000 at most) and `trouble` says why; they move to the disk as soon as it accepts
    them. Where the file cannot be opened at all, all events wait in memory. Of a damaged file, the readable events are
    saved, and those that are missing between them are counted as lost.

    `append` is thread-safe; `after`, `remove` and `adopt` belong to the one thread that delivers.
    """

    def __init__(self, folder: Path, owner: str, *, kept: int = 200_000) -> None:
        """`owner` names the file in `folder`; `kept` is the largest number of waiting events.

        Raises:
            OutboxError: another running process has an outbox of this name.
        """
        self._path = folder / f"{owner}.outbox"
        self._kept = kept
        self.dropped = 0
        """Events that are lost: the oldest of a full outbox, and the unreadable ones of a damaged file."""
        self._reserve = Reserve(folder / f"{owner}.reserve")
        self._open_trouble = ""
        self._disk_trouble = ""
        self._disk_retry_at_s = 0.0
        self._next_sync = 0.0
        self._memory: deque[Entry] = deque()
        self._changed = Condition()
        self._woken = False
        self._lock_file: IO[bytes] | None = None
        self._open()
        first, last = self._writer.execute("SELECT min(position), max(position) FROM events").fetchone()
        self._last = last or 0
        self._first = first or self._last + 1

    def _open(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock_file = lock_within(self._path, _OPEN_WITHIN_S)
            self._reader, unreadable = open_or_salvage(self._path)
            self._writer = connection_to(self._path)
            self._count_dropped(unreadable)
            self._reserve.fill()
        except (OSError, sqlite3.Error) as error:
            self._open_trouble = (
                f"outbox {self._path}: {error}; events wait in memory only; free space there and restart"
            )
            log.warning("outbox cannot be opened, events wait in memory", outbox=str(self._path), reason=str(error))
            self._reader = self._writer = connection_to(Path(":memory:"))

    @property
    def trouble(self) -> str:
        """Why events cannot be written to disk; empty when they can."""
        return self._open_trouble or self._disk_trouble

    def append(self, camera_id: str, payload: str) -> None:
        """Add an event: on disk when this returns, or in memory while the disk accepts none. Never raises."""
        with self._changed:
            entry = Entry(self._last + 1, camera_id, time.time(), payload)
            self._last = entry.position
            if not self._memory and self._write([entry]):
                self._drop_excess()
            else:
                self._keep_in_memory(entry)
            self._changed.notify_all()

    def wait(self, position: int, timeout_s: float) -> None:
        """Wait for an entry after `position`, for `wake`, or for `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: self._last > position or self._woken, timeout_s)
            self._woken = False

    def wake(self) -> None:
        """End a `wait`."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def after(self, position: int, limit: int) -> list[Entry]:
        """The oldest entries after `position`, in order."""
        entries = self._on_disk(position, limit)
        if len(entries) < limit and self._memory:
            with self._changed:
                entries = [*self._on_disk(position, limit), *(e for e in self._memory if e.position > position)]
        return entries[:limit]

    def _on_disk(self, position: int, limit: int) -> list[Entry]:
        return [Entry(*row) for row in self._reader.execute(SELECT, (position, limit))]

    def size(self, position: int) -> int:
        """How many entries there are after `position`."""
        with self._changed:
            return self._last - max(position, self._first - 1)

    def waiting_since(self, position: int) -> float | None:
        """When the oldest entry after `position` was appended (seconds since 1970); None without one."""
        with self._changed, suppress(sqlite3.Error):
            row = self._writer.execute("SELECT at FROM events WHERE position > ? LIMIT 1", (position,)).fetchone()
            in_memory = (entry.at for entry in self._memory if entry.position > position)
            return float(row[0]) if row else next(in_memory, None)
        return None

    def remove(self, position: int) -> None:
        """Remove the entries up to and including `position`: Redis has them for good."""
        with self._changed:
            while self._memory and self._memory[0].position <= position:
                self._memory.popleft()
            self._first = max(self._first, position + 1)
            if self._disk_trouble or not self._delete(position):
                # Deleting needs space as well: a full disk may have just enough for a new, small file.
                with self._catching_disk_errors():
                    self._rebuild(position)
        self._sync_if_due()

    def newest(self) -> Mapping[str, str]:
        """The id of each camera's newest event, waiting or delivered, by camera."""
        with self._changed, suppress(sqlite3.Error):
            return newest_events(self._writer)
        return {}

    def adopt(self) -> dict[str, str]:
        """Take over the outboxes of dead processes in the folder, each in order; returns their `newest`."""
        newest: dict[str, str] = {}
        for path in sorted(self._path.parent.glob("*.outbox")):
            with self._catching_disk_errors():
                if not self._open_trouble and path != self._path:
                    newest |= self._adopt(path)
        return newest

    def close(self) -> None:
        """Close the file; an empty one is removed."""
        with suppress(sqlite3.Error):
            self._reader.close()
            empty = self._writer.execute("SELECT 1 FROM events LIMIT 1").fetchone() is None
            self._writer.close()
            if empty and not self._open_trouble:
                remove_files(self._path)
        self._reserve.remove()
        if self._lock_file is not None:
            self._lock_file.close()

    def _sync_if_due(self) -> None:
        """Checkpoint the journal to the disk, without delaying `append`."""
        now = time.monotonic()
        if now >= self._next_sync:
            self._next_sync = now + _SYNC_EVERY_S
            with suppress(sqlite3.Error):
                self._reader.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                self._shrink()
            if not self.trouble:
                self._reserve.fill()

    def _delete(self, position: int) -> bool:
        with self._catching_disk_errors() as caught, self._writer:
            delete_until(self._writer, position)
        return caught.error is None

    def _rebuild(self, position: int) -> None:
        """Write the few remaining entries to a new file: on a full disk, the reserve has room for it."""
        rows = self._reader.execute(SELECT, (position, _MAX_IN_MEMORY + 1)).fetchall()
        if len(rows) > _MAX_IN_MEMORY:
            return
        newest = newest_events(self._reader)
        self._reader.close()
        self._writer.close()
        try:
            replace_file(self._path, rows, newest)
        finally:
            self._reader, self._writer = connection_to(self._path), connection_to(self._path)

    def _shrink(self) -> None:
        with self._changed:
            (unused,) = self._writer.execute("PRAGMA freelist_count").fetchone()
            if unused > _SHRINK_FROM_PAGES:
                self._writer.execute("PRAGMA incremental_vacuum").fetchall()

    def _write(self, entries: list[Entry]) -> bool:
        if self._disk_trouble and time.monotonic() < self._disk_retry_at_s:
            return False
        with self._catching_disk_errors():
            with self._writer:
                self._writer.executemany(INSERT, [(e.position, e.camera_id, e.at, e.payload) for e in entries])
            self._on_disk_recovered()
        return not self._disk_trouble

    def _keep_in_memory(self, entry: Entry) -> None:
        self._memory.append(entry)
        if self._write(list(self._memory)):
            self._memory.clear()
        elif len(self._memory) > _MAX_IN_MEMORY:
            self._memory.popleft()
            self._count_dropped(1)

    def _drop_excess(self) -> None:
        excess = self._last - self._first + 1 - self._kept
        if excess <= 0:
            return
        drop = excess + self._kept // 100
        with self._catching_disk_errors(), self._writer:
            delete_until(self._writer, self._first + drop - 1)
            self._first += drop
            self._count_dropped(drop)

    def _count_dropped(self, count: int) -> None:
        self.dropped += count
        if count and (self.dropped % 1_000 < count or self.dropped == count):
            log.error("events of the outbox are lost", outbox=str(self._path), lost=self.dropped)

    @contextmanager
    def _catching_disk_errors(self) -> Iterator["_Caught"]:
        caught = _Caught()
        try:
            yield caught
        except (sqlite3.Error, OSError) as error:
            caught.error = error
            self._on_disk_error(error)

    def _on_disk_error(self, error: Exception) -> None:
        if not self._disk_trouble:
            log.warning(
                "outbox cannot be written, newest events wait in memory", outbox=str(self._path), reason=str(error)
            )
        self._disk_trouble = f"outbox {self._path}: {error}; events wait in memory only; free space on its disk"
        self._disk_retry_at_s = time.monotonic() + _RETRY_DISK_S
        self._reserve.release()

    def _on_disk_recovered(self) -> None:
        if self._disk_trouble:
            log.info("outbox written to disk again", outbox=str(self._path))
            self._disk_trouble = ""

    def _adopt(self, path: Path) -> dict[str, str]:
        owned = lock(path)
        if owned is None:
            return {}
        with owned:
            left, unreadable = open_or_salvage(path)
            with closing(left):
                newest = newest_events(left)
                while rows := left.execute(SELECT, (0, _ADOPT_BATCH)).fetchall():
                    self._take_over(rows)
                    with left:
                        delete_until(left, rows[-1][0])
            remove_files(path)
        self._count_dropped(unreadable)
        return newest

    def _take_over(self, rows: list[Row]) -> None:
        with self._changed:
            start = self._last + 1
            with self._writer:
                self._writer.executemany(INSERT, [(start + i, *row[1:]) for i, row in enumerate(rows)])
            self._last += len(rows)
            self._drop_excess()
            self._changed.notify_all()


@dataclass(slots=True)
class _Caught:
    """The disk's error that ended a block."""

    error: Exception | None = None
