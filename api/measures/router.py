"""Routes of measures."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.history.queries import FlowQuery
from api.listing.answering import LIST_ANSWERS, ListsDep
from api.listing.queries import ListQuery
from api.measures.lists import LINES, ZONES
from api.measures.schemas import LineMeasuresPage, ZoneMeasuresPage
from vision.contracts import CongestionLevel

router = APIRouter(prefix="/api/v1/measures", tags=["measures"])


class ZoneQuery(ListQuery):
    """Of measures of zones."""

    zone_id: list[str] | None = Field(None, alias="zone", description="Only these zones; repeatable.")
    congestion: list[CongestionLevel] | None = Field(
        None, alias="level", description="Only intervals of these levels; repeatable."
    )


@router.get(
    "/lines",
    operation_id="listLineMeasures",
    summary="Measures by line and interval",
    response_model=LineMeasuresPage,
    responses=LIST_ANSWERS,
)
async def list_line_measures(lists: ListsDep, query: Annotated[FlowQuery, Query()]) -> LineMeasuresPage | Response:
    """Flow, units, headways, gaps and speeds each way, and flow by class. As CSV: a line for each direction."""
    return await lists.answer(LINES, LineMeasuresPage, query)


@router.get(
    "/zones",
    operation_id="listZoneMeasures",
    summary="Measures by zone and interval",
    response_model=ZoneMeasuresPage,
    responses=LIST_ANSWERS,
)
async def list_zone_measures(lists: ListsDep, query: Annotated[ZoneQuery, Query()]) -> ZoneMeasuresPage | Response:
    """Presence, occupancy, speed, queue and congestion, and presence by class."""
    return await lists.answer(ZONES, ZoneMeasuresPage, query)
