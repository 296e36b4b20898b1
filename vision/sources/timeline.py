"""When a frame was captured: media time from a stream's timestamps, and its relation to the wall clock."""

from collections import deque
from datetime import datetime, timedelta

MAX_STEP_BACK_S = 1.0
"""Timestamps that go back further count as a restart."""
MAX_LEAD_S = 5.0
"""Timestamps that run further ahead of arrival count as a jump."""
MAX_GAP_S = 30.0
"""Without arrival times, timestamps that run further ahead than this count as a jump: recordings that were joined."""
MIN_STEP_S = 0.001
"""Media time rises by at least this much from frame to frame."""


class MediaTimeline:
    """Turns a stream's timestamps into seconds since its first frame that always rise.

    With arrival times (live streams) timestamps may not run far ahead of arrival. Where timestamps jump back (a
    wraparound, a camera's restart, a loop), jump ahead or are missing, media time goes on from the last frame by the
    time between arrivals, or by `nominal_interval_s` without arrival times.

    Examples:
        >>> timeline = MediaTimeline()
        >>> [round(timeline.advance(pts_s), 2) for pts_s in (95443.68, 95443.72, 0.0, 0.04)]
        [0.0, 0.04, 0.08, 0.12]
    """

    def __init__(self, nominal_interval_s: float = 0.04) -> None:
        self.nominal_interval_s = nominal_interval_s
        self._origin_s: float | None = None
        self._last_s: float | None = None
        self._last_arrival_s: float | None = None
        self.jumps = 0
        """How often timestamps have jumped, back or ahead."""

    def advance(self, pts_s: float | None, arrived_s: float | None = None) -> float:
        """The media time of the next frame, in seconds; `arrived_s` is monotonic."""
        elapsed_s = self._elapsed(arrived_s)
        step_s = self._step(pts_s, elapsed_s)
        if step_s is None:
            step_s = max(self.nominal_interval_s, elapsed_s or 0.0)
            self._origin_s = None
        self._last_s = 0.0 if self._last_s is None else self._last_s + max(step_s, MIN_STEP_S)
        if self._origin_s is None and pts_s is not None:
            self._origin_s = pts_s - self._last_s
        return self._last_s

    def restart(self) -> None:
        """The stream ended or is reopened: its timestamps start again, media time goes on."""
        self._origin_s = None

    def _elapsed(self, arrived_s: float | None) -> float | None:
        before_s, self._last_arrival_s = self._last_arrival_s, arrived_s
        return None if arrived_s is None or before_s is None else arrived_s - before_s

    def _step(self, pts_s: float | None, elapsed_s: float | None) -> float | None:
        """Seconds since the last frame by the stream's timestamps; None where they are not plausible."""
        if pts_s is None or self._origin_s is None or self._last_s is None:
            return None
        step_s = pts_s - self._origin_s - self._last_s
        is_back = step_s < -MAX_STEP_BACK_S
        is_jump = step_s > (MAX_GAP_S if elapsed_s is None else elapsed_s + MAX_LEAD_S)
        if not is_back and not is_jump:
            return step_s
        self.jumps += 1
        return None


class ArrivalAnchor:
    """Relates a live stream's media time to the wall clock.

    A frame cannot arrive before it was captured, so the smallest delay between media time and arrival over the last
    `window_s` of media is the best estimate: late bursts do not change it, and it follows a stream whose clock is slow
    (declared 25 fps, delivered 21) within the window. Capture times are never in the future and never go back.
    """

    def __init__(self, window_s: float = 2.0) -> None:
        self.held_back_s = 0.0
        """How much later than its arrival the reader delivers every frame."""
        self._window_s = window_s
        self._offsets: deque[tuple[float, datetime]] = deque()

    def captured_at(self, media_time_s: float, arrived_at: datetime) -> datetime:
        """The wall-clock time at which the frame of `media_time_s` was captured; `arrived_at` is UTC, aware."""
        offset = arrived_at - timedelta(seconds=media_time_s)
        while self._offsets and self._offsets[-1][1] >= offset:
            self._offsets.pop()
        self._offsets.append((media_time_s, offset))
        while self._offsets[0][0] < media_time_s - self._window_s:
            self._offsets.popleft()
        return self._offsets[0][1] + timedelta(seconds=media_time_s - self.held_back_s)
