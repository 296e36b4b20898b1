"""Queries and answers of the measures routes."""

from pydantic import Field

from api.pagination.pages import IntervalItem, Page
from api.pagination.queries import ListQuery
from vision.contracts import (
    ClassCount,
    ClassPresence,
    CongestionLevel,
    Direction,
    DirectionMeasures,
    ReportFields,
    ZoneFigures,
)

HOURLY = "Vehicles per hour over the seconds watched; null: nothing was watched."
NO_UNITS = "null: nothing was watched, or the sender only counts."
BOTH_DIRECTIONS = (Direction.IN, Direction.OUT)


class FlowQuery(ListQuery):
    """Parameters of reports of lines."""

    line_id: list[str] | None = Field(None, alias="line", description="Only these lines; repeatable.")


class ZoneQuery(ListQuery):
    """Parameters of measures of zones."""

    zone_id: list[str] | None = Field(None, alias="zone", description="Only these zones; repeatable.")
    congestion: list[CongestionLevel] | None = Field(
        None, alias="level", description="Only intervals of these levels; repeatable."
    )


class LineItem(IntervalItem):
    """An item about a line."""

    line_id: str


class ZoneItem(IntervalItem):
    """An item about a zone."""

    zone_id: str


class FlowOut(ReportFields, LineItem):
    """What crossed a line during one interval, and how far to trust it."""

    counts: list[ClassCount]
    flow_rate_veh_h: float | None = Field(description=f"Both directions. {HOURLY}")


class ClassFlow(ClassCount):
    """One class at a line, in both directions."""

    in_veh_h: float | None = Field(description=HOURLY)
    out_veh_h: float | None = Field(description=HOURLY)


class LineMeasuresOut(ReportFields, LineItem):
    """Traffic across a line during one interval."""

    directions: list[DirectionMeasures]
    classes: list[ClassFlow] = Field(description="Only classes that were seen.")
    flow_veh_h: float | None = Field(description=f"Both directions. {HOURLY}")
    pcu_h: float | None = Field(description=f"Passenger-car units per hour by `pcu_table`, both directions; {NO_UNITS}")
    mcu_h: float | None = Field(description=f"Motorcycle units per hour, both directions; {NO_UNITS}")
    pcu_table: str | None = Field(description="Name of the table of passenger-car units; null: the sender only counts.")
    mcu_table: str | None = Field(description="Name of the table of motorcycle units; null: the sender only counts.")
    speeds_dropped: int | None = Field(
        description="Implausible speeds that were left out; null: the sender only counts."
    )


class PresenceOut(ClassPresence):
    """One class in a zone."""

    entries_veh_h: float | None = Field(description=HOURLY)
    exits_veh_h: float | None = Field(description=HOURLY)


class ZoneMeasuresOut(ZoneFigures, ReportFields, ZoneItem):
    """What traffic did in a zone during one interval."""

    entries: int
    exits: int
    entries_veh_h: float | None = Field(description=HOURLY)
    exits_veh_h: float | None = Field(description=HOURLY)
    classes: list[PresenceOut] = Field(description="Only classes that were seen.")


class FlowPage(Page[FlowOut]):
    """A page of flow reports."""


class LineMeasuresPage(Page[LineMeasuresOut]):
    """A page of measures of lines."""


class ZoneMeasuresPage(Page[ZoneMeasuresOut]):
    """A page of measures of zones."""
