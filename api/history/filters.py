"""Which events are asked for: the query parameters that the lists share, and the cursors of their pages."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime

from api.errors import bad_parameter
from vision.classes import ObjectClass
from vision.contracts import CameraState, Direction

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Cameras = Annotated[list[str] | None, Query(alias="camera", description="Only these cameras; repeatable.")]
Lines = Annotated[list[str] | None, Query(alias="line", description="Only these lines; repeatable.")]
Classes = Annotated[list[ObjectClass] | None, Query(alias="class", description="Only these classes; repeatable.")]
Directions = Annotated[list[Direction] | None, Query(alias="direction", description="Only this direction.")]
Movements = Annotated[list[str] | None, Query(alias="movement", description="Only these movements; repeatable.")]
States = Annotated[list[CameraState] | None, Query(alias="state", description="Only changes to these; repeatable.")]
From = Annotated[
    AwareDatetime | None,
    Query(alias="from", description="From this time on, with its zone.", examples=["2026-11-22T00:00:00Z"]),
]
To = Annotated[
    AwareDatetime | None,
    Query(alias="to", description="Before this time, with its zone.", examples=["2026-11-23T00:00:00Z"]),
]


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that all hold; `None`: no condition."""

    since: datetime | None = None
    until: datetime | None = None
    camera_id: tuple[str, ...] | None = None
    line_id: tuple[str, ...] | None = None
    object_class: tuple[str, ...] | None = None
    direction: tuple[str, ...] | None = None
    movement_id: tuple[str, ...] | None = None
    state: tuple[str, ...] | None = None

    def columns(self) -> dict[str, tuple[str, ...]]:
        """Column to its allowed values."""
        names = ("camera_id", "line_id", "object_class", "direction", "movement_id", "state")
        return {name: values for name in names if (values := getattr(self, name)) is not None}


def time_range(since: datetime | None, until: datetime | None) -> tuple[datetime | None, datetime | None]:
    """Both in UTC; a 422 where nothing can lie between."""
    if since is not None and until is not None and since >= until:
        raise bad_parameter("from", f"{since.isoformat()} is not before to {until.isoformat()}", "swap them")
    return (since.astimezone(UTC) if since else None, until.astimezone(UTC) if until else None)


def values(given: Sequence[str] | None) -> tuple[str, ...] | None:
    """Of a repeatable parameter."""
    return tuple(str(value) for value in given) if given else None


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row had: its time and its number."""

    at: datetime
    row_id: int

    def write(self) -> str:
        """Opaque to clients."""
        microseconds = (self.at - EPOCH) // timedelta(microseconds=1)
        return urlsafe_b64encode(f"{microseconds}:{self.row_id}".encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """The reverse; a 422 for what is no cursor."""
        try:
            microseconds, row_id = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(":")
            return cls(EPOCH + timedelta(microseconds=int(microseconds)), int(row_id))
        except (Base64Error, ValueError, OverflowError) as error:
            remedy = "send `next_cursor` of the page before, or none to begin"
            raise bad_parameter("cursor", f"{text!r} is none", remedy) from error
