"""Where frames come from: live cameras and recordings."""

from vision.sources.file import VideoFile, VideoInfo, probe
from vision.sources.opening import Source, open_source
from vision.sources.rtsp import RtspCamera
from vision.sources.sampling import FrameSampler
from vision.sources.slot import NewestSlot
from vision.sources.status import SourceState, SourceStatus

__all__ = [
    "FrameSampler",
    "NewestSlot",
    "RtspCamera",
    "Source",
    "SourceState",
    "SourceStatus",
    "VideoFile",
    "VideoInfo",
    "open_source",
    "probe",
]
