"""Checks cameras before they are watched: opens their streams and draws their lines and zones."""

from vision.checking.drawing import draw_camera, save_jpeg
from vision.checking.probe import ProbeResult, probe_camera, probe_cameras

__all__ = ["ProbeResult", "draw_camera", "probe_camera", "probe_cameras", "save_jpeg"]
