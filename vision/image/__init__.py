"""Analyses the image itself: its quality, camera tampering, traffic lights, and objects on the road."""

from vision.image.quality.monitor import ImageQuality, QualityMonitor
from vision.image.traffic_lights.signals import SignalReader

__all__ = ["ImageQuality", "QualityMonitor", "SignalReader"]
