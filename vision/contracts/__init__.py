"""What crosses the wire between workers and the command centre, and the sole home of Redis names."""

from vision.common.traffic_light import Light
from vision.contracts.events import EVENT, Event, FlowReport, HealthChange, LineCrossing, Movement, ZoneReport
from vision.contracts.flow import ClassCount, FlowQuality
from vision.contracts.health import CameraHealth, CameraState, StreamStats
from vision.contracts.incidents import Incident, IncidentKind, IncidentPhase
from vision.contracts.live import LiveBox, LiveIncident, LiveLine, LiveView, LiveZone
from vision.contracts.measures import (
    ClassPresence,
    CongestionLevel,
    Direction,
    DirectionMeasures,
    LineMeasures,
    LineNow,
    PictureCondition,
    QueueMeasures,
    Spread,
    TrafficNow,
    ZoneMeasures,
    ZoneNow,
)
from vision.contracts.signals import SignalUpdate

__all__ = [
    "EVENT",
    "CameraHealth",
    "CameraState",
    "ClassCount",
    "ClassPresence",
    "CongestionLevel",
    "Direction",
    "DirectionMeasures",
    "Event",
    "FlowQuality",
    "FlowReport",
    "HealthChange",
    "Incident",
    "IncidentKind",
    "IncidentPhase",
    "Light",
    "LineCrossing",
    "LineMeasures",
    "LineNow",
    "LiveBox",
    "LiveIncident",
    "LiveLine",
    "LiveView",
    "LiveZone",
    "Movement",
    "PictureCondition",
    "QueueMeasures",
    "SignalUpdate",
    "Spread",
    "StreamStats",
    "TrafficNow",
    "ZoneMeasures",
    "ZoneNow",
    "ZoneReport",
]
