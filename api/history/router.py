"""Routes of stored crossings, movements and health changes."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from api.dependencies import CameraFilesDep, KnownCameras, ListsDep, ReaderDep, SettingsDep
from api.history.schemas import (
    CountQuery,
    CountsOut,
    CrossingPage,
    CrossingQuery,
    HealthChangePage,
    HealthQuery,
    MissingEventsPage,
    MovementPage,
    MovementQuery,
    TurningQuery,
    TurningTable,
)
from api.history.service import (
    COUNT_COLUMNS,
    CROSSINGS,
    HEALTH_CHANGES,
    MISSING_EVENTS,
    MOVEMENTS,
    TURNING_COLUMNS,
    count_crossings,
    count_movements,
)
from api.pagination.csv_export import csv_response, wants_csv
from api.pagination.queries import ListQuery
from api.pagination.responses import LIST_ANSWERS

router = APIRouter(prefix="/api/v1", tags=["history"], dependencies=[KnownCameras])


@router.get(
    "/crossings",
    operation_id="listCrossings",
    summary="Single crossings",
    response_model=CrossingPage,
    responses=LIST_ANSWERS,
)
async def list_crossings(lists: ListsDep, query: Annotated[CrossingQuery, Query()]) -> CrossingPage | Response:
    """Vehicles that crossed a line, ordered by the time of crossing; one page, or all as CSV."""
    return await lists.respond(CROSSINGS, CrossingPage, query)


@router.get(
    "/movements",
    operation_id="listMovements",
    summary="Single movements",
    response_model=MovementPage,
    responses=LIST_ANSWERS,
)
async def list_movements(lists: ListsDep, query: Annotated[MovementQuery, Query()]) -> MovementPage | Response:
    """Vehicles that drove from an origin to a destination, ordered by the time they left; one page, or all as CSV."""
    return await lists.respond(MOVEMENTS, MovementPage, query)


@router.get(
    "/health-changes",
    operation_id="listHealthChanges",
    summary="Changes of cameras' health",
    response_model=HealthChangePage,
    responses=LIST_ANSWERS,
)
async def list_health_changes(lists: ListsDep, query: Annotated[HealthQuery, Query()]) -> HealthChangePage | Response:
    """When each camera went offline and came back, and why; one page, or all as CSV."""
    return await lists.respond(HEALTH_CHANGES, HealthChangePage, query)


@router.get(
    "/missing-events",
    operation_id="listMissingEvents",
    summary="Events that were published and are not stored",
    response_model=MissingEventsPage,
    responses=LIST_ANSWERS,
)
async def list_missing_events(lists: ListsDep, query: Annotated[ListQuery, Query()]) -> MissingEventsPage | Response:
    """Gaps in the numbers of each session's events. One that is filled later leaves the list; what stays was lost."""
    return await lists.respond(MISSING_EVENTS, MissingEventsPage, query)


@router.get(
    "/counts",
    operation_id="countCrossings",
    summary="Crossings counted by interval",
    response_model=CountsOut,
    responses=LIST_ANSWERS,
)
async def read_counts(
    request: Request, reader: ReaderDep, settings: SettingsDep, query: Annotated[CountQuery, Query()]
) -> CountsOut | Response:
    """Crossings by bucket, camera, line and class, in both directions; and totals of the whole range."""
    counts = await count_crossings(reader, query, query.tz or settings.timezone)
    if wants_csv(request, query.wanted_format):
        return csv_response("counts", COUNT_COLUMNS, _lines(counts.rows))
    return counts


@router.get(
    "/movements/table",
    operation_id="readTurningTable",
    summary="Movements counted by interval: the turning table",
    response_model=TurningTable,
    responses=LIST_ANSWERS,
)
async def read_turning_table(
    request: Request,
    reader: ReaderDep,
    settings: SettingsDep,
    files: CameraFilesDep,
    query: Annotated[TurningQuery, Query()],
) -> TurningTable | Response:
    """Movements by bucket and class, and each movement's total from its origin to its destination."""
    table = await count_movements(reader, query, query.tz or settings.timezone, files.now.cameras)
    if wants_csv(request, query.wanted_format):
        return csv_response("turning-table", TURNING_COLUMNS, _lines(table.rows))
    return table


async def _lines(rows: Sequence[BaseModel]) -> AsyncIterator[dict[str, Any]]:
    for row in rows:
        yield row.model_dump()
