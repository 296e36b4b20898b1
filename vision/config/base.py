"""The one base of all configs, and the kinds of value that they share."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Fraction = Annotated[float, Field(ge=0, le=1)]
"""A place or length as a part of the frame's width or height, so that it outlives a change of resolution."""

Point = tuple[Fraction, Fraction]
"""(x, y) from the upright picture's upper left corner."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""An id: lower-case letters, digits, `-` and `_`."""


def _seconds(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    return value


Duration = Annotated[timedelta, BeforeValidator(_seconds)]
"""Written as seconds (`10`, `0.5`), `00:01:00` or ISO 8601 (`PT1M`)."""


class Config(BaseModel):
    """Frozen; an unknown key is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)
