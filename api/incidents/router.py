"""Routes of incidents."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from api.dependencies import ServicesDep
from api.errors import ProblemError, problems
from api.incidents.lists import INCIDENTS, history_of
from api.incidents.schemas import IncidentHistory, IncidentPage
from api.listing.answering import LIST_ANSWERS, ListsDep
from api.listing.queries import ListQuery
from vision.contracts import IncidentKind, IncidentPhase

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])

OPEN = (IncidentPhase.RAISED.value, IncidentPhase.UPDATED.value)


class IncidentQuery(ListQuery):
    """Of incidents; `from` and `to` are about their beginning."""

    incident_kind: list[IncidentKind] | None = Field(None, alias="kind", description="Only these kinds; repeatable.")
    phase: list[IncidentPhase] | None = Field(None, description="Only those in this phase; repeatable.")
    is_open: bool | None = Field(None, alias="open", description="true: only those that go on; false: only ended ones.")
    zone_id: list[str] | None = Field(None, alias="zone", description="Only in these zones; repeatable.")

    def columns(self) -> dict[str, tuple[str, ...]]:
        columns = super().columns()
        if self.is_open is None:
            return columns
        phases = OPEN if self.is_open else (IncidentPhase.ENDED.value,)
        return columns | {"phase": tuple(p for p in phases if p in columns.get("phase", phases))}


@router.get(
    "",
    operation_id="listIncidents",
    summary="Incidents as they stand",
    response_model=IncidentPage,
    responses=LIST_ANSWERS,
)
async def list_incidents(lists: ListsDep, query: Annotated[IncidentQuery, Query()]) -> IncidentPage | Response:
    """Each incident as its newest word has it, by its beginning; a page at a time, or all as CSV."""
    return await lists.answer(INCIDENTS, IncidentPage, query)


@router.get(
    "/{incident_id}", operation_id="readIncident", summary="One incident's history", responses=problems(404, 503)
)
async def read_incident(
    services: ServicesDep, incident_id: Annotated[str, Path(description="An incident's id.")]
) -> IncidentHistory:
    """The incident as it stands, and every word about it as it was told."""
    history = await history_of(services.reader, incident_id)
    if history is None:
        remedy = "GET /api/v1/incidents lists those that are stored"
        raise ProblemError(404, "unknown-incident", f"there is no incident {incident_id!r}; {remedy}")
    return history
