"""What is measured of the tracks: crossings, movements, flow. Pure: time is an argument, nothing is read or written."""

from vision.analytics.crossings import Crossing, LineCounter
from vision.analytics.flow import Flow, FlowAggregator
from vision.analytics.movements import Movement, MovementCounter

__all__ = ["Crossing", "Flow", "FlowAggregator", "LineCounter", "Movement", "MovementCounter"]
