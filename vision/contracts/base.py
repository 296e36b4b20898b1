"""The base classes and types of every message on the wire."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
UnitInterval = Annotated[float, Field(ge=0, le=1)]
Place = tuple[float, float]
"""(x, y) as fractions of the upright frame's width and height."""


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An aware time, converted to UTC."""


class Contract(BaseModel):
    """A frozen model that ignores unknown fields, so that an old reader accepts a newer sender.

    The text under a field is its description in the API's schema: it says the unit, and what null means.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Message(Contract):
    """One fact about one camera, identified by `event_id`."""

    schema_version: Literal[1] = 1
    event_id: Id
    """Globally unique: a message with a known id is a duplicate."""
    camera_id: Id
    session_id: Id
    """One run of the camera's pipeline; track ids are unique within it."""
