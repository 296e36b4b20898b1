"""Routes of what was counted."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from api.dependencies import ServicesDep
from api.history.counting import count_crossings, count_movements
from api.history.lists import CROSSINGS, FLOW, HEALTH_CHANGES, MOVEMENTS
from api.history.queries import CountQuery, CrossingQuery, FlowQuery, HealthQuery, MovementQuery, TurningQuery
from api.history.schemas import CountsOut, CrossingPage, FlowPage, HealthChangePage, MovementPage, TurningTable
from api.listing.answering import LIST_ANSWERS, ListsDep
from api.listing.csv_export import csv_response, wants_csv

router = APIRouter(prefix="/api/v1", tags=["history"])

COUNT_COLUMNS = ("start", "end", "camera_id", "line_id", "object_class", "in", "out", "total")
TURNING_COLUMNS = ("start", "end", "camera_id", "movement_id", "object_class", "vehicles")


@router.get(
    "/crossings",
    operation_id="listCrossings",
    summary="Single crossings",
    response_model=CrossingPage,
    responses=LIST_ANSWERS,
)
async def list_crossings(lists: ListsDep, query: Annotated[CrossingQuery, Query()]) -> CrossingPage | Response:
    """Each vehicle that crossed a line, by the time of its crossing; a page at a time, or all as CSV."""
    return await lists.answer(CROSSINGS, CrossingPage, query)


@router.get(
    "/movements",
    operation_id="listMovements",
    summary="Single movements",
    response_model=MovementPage,
    responses=LIST_ANSWERS,
)
async def list_movements(lists: ListsDep, query: Annotated[MovementQuery, Query()]) -> MovementPage | Response:
    """Each vehicle that went from an entry line to an exit line, by the time it left; a page, or all as CSV."""
    return await lists.answer(MOVEMENTS, MovementPage, query)


@router.get(
    "/flow",
    operation_id="listFlow",
    summary="Flow by line and interval, with its quality",
    response_model=FlowPage,
    responses=LIST_ANSWERS,
)
async def list_flow(lists: ListsDep, query: Annotated[FlowQuery, Query()]) -> FlowPage | Response:
    """What the workers reported for each line and interval. Zeros are here too, with how much was watched."""
    return await lists.answer(FLOW, FlowPage, query)


@router.get(
    "/health-changes",
    operation_id="listHealthChanges",
    summary="Changes of cameras' health",
    response_model=HealthChangePage,
    responses=LIST_ANSWERS,
)
async def list_health_changes(lists: ListsDep, query: Annotated[HealthQuery, Query()]) -> HealthChangePage | Response:
    """When each camera went away and came back, and why."""
    return await lists.answer(HEALTH_CHANGES, HealthChangePage, query)


@router.get(
    "/counts",
    operation_id="countCrossings",
    summary="Counts by interval",
    response_model=CountsOut,
    responses=LIST_ANSWERS,
)
async def read_counts(
    request: Request, services: ServicesDep, query: Annotated[CountQuery, Query()]
) -> CountsOut | Response:
    """Crossings counted by bucket, camera, line and class, in and out; and the whole range's totals."""
    counts = await count_crossings(services.reader, query, query.tz or services.settings.timezone)
    if wants_csv(request, query.wanted_format):
        return csv_response("counts", COUNT_COLUMNS, _lines(counts.rows))
    return counts


@router.get(
    "/movements/table",
    operation_id="readTurningTable",
    summary="Movements by interval: the turning table",
    response_model=TurningTable,
    responses=LIST_ANSWERS,
)
async def read_turning_table(
    request: Request, services: ServicesDep, query: Annotated[TurningQuery, Query()]
) -> TurningTable | Response:
    """Movements counted by bucket and class, and each movement's total from its origin to its destination."""
    zone = query.tz or services.settings.timezone
    table = await count_movements(services.reader, query, zone, services.files.now.cameras)
    if wants_csv(request, query.wanted_format):
        return csv_response("turning-table", TURNING_COLUMNS, _lines(table.rows))
    return table


async def _lines(rows: Sequence[BaseModel]) -> AsyncIterator[dict[str, Any]]:
    for row in rows:
        yield row.model_dump()
