"""Lists of stored events, and crossings and movements counted by interval."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func

from api.history.schemas import (
    CountQuery,
    CountRow,
    CountsOut,
    CrossingOut,
    Dimension,
    HealthChangeOut,
    InOut,
    MissingEventsOut,
    MovementEventOut,
    Totals,
    TurningQuery,
    TurningRow,
    TurningTable,
    TurningTotal,
)
from api.pagination.buckets import buckets
from api.pagination.csv_export import csv_columns
from api.pagination.filters import Filter
from api.pagination.pages import Listing
from api.pagination.store_reader import Counting, Gap, Source, StoreReader
from api.storage.event_rows import Row, with_place
from api.storage.tables import HealthChangeRow, LineCrossingRow, MissingEventsRow, MovementRow
from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig
from vision.config.lines import MovementConfig
from vision.contracts import Direction


def _crossing(row: Row) -> CrossingOut:
    return CrossingOut.model_validate(with_place(row))


CROSSINGS = Listing("crossings", Source(LineCrossingRow.crossed_at), _crossing, csv_columns(CrossingOut))
MOVEMENTS = Listing(
    "movements", Source(MovementRow.left_at), MovementEventOut.model_validate, csv_columns(MovementEventOut)
)
HEALTH_CHANGES = Listing(
    "health-changes", Source(HealthChangeRow.at), HealthChangeOut.model_validate, csv_columns(HealthChangeOut)
)
MISSING_EVENTS = Listing(
    "missing-events", Source(MissingEventsRow.until), MissingEventsOut.model_validate, csv_columns(MissingEventsOut)
)
COUNT_COLUMNS = ("start", "end", "camera_id", "line_id", "object_class", "in", "out", "total", "incomplete")
TURNING_COLUMNS = csv_columns(TurningRow)


def _in_direction(direction: Direction, name: str) -> ColumnElement[int]:
    return func.sum(case((LineCrossingRow.direction == direction.value, 1), else_=0)).label(name)


CROSSING_COUNTS = Counting(CROSSINGS.source, (_in_direction(Direction.IN, "into"), _in_direction(Direction.OUT, "out")))
MOVEMENT_COUNTS = Counting(MOVEMENTS.source, (func.count(MovementRow.id).label("vehicles"),))
MAX_DAY_ROWS = 100_000


async def count_crossings(reader: StoreReader, query: CountQuery, timezone: str) -> CountsOut:
    """Crossings by bucket and dimension, and the whole range's totals.

    Raises:
        ProblemError: as `buckets` does.
    """
    wanted = query.filter()
    by = [dimension.column() for dimension in query.dimensions]
    counted = await buckets(reader, CROSSING_COUNTS, wanted, interval=query.interval, by=by, timezone=timezone)
    classes = await reader.counts(
        CROSSING_COUNTS, wanted, by=[Dimension.CLASS.column()], bucket_s=0, offset_s=0, limit=len(ObjectClass)
    )
    gaps = await reader.gaps(counted.since, counted.until, query.camera_id)
    return CountsOut(
        since=counted.since,
        until=counted.until,
        interval=query.interval,
        timezone=timezone,
        rows=[
            CountRow.model_validate(row | {"total": row["into"] + row["out"], "incomplete": _is_incomplete(row, gaps)})
            for row in counted.rows
        ],
        totals=_totals(classes, incomplete=bool(gaps)),
    )


async def count_since(reader: StoreReader, since: datetime, camera_id: str | None = None) -> list[Row]:
    """Crossings since a time, by camera, line and class; of one camera, or of all."""
    wanted = Filter(since=since, columns={"camera_id": (camera_id,)} if camera_id else {})
    by = [dimension.column() for dimension in Dimension]
    return await reader.counts(CROSSING_COUNTS, wanted, by=by, bucket_s=0, offset_s=0, limit=MAX_DAY_ROWS)


async def count_movements(
    reader: StoreReader, query: TurningQuery, timezone: str, cameras: Mapping[str, CameraConfig]
) -> TurningTable:
    """The turning table, with origins and destinations from the cameras' files.

    Raises:
        ProblemError: as `buckets` does.
    """
    by = [MovementRow.camera_id, MovementRow.movement_id, MovementRow.object_class]
    counted = await buckets(reader, MOVEMENT_COUNTS, query.filter(), interval=query.interval, by=by, timezone=timezone)
    gaps = await reader.gaps(counted.since, counted.until, query.camera_id)
    return TurningTable(
        since=counted.since,
        until=counted.until,
        interval=query.interval,
        timezone=timezone,
        rows=[TurningRow.model_validate(row | {"incomplete": _is_incomplete(row, gaps)}) for row in counted.rows],
        movements=_turning_totals(counted.rows, _configured_movements(query, cameras)),
    )


def _is_incomplete(row: Row, gaps: Iterable[Gap]) -> bool:
    return any(gap.concerns(row["start"], row["end"], row.get("camera_id")) for gap in gaps)


def _totals(classes: Sequence[dict[str, Any]], *, incomplete: bool) -> Totals:
    by_class = {ObjectClass(row["object_class"]): InOut(into=row["into"], out=row["out"]) for row in classes}
    into, out = (sum(getattr(c, name) for c in by_class.values()) for name in ("into", "out"))
    return Totals(into=into, out=out, total=into + out, by_class=by_class, incomplete=incomplete)


MovementKey = tuple[str, str]
"""A camera's id and a movement's."""


def _configured_movements(
    query: TurningQuery, cameras: Mapping[str, CameraConfig]
) -> dict[MovementKey, MovementConfig]:
    return {
        (camera_id, movement.id): movement
        for camera_id, config in cameras.items()
        for movement in config.movements
        if query.camera_id is None or camera_id in query.camera_id
        if query.movement_id is None or movement.id in query.movement_id
    }


def _turning_totals(rows: Iterable[Row], movements: Mapping[MovementKey, MovementConfig]) -> list[TurningTotal]:
    counts: dict[MovementKey, dict[ObjectClass, int]] = {key: {} for key in movements}
    for row in rows:
        by_class = counts.setdefault((row["camera_id"], row["movement_id"]), {})
        object_class = ObjectClass(row["object_class"])
        by_class[object_class] = by_class.get(object_class, 0) + row["vehicles"]
    return [_turning_total(key, movements.get(key), counts[key]) for key in sorted(counts)]


def _turning_total(key: MovementKey, config: MovementConfig | None, by_class: dict[ObjectClass, int]) -> TurningTotal:
    camera_id, movement_id = key
    known = {"name": config.name, "entry": config.entry, "exit": config.exit} if config else {}
    return TurningTotal.model_validate(
        {"camera_id": camera_id, "movement_id": movement_id, "vehicles": sum(by_class.values()), "by_class": by_class}
        | known
    )
