"""Traffic measures of lines and zones, by interval and just now."""

from enum import StrEnum

from pydantic import Field, NonNegativeFloat

from vision.common.object_class import ObjectClass
from vision.contracts.base import Contract, Count, Id, UtcTime


class Direction(StrEnum):
    """`in`: from the left-hand to the right-hand side of a line, looking from its start to its end."""

    IN = "in"
    OUT = "out"


class CongestionLevel(StrEnum):
    """How well traffic moves. `jammed` is the worst."""

    FREE = "free"
    DENSE = "dense"
    CONGESTED = "congested"
    JAMMED = "jammed"


class PictureCondition(StrEnum):
    """What impairs a camera's view although it delivers frames."""

    NIGHT = "night"
    DARK = "dark"
    """Too dark to see anything."""
    GLARE = "glare"
    RAIN = "rain"
    BLURRED = "blurred"
    OBSCURED = "obscured"
    MOVED = "moved"
    """The view has changed since the lines and zones were drawn; they are suspended."""


class Spread(Contract):
    """The distribution of single values: headways, gaps or speeds."""

    count: Count
    """Number of values."""
    mean: float
    """In the unit of the field that has the spread."""
    median: float
    """50th percentile."""
    p15: float
    """15th percentile."""
    p85: float
    """85th percentile."""


class DirectionFlow(Contract):
    """Flow across a line in one direction."""

    direction: Direction
    vehicles: Count
    flow_veh_h: NonNegativeFloat | None
    """Vehicles per hour over the seconds watched; null: nothing was watched."""
    pcu_h: NonNegativeFloat | None
    """Passenger-car units per hour; null: nothing was watched, or the sender only counts."""
    mcu_h: NonNegativeFloat | None
    """Motorcycle units per hour; null: nothing was watched, or the sender only counts."""


class DirectionMeasures(DirectionFlow):
    """Flow, headways, gaps and speeds across a line in one direction."""

    headway_s: Spread | None = None
    """Seconds from one vehicle's front to the next one's, at the line; null: too few vehicles."""
    gap_s: Spread | None = None
    """Seconds from one vehicle's rear to the next one's front, at the line; null: too few vehicles."""
    speed_kmh: Spread | None = None
    """km/h at the line; the mean is the time-mean speed. null: the camera is not calibrated, or no speed is known."""
    space_mean_speed_kmh: NonNegativeFloat | None = None
    """km/h, harmonic mean of the speeds at the line (Wardrop 1952); null: no speed is known."""


class LineMeasures(Contract):
    """Traffic across a line during an interval, by direction."""

    directions: tuple[DirectionMeasures, ...]
    pcu_table: str
    """Name of the table of passenger-car units."""
    mcu_table: str
    """Name of the table of motorcycle units."""
    speeds_dropped: Count = 0
    """Implausible speeds that were left out."""


class ClassPresence(Contract):
    """Vehicles of one class in a zone."""

    object_class: ObjectClass
    mean_present: NonNegativeFloat
    """Vehicles, averaged over the time watched."""
    entries: Count
    exits: Count


class QueueMeasures(Contract):
    """The queue at a zone's stop line."""

    mean_veh: NonNegativeFloat
    """Vehicles, averaged over the time watched."""
    max_veh: Count
    max_length_m: NonNegativeFloat | None = None
    """Metres from the stop line to the last queued vehicle; null: the camera is not calibrated."""
    control_delay_s: NonNegativeFloat | None = None
    """Seconds, mean over the vehicles that left: time in the zone beyond that at free-flow speed. null: not known."""
    spillback_s: NonNegativeFloat = 0
    """Seconds during which the queue reached the spillback line."""


class ZoneFigures(Contract):
    """A zone's measures over all classes; the API's items have the same fields."""

    congestion: CongestionLevel | None = None
    """The worst level that held; null: too little was seen."""
    level_of_service: str | None = None
    """A to F, Highway Capacity Manual 2000 for urban streets; null: its measure is missing."""
    mean_present: NonNegativeFloat
    """Vehicles, averaged over the time watched."""
    max_present: Count
    """Most vehicles at one time."""
    time_occupancy_pct: float = Field(ge=0, le=100)
    """Percentage of the time watched with at least one vehicle in the zone."""
    area_occupancy_pct: float = Field(ge=0, le=100)
    """Mean percentage of the zone's area in the picture that vehicles covered."""
    density_veh_km_lane: NonNegativeFloat | None = None
    """Vehicles per kilometre and lane; null: the zone's length or lanes are not known."""
    space_mean_speed_kmh: NonNegativeFloat | None = None
    """km/h, mean over vehicles and time (Edie 1963); null: the camera is not calibrated."""
    speed_kmh: Spread | None = None
    """km/h, of each vehicle's mean speed through the zone; null: the camera is not calibrated."""
    relative_speed: NonNegativeFloat | None = None
    """Mean speed as a fraction of the camera's free-flow speed: 1 is free. null: not known."""
    mean_stop_s: NonNegativeFloat | None = None
    """Seconds stopped, mean over all vehicles that left; null: none left."""
    queue: QueueMeasures | None = None
    """null: the zone has no stop line."""
    speeds_dropped: Count = 0
    """Implausible speeds that were left out."""


class ZoneMeasures(ZoneFigures):
    """What traffic did in a zone during an interval."""

    presence: tuple[ClassPresence, ...]
    """Only classes that were seen."""


class ZoneNow(Contract):
    """A zone over the last seconds."""

    zone_id: Id
    present: Count
    """Vehicles in the zone."""
    area_occupancy_pct: NonNegativeFloat
    """Percentage of the zone's area in the picture that vehicles cover."""
    speed_kmh: NonNegativeFloat | None = None
    """km/h, mean; null: the camera is not calibrated, or no vehicle is there."""
    relative_speed: NonNegativeFloat | None = None
    """Mean speed as a fraction of the camera's free-flow speed: 1 is free. null: not known."""
    queue_veh: Count | None = None
    """Queued vehicles; null: the zone has no stop line."""
    queue_length_m: NonNegativeFloat | None = None
    """Metres from the stop line to the last queued vehicle; null: no stop line, or not calibrated."""
    congestion: CongestionLevel | None = None
    """null: not known yet."""


class LineNow(Contract):
    """A line over the last minute."""

    line_id: Id
    into_veh_h: NonNegativeFloat | None = None
    """Vehicles per hour, direction `in`; null: not known yet."""
    out_veh_h: NonNegativeFloat | None = None
    """Vehicles per hour, direction `out`; null: not known yet."""
    into_pcu_h: NonNegativeFloat | None = None
    """Passenger-car units per hour, direction `in`; null: not known yet."""
    out_pcu_h: NonNegativeFloat | None = None
    """Passenger-car units per hour, direction `out`; null: not known yet."""
    speed_kmh: NonNegativeFloat | None = None
    """km/h, mean; null: the camera is not calibrated, or nothing crossed."""


class TrafficNow(Contract):
    """Traffic just now, published with a camera's health."""

    at: UtcTime
    zones: tuple[ZoneNow, ...] = ()
    lines: tuple[LineNow, ...] = ()
    congestion: CongestionLevel | None = None
    """The worst zone's level, or the whole picture's if the camera has no zones; null: not known yet."""
    picture: tuple[PictureCondition, ...] = ()
    """Conditions that impair the view."""
    is_suspended: bool = False
    """The camera moved: lines and zones count nothing until an operator has checked them."""
    open_incidents: Count = 0
