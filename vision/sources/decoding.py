"""How a stream's decoder is set up, and what it then really does."""

import os
from dataclasses import dataclass

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from vision.core import SourceError

MOST_THREADS = 4
LIVE_PIXELS_PER_THREAD = 1920 * 1088


@dataclass(frozen=True, slots=True)
class Decoder:
    """A video stream whose decoder is ready."""

    stream: VideoStream
    nominal_interval_s: float
    """Seconds from frame to frame as the stream declares it; 0.04 when it does not."""
    declared_fps: float | None

    @property
    def codec(self) -> str:
        return self.stream.codec_context.name

    @property
    def mode(self) -> str:
        """What the decoder does, asked of itself: hardware or software, and on how many threads."""
        context = self.stream.codec_context
        device = "hardware" if context.is_hwaccel else "software"
        count = context.thread_count
        return f"{device}, {count} thread{'s' if count > 1 else ''}"


def prepare_decoder(container: InputContainer, *, is_live: bool) -> Decoder:
    """Choose the container's video stream and the decoder's threads.

    Threads that decode several frames at once cost one frame of delay each, so a live stream gets more than one only
    when its pictures are too large for one core. On two cores they cost more than they bring (measured: 545 instead of
    630 fps at 720p), so a recording gets them only where there are more.

    Raises SourceError when there is no video.
    """
    if not container.streams.video or container.streams.video[0].codec_context is None:
        raise SourceError("there is no video in it that could be decoded")
    stream = container.streams.video[0]
    context = stream.codec_context
    pixels = context.width * context.height
    wanted = -(-pixels // LIVE_PIXELS_PER_THREAD) if is_live else _cores() - 1
    context.thread_count = max(1, min(wanted, MOST_THREADS))
    context.thread_type = "FRAME" if context.thread_count > 1 else "SLICE"
    rate = stream.average_rate or stream.guessed_rate
    fps = float(rate) if rate else None
    return Decoder(stream, nominal_interval_s=1 / fps if fps else 0.04, declared_fps=fps)


def pts_s(decoded: av.VideoFrame) -> float | None:
    """The picture's own timestamp in seconds of the stream's clock."""
    if decoded.pts is None or decoded.time_base is None:
        return None
    return float(decoded.pts * decoded.time_base)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
