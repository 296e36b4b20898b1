"""Reads what was stored: lists in pages with what belongs to each row, and counts in buckets."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from api.listing.filters import Cursor, Filter
from api.listing.queries import Order
from api.storage.database import Database
from api.storage.rows import Row
from api.storage.tables import Base, EventRow
from api.storage.types import UtcDateTime, epoch_s

EXPORT_PAGE = 2_000


@dataclass(frozen=True, slots=True)
class Parts:
    """Rows of another table that belong to each row of a list: a report's classes, its directions."""

    name: str
    """The key under which an item gets them."""
    table: type[Base]
    key: str
    """The column that holds the list's `event_id`."""
    order: str
    """The column that they are sorted by."""


@dataclass(frozen=True, slots=True)
class Source:
    """One table, the time by which it is ordered, and what belongs to its rows."""

    table: type[EventRow]
    time: str
    parts: tuple[Parts, ...] = ()

    @property
    def at(self) -> InstrumentedAttribute[Any]:
        column: InstrumentedAttribute[Any] = getattr(self.table, self.time)
        return column


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of rows, as mappings, and where the next begins."""

    items: list[Row]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Counting:
    """What is counted: rows of a source, kept apart by columns, each sum with its name."""

    source: Source
    sums: tuple[ColumnElement[int], ...]


class StoreReader:
    """Answers from the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, source: Source, wanted: Filter, *, limit: int, order: Order, cursor: str | None = None
    ) -> Rows:
        """At most `limit` rows, from the cursor on."""
        query = _ordered(_filtered(select(source.table.__table__), source, wanted), source, order)
        if cursor:
            query = query.where(_after(source, Cursor.read(cursor), order))
        async with self._database.reading() as connection:
            found = (await connection.execute(query.limit(limit + 1))).mappings().all()
            items = [dict(row) for row in found[:limit]]
            for parts in source.parts:
                await _add(connection, parts, items)
        more = len(found) > limit
        last = Cursor(items[-1][source.time], items[-1]["id"]).write() if more else None
        return Rows(items, last)

    async def all(self, source: Source, wanted: Filter, order: Order) -> AsyncIterator[Row]:
        """Every row, fetched page by page; nothing is held meanwhile."""
        cursor: str | None = None
        while True:
            rows = await self.page(source, wanted, limit=EXPORT_PAGE, order=order, cursor=cursor)
            for item in rows.items:
                yield item
            cursor = rows.next_cursor
            if cursor is None:
                return

    async def counts(
        self, counting: Counting, wanted: Filter, *, by: Sequence[str], bucket_s: int, offset_s: int, limit: int
    ) -> list[Row]:
        """Sums by bucket and column: `start` (epoch seconds), the columns of `by`, the sums by their names.

        `bucket_s` 0: the whole range in one, without `start`. `offset_s`: the zone's, to begin days at its midnight.
        """
        groups: list[Any] = [getattr(counting.source.table, column) for column in by]
        if bucket_s:
            seconds = epoch_s(counting.source.at)
            groups.insert(0, (seconds - (seconds + offset_s) % bucket_s).label("start"))
        query = _filtered(select(*groups, *counting.sums), counting.source, wanted)
        if groups:
            query = query.group_by(*groups).order_by(*groups)
        async with self._database.reading() as connection:
            found = await connection.execute(query.limit(limit))
            return [dict(row) for row in found.mappings() if None not in row.values()]

    async def first_and_last(self, source: Source, wanted: Filter) -> tuple[datetime, datetime] | None:
        """When the first and the last of the rows asked for were; `None`: there are none."""
        query = _filtered(select(func.min(source.at), func.max(source.at)), source, wanted)
        async with self._database.reading() as connection:
            first, last = (await connection.execute(query)).one()
        return (first, last) if first is not None else None


async def _add(connection: AsyncConnection, parts: Parts, items: Sequence[Row]) -> None:
    columns = parts.table.__table__.c
    query = select(parts.table.__table__).where(columns[parts.key].in_([item["event_id"] for item in items]))
    found = await connection.execute(query.order_by(columns[parts.order]))
    by_item: dict[str, list[Row]] = {item["event_id"]: [] for item in items}
    for row in found.mappings():
        by_item[row[parts.key]].append({name: row[name] for name in row if name not in ("id", parts.key)})
    for item in items:
        item[parts.name] = by_item[item["event_id"]]


def _filtered(query: Select[*tuple[Any, ...]], source: Source, wanted: Filter) -> Select[*tuple[Any, ...]]:
    if wanted.since is not None:
        query = query.where(source.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(source.at < wanted.until)
    for name, allowed in wanted.columns.items():
        query = query.where(getattr(source.table, name).in_(allowed))
    return query


def _ordered(query: Select[Any], source: Source, order: Order) -> Select[Any]:
    if order is Order.NEWEST_FIRST:
        return query.order_by(source.at.desc(), source.table.id.desc())
    return query.order_by(source.at.asc(), source.table.id.asc())


def _after(source: Source, cursor: Cursor, order: Order) -> ColumnElement[bool]:
    row = tuple_(source.at, source.table.id)
    last = tuple_(literal(cursor.at, UtcDateTime), literal(cursor.row_id, BigInteger))
    return row < last if order is Order.NEWEST_FIRST else row > last
