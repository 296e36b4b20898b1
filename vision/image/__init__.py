"""What is read from the picture itself: how well the camera sees, what its signals show, what lies on the road."""

from vision.image.quality.monitor import PictureMonitor, PictureState
from vision.image.traffic_lights.signals import SignalReader

__all__ = ["PictureMonitor", "PictureState", "SignalReader"]
