"""Writes batches of events, each event once however often it is written."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.storage.database import Database
from api.storage.incident_state import IncidentKeeper
from api.storage.rows import EventRows, Row, rows_of
from api.storage.tables import Base, EventRow, IncidentWordRow
from vision.contracts.events import AnyEvent


class UnstorableError(Exception):
    """A value in the batch that the database can never take."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch."""

    new: int
    duplicates: int


class EventWriter:
    """Writes events in one transaction a batch."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = postgresql.insert if database.url.get_backend_name() == "postgresql" else sqlite.insert
        self._incidents = IncidentKeeper(self._insert)

    async def write(self, events: Sequence[AnyEvent]) -> Written:
        """Store all, or none: those already stored are passed over.

        Raises:
            UnstorableError: at least one can never be stored; none was.
            sqlalchemy.exc.SQLAlchemyError, OSError: the database is away or ails; none was.
        """
        try:
            async with self._database.writing() as connection:
                new = await self._write(connection, events)
        except (DataError, IntegrityError, OverflowError, ValueError) as error:
            raise UnstorableError(str(getattr(error, "orig", None) or error)) from error
        except DBAPIError as error:
            if _is_about_a_value(error):
                raise UnstorableError(str(error.orig)) from error
            raise
        self._incidents.committed(events)
        return Written(new=new, duplicates=len(events) - new)

    async def _write(self, connection: AsyncConnection, events: Sequence[AnyEvent]) -> int:
        by_table: dict[type[EventRow], list[EventRows]] = defaultdict(list)
        for event in events:
            rows = rows_of(event)
            by_table[rows.table].append(rows)
        new, words = 0, list[Row]()
        for table, several in by_table.items():
            fresh = await self._insert_new(connection, table, several)
            new += len(fresh)
            await self._insert_parts(connection, fresh)
            if table is IncidentWordRow:
                words = [rows.row for rows in fresh]
        await self._incidents.keep(connection, events, words)
        return new

    async def _insert_new(
        self, connection: AsyncConnection, table: type[EventRow], several: Sequence[EventRows]
    ) -> list[EventRows]:
        """Those that were not there yet."""
        inserted = self._passing_over(table).returning(table.event_id)
        ids = set((await connection.scalars(inserted, [rows.row for rows in several])).all())
        return list({rows.row["event_id"]: rows for rows in several if rows.row["event_id"] in ids}.values())

    async def _insert_parts(self, connection: AsyncConnection, several: Iterable[EventRows]) -> None:
        by_table: dict[type[Base], list[Row]] = defaultdict(list)
        for rows in several:
            for table, row in rows.parts:
                by_table[table].append(row)
        for table, parts in by_table.items():
            await connection.execute(self._passing_over(table), parts)

    def _passing_over(self, table: type[Base]) -> Insert:
        return self._insert(table).on_conflict_do_nothing()


def _is_about_a_value(error: DBAPIError) -> bool:
    """SQLAlchemy has no class of its own for what asyncpg says of arguments: SQLSTATE class 22, or a `ValueError`."""
    cause = error.orig.__cause__ if error.orig else None
    return isinstance(cause, ValueError) or str(getattr(cause, "sqlstate", "")).startswith("22")
