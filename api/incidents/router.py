"""Routes of incidents."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.dependencies import KnownCameras, ListsDep, ReaderDep
from api.errors import ProblemError, problems
from api.incidents.schemas import IncidentHistory, IncidentPage, IncidentQuery
from api.incidents.service import INCIDENTS, incident_history
from api.pagination.responses import LIST_ANSWERS

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"], dependencies=[KnownCameras])


@router.get(
    "",
    operation_id="listIncidents",
    summary="Incidents in their current state",
    response_model=IncidentPage,
    responses=LIST_ANSWERS,
)
async def list_incidents(lists: ListsDep, query: Annotated[IncidentQuery, Query()]) -> IncidentPage | Response:
    """Incidents with their newest update, ordered by their start; one page, or all as CSV."""
    return await lists.respond(INCIDENTS, IncidentPage, query)


@router.get(
    "/{incident_id}", operation_id="readIncident", summary="One incident's history", responses=problems(404, 503)
)
async def read_incident(
    reader: ReaderDep, incident_id: Annotated[str, Path(description="An incident's id.")]
) -> IncidentHistory:
    """The incident's current state, and all its updates as they were published."""
    history = await incident_history(reader, incident_id)
    if history is None:
        remedy = "GET /api/v1/incidents lists the stored ones"
        raise ProblemError(404, "unknown-incident", f"there is no incident {incident_id!r}; {remedy}")
    return history
