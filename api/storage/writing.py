"""Writes batches of events, each event once however often it is written."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.storage.database import Database
from api.storage.tables import (
    Base,
    EventRow,
    FlowCountRow,
    FlowReportRow,
    HealthChangeRow,
    LineCrossingRow,
    MovementRow,
)
from vision.contracts import FlowReport, HealthChange, LineCrossing, Movement

StoredEvent = LineCrossing | Movement | FlowReport | HealthChange


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

    async def write(self, events: Sequence[StoredEvent]) -> Written:
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
        return Written(new=new, duplicates=len(events) - new)

    async def _write(self, connection: AsyncConnection, events: Iterable[StoredEvent]) -> int:
        by_table: dict[type[EventRow], list[dict[str, Any]]] = defaultdict(list)
        reports: dict[str, FlowReport] = {}
        for event in events:
            table, row = _row(event)
            by_table[table].append(row)
            if isinstance(event, FlowReport):
                reports[event.event_id] = event
        new = 0
        for table, rows in by_table.items():
            returned = await connection.scalars(self._passing_over(table).returning(table.event_id), rows)
            ids = returned.all()
            new += len(ids)
            counts = [count for i in ids if i in reports for count in _count_rows(reports[i])]
            if counts:
                await connection.execute(self._passing_over(FlowCountRow), counts)
        return new

    def _passing_over(self, table: type[Base]) -> Insert:
        return self._insert(table).on_conflict_do_nothing()


def _is_about_a_value(error: DBAPIError) -> bool:
    """SQLAlchemy has no class of its own for what asyncpg says of arguments: SQLSTATE class 22, or a `ValueError`."""
    cause = error.orig.__cause__ if error.orig else None
    return isinstance(cause, ValueError) or str(getattr(cause, "sqlstate", "")).startswith("22")


def _row(event: StoredEvent) -> tuple[type[EventRow], dict[str, Any]]:
    common = {"event_id": event.event_id, "camera_id": event.camera_id, "session_id": event.session_id}
    match event:
        case LineCrossing():
            return LineCrossingRow, common | _crossing(event)
        case Movement():
            return MovementRow, common | _movement(event)
        case FlowReport():
            return FlowReportRow, common | _report(event)
        case HealthChange():
            return HealthChangeRow, common | _change(event)


def _crossing(event: LineCrossing) -> dict[str, Any]:
    return {
        "line_id": event.line_id,
        "direction": event.direction.value,
        "object_class": event.object_class.value,
        "track_id": event.track_id,
        "crossed_at": event.crossed_at,
        "captured_at": event.captured_at,
        "place_x": event.place[0],
        "place_y": event.place[1],
        "frame_index": event.frame_index,
        "confidence": event.confidence,
    }


def _movement(event: Movement) -> dict[str, Any]:
    return {
        "movement_id": event.movement_id,
        "object_class": event.object_class.value,
        "track_id": event.track_id,
        "entered_at": event.entered_at,
        "left_at": event.left_at,
        "captured_at": event.captured_at,
    }


def _report(event: FlowReport) -> dict[str, Any]:
    return {
        "line_id": event.line_id,
        "interval_start": event.interval_start,
        "interval_s": event.interval_s,
        "watched_s": event.quality.watched_s,
        "blind_s": event.quality.blind_s,
        "effective_fps": event.quality.effective_fps,
        "frames_dropped": event.quality.frames_dropped,
    }


def _change(event: HealthChange) -> dict[str, Any]:
    return {
        "state": event.state.value,
        "previous": event.previous.value if event.previous else None,
        "reason": event.reason,
        "at": event.at,
    }


def _count_rows(report: FlowReport) -> list[dict[str, Any]]:
    return [
        {
            "report_event_id": report.event_id,
            "object_class": count.object_class.value,
            "into": count.into,
            "out": count.out,
        }
        for count in report.counts
    ]
