"""Events that must arrive exactly once: crossings, movements, reports, incidents and health changes.

They travel through Redis Streams as JSON and are distinguished by `kind`.
"""

import re
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, TypeAdapter

from vision.common.object_class import ObjectClass
from vision.contracts.base import Contract, Count, Id, Integer, Message, Place, Text, UnitInterval, UtcTime
from vision.contracts.flow import ClassCount, FlowQuality
from vision.contracts.health import CameraState
from vision.contracts.incidents import Incident
from vision.contracts.measures import Direction, LineMeasures, ZoneMeasures


class CrossingFields(Contract):
    """What is measured of a crossing; the API's items have the same fields."""

    line_id: Id
    direction: Direction
    object_class: ObjectClass
    track_id: Integer
    crossed_at: UtcTime
    """When the vehicle crossed, interpolated between frames."""
    captured_at: UtcTime
    """Capture time of the frame that completed the crossing, its speed included: latency counts from here."""
    place: Place
    """Where on the line, interpolated; fractions of the frame."""
    frame_index: Count
    confidence: UnitInterval
    """Confidence of the detection, 0 to 1."""
    speed_kmh: float | None = None
    """km/h; null: the camera is not calibrated, or the speed was implausible."""


class LineCrossing(CrossingFields, Message):
    """A vehicle crossed a line."""

    kind: Literal["line_crossing"] = "line_crossing"


class MovementFields(Contract):
    """What is measured of a movement; the API's items have the same fields."""

    movement_id: Id
    object_class: ObjectClass
    track_id: Integer
    entered_at: UtcTime
    """When the vehicle crossed the entry line or entered the entry zone."""
    left_at: UtcTime
    """When it crossed the exit line or entered the exit zone."""
    captured_at: UtcTime
    """Capture time of the frame that completed the movement: latency counts from here."""


class Movement(MovementFields, Message):
    """A vehicle drove from an origin to a destination, each a line or a zone."""

    kind: Literal["movement"] = "movement"


class ReportFields(Contract):
    """The interval of a report, and how far to trust it."""

    interval_start: UtcTime
    interval_s: PositiveFloat
    """Nominal length, seconds; `quality.watched_s` says how much of it was analysed."""
    quality: FlowQuality


class FlowReport(ReportFields, Message):
    """What crossed a line during one interval."""

    kind: Literal["flow_report"] = "flow_report"
    line_id: Id
    counts: tuple[ClassCount, ...]
    """Only classes that were seen."""
    measures: LineMeasures | None = None
    """null: the sender only counts."""


class ZoneReport(ReportFields, Message):
    """What traffic did in a zone during one interval."""

    kind: Literal["zone_report"] = "zone_report"
    zone_id: Id
    measures: ZoneMeasures


class HealthChangeFields(Contract):
    """A change of a camera's state; the API's items have the same fields."""

    state: CameraState
    previous: CameraState | None = None
    """null: there was no state before."""
    reason: Text = ""
    """For people, in English; without credentials."""
    at: UtcTime


class HealthChange(HealthChangeFields, Message):
    """A camera's state changed."""

    kind: Literal["health_change"] = "health_change"


class SessionEnd(Message):
    """A session is over. Not a fact about traffic: by it the store knows how many events it must have."""

    kind: Literal["session_end"] = "session_end"
    events: Count
    """How many events the session published, this one not among them; their ids end with 1 to this number."""
    at: UtcTime


AnyEvent = LineCrossing | Movement | FlowReport | ZoneReport | Incident | HealthChange | SessionEnd
Event = Annotated[AnyEvent, Field(discriminator="kind")]
EVENT: TypeAdapter[AnyEvent] = TypeAdapter(Event)
"""Reads any event: `EVENT.validate_json(payload)`."""

_NUMBERED = re.compile(r"(?P<session>s[0-9]{12}[0-9a-f]*)-(?P<number>[0-9]{1,15})")


def split_event_id(event_id: str) -> tuple[str, int] | None:
    """The session and the number in it that an event's id names; None: the id is of another form.

    Examples:
        >>> split_event_id("s000000000007c0ffee-12")
        ('s000000000007c0ffee', 12)
        >>> split_event_id("mine") is None
        True
    """
    parts = _NUMBERED.fullmatch(event_id)
    return (parts["session"], int(parts["number"])) if parts else None
