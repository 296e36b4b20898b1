"""The file of an outbox: its tables, its lock, its reserve of disk space, and what is saved of a damaged one."""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from os import fstat, fsync
from pathlib import Path
from shutil import disk_usage
from typing import IO, Any

import structlog

from vision.core.errors import NgatuError

log = structlog.get_logger(__name__)

INSERT = "INSERT INTO events VALUES (?, ?, ?, ?)"
SELECT = "SELECT position, camera_id, at, payload FROM events WHERE position > ? ORDER BY position LIMIT ?"
RESERVE_BYTES = 8 << 20
"""More than the journal of some minutes: enough to remove what was delivered from a full disk."""
RESERVE_SHARE = 8
"""A small disk gives this part of its free space."""

_SETTINGS = (
    "PRAGMA auto_vacuum = INCREMENTAL",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA wal_autocheckpoint = 0",
)
_TABLES = (
    """CREATE TABLE IF NOT EXISTS events (position INTEGER PRIMARY KEY, camera_id TEXT NOT NULL, at REAL NOT NULL,
                                           payload TEXT NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS newest (camera_id TEXT PRIMARY KEY, event_id TEXT NOT NULL)",
)
_NEWEST = """
    SELECT camera_id, event_id FROM (
        SELECT camera_id, CASE WHEN json_valid(payload) THEN json_extract(payload, '$.event_id') END AS event_id,
               max(position)
        FROM events WHERE position <= ? GROUP BY camera_id
    ) WHERE event_id IS NOT NULL
"""
_ALL = 2**62
_PROBED = 2_000
"""Positions beyond the last readable one that are tried: the events of some damaged pages."""

Row = tuple[int, str, float, str]
"""Position, camera id, when it was appended, payload."""


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


class Reserve:
    """A file that holds disk space back, so that the outbox can still remove events when the disk is full."""

    def __init__(self, path: Path, size_bytes: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size_bytes = size_bytes

    def fill(self) -> None:
        """Take the space, unless it is held or the disk has too little left."""
        with suppress(OSError):
            if self._path.exists():
                return
            size_bytes = min(self._size_bytes, disk_usage(self._path.parent).free // RESERVE_SHARE)
            try:
                with self._path.open("wb") as file:
                    file.write(bytes(size_bytes))
                    file.flush()
                    fsync(file.fileno())
            except OSError:
                self._path.unlink(missing_ok=True)

    def release(self) -> bool:
        """Give the space to the outbox; False: there was none."""
        with suppress(OSError):
            self._path.unlink()
            return True
        return False

    def remove(self) -> None:
        """Give the space back, at the end."""
        self.release()


def connection_to(path: Path) -> sqlite3.Connection:
    """Open an outbox's file; an empty one is made where there is none.

    Raises:
        sqlite3.Error: it cannot be opened, or is no outbox.
    """
    connection = sqlite3.connect(path, timeout=5, check_same_thread=False)
    try:
        for statement in _SETTINGS:
            connection.execute(statement)
        with connection:
            for table in _TABLES:
                connection.execute(table)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def newest_events(connection: sqlite3.Connection) -> dict[str, str]:
    """The id of each camera's newest event, waiting or delivered."""
    delivered = dict(connection.execute("SELECT camera_id, event_id FROM newest").fetchall())
    return delivered | dict(connection.execute(_NEWEST, (_ALL,)).fetchall())


def delete_until(connection: sqlite3.Connection, position: int) -> None:
    """Delete events up to and including a position; which was each camera's newest stays known."""
    connection.execute(f"INSERT OR REPLACE INTO newest {_NEWEST}", (position,))
    connection.execute("DELETE FROM events WHERE position <= ?", (position,))


def replace_file(path: Path, rows: Sequence[Row], newest: Mapping[str, str]) -> None:
    """Write a new file with these events in the place of the old one, which nobody has open.

    A process that dies in between leaves a file that the next one adopts.

    Raises:
        sqlite3.Error, OSError: it cannot be written; the old one, if it held any of them, is as it was.
    """
    new = path.with_name(f"{path.stem}-rebuilt{path.suffix}")
    _remove_database(new)
    if not rows:
        _remove_database(path)
    try:
        with closing(connection_to(new)) as connection, connection:
            connection.executemany(INSERT, rows)
            connection.executemany("INSERT OR REPLACE INTO newest VALUES (?, ?)", newest.items())
        _remove_journal(path)
        new.rename(path)
    except BaseException:
        _remove_database(new)
        raise


def open_or_salvage(path: Path) -> tuple[sqlite3.Connection, int]:
    """Open an outbox. A damaged file is renamed and kept; what is readable of it goes into a new one.

    Returns:
        The connection, and how many events could not be read.

    Raises:
        sqlite3.OperationalError: it cannot be opened for another reason.
    """
    try:
        return _checked(connection_to(path)), 0
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        return _salvage(path, str(error))


def _checked(connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _salvage(path: Path, reason: str) -> tuple[sqlite3.Connection, int]:
    aside = path.with_suffix(f".broken-{time.time_ns()}")
    for ending in ("", "-wal"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    _remove_journal(path)
    rows, newest = _readable(aside)
    unreadable = rows[-1][0] - rows[0][0] + 1 - len(rows) if rows else 0
    connection = connection_to(path)
    with connection:
        connection.executemany(INSERT, rows)
        connection.executemany("INSERT OR REPLACE INTO newest VALUES (?, ?)", newest)
    log.error(
        "outbox damaged, its readable events go into a new one",
        outbox=str(path),
        renamed_to=str(aside),
        reason=reason,
        saved=len(rows),
        unreadable=unreadable,
    )
    return connection, unreadable


def _readable(path: Path) -> tuple[list[Row], list[tuple[str, str]]]:
    """The rows of a damaged file, in order, and what is known of the newest events.

    Both ends are read up to the damage, and every position between them, and some beyond, on its own.
    """
    with closing(sqlite3.connect(path)) as damaged:
        forward = _until_damage(damaged, "SELECT * FROM events ORDER BY position")
        backward = _until_damage(damaged, "SELECT * FROM events ORDER BY position DESC")
        rows: dict[int, Row] = {row[0]: row for row in (*forward, *backward)}
        if rows:
            for position in range(max(1, min(rows) - _PROBED), max(rows) + _PROBED):
                if position not in rows:
                    found = _until_damage(damaged, "SELECT * FROM events WHERE position = ?", position)
                    rows |= {row[0]: row for row in found}
        newest = _until_damage(damaged, "SELECT * FROM newest", types=(str, str))
    return [rows[position] for position in sorted(rows)], newest


def _until_damage(
    connection: sqlite3.Connection, query: str, *values: int, types: tuple[type, ...] = (int, str, float, str)
) -> list[Any]:
    """The rows of these types that a query returns before it meets damage."""
    rows: list[Any] = []
    with suppress(sqlite3.Error, UnicodeDecodeError):
        rows.extend(row for row in connection.execute(query, values) if tuple(map(type, row)) == types)
    return rows


def lock(path: Path) -> IO[bytes] | None:
    """Lock the outbox at `path`, which a process holds until it ends; None where another process holds it."""
    held = _lock_path(path).open("ab")
    try:
        flock(held, LOCK_EX | LOCK_NB)
        if _lock_path(path).stat().st_ino == fstat(held.fileno()).st_ino:
            return held
    except (BlockingIOError, FileNotFoundError):
        pass
    held.close()
    return None


def lock_within(path: Path, seconds: float) -> IO[bytes]:
    """Lock the outbox at `path`; waits for a process that is ending.

    Raises:
        OutboxError: another process holds it all the time.
    """
    deadline = time.monotonic() + seconds
    while (held := lock(path)) is None:
        if time.monotonic() > deadline:
            raise OutboxError(f"outbox {path}: another running process uses it; give each worker its own id")
        time.sleep(0.05)
    return held


def remove_files(path: Path) -> None:
    """Remove an outbox with its journal and its lock."""
    _remove_database(path)
    _lock_path(path).unlink(missing_ok=True)


def _lock_path(path: Path) -> Path:
    return path.with_suffix(".lock")


def _remove_database(path: Path) -> None:
    path.unlink(missing_ok=True)
    _remove_journal(path)


def _remove_journal(path: Path) -> None:
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
