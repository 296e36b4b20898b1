"""What a source says about itself: its state with a reason, and its counters."""

import threading
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from vision.core import Clock


class SourceState(StrEnum):
    """What a source does for us just now. The names are those of `vision.contracts.health.CameraState`."""

    CONNECTING = "connecting"
    ONLINE = "online"
    STALLED = "stalled"
    """Connected, but no pictures."""
    FROZEN = "frozen"
    """The very same picture again and again."""
    RUNAWAY = "runaway"
    """Far more pictures than time has room for."""
    UNAUTHORIZED = "unauthorized"
    UNREACHABLE = "unreachable"
    GARBAGE = "garbage"
    """Data that no picture can be decoded from."""
    ENDED = "ended"
    """A recording that is played once is over."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source at one moment."""

    state: SourceState
    reason: str
    """For people, credentials redacted; empty when all is well."""
    since: datetime
    """When this state began. UTC, aware."""
    frames_received: int = 0
    """Pictures decoded since the source was opened, used or not."""
    received_fps: float = 0.0
    """Over the last seconds."""
    frames_converted: int = 0
    """Pictures that were due and given out."""
    frames_dropped: int = 0
    """Pictures that were due and overtaken by newer ones."""
    reconnects: int = 0
    """Times that pictures came again after they had ceased."""
    width_px: int = 0
    height_px: int = 0
    codec: str = ""
    decode_mode: str = ""
    """What the decoder really does: `software, 1 thread`."""


class RateMeter:
    """Events a second over the last `window_s` seconds, in constant memory."""

    def __init__(self, window_s: float = 4.0, buckets: int = 16) -> None:
        self._bucket_s = window_s / buckets
        self._counts: deque[tuple[int, int]] = deque(maxlen=buckets + 1)
        self._began_s: float | None = None

    def add(self, at_s: float) -> None:
        bucket = int(at_s / self._bucket_s)
        if self._began_s is None:
            self._began_s = at_s
        if self._counts and self._counts[-1][0] == bucket:
            self._counts[-1] = (bucket, self._counts[-1][1] + 1)
        else:
            self._counts.append((bucket, 1))

    def rate(self, now_s: float) -> float:
        """Events a second, from the window's whole buckets; 0 while nothing happens."""
        if self._began_s is None:
            return 0.0
        oldest = int(now_s / self._bucket_s) - (self._counts.maxlen or 1) + 1
        counted = sum(count for bucket, count in self._counts if bucket >= oldest)
        span_s = now_s - max(self._began_s, oldest * self._bucket_s)
        return counted / max(span_s, self._bucket_s)


class StatusBoard:
    """Where a source's threads write down what happens, and any thread reads it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rate = RateMeter()
        self._status = SourceStatus(SourceState.CONNECTING, "", clock.now())

    def enter(self, state: SourceState, reason: str = "") -> None:
        """Be in this state; `since` stays when it is the old one."""
        with self._lock:
            since = self._status.since if state is self._status.state else self._clock.now()
            self._status = replace(self._status, state=state, reason=reason, since=since)

    def decodes(self, codec: str, decode_mode: str) -> None:
        with self._lock:
            self._status = replace(self._status, codec=codec, decode_mode=decode_mode)

    def received(self, width_px: int, height_px: int) -> None:
        """One picture of this size came in."""
        with self._lock:
            self._rate.add(self._clock.monotonic())
            self._status = replace(
                self._status,
                frames_received=self._status.frames_received + 1,
                width_px=width_px,
                height_px=height_px,
            )

    def converted(self) -> None:
        with self._lock:
            self._status = replace(self._status, frames_converted=self._status.frames_converted + 1)

    def reconnected(self) -> None:
        with self._lock:
            self._status = replace(self._status, reconnects=self._status.reconnects + 1)

    @property
    def state(self) -> SourceState:
        return self._status.state

    def snapshot(self, frames_dropped: int = 0) -> SourceStatus:
        with self._lock:
            fps = self._rate.rate(self._clock.monotonic())
            return replace(self._status, received_fps=fps, frames_dropped=frames_dropped)
