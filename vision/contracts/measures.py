"""What traffic does in an interval or just now: at lines and in zones."""

from enum import StrEnum

from pydantic import Field, NonNegativeFloat, NonNegativeInt

from vision.common.object_class import ObjectClass
from vision.contracts.base import Contract, Id, UtcTime


class Direction(StrEnum):
    """`in`: from the left-hand to the right-hand side of a line, standing at its start and looking to its end."""

    IN = "in"
    OUT = "out"


class CongestionLevel(StrEnum):
    """How well traffic moves. `jammed` is the worst."""

    FREE = "free"
    DENSE = "dense"
    CONGESTED = "congested"
    JAMMED = "jammed"


class PictureCondition(StrEnum):
    """What keeps a camera from seeing well, although it gives pictures."""

    NIGHT = "night"
    DARK = "dark"
    """Too dark to see anything."""
    GLARE = "glare"
    RAIN = "rain"
    BLURRED = "blurred"
    OBSCURED = "obscured"
    MOVED = "moved"
    """It looks elsewhere than when its lines and zones were drawn: they are suspended."""


class Spread(Contract):
    """How single values lie: of headways, gaps, speeds."""

    count: NonNegativeInt
    """How many values."""
    mean: float
    median: float
    p15: float
    """The 15th percentile: so much or less had 15 % of them."""
    p85: float


class DirectionMeasures(Contract):
    """What crossed a line one way during an interval."""

    direction: Direction
    vehicles: NonNegativeInt
    flow_veh_h: NonNegativeFloat | None
    """Flow rate over the seconds watched; `None`: nothing was watched."""
    pcu_h: NonNegativeFloat | None
    mcu_h: NonNegativeFloat | None
    headway_s: Spread | None = None
    """Time from one vehicle's front to the next one's, at the line."""
    gap_s: Spread | None = None
    """Time from one vehicle's rear to the next one's front, at the line."""
    speed_kmh: Spread | None = None
    """Of the vehicles at the line: the mean is the time-mean speed. Only where the camera is calibrated."""
    space_mean_speed_kmh: NonNegativeFloat | None = None
    """Harmonic mean of the speeds at the line (Wardrop 1952)."""


class LineMeasures(Contract):
    """What crossed a line during an interval, each way, in traffic engineering's terms."""

    directions: tuple[DirectionMeasures, ...]
    pcu_table: str
    """Which table of passenger-car units."""
    mcu_table: str
    speeds_dropped: NonNegativeInt = 0
    """Implausible speeds that were left out."""


class ClassPresence(Contract):
    """Vehicles of one class in a zone."""

    object_class: ObjectClass
    mean_present: NonNegativeFloat
    """Averaged over the time watched."""
    entries: NonNegativeInt
    exits: NonNegativeInt


class QueueMeasures(Contract):
    """Vehicles that wait at a zone's stop line."""

    mean_veh: NonNegativeFloat
    max_veh: NonNegativeInt
    max_length_m: NonNegativeFloat | None = None
    """From the stop line to the last waiting vehicle; only where the camera is calibrated."""
    control_delay_s: NonNegativeFloat | None = None
    """Mean over the vehicles that left: time in the zone beyond that at free-flow speed."""
    spillback_s: NonNegativeFloat = 0
    """How long the queue reached the spillback line."""


class ZoneMeasures(Contract):
    """What traffic did in a zone during an interval."""

    presence: tuple[ClassPresence, ...]
    """Only classes that were seen."""
    mean_present: NonNegativeFloat
    max_present: NonNegativeInt
    time_occupancy_pct: float = Field(ge=0, le=100)
    """Part of the time watched during which at least one vehicle was in the zone."""
    area_occupancy_pct: float = Field(ge=0, le=100)
    """Mean part of the zone's area that vehicles covered in the picture."""
    density_veh_km_lane: NonNegativeFloat | None = None
    """Only where length and lanes are known."""
    space_mean_speed_kmh: NonNegativeFloat | None = None
    """Mean over vehicles and time (Edie 1963). Only where the camera is calibrated."""
    speed_kmh: Spread | None = None
    """Of each vehicle's mean speed through the zone."""
    relative_speed: NonNegativeFloat | None = None
    """Mean speed as a part of the camera's own free-flow speed: 1 is free."""
    mean_stop_s: NonNegativeFloat | None = None
    """How long vehicles that left had stood, on average over all that left."""
    speeds_dropped: NonNegativeInt = 0
    queue: QueueMeasures | None = None
    """Only where the zone has a stop line."""
    congestion: CongestionLevel | None = None
    """The worst level that held; `None`: too little was seen to say."""
    level_of_service: str | None = None
    """A to F, Highway Capacity Manual 2000 for urban streets; only where its measure is there."""


class ZoneNow(Contract):
    """A zone over the last seconds."""

    zone_id: Id
    present: NonNegativeInt
    area_occupancy_pct: NonNegativeFloat
    speed_kmh: NonNegativeFloat | None = None
    relative_speed: NonNegativeFloat | None = None
    queue_veh: NonNegativeInt | None = None
    queue_length_m: NonNegativeFloat | None = None
    congestion: CongestionLevel | None = None


class LineNow(Contract):
    """A line over the last minute."""

    line_id: Id
    into_veh_h: NonNegativeFloat | None = None
    out_veh_h: NonNegativeFloat | None = None
    into_pcu_h: NonNegativeFloat | None = None
    out_pcu_h: NonNegativeFloat | None = None
    speed_kmh: NonNegativeFloat | None = None


class TrafficNow(Contract):
    """What a camera sees just now, told with its health."""

    at: UtcTime
    zones: tuple[ZoneNow, ...] = ()
    lines: tuple[LineNow, ...] = ()
    congestion: CongestionLevel | None = None
    """The camera's: its worst zone's, or the whole picture's where it has no zones."""
    picture: tuple[PictureCondition, ...] = ()
    is_suspended: bool = False
    """The camera moved: lines and zones count nothing until someone looks."""
    open_incidents: NonNegativeInt = 0
