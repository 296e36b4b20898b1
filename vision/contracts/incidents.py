"""Incidents: detected facts, published when raised, while they last, and when they end."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from vision.common.object_class import ObjectClass
from vision.contracts.base import Contract, Count, Id, Message, Place, Text, UnitInterval, UtcTime


class IncidentKind(StrEnum):
    """What happened."""

    STOPPED_VEHICLE = "stopped_vehicle"
    WRONG_WAY = "wrong_way"
    PEDESTRIAN = "pedestrian"
    """A person on the carriageway or the hard shoulder."""
    ILLEGAL_STOPPING = "illegal_stopping"
    LANE_ENCROACHMENT = "lane_encroachment"
    BANNED_MOVEMENT = "banned_movement"
    SPEEDING = "speeding"
    SUDDEN_SLOWDOWN = "sudden_slowdown"
    QUEUE_SPILLBACK = "queue_spillback"
    CONGESTION = "congestion"
    COLLISION = "collision"
    """Suspected, by several cues at once."""
    OBJECT_ON_ROAD = "object_on_road"
    RED_LIGHT = "red_light"
    CAMERA_OFFLINE = "camera_offline"
    CAMERA_FROZEN = "camera_frozen"
    CAMERA_OBSCURED = "camera_obscured"
    CAMERA_DARK = "camera_dark"
    CAMERA_DEFOCUSED = "camera_defocused"
    CAMERA_MOVED = "camera_moved"


class IncidentPhase(StrEnum):
    """Where an incident is in its life."""

    RAISED = "raised"
    UPDATED = "updated"
    ENDED = "ended"


class IncidentFields(Contract):
    """What an update says about an incident; the API's items have the same fields."""

    incident_id: Id
    """The same in all updates of one incident."""
    incident_kind: IncidentKind
    phase: IncidentPhase
    sequence: Count
    """Counts the updates of one incident, from 0."""
    started_at: UtcTime
    """When the condition began, which is before the incident was raised."""
    at: UtcTime
    """When this update was made."""
    ended_at: UtcTime | None = None
    """When the condition was last seen; null while it lasts."""
    zone_id: Id | None = None
    """null: no zone is concerned."""
    line_id: Id | None = None
    """null: no line is concerned."""
    movement_id: Id | None = None
    """null: no movement is concerned."""
    place: Place | None = None
    """Where it was last seen, fractions of the frame; null: it has no place."""
    track_ids: tuple[int, ...] = ()
    classes: tuple[ObjectClass, ...] = ()
    """Classes of the tracks, each once."""
    confidence: UnitInterval
    """Confidence that it is an incident, 0 to 1."""
    reason: Text
    """In words and numbers, in English."""
    facts: dict[str, float | str] = Field(default_factory=dict)
    """The numbers and names in the reason, by name, for other languages and machines."""
    captured_at: UtcTime
    """Capture time of the frame that showed it: latency counts from here."""


class Incident(IncidentFields, Message):
    """One update of one incident."""

    kind: Literal["incident"] = "incident"
