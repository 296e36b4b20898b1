"""Trying out cameras before they are watched: does the stream come, and do the lines lie where they should?"""

from vision.checking.drawing import draw_lines, save_jpeg
from vision.checking.trying import Tried, try_camera, try_cameras

__all__ = ["Tried", "draw_lines", "save_jpeg", "try_camera", "try_cameras"]
