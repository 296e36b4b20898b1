"""A queue of events on the local disk, which holds each event until Redis has it for good.

There is one SQLite file per process. Once `append` has returned, the event survives the death of the process (`kill -9`
included), because the operating system has it. A power failure may lose what the system had not written to the disk, at
worst the last half minute that Redis had not received; waiting for the disk at each event would delay detection.
"""

import sqlite3
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from os import fstat
from pathlib import Path
from threading import Condition
from typing import IO

import structlog

from vision.core.errors import NgatuError

log = structlog.get_logger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (position INTEGER PRIMARY KEY, camera_id TEXT NOT NULL, at REAL NOT NULL,
                                   payload TEXT NOT NULL)
"""
_SETTINGS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", "PRAGMA wal_autocheckpoint = 0")
_INSERT = "INSERT INTO events VALUES (?, ?, ?, ?)"
_SELECT = "SELECT position, camera_id, at, payload FROM events WHERE position > ? ORDER BY position LIMIT ?"
_MAX_IN_MEMORY = 10_000
_RETRY_DISK_S = 1.0
_SYNC_EVERY_S = 15.0
_OPEN_WITHIN_S = 10.0
_ADOPT_BATCH = 1_000


class OutboxError(NgatuError):
    """The outbox cannot be opened."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One waiting event."""

    position: int
    """Rises by one with each event of this outbox."""
    camera_id: str
    at: float
    """When it was appended: seconds since 1970."""
    payload: str


class Outbox:
    """A first-in, first-out queue on disk.

    It is bounded: beyond `kept` events the oldest are dropped, counted and logged. When the disk accepts no more, the
    newest events wait in memory (10 000 at most) and `trouble` says why; they move to the disk as soon as it accepts
    them. Where the file cannot be opened at all, all events wait in memory.

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
            self._lock_file = _lock_within(self._path, _OPEN_WITHIN_S)
            self._reader = _open_or_replace(self._path)
            self._writer = _connection(self._path)
        except (OSError, sqlite3.Error) as error:
            self._open_trouble = (
                f"outbox {self._path}: {error}; events wait in memory only; free space there and restart"
            )
            log.warning("outbox cannot be opened, events wait in memory", outbox=str(self._path), reason=str(error))
            self._reader = self._writer = _connection(Path(":memory:"))

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
        return [Entry(*row) for row in self._reader.execute(_SELECT, (position, limit))]

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
            with self._catching_disk_errors(), self._writer:
                self._writer.execute("DELETE FROM events WHERE position <= ?", (position,))
        self._sync_if_due()

    def adopt(self) -> int:
        """Take over the outboxes of dead processes in the folder, each in order; returns the number of events."""
        adopted = 0
        for path in sorted(self._path.parent.glob("*.outbox")):
            with self._catching_disk_errors():
                adopted += 0 if self._open_trouble or path == self._path else self._adopt(path)
        return adopted

    def close(self) -> None:
        """Close the file; an empty one is removed."""
        with suppress(sqlite3.Error):
            self._reader.close()
            empty = self._writer.execute("SELECT 1 FROM events LIMIT 1").fetchone() is None
            self._writer.close()
            if empty and not self._open_trouble:
                _remove(self._path)
        if self._lock_file is not None:
            self._lock_file.close()

    def _sync_if_due(self) -> None:
        """Checkpoint the journal to the disk, without delaying `append`."""
        now = time.monotonic()
        if now >= self._next_sync:
            self._next_sync = now + _SYNC_EVERY_S
            with suppress(sqlite3.Error):
                self._reader.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def _write(self, entries: list[Entry]) -> bool:
        if self._disk_trouble and time.monotonic() < self._disk_retry_at_s:
            return False
        with self._catching_disk_errors():
            with self._writer:
                self._writer.executemany(_INSERT, [(e.position, e.camera_id, e.at, e.payload) for e in entries])
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
            self._writer.execute("DELETE FROM events WHERE position < ?", (self._first + drop,))
            self._first += drop
            self._count_dropped(drop)

    def _count_dropped(self, count: int) -> None:
        self.dropped += count
        if self.dropped % 1_000 < count or self.dropped == count:
            log.error("outbox full, oldest events dropped", outbox=str(self._path), dropped=self.dropped)

    @contextmanager
    def _catching_disk_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if not self._disk_trouble:
                log.warning(
                    "outbox cannot be written, newest events wait in memory", outbox=str(self._path), reason=str(error)
                )
            self._disk_trouble = f"outbox {self._path}: {error}; events wait in memory only; free space on its disk"
            self._disk_retry_at_s = time.monotonic() + _RETRY_DISK_S

    def _on_disk_recovered(self) -> None:
        if self._disk_trouble:
            log.info("outbox written to disk again", outbox=str(self._path))
            self._disk_trouble = ""

    def _adopt(self, path: Path) -> int:
        lock = _lock(path)
        if lock is None:
            return 0
        adopted = 0
        with lock, closing(_open_or_replace(path)) as left:
            while rows := left.execute(_SELECT, (0, _ADOPT_BATCH)).fetchall():
                self._take_over(rows)
                with left:
                    left.execute("DELETE FROM events WHERE position <= ?", (rows[-1][0],))
                adopted += len(rows)
            _remove(path)
        return adopted

    def _take_over(self, rows: list[tuple[int, str, float, str]]) -> None:
        with self._changed:
            start = self._last + 1
            with self._writer:
                self._writer.executemany(_INSERT, [(start + i, *row[1:]) for i, row in enumerate(rows)])
            self._last += len(rows)
            self._drop_excess()
            self._changed.notify_all()


def _connection(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=5, check_same_thread=False)
    try:
        for statement in _SETTINGS:
            connection.execute(statement)
        with connection:
            connection.execute(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _open_or_replace(path: Path) -> sqlite3.Connection:
    """Open an outbox; a file damaged by a power failure is renamed and kept, and a new one is made."""
    try:
        return _checked(_connection(path))
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        aside = path.with_suffix(f".broken-{time.time_ns()}")
        log.warning(
            "outbox damaged, replaced by a new one; its events are lost",
            outbox=str(path),
            renamed_to=str(aside),
            reason=str(error),
        )
        path.rename(aside)
        _remove_journal(path)
        return _connection(path)


def _checked(connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _lock_path(path: Path) -> Path:
    return path.with_suffix(".lock")


def _lock(path: Path) -> IO[bytes] | None:
    """Lock the outbox at `path`, which a process holds until it ends; None where another process holds it."""
    lock = _lock_path(path).open("ab")
    try:
        flock(lock, LOCK_EX | LOCK_NB)
        if _lock_path(path).stat().st_ino == fstat(lock.fileno()).st_ino:
            return lock
    except (BlockingIOError, FileNotFoundError):
        pass
    lock.close()
    return None


def _lock_within(path: Path, seconds: float) -> IO[bytes]:
    deadline = time.monotonic() + seconds
    while (lock := _lock(path)) is None:
        if time.monotonic() > deadline:
            raise OutboxError(f"outbox {path}: another running process uses it; give each worker its own id")
        time.sleep(0.05)
    return lock


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _remove_journal(path)
    _lock_path(path).unlink(missing_ok=True)


def _remove_journal(path: Path) -> None:
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
