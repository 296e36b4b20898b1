"""When a picture was taken: the stream's own clock made steady, and tied to the wall clock."""

from collections import deque
from datetime import datetime, timedelta

STEP_BACK_TOLERATED_S = 1.0
LEAD_TOLERATED_S = 5.0
LEAST_STEP_S = 0.001


class MediaTimeline:
    """Turns a stream's timestamps into seconds since its first frame that always rise.

    A live stream also tells when each frame arrived: its timestamps may not run ahead of that by much. Timestamps that
    jump back (a wrap, a camera's restart, a loop), that leap ahead, or that are missing continue from the last frame
    instead: by the time that passed between arrivals, or by `nominal_interval_s` where none is told.
    """

    def __init__(self, nominal_interval_s: float = 0.04) -> None:
        self.nominal_interval_s = nominal_interval_s
        self._origin_s: float | None = None
        self._last_s: float | None = None
        self._last_arrival_s: float | None = None

    def advance(self, pts_s: float | None, arrived_s: float | None = None) -> float:
        """The media time of the next frame, in seconds; `arrived_s` is monotonic."""
        elapsed_s = self._elapsed(arrived_s)
        step_s = self._step(pts_s, elapsed_s)
        if step_s is None:
            step_s = max(self.nominal_interval_s, elapsed_s or 0.0)
            self._origin_s = None
        self._last_s = 0.0 if self._last_s is None else self._last_s + max(step_s, LEAST_STEP_S)
        if self._origin_s is None and pts_s is not None:
            self._origin_s = pts_s - self._last_s
        return self._last_s

    def break_off(self) -> None:
        """The stream ended or is opened anew: its timestamps start over, time goes on."""
        self._origin_s = None

    def _elapsed(self, arrived_s: float | None) -> float | None:
        before_s, self._last_arrival_s = self._last_arrival_s, arrived_s
        return None if arrived_s is None or before_s is None else arrived_s - before_s

    def _step(self, pts_s: float | None, elapsed_s: float | None) -> float | None:
        """Seconds since the last frame by the stream's own timestamps; None when they cannot be believed."""
        if pts_s is None or self._origin_s is None or self._last_s is None:
            return None
        step_s = pts_s - self._origin_s - self._last_s
        is_back = step_s < -STEP_BACK_TOLERATED_S
        is_leap = elapsed_s is not None and step_s > elapsed_s + LEAD_TOLERATED_S
        return None if is_back or is_leap else step_s


class ArrivalAnchor:
    """Ties a live stream's media time to the wall clock.

    A frame cannot arrive before it was taken, so the least delay between media time and arrival seen over the last
    `window_s` of media is the best anchor: late bursts do not move it, and a stream whose clock runs slow (declared 25
    fps, delivered 21) drags it along within the window. What it tells never lies in the future and never goes back.
    """

    def __init__(self, window_s: float = 2.0) -> None:
        self.held_back_s = 0.0
        """How much later than it arrived the reader hands over every frame."""
        self._window_s = window_s
        self._offsets: deque[tuple[float, datetime]] = deque()

    def captured_at(self, media_time_s: float, arrived_at: datetime) -> datetime:
        """The wall-clock time at which the frame of `media_time_s` was taken; `arrived_at` is UTC, aware."""
        offset = arrived_at - timedelta(seconds=media_time_s)
        while self._offsets and self._offsets[-1][1] >= offset:
            self._offsets.pop()
        self._offsets.append((media_time_s, offset))
        while self._offsets[0][0] < media_time_s - self._window_s:
            self._offsets.popleft()
        return self._offsets[0][1] + timedelta(seconds=media_time_s - self.held_back_s)
