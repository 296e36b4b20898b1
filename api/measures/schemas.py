"""Measures as clients get them."""

from pydantic import BaseModel, Field

from api.listing.pages import Item, Page
from vision.common.object_class import ObjectClass
from vision.contracts import CongestionLevel, Direction, DirectionMeasures, FlowQuality, QueueMeasures, Spread
from vision.contracts.base import UtcTime

HOURLY = "Over the seconds watched; null: none were."


class Report(Item):
    """What measures of lines and of zones share."""

    interval_start: UtcTime
    interval_s: float = Field(description="The nominal length; `quality.watched_s` says how much was looked at.")
    quality: FlowQuality


class ClassFlow(BaseModel):
    """One class at a line, both ways."""

    object_class: ObjectClass
    into: int = Field(serialization_alias="in")
    out: int
    in_veh_h: float | None = Field(description=HOURLY)
    out_veh_h: float | None = Field(description=HOURLY)


class LineMeasuresOut(Report):
    """What crossed a line during one interval. PCU and MCU are null where the sender only counted."""

    line_id: str
    directions: list[DirectionMeasures]
    classes: list[ClassFlow] = Field(description="Only those that were seen.")
    flow_veh_h: float | None = Field(description=f"Both ways. {HOURLY}")
    pcu_h: float | None = Field(description="Passenger-car units, both ways, by `pcu_table`.")
    mcu_h: float | None = Field(description="Motorcycle units, both ways, by `mcu_table`.")
    pcu_table: str | None
    mcu_table: str | None
    speeds_dropped: int | None = Field(description="Implausible speeds that were left out.")


class PresenceOut(BaseModel):
    """One class in a zone."""

    object_class: ObjectClass
    mean_present: float
    entries: int
    exits: int
    entries_veh_h: float | None = Field(description=HOURLY)
    exits_veh_h: float | None = Field(description=HOURLY)


class ZoneMeasuresOut(Report):
    """What traffic did in a zone during one interval; null: it could not be measured."""

    zone_id: str
    congestion: CongestionLevel | None = Field(description="The worst level that held.")
    level_of_service: str | None = Field(description="A to F, Highway Capacity Manual 2000 for urban streets.")
    mean_present: float
    max_present: int
    entries: int
    exits: int
    entries_veh_h: float | None = Field(description=HOURLY)
    exits_veh_h: float | None = Field(description=HOURLY)
    time_occupancy_pct: float = Field(description="Part of the time watched with at least one vehicle in the zone.")
    area_occupancy_pct: float = Field(description="Mean part of the zone's area in the picture that vehicles covered.")
    density_veh_km_lane: float | None
    space_mean_speed_kmh: float | None = Field(description="Only where the camera is calibrated.")
    speed_kmh: Spread | None = Field(description="Of each vehicle's mean speed through the zone.")
    relative_speed: float | None = Field(description="As a part of the camera's own free-flow speed: 1 is free.")
    mean_stop_s: float | None
    speeds_dropped: int
    queue: QueueMeasures | None = Field(description="Only where the zone has a stop line.")
    classes: list[PresenceOut] = Field(description="Only those that were seen.")


class LineMeasuresPage(Page[LineMeasuresOut]):
    """Measures of lines."""


class ZoneMeasuresPage(Page[ZoneMeasuresOut]):
    """Measures of zones."""


BOTH_WAYS = (Direction.IN, Direction.OUT)
