"""Reads what was stored: lists in pages, counts in buckets."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, case, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from api.history.filters import Cursor, Filter
from api.history.schemas import Dimension, Order
from api.storage.database import Database
from api.storage.tables import EventRow, FlowCountRow, FlowReportRow, HealthChangeRow, LineCrossingRow, MovementRow
from api.storage.types import UtcDateTime, epoch_s
from vision.contracts import Direction

EXPORT_PAGE = 2_000


@dataclass(frozen=True, slots=True)
class Listing:
    """One table, and the time by which it is ordered."""

    table: type[EventRow]
    time: str

    @property
    def at(self) -> InstrumentedAttribute[Any]:
        column: InstrumentedAttribute[Any] = getattr(self.table, self.time)
        return column


CROSSINGS = Listing(LineCrossingRow, "crossed_at")
MOVEMENTS = Listing(MovementRow, "left_at")
FLOW = Listing(FlowReportRow, "interval_start")
HEALTH_CHANGES = Listing(HealthChangeRow, "at")

COLUMNS = {
    Dimension.CAMERA: LineCrossingRow.camera_id,
    Dimension.LINE: LineCrossingRow.line_id,
    Dimension.CLASS: LineCrossingRow.object_class,
}


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of rows, as mappings, and where the next begins."""

    items: list[dict[str, Any]]
    next_cursor: str | None


class HistoryReader:
    """Answers from the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, listing: Listing, wanted: Filter, *, limit: int, order: Order, cursor: str | None = None
    ) -> Rows:
        """At most `limit` rows, from the cursor on."""
        query = _ordered(_filtered(select(listing.table.__table__), listing, wanted), listing, order)
        if cursor:
            query = query.where(_after(listing, Cursor.read(cursor), order))
        async with self._database.reading() as connection:
            found = (await connection.execute(query.limit(limit + 1))).mappings().all()
            items = [dict(row) for row in found[:limit]]
            if listing is FLOW:
                counts = await connection.execute(_counts_of([item["event_id"] for item in items]))
                _add_counts(items, counts.all())
        more = len(found) > limit
        last = Cursor(items[-1][listing.time], items[-1]["id"]).write() if more else None
        return Rows(items, last)

    async def all(self, listing: Listing, wanted: Filter, order: Order) -> AsyncIterator[dict[str, Any]]:
        """Every row, fetched page by page; nothing is held meanwhile."""
        cursor: str | None = None
        while True:
            rows = await self.page(listing, wanted, limit=EXPORT_PAGE, order=order, cursor=cursor)
            for item in rows.items:
                yield item
            cursor = rows.next_cursor
            if cursor is None:
                return

    async def counts(
        self, wanted: Filter, *, by: Sequence[Dimension], bucket_s: int, offset_s: int, limit: int
    ) -> list[dict[str, Any]]:
        """Crossings by bucket and dimension: `start` (epoch seconds), the dimensions' columns, `into`, `out`.

        `bucket_s` 0: the whole range in one, without `start`. `offset_s`: the zone's, to begin days at its midnight.
        """
        groups: list[Any] = [COLUMNS[dimension] for dimension in by]
        if bucket_s:
            seconds = epoch_s(LineCrossingRow.crossed_at)
            groups.insert(0, (seconds - (seconds + offset_s) % bucket_s).label("start"))
        sums = _sum_of(Direction.IN, "into"), _sum_of(Direction.OUT, "out")
        query = _filtered(select(*groups, *sums), CROSSINGS, wanted)
        if groups:
            query = query.group_by(*groups).order_by(*groups)
        async with self._database.reading() as connection:
            found = await connection.execute(query.limit(limit))
            return [dict(row) for row in found.mappings() if row["into"] is not None]

    async def running(self, since: datetime, camera_id: str | None = None) -> list[dict[str, Any]]:
        """Crossings by camera, line and class since then."""
        wanted = Filter(since=since, camera_id=(camera_id,) if camera_id else None)
        return await self.counts(wanted, by=list(Dimension), bucket_s=0, offset_s=0, limit=100_000)

    async def first_and_last(self, wanted: Filter) -> tuple[datetime, datetime] | None:
        """When the first and the last of the crossings asked for were; `None`: there are none."""
        at = LineCrossingRow.crossed_at
        query = _filtered(select(func.min(at), func.max(at)), CROSSINGS, wanted)
        async with self._database.reading() as connection:
            first, last = (await connection.execute(query)).one()
        return (first, last) if first is not None else None


def _sum_of(direction: Direction, name: str) -> ColumnElement[int]:
    return func.sum(case((LineCrossingRow.direction == direction.value, 1), else_=0)).label(name)


def _filtered(query: Select[*tuple[Any, ...]], listing: Listing, wanted: Filter) -> Select[*tuple[Any, ...]]:
    if wanted.since is not None:
        query = query.where(listing.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(listing.at < wanted.until)
    for name, allowed in wanted.columns().items():
        query = query.where(getattr(listing.table, name).in_(allowed))
    return query


def _ordered(query: Select[Any], listing: Listing, order: Order) -> Select[Any]:
    if order is Order.NEWEST_FIRST:
        return query.order_by(listing.at.desc(), listing.table.id.desc())
    return query.order_by(listing.at.asc(), listing.table.id.asc())


def _after(listing: Listing, cursor: Cursor, order: Order) -> ColumnElement[bool]:
    row = tuple_(listing.at, listing.table.id)
    last = tuple_(literal(cursor.at, UtcDateTime), literal(cursor.row_id, BigInteger))
    return row < last if order is Order.NEWEST_FIRST else row > last


def _counts_of(event_ids: Sequence[str]) -> Select[str, str, int, int]:
    return (
        select(FlowCountRow.report_event_id, FlowCountRow.object_class, FlowCountRow.into, FlowCountRow.out)
        .where(FlowCountRow.report_event_id.in_(event_ids))
        .order_by(FlowCountRow.object_class)
    )


def _add_counts(items: Sequence[dict[str, Any]], counts: Iterable[Row[str, str, int, int]]) -> None:
    by_report: dict[str, list[dict[str, Any]]] = {item["event_id"]: [] for item in items}
    for report, object_class, into, out in counts:
        by_report[report].append({"object_class": object_class, "into": into, "out": out})
    for item in items:
        item["counts"] = by_report[item["event_id"]]
