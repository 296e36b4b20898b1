"""Sets up the decoder of a video stream."""

import os
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from vision.core import SourceError

MAX_THREADS = 4
LIVE_PIXELS_PER_THREAD = 1920 * 1088
MIN_AVERAGE_FPS = 0.5
"""A lower average is that of a recording with a gap of hours."""
MAX_GUESSED_FPS = 240.0
"""A higher guess is the clock of the timestamps, not a rate of frames."""


RAW_FORMATS = frozenset({"h264", "hevc", "mpegvideo", "m4v"})
"""Formats without timestamps: libav makes some up, by 25 frames a second."""


@dataclass(frozen=True, slots=True)
class Decoder:
    """A video stream whose decoder is ready."""

    stream: VideoStream
    nominal_interval_s: float
    """Seconds between frames as the stream declares; 0.04 where it does not."""
    declared_fps: float | None
    """None where the stream does not declare it."""
    has_timestamps: bool = True
    """False for a raw stream, whose frames follow each other by `nominal_interval_s`."""

    @property
    def codec(self) -> str:
        return self.stream.codec_context.name

    @property
    def mode(self) -> str:
        """How it decodes: in hardware or software, and on how many threads."""
        context = self.stream.codec_context
        device = "hardware" if context.is_hwaccel else "software"
        count = context.thread_count
        return f"{device}, {count} thread{'s' if count > 1 else ''}"


def prepare_decoder(container: InputContainer, *, is_live: bool) -> Decoder:
    """Choose the container's video stream and the number of decoder threads.

    Each frame-decoding thread delays the stream by one frame, so a live stream gets more than one only when its frames
    are too large for one core. On two cores more threads are slower (measured: 545 instead of 630 fps at 720p), so a
    recording gets them only where there are more cores.

    Raises:
        SourceError: there is no video.
    """
    stream = video_stream(container)
    context = stream.codec_context
    pixels = context.width * context.height
    wanted = -(-pixels // LIVE_PIXELS_PER_THREAD) if is_live else _cores() - 1
    context.thread_count = max(1, min(wanted, MAX_THREADS))
    context.thread_type = "FRAME" if context.thread_count > 1 else "SLICE"
    is_raw = container.format.name in RAW_FORMATS
    fps = _declared_fps(stream, is_raw=is_raw)
    return Decoder(stream, nominal_interval_s=1 / fps if fps else 0.04, declared_fps=fps, has_timestamps=not is_raw)


def open_recording(path: Path) -> InputContainer:
    """Open a video file, whatever its name: libav would take `2024-01-01T12:30.mp4` for an address.

    Raises:
        av.error.FFmpegError: it is no video.
    """
    return av.open(f"file:{path}")


def video_stream(container: InputContainer) -> VideoStream:
    """The container's video, which need not be the first one: a cover picture may come before it.

    Raises:
        SourceError: there is none that can be decoded.
    """
    videos = [stream for stream in container.streams.video if stream.codec_context is not None]
    films = [stream for stream in videos if not stream.disposition & Disposition.attached_pic]
    if not films:
        what = "only a cover picture, and no video" if videos else "no video that can be decoded"
        raise SourceError(f"it contains {what}")
    best = container.streams.best("video")
    return next((stream for stream in films if best is not None and stream.index == best.index), films[0])


def _declared_fps(stream: VideoStream, *, is_raw: bool) -> float | None:
    """The average rate; the rate of its codec where there are no timestamps, or a gap spoils the average."""
    average, guessed = float(stream.average_rate or 0), float(stream.guessed_rate or 0)
    is_spoilt = average < MIN_AVERAGE_FPS and guessed < MAX_GUESSED_FPS
    return (guessed if is_raw or is_spoilt else average) or guessed or None


def pts_s(video_frame: av.VideoFrame) -> float | None:
    """The frame's presentation timestamp in seconds; None where it has none."""
    if video_frame.pts is None or video_frame.time_base is None:
        return None
    return float(video_frame.pts * video_frame.time_base)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
