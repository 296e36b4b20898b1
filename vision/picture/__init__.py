"""What is read from the picture itself: how well the camera sees, what its signals show, what lies on the road."""

from vision.picture.monitor import PictureMonitor, PictureState
from vision.picture.signals import SignalReader

__all__ = ["PictureMonitor", "PictureState", "SignalReader"]
