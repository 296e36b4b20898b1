"""Sources of frames: live cameras over RTSP, and recordings."""

from vision.sources.file import VideoFile, VideoInfo, probe
from vision.sources.live import NewestSlot
from vision.sources.opening import Source, open_source
from vision.sources.rtsp import RtspCamera
from vision.sources.sampling import FrameSampler
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
