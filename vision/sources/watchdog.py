"""Streams that run and yet show nothing true: frozen pictures, runaway rates, data without pictures."""

import zlib

import av
import numpy as np

from vision.sources.failures import StreamLost
from vision.sources.status import RateMeter, SourceState

LOOK_EVERY_S = 0.3
RUNAWAY_FPS = 75.0
RUNAWAY_TIMES_DECLARED = 2.5
RUNAWAY_FOR_S = 5.0


class FrozenPicture:
    """Notices when the picture stays the very same.

    A sensor's noise makes two pictures of even an empty street at night differ somewhere; only exact equality of the
    whole luma plane, over all looks (three a second) of `after_s`, is called frozen.
    """

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self._looked_at_s = float("-inf")
        self._sum: int | None = None
        self._same_since_s = 0.0

    def is_frozen(self, decoded: av.VideoFrame, now_s: float) -> bool:
        """Whether, with this picture, nothing has changed for `after_s`; `now_s` is monotonic."""
        if now_s - self._looked_at_s >= LOOK_EVERY_S:
            self._looked_at_s = now_s
            luma = _checksum(decoded)
            if luma != self._sum:
                self._sum, self._same_since_s = luma, now_s
        return now_s - self._same_since_s >= self._after_s


def _checksum(decoded: av.VideoFrame) -> int:
    """Of the luma plane's visible part; what lies beyond a row's end is left over from other pictures."""
    plane = decoded.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    bytes_per_sample = -(-decoded.format.components[0].bits // 8)
    return zlib.crc32(rows[: plane.height, : plane.width * bytes_per_sample].tobytes())


class RunawayRate:
    """Notices when far more pictures come than the stream declares: the same one at 100 a second, for instance."""

    def __init__(self, declared_fps: float | None) -> None:
        self._limit_fps = max(RUNAWAY_FPS, RUNAWAY_TIMES_DECLARED * (declared_fps or 0.0))
        self._meter = RateMeter(window_s=2.0, buckets=8)
        self._above_since_s: float | None = None

    def add(self, now_s: float) -> None:
        """Count a picture. Raises StreamLost when there were too many for longer than a catching-up burst lasts."""
        self._meter.add(now_s)
        fps = self._meter.rate(now_s)
        if fps <= self._limit_fps:
            self._above_since_s = None
        elif self._above_since_s is None:
            self._above_since_s = now_s
        elif now_s - self._above_since_s >= RUNAWAY_FOR_S:
            reason = f"{fps:.0f} pictures a second, more than the camera can mean; connecting anew"
            raise StreamLost(SourceState.RUNAWAY, reason)


class PictureDrought:
    """Notices when data comes that no picture can be decoded from."""

    def __init__(self, after_s: float, now_s: float) -> None:
        self._after_s = after_s
        self._last_picture_s = now_s

    def add(self, now_s: float) -> None:
        self._last_picture_s = now_s

    def check(self, now_s: float) -> None:
        """Raises StreamLost when the last picture is too long ago."""
        if now_s - self._last_picture_s >= self._after_s:
            reason = f"data arrives, but no picture could be decoded from it for {self._after_s:g} s"
            raise StreamLost(SourceState.GARBAGE, reason)
