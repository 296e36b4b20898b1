"""Analytics: measures and incidents from tracks, computed from their arguments alone, time included."""

from vision.analytics.analyzer import AnalysisResult, CalibrationState, FinalResult, TrafficAnalyzer
from vision.analytics.events import Crossing, Movement
from vision.analytics.incidents import IncidentChange
from vision.analytics.lines.counter import LineCounter
from vision.analytics.lines.intervals import Flow, FlowAggregator
from vision.analytics.lines.movements import MovementCounter
from vision.analytics.scene import Scene
from vision.analytics.zones.free_flow import FreeFlow

__all__ = [
    "AnalysisResult",
    "CalibrationState",
    "Crossing",
    "FinalResult",
    "Flow",
    "FlowAggregator",
    "FreeFlow",
    "IncidentChange",
    "LineCounter",
    "Movement",
    "MovementCounter",
    "Scene",
    "TrafficAnalyzer",
]
