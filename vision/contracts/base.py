"""The base classes and types of every message on the wire."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]
"""A name of 1 to 64 characters."""
UnitInterval = Annotated[float, Field(ge=0, le=1)]
Place = tuple[float, float]
"""(x, y) as fractions of the upright frame's width and height."""


EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
MAX_TEXT = 1_000
"""Characters of a text for people; the rest is cut off."""
MAX_INT = 2**63 - 1
"""The largest integer of both databases."""


def _in_utc(moment: datetime) -> datetime:
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(f"not between {EARLIEST.year} and {LATEST.year}: check the clock and the form of the time")
    return moment.astimezone(UTC)


def _shortened(text: str) -> str:
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An aware time between 1970 and 2200, converted to UTC."""
Text = Annotated[str, AfterValidator(_shortened)]
"""A text for people, shortened to `MAX_TEXT` characters."""
Integer = Annotated[int, Field(ge=-MAX_INT, le=MAX_INT)]
Count = Annotated[int, Field(ge=0, le=MAX_INT)]
"""How many; 0 or more."""


class Contract(BaseModel):
    """A frozen model that ignores unknown fields, so that an old reader accepts a newer sender.

    The text under a field is its description in the API's schema: it says the unit, and what null means.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True, allow_inf_nan=False)


class Message(Contract):
    """One fact about one camera, identified by `event_id`."""

    schema_version: Literal[1] = 1
    event_id: Id
    """Globally unique: a message with a known id is a duplicate."""
    camera_id: Id
    session_id: Id
    """One run of the camera's pipeline; track ids are unique within it."""
