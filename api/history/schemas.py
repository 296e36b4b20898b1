"""History as clients get it."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from api.cameras.schemas import InOut
from vision.classes import ObjectClass
from vision.contracts import CameraState, ClassCount, Direction, FlowQuality
from vision.contracts.base import Place, UtcTime


class Order(StrEnum):
    """By time."""

    NEWEST_FIRST = "desc"
    OLDEST_FIRST = "asc"


class Format(StrEnum):
    """How a list is written."""

    JSON = "json"
    CSV = "csv"


class Interval(StrEnum):
    """Length of a bucket."""

    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    QUARTER = "15m"
    HALF_HOUR = "30m"
    HOUR = "1h"
    DAY = "1d"
    TOTAL = "total"

    @property
    def seconds(self) -> int:
        """0 for the whole range in one."""
        return {"1m": 60, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "1d": 86_400, "total": 0}[self.value]


class Dimension(StrEnum):
    """What counts are kept apart by."""

    CAMERA = "camera"
    LINE = "line"
    CLASS = "class"


class Item(BaseModel):
    """What every stored event has."""

    event_id: str
    camera_id: str
    session_id: str = Field(description="One run of the camera's pipeline; track ids are unique within it.")


class CrossingOut(Item):
    """A vehicle crossed a line."""

    line_id: str
    direction: Direction
    object_class: ObjectClass
    track_id: int
    crossed_at: UtcTime
    captured_at: UtcTime
    place: Place
    frame_index: int
    confidence: float


class MovementEventOut(Item):
    """A vehicle went from an entry line to an exit line."""

    movement_id: str
    object_class: ObjectClass
    track_id: int
    entered_at: UtcTime
    left_at: UtcTime
    captured_at: UtcTime


class FlowOut(Item):
    """What crossed a line during one interval, and how far to trust it."""

    line_id: str
    interval_start: UtcTime
    interval_s: float
    counts: list[ClassCount]
    flow_rate_veh_h: float | None = Field(description="Both directions, over the seconds watched; null: none were.")
    quality: FlowQuality


class HealthChangeOut(Item):
    """A camera's state became another."""

    state: CameraState
    previous: CameraState | None
    reason: str
    at: UtcTime


class Page(BaseModel):
    """A part of a list."""

    next_cursor: str | None = Field(description="Send it as `cursor` for what follows; null: this was all.")


class CrossingPage(Page):
    """Crossings."""

    items: list[CrossingOut]


class MovementPage(Page):
    """Movements."""

    items: list[MovementEventOut]


class FlowPage(Page):
    """Flow reports."""

    items: list[FlowOut]


class HealthChangePage(Page):
    """Changes of health."""

    items: list[HealthChangeOut]


class CountRow(InOut):
    """One bucket's vehicles; what was not asked to be kept apart is null."""

    start: UtcTime
    end: UtcTime
    camera_id: str | None = None
    line_id: str | None = None
    object_class: ObjectClass | None = None
    total: int

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


class Totals(InOut):
    """The whole range's."""

    total: int
    by_class: dict[ObjectClass, InOut]


class CountsOut(BaseModel):
    """Counts. Buckets that nobody crossed in are left out: whether the camera looked is what /flow tells."""

    since: UtcTime = Field(alias="from", serialization_alias="from")
    until: UtcTime = Field(alias="to", serialization_alias="to")
    interval: Interval
    timezone: str
    rows: list[CountRow]
    totals: Totals

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)
