"""Detects streams that run but are useless: frozen images, runaway frame rates, data without frames."""

import zlib

import av
import numpy as np

from vision.sources.connection import StreamLost
from vision.sources.status import RateMeter, SourceState

CHECK_EVERY_S = 0.3
RUNAWAY_FPS = 75.0
RUNAWAY_TIMES_DECLARED = 2.5
RUNAWAY_FOR_S = 5.0
"""Longer than a burst after a network delay lasts."""


class FrozenImage:
    """Detects an image that stays exactly the same.

    Sensor noise makes two images of even an empty street at night differ somewhere, so only exact equality of the whole
    luma plane counts, over all checks (three per second) of `after_s`.
    """

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self._checked_at_s = float("-inf")
        self._checksum: int | None = None
        self._same_since_s = 0.0

    def is_frozen(self, video_frame: av.VideoFrame, now_s: float) -> bool:
        """Whether nothing has changed for `after_s`, this frame included; `now_s` is monotonic."""
        if now_s - self._checked_at_s >= CHECK_EVERY_S:
            self._checked_at_s = now_s
            luma = _checksum_of(video_frame)
            if luma != self._checksum:
                self._checksum, self._same_since_s = luma, now_s
        return now_s - self._same_since_s >= self._after_s


def _checksum_of(video_frame: av.VideoFrame) -> int:
    """Of the luma plane's visible part; the padding behind each row holds remains of other frames."""
    plane = video_frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    bytes_per_sample = -(-video_frame.format.components[0].bits // 8)
    return zlib.crc32(rows[: plane.height, : plane.width * bytes_per_sample].tobytes())


class RunawayRate:
    """Detects far more frames than the stream declares, e.g. the same frame 100 times a second."""

    def __init__(self, declared_fps: float | None) -> None:
        self._limit_fps = max(RUNAWAY_FPS, RUNAWAY_TIMES_DECLARED * (declared_fps or 0.0))
        self._meter = RateMeter(window_s=2.0, buckets=8)
        self._above_since_s: float | None = None

    def add(self, now_s: float) -> None:
        """Count a frame.

        Raises:
            StreamLost: there were too many for `RUNAWAY_FOR_S`.
        """
        self._meter.add(now_s)
        fps = self._meter.rate(now_s)
        if fps <= self._limit_fps:
            self._above_since_s = None
        elif self._above_since_s is None:
            self._above_since_s = now_s
        elif now_s - self._above_since_s >= RUNAWAY_FOR_S:
            reason = f"{fps:.0f} frames per second, far more than the camera declares; reconnecting"
            raise StreamLost(SourceState.RUNAWAY, reason)


class DecodeTimeout:
    """Detects data from which no frame can be decoded."""

    def __init__(self, after_s: float, now_s: float) -> None:
        self._after_s = after_s
        self._last_frame_s = now_s

    def add(self, now_s: float) -> None:
        """A frame was decoded."""
        self._last_frame_s = now_s

    def check(self, now_s: float) -> None:
        """Check the time since the last frame.

        Raises:
            StreamLost: it is `after_s` or more.
        """
        if now_s - self._last_frame_s >= self._after_s:
            reason = (
                f"data arrives, but no frame could be decoded for {self._after_s:g} s: if the camera sends key "
                "pictures less often, set their interval to 1 or 2 s there, or raise `read_timeout`"
            )
            raise StreamLost(SourceState.GARBAGE, reason)
