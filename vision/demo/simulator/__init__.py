"""Simulated cameras: clips played over RTSP in a loop."""

from vision.demo.simulator.access import Access
from vision.demo.simulator.clips import StreamFormat, find_clips, prepare_clip
from vision.demo.simulator.media import AccessUnit, Stream, stream_of_clip
from vision.demo.simulator.server import DEFAULT_PORT, RtspServer, SimulatedCameras

__all__ = [
    "DEFAULT_PORT",
    "Access",
    "AccessUnit",
    "RtspServer",
    "SimulatedCameras",
    "Stream",
    "StreamFormat",
    "find_clips",
    "prepare_clip",
    "stream_of_clip",
]
