"""Queries and answers of the history routes."""

from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy.orm import InstrumentedAttribute

from api.pagination.buckets import Interval
from api.pagination.pages import INCOMPLETE, Item, Page
from api.pagination.queries import ListQuery, RangeQuery
from api.storage.tables import LineCrossingRow
from vision.common.object_class import ObjectClass
from vision.contracts import CameraState, CrossingFields, Direction, HealthChangeFields, MovementFields
from vision.contracts.base import UtcTime

LINES = Field(None, alias="line", description="Only these lines; repeatable.")
CLASSES = Field(None, alias="class", description="Only these classes; repeatable.")
DIRECTIONS = Field(None, description="Only this direction.")
MOVEMENTS = Field(None, alias="movement", description="Only these movements; repeatable.")


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder of zones is an OSError
        raise ValueError(f"unknown time zone {name!r}: write one as Asia/Ho_Chi_Minh or UTC") from error
    return name


ZoneName = Annotated[str, AfterValidator(_known_zone)]
TZ = Field(None, description="Time zone of the days; default: the service's time zone.", examples=["Asia/Ho_Chi_Minh"])
INTERVAL = Field(
    Interval.TOTAL, description="Length of a bucket. Buckets start at whole intervals in UTC, days at `tz`'s midnight."
)


class Dimension(StrEnum):
    """What counts are grouped by."""

    CAMERA = "camera"
    LINE = "line"
    CLASS = "class"

    def column(self) -> InstrumentedAttribute[str]:
        """The column of the crossings' table."""
        match self:
            case Dimension.CAMERA:
                return LineCrossingRow.camera_id
            case Dimension.LINE:
                return LineCrossingRow.line_id
            case Dimension.CLASS:
                return LineCrossingRow.object_class


class CrossingQuery(ListQuery):
    """Parameters of the list of crossings."""

    line_id: list[str] | None = LINES
    object_class: list[ObjectClass] | None = CLASSES
    direction: list[Direction] | None = DIRECTIONS


class MovementQuery(ListQuery):
    """Parameters of the list of movements."""

    movement_id: list[str] | None = MOVEMENTS
    object_class: list[ObjectClass] | None = CLASSES


class HealthQuery(ListQuery):
    """Parameters of the list of health changes."""

    state: list[CameraState] | None = Field(None, description="Only changes to these states; repeatable.")


class CountQuery(RangeQuery):
    """Parameters of counted crossings."""

    line_id: list[str] | None = LINES
    object_class: list[ObjectClass] | None = CLASSES
    direction: list[Direction] | None = DIRECTIONS
    interval: Interval = INTERVAL
    by: list[Dimension] | None = Field(None, description="What to group by; repeatable; default: all.")
    tz: ZoneName | None = TZ

    def columns(self) -> dict[str, tuple[str, ...]]:
        return {name: allowed for name, allowed in super().columns().items() if name != "by"}

    @property
    def dimensions(self) -> list[Dimension]:
        """What to group by, in a fixed order."""
        return list(Dimension) if self.by is None else [d for d in Dimension if d in self.by]


class TurningQuery(RangeQuery):
    """Parameters of counted movements."""

    movement_id: list[str] | None = MOVEMENTS
    object_class: list[ObjectClass] | None = CLASSES
    interval: Interval = INTERVAL
    tz: ZoneName | None = TZ


class CrossingOut(CrossingFields, Item):
    """A vehicle crossed a line."""


class MovementEventOut(MovementFields, Item):
    """A vehicle drove from an origin to a destination, each a line or a zone."""


class HealthChangeOut(HealthChangeFields, Item):
    """A camera's state changed."""


class MissingEventsOut(Item):
    """Consecutive events of a session that were published and are not stored: they are on their way, or lost."""

    first: int = Field(description="Number of the first of them in its session; `event_id` is its id.")
    last: int = Field(description="Number of the last of them.")
    events: int = Field(description="How many they are.")
    since: UtcTime = Field(description="The last event before them happened then.")
    until: UtcTime = Field(description="The first event after them happened then.")
    detected_at: UtcTime


class MissingEventsPage(Page[MissingEventsOut]):
    """A page of missing events."""


class CrossingPage(Page[CrossingOut]):
    """A page of crossings."""


class MovementPage(Page[MovementEventOut]):
    """A page of movements."""


class HealthChangePage(Page[HealthChangeOut]):
    """A page of health changes."""


class InOut(BaseModel):
    """Vehicles in both directions of a line."""

    into: int = Field(0, alias="in", serialization_alias="in")
    out: int = 0

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


class InRange(BaseModel):
    """The time range of counts."""

    since: UtcTime = Field(alias="from", serialization_alias="from")
    until: UtcTime = Field(alias="to", serialization_alias="to")
    interval: Interval
    timezone: str

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


class CountRow(InOut):
    """Vehicles of one bucket."""

    start: UtcTime
    end: UtcTime
    camera_id: str | None = Field(None, description="null: not grouped by camera.")
    line_id: str | None = Field(None, description="null: not grouped by line.")
    object_class: ObjectClass | None = Field(None, description="null: not grouped by class.")
    total: int
    incomplete: bool = Field(description=INCOMPLETE)

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


class Totals(InOut):
    """Vehicles of the whole range."""

    total: int
    by_class: dict[ObjectClass, InOut]
    incomplete: bool = Field(description=INCOMPLETE)


class CountsOut(InRange):
    """Counted crossings. Buckets without a crossing are left out; /flow says whether the camera was watching."""

    rows: list[CountRow]
    totals: Totals


class TurningRow(BaseModel):
    """Vehicles of one class that made one movement in one bucket."""

    start: UtcTime
    end: UtcTime
    camera_id: str
    movement_id: str
    object_class: ObjectClass
    vehicles: int
    incomplete: bool = Field(description=INCOMPLETE)


class TurningTotal(BaseModel):
    """One movement over the whole range: a cell of the origin-destination table."""

    camera_id: str
    movement_id: str
    name: str = Field("", description="From the camera's file.")
    entry: str | None = Field(
        None, description="Line or zone of origin; null: the camera's file does not have the movement."
    )
    exit: str | None = Field(
        None, description="Line or zone of destination; null: the camera's file does not have the movement."
    )
    vehicles: int
    by_class: dict[ObjectClass, int]


class TurningTable(InRange):
    """Counted movements. A configured movement without a vehicle is in `movements` with zeros, not in `rows`."""

    movements: list[TurningTotal]
    rows: list[TurningRow]
