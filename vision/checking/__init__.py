"""Trying out cameras before they are watched: does the stream come, and do its lines and zones lie right?"""

from vision.checking.drawing import draw_camera, save_jpeg
from vision.checking.trying import Tried, try_camera, try_cameras

__all__ = ["Tried", "draw_camera", "save_jpeg", "try_camera", "try_cameras"]
