"""Crossings and movements counted by interval."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func

from api.cameras.schemas import InOut
from api.history.lists import CROSSINGS, MOVEMENTS
from api.history.queries import CountQuery, TurningQuery
from api.history.schemas import CountRow, CountsOut, Dimension, Totals, TurningRow, TurningTable, TurningTotal
from api.listing.buckets import buckets
from api.listing.filters import Filter
from api.listing.reading import Counting, StoreReader
from api.storage.rows import Row
from api.storage.tables import LineCrossingRow, MovementRow
from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig
from vision.config.lines import MovementConfig
from vision.contracts import Direction


def _in_direction(direction: Direction, name: str) -> ColumnElement[int]:
    return func.sum(case((LineCrossingRow.direction == direction.value, 1), else_=0)).label(name)


CROSSED = Counting(CROSSINGS.source, (_in_direction(Direction.IN, "into"), _in_direction(Direction.OUT, "out")))
MOVED = Counting(MOVEMENTS.source, (func.count(MovementRow.id).label("vehicles"),))
RUNNING_AT_MOST = 100_000


async def count_crossings(reader: StoreReader, query: CountQuery, timezone: str) -> CountsOut:
    """Raises `ProblemError` as `buckets` does."""
    wanted = query.filter()
    by = [dimension.column for dimension in query.kept_apart]
    counted = await buckets(reader, CROSSED, wanted, interval=query.interval, by=by, timezone=timezone)
    classes = await reader.counts(
        CROSSED, wanted, by=[Dimension.CLASS.column], bucket_s=0, offset_s=0, limit=len(ObjectClass)
    )
    return CountsOut(
        since=counted.since,
        until=counted.until,
        interval=query.interval,
        timezone=timezone,
        rows=[CountRow.model_validate(row | {"total": row["into"] + row["out"]}) for row in counted.rows],
        totals=_totals(classes),
    )


async def running(reader: StoreReader, since: datetime, camera_id: str | None = None) -> list[Row]:
    """Crossings by camera, line and class since then."""
    wanted = Filter(since=since, columns={"camera_id": (camera_id,)} if camera_id else {})
    by = [dimension.column for dimension in Dimension]
    return await reader.counts(CROSSED, wanted, by=by, bucket_s=0, offset_s=0, limit=RUNNING_AT_MOST)


async def count_movements(
    reader: StoreReader, query: TurningQuery, timezone: str, cameras: Mapping[str, CameraConfig]
) -> TurningTable:
    """The turning table, with origins and destinations as the cameras' files have them.

    Raises `ProblemError` as `buckets` does.
    """
    by = ["camera_id", "movement_id", "object_class"]
    counted = await buckets(reader, MOVED, query.filter(), interval=query.interval, by=by, timezone=timezone)
    return TurningTable(
        since=counted.since,
        until=counted.until,
        interval=query.interval,
        timezone=timezone,
        rows=[TurningRow.model_validate(row) for row in counted.rows],
        movements=_turning_totals(counted.rows, _wanted_movements(query, cameras)),
    )


def _totals(classes: Sequence[dict[str, Any]]) -> Totals:
    by_class = {ObjectClass(row["object_class"]): InOut(into=row["into"], out=row["out"]) for row in classes}
    into, out = (sum(getattr(c, name) for c in by_class.values()) for name in ("into", "out"))
    return Totals(into=into, out=out, total=into + out, by_class=by_class)


Place = tuple[str, str]
"""A camera's id and a movement's."""


def _wanted_movements(query: TurningQuery, cameras: Mapping[str, CameraConfig]) -> dict[Place, MovementConfig]:
    return {
        (camera_id, movement.id): movement
        for camera_id, config in cameras.items()
        for movement in config.movements
        if query.camera_id is None or camera_id in query.camera_id
        if query.movement_id is None or movement.id in query.movement_id
    }


def _turning_totals(rows: Iterable[Row], movements: Mapping[Place, MovementConfig]) -> list[TurningTotal]:
    counts: dict[Place, dict[ObjectClass, int]] = {place: {} for place in movements}
    for row in rows:
        by_class = counts.setdefault((row["camera_id"], row["movement_id"]), {})
        of = ObjectClass(row["object_class"])
        by_class[of] = by_class.get(of, 0) + row["vehicles"]
    return [_turning_total(place, movements.get(place), counts[place]) for place in sorted(counts)]


def _turning_total(place: Place, config: MovementConfig | None, by_class: dict[ObjectClass, int]) -> TurningTotal:
    camera_id, movement_id = place
    known = {"name": config.name, "entry": config.entry, "exit": config.exit} if config else {}
    return TurningTotal.model_validate(
        {"camera_id": camera_id, "movement_id": movement_id, "vehicles": sum(by_class.values()), "by_class": by_class}
        | known
    )
