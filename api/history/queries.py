"""What may be asked of each list."""

from pydantic import Field

from api.history.schemas import Dimension
from api.listing.buckets import Interval
from api.listing.queries import ListQuery, RangeQuery
from vision.common.object_class import ObjectClass
from vision.contracts import CameraState, Direction

LINES = Field(None, alias="line", description="Only these lines; repeatable.")
CLASSES = Field(None, alias="class", description="Only these classes; repeatable.")
DIRECTIONS = Field(None, description="Only this direction.")
MOVEMENTS = Field(None, alias="movement", description="Only these movements; repeatable.")
TZ = Field(None, description="Zone of the days; unset: the service's.", examples=["Asia/Ho_Chi_Minh"])
INTERVAL = Field(Interval.TOTAL, description="Buckets begin at whole ones in UTC, days at `tz`'s midnight.")


class CrossingQuery(ListQuery):
    """Of crossings."""

    line_id: list[str] | None = LINES
    object_class: list[ObjectClass] | None = CLASSES
    direction: list[Direction] | None = DIRECTIONS


class MovementQuery(ListQuery):
    """Of movements."""

    movement_id: list[str] | None = MOVEMENTS
    object_class: list[ObjectClass] | None = CLASSES


class FlowQuery(ListQuery):
    """Of flow reports."""

    line_id: list[str] | None = LINES


class HealthQuery(ListQuery):
    """Of changes of health."""

    state: list[CameraState] | None = Field(None, description="Only changes to these; repeatable.")


class CountQuery(RangeQuery):
    """Of counted crossings."""

    line_id: list[str] | None = LINES
    object_class: list[ObjectClass] | None = CLASSES
    direction: list[Direction] | None = DIRECTIONS
    interval: Interval = INTERVAL
    by: list[Dimension] | None = Field(None, description="What to keep apart; repeatable; unset: all.")
    tz: str | None = TZ

    def columns(self) -> dict[str, tuple[str, ...]]:
        return {name: allowed for name, allowed in super().columns().items() if name != "by"}

    @property
    def kept_apart(self) -> list[Dimension]:
        """In one order, whatever order they came in."""
        return list(Dimension) if self.by is None else [d for d in Dimension if d in self.by]


class TurningQuery(RangeQuery):
    """Of counted movements."""

    movement_id: list[str] | None = MOVEMENTS
    object_class: list[ObjectClass] | None = CLASSES
    interval: Interval = INTERVAL
    tz: str | None = TZ
