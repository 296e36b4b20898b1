"""Queries and answers of the incident routes."""

from pydantic import BaseModel, Field

from api.pagination.pages import Item, Page
from api.pagination.queries import ListQuery
from api.storage.current_incidents import EndedBecause
from vision.contracts import IncidentFields, IncidentKind, IncidentPhase

OPEN = (IncidentPhase.RAISED.value, IncidentPhase.UPDATED.value)


class IncidentQuery(ListQuery):
    """Parameters of the list of incidents; `from` and `to` limit their start."""

    incident_kind: list[IncidentKind] | None = Field(None, alias="kind", description="Only these kinds; repeatable.")
    phase: list[IncidentPhase] | None = Field(None, description="Only these phases; repeatable.")
    is_open: bool | None = Field(None, alias="open", description="true: only open ones; false: only ended ones.")
    zone_id: list[str] | None = Field(None, alias="zone", description="Only in these zones; repeatable.")

    def columns(self) -> dict[str, tuple[str, ...]]:
        columns = super().columns()
        if self.is_open is None:
            return columns
        phases = OPEN if self.is_open else (IncidentPhase.ENDED.value,)
        return columns | {"phase": tuple(p for p in phases if p in columns.get("phase", phases))}


class IncidentUpdateOut(IncidentFields, Item):
    """One update of one incident, as its worker published it."""


class IncidentOut(IncidentUpdateOut):
    """An incident's current state: its newest update, whose `event_id` and `sequence` it has."""

    ended_because: EndedBecause | None = Field(
        description=(
            "`cleared`: its worker saw it end. `unwatched`: its worker died and a newer session of the camera began; "
            "it counts as ended at its last update. null: it is open."
        )
    )


class IncidentPage(Page[IncidentOut]):
    """A page of incidents, ordered by their start."""


class IncidentHistory(BaseModel):
    """An incident and all its updates, in order."""

    incident: IncidentOut
    updates: list[IncidentUpdateOut]
