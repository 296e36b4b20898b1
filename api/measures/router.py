"""Routes of interval reports of lines and zones."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.dependencies import KnownCameras, ListsDep
from api.measures.schemas import FlowPage, FlowQuery, LineMeasuresPage, ZoneMeasuresPage, ZoneQuery
from api.measures.service import FLOW, LINES, ZONES
from api.pagination.responses import LIST_ANSWERS

router = APIRouter(prefix="/api/v1", tags=["measures"], dependencies=[KnownCameras])


@router.get(
    "/flow",
    operation_id="listFlow",
    summary="Flow by line and interval, with its quality",
    response_model=FlowPage,
    responses=LIST_ANSWERS,
)
async def list_flow(lists: ListsDep, query: Annotated[FlowQuery, Query()]) -> FlowPage | Response:
    """Vehicles by line, interval and class. Intervals without vehicles are included, with the seconds watched."""
    return await lists.respond(FLOW, FlowPage, query)


@router.get(
    "/measures/lines",
    operation_id="listLineMeasures",
    summary="Measures by line and interval",
    response_model=LineMeasuresPage,
    responses=LIST_ANSWERS,
)
async def list_line_measures(lists: ListsDep, query: Annotated[FlowQuery, Query()]) -> LineMeasuresPage | Response:
    """Flow, units, headways, gaps and speeds by direction, and flow by class. The CSV has a line for each direction."""
    return await lists.respond(LINES, LineMeasuresPage, query)


@router.get(
    "/measures/zones",
    operation_id="listZoneMeasures",
    summary="Measures by zone and interval",
    response_model=ZoneMeasuresPage,
    responses=LIST_ANSWERS,
)
async def list_zone_measures(lists: ListsDep, query: Annotated[ZoneQuery, Query()]) -> ZoneMeasuresPage | Response:
    """Presence, occupancy, speed, queue and congestion, and presence by class."""
    return await lists.respond(ZONES, ZoneMeasuresPage, query)
