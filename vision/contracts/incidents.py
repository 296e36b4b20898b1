"""Incidents: detected facts, each told as it is raised, while it goes on, and when it is over."""

from enum import StrEnum
from typing import Literal

from pydantic import Field, NonNegativeInt

from vision.common.object_class import ObjectClass
from vision.contracts.base import Id, Message, Place, UnitInterval, UtcTime


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
    """Where in its life an incident is."""

    RAISED = "raised"
    UPDATED = "updated"
    ENDED = "ended"


class Incident(Message):
    """One word about one incident. `incident_id` is the same in all of them, `sequence` counts them from 0."""

    kind: Literal["incident"] = "incident"
    incident_id: Id
    incident_kind: IncidentKind
    phase: IncidentPhase
    sequence: NonNegativeInt
    started_at: UtcTime
    """When the condition began, which is before it was raised."""
    at: UtcTime
    """When this word became true."""
    ended_at: UtcTime | None = None
    """When the condition was last seen; set once it has ended."""
    zone_id: Id | None = None
    line_id: Id | None = None
    movement_id: Id | None = None
    place: Place | None = None
    """Where it was seen last."""
    track_ids: tuple[int, ...] = ()
    classes: tuple[ObjectClass, ...] = ()
    """Of the tracks, each class once."""
    confidence: UnitInterval
    reason: str
    """In words and numbers, in English."""
    facts: dict[str, float | str] = Field(default_factory=dict)
    """The numbers and names in the reason, by name, for other languages and machines."""
    captured_at: UtcTime
    """When the frame that showed it was taken: latency counts from here."""
