"""Cameras to try things with: clips shown over RTSP as a camera would show them."""

from vision.sources.simulator.access import Access
from vision.sources.simulator.clips import Wish, find_clips, prepare_clip
from vision.sources.simulator.media import AccessUnit, Show, show_clip
from vision.sources.simulator.server import DEFAULT_PORT, RtspServer, SimulatedCameras

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
