"""What is read from the picture itself: how well the camera sees, what its signals show, what lies on the road."""

from vision.image.quality.monitor import ImageQuality, QualityMonitor
from vision.image.traffic_lights.signals import SignalReader

__all__ = ["ImageQuality", "QualityMonitor", "SignalReader"]
