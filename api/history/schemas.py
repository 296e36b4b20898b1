"""History as clients get it."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from api.cameras.schemas import InOut
from api.listing.buckets import Interval
from api.listing.pages import Item, Page
from vision.common.object_class import ObjectClass
from vision.contracts import CameraState, ClassCount, Direction, FlowQuality
from vision.contracts.base import Place, UtcTime


class Dimension(StrEnum):
    """What counts are kept apart by."""

    CAMERA = "camera"
    LINE = "line"
    CLASS = "class"

    @property
    def column(self) -> str:
        """The column that has it."""
        return {"camera": "camera_id", "line": "line_id", "class": "object_class"}[self.value]


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
    speed_kmh: float | None = Field(description="Null: the camera is not calibrated, or the speed was implausible.")


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


class CrossingPage(Page[CrossingOut]):
    """Crossings."""


class MovementPage(Page[MovementEventOut]):
    """Movements."""


class FlowPage(Page[FlowOut]):
    """Flow reports."""


class HealthChangePage(Page[HealthChangeOut]):
    """Changes of health."""


class InRange(BaseModel):
    """What is told of a range of time."""

    since: UtcTime = Field(alias="from", serialization_alias="from")
    until: UtcTime = Field(alias="to", serialization_alias="to")
    interval: Interval
    timezone: str

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


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


class CountsOut(InRange):
    """Counts. Buckets that nobody crossed in are left out: whether the camera looked is what /flow tells."""

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


class TurningTotal(BaseModel):
    """One movement over the whole range: a cell of the origin-destination table."""

    camera_id: str
    movement_id: str
    name: str = Field("", description="From the camera's file.")
    entry: str | None = Field(None, description="Line or zone of origin; null: not in the camera's file any more.")
    exit: str | None = Field(None, description="Line or zone of destination.")
    vehicles: int
    by_class: dict[ObjectClass, int]


class TurningTable(InRange):
    """Movements counted. The camera's movements that nobody made are in `movements` with zeros, not in `rows`."""

    movements: list[TurningTotal]
    rows: list[TurningRow]
