"""The connection to SQLite or PostgreSQL."""

import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import URL, Connection, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from api.storage import migrations
from vision.common.addresses import IN_DOUBT, is_in_doubt, marked_address
from vision.common.redaction import redact, remember_secrets

FORMS = "sqlite:///path/to/file or postgresql://user:password@host:port/name"
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
_MIGRATION_LOCK = 0x6E67617475
"""An arbitrary number, the same in all processes."""
BUSY_S = 10
WAL_RETRY_S = 0.02


class DatabaseError(Exception):
    """The database cannot be used; the message has its address without the password, the cause and the remedy."""


class Database:
    """One process's connections to the database."""

    def __init__(self, address: str | SecretStr) -> None:
        """Connect nowhere yet.

        Raises:
            DatabaseError: the address has none of the known forms.
        """
        plain = remember_secrets(address.get_secret_value() if isinstance(address, SecretStr) else address)
        self.name = marked_address(plain)
        """The address, without credentials."""
        self.url = _url(plain)
        self.engine = _engine(self.url)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for queries."""
        async with self.engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction that is committed at the end, or rolled back on an error."""
        async with self.engine.execution_options(to_write=True).begin() as connection:
            yield connection

    async def migrate(self) -> None:
        """Upgrade the tables to this version; if several processes start at once, one of them does it.

        Raises:
            DatabaseError: the database is away, fails, or has tables of a newer version.
        """
        try:
            async with self.writing() as connection:
                if self.url.get_backend_name() == "postgresql":
                    await connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
                await connection.run_sync(migrations.upgrade)
        except migrations.UnknownVersionError as error:
            raise DatabaseError(f"database {self.name}: {error}") from error
        except (SQLAlchemyError, OSError) as error:
            raise DatabaseError(self.explain(error)) from error

    async def check(self) -> None:
        """One round trip.

        Raises:
            DatabaseError: the database is away, or its tables are of another version.
        """
        try:
            async with self.reading() as connection:
                wrong = await connection.run_sync(_version_trouble)
        except (SQLAlchemyError, OSError) as error:
            raise DatabaseError(self.explain(error)) from error
        if wrong:
            raise DatabaseError(f"database {self.name}: {wrong}")

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()

    def explain(self, error: Exception) -> str:
        """The cause of an error and its remedy in one sentence, without credentials."""
        cause = getattr(error, "orig", None) or error
        lines = redact(str(cause)).strip().splitlines()
        first = lines[0].removeprefix("<class ") if lines else type(cause).__name__
        remedy = "check that it runs, that NGATU_DATABASE names it, and that its disk has room"
        return f"database {self.name}: {first}; {remedy}"


def _version_trouble(connection: Connection) -> str:
    return migrations.trouble(connection)


def _url(plain: str) -> URL:
    try:
        url = make_url(plain)
    except (ArgumentError, ValueError):
        raise DatabaseError(f"database address {redact(plain)!r} cannot be read; write {FORMS}") from None
    if is_in_doubt(plain) and not url.password:
        raise DatabaseError(f"database address {redact(plain)!r}: {IN_DOUBT}")
    kind = url.drivername.partition("+")[0]
    if kind not in _DRIVERS:
        raise DatabaseError(f"database address {redact(plain)!r}: unknown kind {kind!r}; write {FORMS}")
    if kind == "sqlite" and url.database in (None, "", ":memory:"):
        raise DatabaseError(f"database address {redact(plain)!r} names no file; write {FORMS}")
    return url.set(drivername=_DRIVERS[kind])


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() == "postgresql":
        arguments = {"timeout": 5, "command_timeout": 60, "server_settings": {"application_name": "ngatu"}}
        return create_async_engine(url, pool_pre_ping=True, pool_recycle=1800, connect_args=arguments)
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_S})
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_on_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_S * 1000}", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    _enable_wal(cursor)
    cursor.close()


def _enable_wal(cursor: Any) -> None:
    """Switch to a write-ahead log. SQLite does not wait where several processes do so at once: they try again."""
    give_up_s = time.monotonic() + BUSY_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > give_up_s:
                raise
            time.sleep(WAL_RETRY_S)
        else:
            return


def _begin_on_sqlite(connection: Connection) -> None:
    """A writer locks at once: SQLite refuses, without waiting, one that reads first and writes later."""
    immediate = connection.get_execution_options().get("to_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
