"""Reads the database: pages of rows with their parts, and counts in time buckets."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import BigInteger, ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from api.pagination.filters import Cursor, Filter
from api.pagination.queries import Order
from api.storage.database import Database
from api.storage.event_rows import Row
from api.storage.tables import Base, CameraSessionRow, EventRow, MissingEventsRow
from api.storage.types import UtcDateTime, epoch_s

EXPORT_PAGE = 2_000
"""Rows fetched at a time for a CSV."""
MAX_GAPS = 10_000


@dataclass(frozen=True, slots=True)
class Parts:
    """Rows of another table that belong to a list's rows: a report's classes, its directions."""

    name: str
    """The key under which a row gets its parts."""
    event_id: InstrumentedAttribute[str]
    """The column that holds the `event_id` of the row that a part belongs to."""
    order: InstrumentedAttribute[str]
    """The column that sorts the parts."""

    @property
    def table(self) -> type[Base]:
        """The parts' table."""
        return cast("type[Base]", self.event_id.class_)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a list's rows come from: a table, named by the time column that orders it, and its parts."""

    time: InstrumentedAttribute[datetime]
    parts: tuple[Parts, ...] = ()
    has_interval: bool = False
    """Whether a row is about an interval, `interval_s` long; such rows say whether events of it are missing."""

    @property
    def table(self) -> type[EventRow]:
        """The rows' table."""
        return cast("type[EventRow]", self.time.class_)


@dataclass(frozen=True, slots=True)
class RowPage:
    """A page of rows, and where the next page begins."""

    rows: list[Row]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Gap:
    """Events of a camera are missing between two times."""

    camera_id: str
    since: datetime
    until: datetime

    def concerns(self, start: datetime, end: datetime, camera_id: str | None = None) -> bool:
        """Whether an interval of a camera, or of any, may lack events."""
        return camera_id in (None, self.camera_id) and self.since < end and self.until >= start


@dataclass(frozen=True, slots=True)
class Counting:
    """What is counted: a source's rows, and labelled sums over them."""

    source: Source
    sums: tuple[ColumnElement[int], ...]


class StoreReader:
    """Queries the database for lists and counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, source: Source, wanted: Filter, *, limit: int, order: Order, cursor: str | None = None
    ) -> RowPage:
        """At most `limit` rows, after the cursor.

        Raises:
            ProblemError: 422, the cursor is invalid.
        """
        query = _ordered(_filtered(select(source.table.__table__), source, wanted), source, order)
        if cursor:
            query = query.where(_after(source, Cursor.decode(cursor), order))
        async with self._database.reading() as connection:
            found = (await connection.execute(query.limit(limit + 1))).mappings().all()
            rows = [dict(row) for row in found[:limit]]
            for parts in source.parts:
                await _add_parts(connection, parts, rows)
            if source.has_interval and rows:
                await _add_incomplete(connection, source, rows)
        has_more = len(found) > limit
        next_cursor = Cursor(rows[-1][source.time.key], rows[-1]["id"]).encode() if has_more else None
        return RowPage(rows, next_cursor)

    async def all(self, source: Source, wanted: Filter, order: Order) -> AsyncIterator[Row]:
        """Every row, fetched page by page; no connection is held between pages."""
        cursor: str | None = None
        while True:
            page = await self.page(source, wanted, limit=EXPORT_PAGE, order=order, cursor=cursor)
            for row in page.rows:
                yield row
            cursor = page.next_cursor
            if cursor is None:
                return

    async def counts(
        self,
        counting: Counting,
        wanted: Filter,
        *,
        by: Sequence[InstrumentedAttribute[str]],
        bucket_s: int,
        offset_s: int,
        limit: int,
    ) -> list[Row]:
        """Sums by bucket and column: `start` (epoch seconds), the columns of `by`, the sums by their labels.

        `bucket_s` 0: one bucket for the whole range, without `start`. `offset_s`: the time zone's offset from UTC, so
        that days begin at its midnight.
        """
        groups: list[Any] = list(by)
        if bucket_s:
            seconds = epoch_s(counting.source.time)
            groups.insert(0, (seconds - (seconds + offset_s) % bucket_s).label("start"))
        query = _filtered(select(*groups, *counting.sums), counting.source, wanted)
        if groups:
            query = query.group_by(*groups).order_by(*groups)
        async with self._database.reading() as connection:
            found = await connection.execute(query.limit(limit))
            return [dict(row) for row in found.mappings() if None not in row.values()]

    async def gaps(self, since: datetime, until: datetime, camera_ids: Sequence[str] | None = None) -> list[Gap]:
        """When events are missing within a time range: of some cameras, or of all."""
        async with self._database.reading() as connection:
            return await _gaps(connection, since, until, camera_ids)

    async def cameras_with_events(self, camera_ids: Sequence[str]) -> set[str]:
        """Those of the cameras of which an event has been stored."""
        query = select(CameraSessionRow.camera_id).where(CameraSessionRow.camera_id.in_(camera_ids))
        async with self._database.reading() as connection:
            return set(await connection.scalars(query))

    async def first_and_last(self, source: Source, wanted: Filter) -> tuple[datetime, datetime] | None:
        """Times of the first and the last matching row; `None`: no row matches."""
        query = _filtered(select(func.min(source.time), func.max(source.time)), source, wanted)
        async with self._database.reading() as connection:
            first, last = (await connection.execute(query)).one()
        return (first, last) if first is not None else None


async def _gaps(
    connection: AsyncConnection, since: datetime, until: datetime, camera_ids: Sequence[str] | None
) -> list[Gap]:
    query = select(MissingEventsRow.camera_id, MissingEventsRow.since, MissingEventsRow.until).where(
        MissingEventsRow.since < until, MissingEventsRow.until >= since
    )
    if camera_ids is not None:
        query = query.where(MissingEventsRow.camera_id.in_(camera_ids))
    return [Gap(*row) for row in await connection.execute(query.limit(MAX_GAPS))]


async def _add_incomplete(connection: AsyncConnection, source: Source, rows: Sequence[Row]) -> None:
    def span(row: Row) -> tuple[datetime, datetime]:
        start: datetime = row[source.time.key]
        return start, start + timedelta(seconds=row["interval_s"])

    spans = [span(row) for row in rows]
    cameras = sorted({str(row["camera_id"]) for row in rows})
    gaps = await _gaps(connection, min(s for s, _ in spans), max(e for _, e in spans), cameras)
    for row, (start, end) in zip(rows, spans, strict=True):
        row["incomplete"] = any(gap.concerns(start, end, row["camera_id"]) for gap in gaps)


async def _add_parts(connection: AsyncConnection, parts: Parts, rows: Sequence[Row]) -> None:
    query = select(parts.table.__table__).where(parts.event_id.in_([row["event_id"] for row in rows]))
    found = await connection.execute(query.order_by(parts.order))
    by_event: dict[str, list[Row]] = {row["event_id"]: [] for row in rows}
    key = parts.event_id.key
    for part in found.mappings():
        by_event[part[key]].append({name: part[name] for name in part if name not in ("id", key)})
    for row in rows:
        row[parts.name] = by_event[row["event_id"]]


def _filtered(query: Select[*tuple[Any, ...]], source: Source, wanted: Filter) -> Select[*tuple[Any, ...]]:
    if wanted.since is not None:
        query = query.where(source.time >= wanted.since)
    if wanted.until is not None:
        query = query.where(source.time < wanted.until)
    for name, allowed in wanted.columns.items():
        query = query.where(getattr(source.table, name).in_(allowed))
    return query


def _ordered(query: Select[Any], source: Source, order: Order) -> Select[Any]:
    if order is Order.NEWEST_FIRST:
        return query.order_by(source.time.desc(), source.table.id.desc())
    return query.order_by(source.time.asc(), source.table.id.asc())


def _after(source: Source, cursor: Cursor, order: Order) -> ColumnElement[bool]:
    row = tuple_(source.time, source.table.id)
    last = tuple_(literal(cursor.at, UtcDateTime), literal(cursor.row_id, BigInteger))
    return row < last if order is Order.NEWEST_FIRST else row > last
