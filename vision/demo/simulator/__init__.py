"""Cameras to try things with: clips shown over RTSP as a camera would show them."""

from vision.demo.simulator.access import Access
from vision.demo.simulator.clips import Wish, find_clips, prepare_clip
from vision.demo.simulator.media import AccessUnit, Show, show_clip
from vision.demo.simulator.server import DEFAULT_PORT, RtspServer, SimulatedCameras

__all__ = [
    "DEFAULT_PORT",
    "Access",
    "AccessUnit",
    "RtspServer",
    "Show",
    "SimulatedCameras",
    "Wish",
    "find_clips",
    "prepare_clip",
    "show_clip",
]
