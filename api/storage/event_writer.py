"""Writes batches of events; an event that is already stored is skipped."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.storage.current_incidents import CurrentIncidents
from api.storage.database import Database
from api.storage.event_rows import EventRows, Row, rows_of
from api.storage.missing_events import MissingEvents
from api.storage.tables import Base, EventRow, IncidentUpdateRow
from vision.contracts import SessionEnd
from vision.contracts.events import AnyEvent


class UnstorableError(Exception):
    """The batch holds a value that the database can never store."""


@dataclass(frozen=True, slots=True)
class Written:
    """How many events of a batch were new, and how many were stored before."""

    new: int
    duplicates: int


class EventWriter:
    """Writes events, one transaction per batch."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = postgresql.insert if database.url.get_backend_name() == "postgresql" else sqlite.insert
        self._incidents = CurrentIncidents(self._insert)
        self._missing = MissingEvents(self._insert)

    async def write(self, events: Sequence[AnyEvent]) -> Written:
        """Store all events or none.

        Raises:
            UnstorableError: at least one event can never be stored; none was.
            sqlalchemy.exc.SQLAlchemyError, OSError: the database is away or failing; none was stored.
        """
        try:
            async with self._database.writing() as connection:
                new = await self._write(connection, events)
        except (DataError, IntegrityError) as error:
            raise UnstorableError(str(error.orig or error)) from error
        except DBAPIError as error:
            if _is_about_a_value(error):
                raise UnstorableError(str(error.orig)) from error
            raise
        except (SQLAlchemyError, OSError):
            raise
        except Exception as error:  # whatever a value does to the code between the contract and the driver
            raise UnstorableError(f"{type(error).__name__}: {error}") from error
        self._incidents.committed(events)
        facts = sum(not isinstance(event, SessionEnd) for event in events)
        return Written(new=new, duplicates=facts - new)

    async def _write(self, connection: AsyncConnection, events: Sequence[AnyEvent]) -> int:
        by_table: dict[type[EventRow], list[EventRows]] = defaultdict(list)
        for event in events:
            if not isinstance(event, SessionEnd):
                rows = rows_of(event)
                by_table[rows.table].append(rows)
        new, updates = 0, list[Row]()
        for table, several in by_table.items():
            fresh = await self._insert_new(connection, table, several)
            new += len(fresh)
            await self._insert_parts(connection, fresh)
            if table is IncidentUpdateRow:
                updates = [rows.row for rows in fresh]
        await self._incidents.update(connection, events, updates)
        await self._missing.update(connection, events)
        return new

    async def _insert_new(
        self, connection: AsyncConnection, table: type[EventRow], several: Sequence[EventRows]
    ) -> list[EventRows]:
        """Insert the rows whose event is not stored yet, and return them."""
        statement = self._insert_or_skip(table).returning(table.event_id)
        ids = set((await connection.scalars(statement, [rows.row for rows in several])).all())
        return list({rows.row["event_id"]: rows for rows in several if rows.row["event_id"] in ids}.values())

    async def _insert_parts(self, connection: AsyncConnection, several: Iterable[EventRows]) -> None:
        by_table: dict[type[Base], list[Row]] = defaultdict(list)
        for rows in several:
            for table, row in rows.parts:
                by_table[table].append(row)
        for table, parts in by_table.items():
            await connection.execute(self._insert_or_skip(table), parts)

    def _insert_or_skip(self, table: type[Base]) -> Insert:
        return self._insert(table).on_conflict_do_nothing()


def _is_about_a_value(error: DBAPIError) -> bool:
    """Whether asyncpg rejected an argument: SQLSTATE class 22 or a `ValueError`, for which SQLAlchemy has no class."""
    cause = error.orig.__cause__ if error.orig else None
    return isinstance(cause, ValueError) or str(getattr(cause, "sqlstate", "")).startswith("22")
