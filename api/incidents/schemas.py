"""Incidents as clients get them."""

from pydantic import BaseModel, Field

from api.listing.pages import Item, Page
from api.storage.incident_state import EndedBecause
from vision.common.object_class import ObjectClass
from vision.contracts import IncidentKind, IncidentPhase
from vision.contracts.base import Place, UtcTime


class IncidentWordOut(Item):
    """One word about one incident, as its worker told it."""

    incident_id: str
    incident_kind: IncidentKind
    phase: IncidentPhase
    sequence: int = Field(description="Counts the words of one incident, from 0.")
    started_at: UtcTime = Field(description="When the condition began, which is before it was raised.")
    at: UtcTime = Field(description="When this word became true.")
    ended_at: UtcTime | None = Field(description="When the condition was last seen; null while it goes on.")
    zone_id: str | None
    line_id: str | None
    movement_id: str | None
    place: Place | None = Field(description="Where it was seen last.")
    track_ids: list[int]
    classes: list[ObjectClass]
    confidence: float
    reason: str = Field(description="In words and numbers, in English.")
    facts: dict[str, float | str] = Field(description="The numbers and names in the reason.")
    captured_at: UtcTime


class IncidentOut(IncidentWordOut):
    """One incident as its newest word has it; `event_id` and `sequence` are that word's."""

    ended_because: EndedBecause | None = Field(
        description=(
            "`cleared`: its worker saw its end. `unwatched`: its worker died and a newer session of the camera began; "
            "it counts as ended when it was last told of."
        )
    )


class IncidentPage(Page[IncidentOut]):
    """Incidents, by their beginning."""


class IncidentHistory(BaseModel):
    """One incident and all words about it, in their order."""

    incident: IncidentOut
    words: list[IncidentWordOut]
