"""What is measured and noticed in the tracks. Pure: time is an argument, nothing is read or written."""

from vision.analytics.crossings import Crossing, LineCounter
from vision.analytics.flow import Flow, FlowAggregator
from vision.analytics.free_flow import FreeFlow
from vision.analytics.incidents import IncidentChange
from vision.analytics.movements import Movement, MovementCounter
from vision.analytics.scene import Scene
from vision.analytics.traffic import LastWords, Learnt, Moment, Traffic

__all__ = [
    "Crossing",
    "Flow",
    "FlowAggregator",
    "FreeFlow",
    "IncidentChange",
    "LastWords",
    "Learnt",
    "LineCounter",
    "Moment",
    "Movement",
    "MovementCounter",
    "Scene",
    "Traffic",
]
