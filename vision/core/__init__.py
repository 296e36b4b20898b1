"""Types that all stages share: Frame, Detections, Tracks, road objects and signals, the clock and the errors."""

from vision.core.clock import Clock, SystemClock
from vision.core.detections import Detections
from vision.core.errors import ModelError, NgatuError, SourceError
from vision.core.frame import Frame
from vision.core.roadside import RoadObject, SignalNow
from vision.core.tracks import Tracks

__all__ = [
    "Clock",
    "Detections",
    "Frame",
    "ModelError",
    "NgatuError",
    "RoadObject",
    "SignalNow",
    "SourceError",
    "SystemClock",
    "Tracks",
]
