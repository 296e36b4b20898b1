"""The state of a source with its reason, and its counters."""

import threading
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from vision.common.redaction import redact
from vision.core import Clock


class SourceState(StrEnum):
    """The current state of a source. The names are those of `vision.contracts.health.CameraState`."""

    CONNECTING = "connecting"
    ONLINE = "online"
    STALLED = "stalled"
    """Connected, but no frames arrive."""
    FROZEN = "frozen"
    """The same image again and again."""
    RUNAWAY = "runaway"
    """Far more frames per second than declared."""
    UNAUTHORIZED = "unauthorized"
    UNREACHABLE = "unreachable"
    GARBAGE = "garbage"
    """Data from which no frame can be decoded."""
    ENDED = "ended"
    """A recording that is played once is at its end."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source at one moment."""

    state: SourceState
    reason: str
    """For people, without credentials; empty when all is well."""
    since: datetime
    """When this state began. UTC, aware."""
    frames_received: int = 0
    """Frames decoded since the source was opened, used or not."""
    received_fps: float = 0.0
    """Frames per second over the last seconds."""
    frames_converted: int = 0
    """Frames that were due and taken."""
    frames_dropped: int = 0
    """Frames that were due and replaced by newer ones."""
    reconnects: int = 0
    """How often frames arrived again after a loss."""
    width_px: int = 0
    height_px: int = 0
    codec: str = ""
    decode_mode: str = ""
    """How the decoder works, e.g. `software, 1 thread`."""


class RateMeter:
    """Events per second over the last `window_s` seconds, in constant memory."""

    def __init__(self, window_s: float = 4.0, buckets: int = 16) -> None:
        self._bucket_s = window_s / buckets
        self._counts: deque[tuple[int, int]] = deque(maxlen=buckets + 1)
        self._began_s: float | None = None

    def add(self, at_s: float) -> None:
        """Count an event at `at_s`, which never goes back."""
        bucket = int(at_s / self._bucket_s)
        if self._began_s is None:
            self._began_s = at_s
        if self._counts and self._counts[-1][0] == bucket:
            self._counts[-1] = (bucket, self._counts[-1][1] + 1)
        else:
            self._counts.append((bucket, 1))

    def rate(self, now_s: float) -> float:
        """Events per second at `now_s`; 0 before the first."""
        if self._began_s is None:
            return 0.0
        oldest = int(now_s / self._bucket_s) - (self._counts.maxlen or 1) + 1
        counted = sum(count for bucket, count in self._counts if bucket >= oldest)
        span_s = now_s - max(self._began_s, oldest * self._bucket_s)
        return counted / max(span_s, self._bucket_s)


class StatusTracker:
    """The status of a source, written by its threads and read by any. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rate = RateMeter()
        self._status = SourceStatus(SourceState.CONNECTING, "", clock.now())

    def enter(self, state: SourceState, reason: str = "") -> None:
        """Enter a state; `since` changes only when the state does. Credentials are removed from the reason."""
        with self._lock:
            since = self._status.since if state is self._status.state else self._clock.now()
            self._status = replace(self._status, state=state, reason=redact(reason), since=since)

    def set_decoder(self, codec: str, decode_mode: str) -> None:
        """Record which decoder is in use."""
        with self._lock:
            self._status = replace(self._status, codec=codec, decode_mode=decode_mode)

    def count_received(self, width_px: int, height_px: int) -> None:
        """Count a decoded frame of this size."""
        with self._lock:
            self._rate.add(self._clock.monotonic())
            self._status = replace(
                self._status,
                frames_received=self._status.frames_received + 1,
                width_px=width_px,
                height_px=height_px,
            )

    def count_converted(self) -> None:
        """Count a frame that was taken."""
        with self._lock:
            self._status = replace(self._status, frames_converted=self._status.frames_converted + 1)

    def count_reconnect(self) -> None:
        """Count a reconnection."""
        with self._lock:
            self._status = replace(self._status, reconnects=self._status.reconnects + 1)

    @property
    def state(self) -> SourceState:
        return self._status.state

    def snapshot(self, frames_dropped: int = 0) -> SourceStatus:
        """The status now."""
        with self._lock:
            fps = self._rate.rate(self._clock.monotonic())
            return replace(self._status, received_fps=fps, frames_dropped=frames_dropped)
