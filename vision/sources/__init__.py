"""Where frames come from: live cameras and recordings."""

from vision.sources.file import VideoFile, VideoInfo, probe
from vision.sources.sampling import FrameSampler
from vision.sources.slot import NewestSlot
from vision.sources.status import SourceState, SourceStatus

__all__ = [
    "FrameSampler",
    "NewestSlot",
    "SourceState",
    "SourceStatus",
    "VideoFile",
    "VideoInfo",
    "probe",
]
