"""What crosses the wire between workers and the command centre, and the sole home of Redis names."""

from vision.contracts.events import EVENT, Direction, Event, FlowReport, HealthChange, LineCrossing, Movement
from vision.contracts.flow import ClassCount, FlowQuality
from vision.contracts.health import CameraHealth, CameraState, StreamStats
from vision.contracts.live import LiveBox, LiveLine, LiveView

__all__ = [
    "EVENT",
    "CameraHealth",
    "CameraState",
    "ClassCount",
    "Direction",
    "Event",
    "FlowQuality",
    "FlowReport",
    "HealthChange",
    "LineCrossing",
    "LiveBox",
    "LiveLine",
    "LiveView",
    "Movement",
    "StreamStats",
]
