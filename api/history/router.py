"""Routes of what was counted."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.dependencies import ServicesDep
from api.errors import problems
from api.history.counting import count
from api.history.csv_export import csv_response, wants_csv
from api.history.filters import (
    Cameras,
    Classes,
    Directions,
    Filter,
    From,
    Lines,
    Movements,
    States,
    To,
    time_range,
    values,
)
from api.history.reading import CROSSINGS, FLOW, HEALTH_CHANGES, MOVEMENTS, Rows
from api.history.schemas import (
    CountsOut,
    CrossingOut,
    CrossingPage,
    Dimension,
    FlowOut,
    FlowPage,
    Format,
    HealthChangeOut,
    HealthChangePage,
    Interval,
    MovementEventOut,
    MovementPage,
    Order,
)
from vision.contracts import FlowQuality

router = APIRouter(prefix="/api/v1", tags=["history"])

Limit = Annotated[int, Query(ge=1, le=1_000, description="Items a page; a CSV has them all.")]
PageCursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]
ByTime = Annotated[Order, Query(description="By time.")]
WantedFormat = Annotated[Format | None, Query(alias="format", description="Wins over the Accept header.")]

_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
CROSSING_COLUMNS = (
    "event_id", "camera_id", "session_id", "line_id", "direction", "object_class", "track_id", "crossed_at",
    "captured_at", "place_x", "place_y", "frame_index", "confidence",
)  # fmt: skip
MOVEMENT_COLUMNS = (
    "event_id", "camera_id", "session_id", "movement_id", "object_class", "track_id", "entered_at", "left_at",
    "captured_at",
)  # fmt: skip
FLOW_COLUMNS = (
    "event_id", "camera_id", "session_id", "line_id", "interval_start", "interval_s", "object_class", "in", "out",
    "watched_s", "blind_s", "effective_fps", "frames_dropped",
)  # fmt: skip
COUNT_COLUMNS = ("start", "end", "camera_id", "line_id", "object_class", "in", "out", "total")


@router.get(
    "/crossings",
    operation_id="listCrossings",
    summary="Single crossings",
    response_model=CrossingPage,
    responses=problems(422, 503) | _CSV,
)
async def list_crossings(
    *,
    request: Request,
    services: ServicesDep,
    camera: Cameras = None,
    line: Lines = None,
    object_class: Classes = None,
    direction: Directions = None,
    since: From = None,
    until: To = None,
    order: ByTime = Order.NEWEST_FIRST,
    limit: Limit = 100,
    cursor: PageCursor = None,
    wanted_format: WantedFormat = None,
) -> CrossingPage | Response:
    """Each vehicle that crossed a line, by the time of its crossing; a page at a time, or all as CSV."""
    first, last = time_range(since, until)
    wanted = Filter(first, last, values(camera), values(line), values(object_class), values(direction))
    if wants_csv(request, wanted_format):
        return csv_response("crossings", CROSSING_COLUMNS, services.history.all(CROSSINGS, wanted, order))
    rows = await services.history.page(CROSSINGS, wanted, limit=limit, order=order, cursor=cursor)
    items = [CrossingOut.model_validate(i | {"place": (i["place_x"], i["place_y"])}) for i in rows.items]
    return CrossingPage(items=items, next_cursor=rows.next_cursor)


@router.get(
    "/movements",
    operation_id="listMovements",
    summary="Single movements",
    response_model=MovementPage,
    responses=problems(422, 503) | _CSV,
)
async def list_movements(
    *,
    request: Request,
    services: ServicesDep,
    camera: Cameras = None,
    movement: Movements = None,
    object_class: Classes = None,
    since: From = None,
    until: To = None,
    order: ByTime = Order.NEWEST_FIRST,
    limit: Limit = 100,
    cursor: PageCursor = None,
    wanted_format: WantedFormat = None,
) -> MovementPage | Response:
    """Each vehicle that went from an entry line to an exit line, by the time it left; a page, or all as CSV."""
    first, last = time_range(since, until)
    wanted = Filter(first, last, values(camera), object_class=values(object_class), movement_id=values(movement))
    if wants_csv(request, wanted_format):
        return csv_response("movements", MOVEMENT_COLUMNS, services.history.all(MOVEMENTS, wanted, order))
    rows = await services.history.page(MOVEMENTS, wanted, limit=limit, order=order, cursor=cursor)
    return MovementPage(items=[MovementEventOut.model_validate(i) for i in rows.items], next_cursor=rows.next_cursor)


@router.get(
    "/flow",
    operation_id="listFlow",
    summary="Flow by line and interval, with its quality",
    response_model=FlowPage,
    responses=problems(422, 503) | _CSV,
)
async def list_flow(
    *,
    request: Request,
    services: ServicesDep,
    camera: Cameras = None,
    line: Lines = None,
    since: From = None,
    until: To = None,
    order: ByTime = Order.NEWEST_FIRST,
    limit: Limit = 100,
    cursor: PageCursor = None,
    wanted_format: WantedFormat = None,
) -> FlowPage | Response:
    """What the workers reported for each line and interval. Zeros are here too, with how much was watched."""
    first, last = time_range(since, until)
    wanted = Filter(first, last, values(camera), values(line))
    if wants_csv(request, wanted_format):
        return csv_response("flow", FLOW_COLUMNS, _flow_lines(services.history.all(FLOW, wanted, order)))
    rows = await services.history.page(FLOW, wanted, limit=limit, order=order, cursor=cursor)
    return _flow_page(rows)


@router.get(
    "/health-changes",
    operation_id="listHealthChanges",
    summary="Changes of cameras' health",
    responses=problems(422, 503),
)
async def list_health_changes(
    *,
    services: ServicesDep,
    camera: Cameras = None,
    state: States = None,
    since: From = None,
    until: To = None,
    order: ByTime = Order.NEWEST_FIRST,
    limit: Limit = 100,
    cursor: PageCursor = None,
) -> HealthChangePage:
    """When each camera went away and came back, and why."""
    first, last = time_range(since, until)
    wanted = Filter(first, last, values(camera), state=values(state))
    rows = await services.history.page(HEALTH_CHANGES, wanted, limit=limit, order=order, cursor=cursor)
    return HealthChangePage(items=[HealthChangeOut.model_validate(i) for i in rows.items], next_cursor=rows.next_cursor)


@router.get(
    "/counts",
    operation_id="countCrossings",
    summary="Counts by interval",
    response_model=CountsOut,
    responses=problems(422, 503) | _CSV,
)
async def count_crossings(
    *,
    request: Request,
    services: ServicesDep,
    camera: Cameras = None,
    line: Lines = None,
    object_class: Classes = None,
    direction: Directions = None,
    since: From = None,
    until: To = None,
    interval: Annotated[Interval, Query(description="Buckets begin at whole ones in UTC, days at `tz`'s midnight.")] = (
        Interval.TOTAL
    ),
    by: Annotated[list[Dimension] | None, Query(description="What to keep apart; repeatable; unset: all.")] = None,
    tz: Annotated[
        str | None, Query(description="Zone of the days; unset: the service's.", examples=["Asia/Ho_Chi_Minh"])
    ] = None,
    wanted_format: WantedFormat = None,
) -> CountsOut | Response:
    """Crossings counted by bucket, camera, line and class, in and out; and the whole range's totals."""
    first, last = time_range(since, until)
    wanted = Filter(first, last, values(camera), values(line), values(object_class), values(direction))
    kept_apart = list(Dimension) if by is None else [d for d in Dimension if d in by]
    zone = tz or services.settings.timezone
    counts = await count(services.history, wanted, interval=interval, by=kept_apart, timezone=zone)
    if wants_csv(request, wanted_format):
        return csv_response("counts", COUNT_COLUMNS, _count_lines(counts))
    return counts


async def _count_lines(counts: CountsOut) -> AsyncIterator[dict[str, Any]]:
    for row in counts.rows:
        yield row.model_dump()


async def _flow_lines(reports: AsyncIterator[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    """One line a class; a report without vehicles has one line, its class empty."""
    async for report in reports:
        for counted in report["counts"] or [{"object_class": "", "into": 0, "out": 0}]:
            yield report | {"object_class": counted["object_class"], "in": counted["into"], "out": counted["out"]}


def _flow_page(rows: Rows) -> FlowPage:
    items = []
    for row in rows.items:
        vehicles = sum(c["into"] + c["out"] for c in row["counts"])
        quality = FlowQuality.model_validate(row)
        rate = quality.flow_rate_veh_h(vehicles)
        items.append(FlowOut.model_validate(row | {"quality": quality, "flow_rate_veh_h": rate}))
    return FlowPage(items=items, next_cursor=rows.next_cursor)
