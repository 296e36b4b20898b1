"""What must arrive, each once: crossings, movements, reports, incidents and changes of a camera's health.

They travel through Redis Streams as JSON, told apart by `kind`.
"""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, TypeAdapter

from vision.common.object_class import ObjectClass
from vision.contracts.base import Id, Message, Place, UnitInterval, UtcTime
from vision.contracts.flow import ClassCount, FlowQuality
from vision.contracts.health import CameraState
from vision.contracts.incidents import Incident
from vision.contracts.measures import Direction, LineMeasures, ZoneMeasures


class LineCrossing(Message):
    """A vehicle crossed a line."""

    kind: Literal["line_crossing"] = "line_crossing"
    line_id: Id
    direction: Direction
    object_class: ObjectClass
    track_id: int
    crossed_at: UtcTime
    """When, interpolated between frames."""
    place: Place
    """Where on the line, interpolated."""
    captured_at: UtcTime
    """When the frame was taken with which all of it was known, its speed too: latency counts from here."""
    frame_index: NonNegativeInt
    confidence: UnitInterval
    speed_kmh: float | None = None
    """Where the camera is calibrated and the speed is plausible."""


class Movement(Message):
    """A vehicle went from an entry line to an exit line."""

    kind: Literal["movement"] = "movement"
    movement_id: Id
    object_class: ObjectClass
    track_id: int
    entered_at: UtcTime
    left_at: UtcTime
    captured_at: UtcTime


class FlowReport(Message):
    """What crossed a line during one interval, and how far to trust it."""

    kind: Literal["flow_report"] = "flow_report"
    line_id: Id
    interval_start: UtcTime
    interval_s: PositiveFloat
    """The nominal length; `quality.watched_s` says how much of it was looked at."""
    counts: tuple[ClassCount, ...]
    """Only classes that were seen."""
    quality: FlowQuality
    measures: LineMeasures | None = None
    """Unset by senders that only count."""


class ZoneReport(Message):
    """What traffic did in a zone during one interval, and how far to trust it."""

    kind: Literal["zone_report"] = "zone_report"
    zone_id: Id
    interval_start: UtcTime
    interval_s: PositiveFloat
    measures: ZoneMeasures
    quality: FlowQuality


class HealthChange(Message):
    """A camera's state became another."""

    kind: Literal["health_change"] = "health_change"
    state: CameraState
    previous: CameraState | None = None
    reason: str = ""
    """For people; credentials redacted."""
    at: UtcTime


AnyEvent = LineCrossing | Movement | FlowReport | ZoneReport | Incident | HealthChange
Event = Annotated[AnyEvent, Field(discriminator="kind")]
EVENT: TypeAdapter[AnyEvent] = TypeAdapter(Event)
"""Reads any event: `EVENT.validate_json(payload)`."""
