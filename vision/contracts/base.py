"""What every message on the wire has."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
UnitInterval = Annotated[float, Field(ge=0, le=1)]
Place = tuple[float, float]
"""(x, y) as fractions of the upright picture's width and height."""


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""Aware, and in UTC whatever the sender's zone was."""


class Contract(BaseModel):
    """Frozen. Unknown fields of a newer sender are passed over, so that old readers live on."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Message(Contract):
    """One fact about one camera."""

    schema_version: Literal[1] = 1
    event_id: Id
    """Unique for ever: who has seen it, has seen this message."""
    camera_id: Id
    session_id: Id
    """One run of one camera's pipeline; track ids are unique within it."""
