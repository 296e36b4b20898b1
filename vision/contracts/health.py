"""A camera's health: its state, its stream's figures and what it sees, published every second."""

from enum import StrEnum

from pydantic import NonNegativeFloat

from vision.contracts.base import Contract, Count, Id, Text, UtcTime
from vision.contracts.measures import TrafficNow


class CameraState(StrEnum):
    """Whether a camera delivers frames, and if not, why."""

    CONNECTING = "connecting"
    ONLINE = "online"
    STALLED = "stalled"
    """Connected, but no frames arrive."""
    FROZEN = "frozen"
    """The same frame again and again."""
    RUNAWAY = "runaway"
    """Frames arrive far faster than their timestamps allow."""
    UNAUTHORIZED = "unauthorized"
    UNREACHABLE = "unreachable"
    GARBAGE = "garbage"
    """The data cannot be decoded."""
    ENDED = "ended"
    """A recording that plays once is over."""
    STOPPED = "stopped"
    """Switched off on purpose."""
    MISCONFIGURED = "misconfigured"
    """The camera's file is invalid."""
    FAILED = "failed"
    """The analysis crashed; it restarts after a while."""
    LOST = "lost"
    """No worker reports the camera."""


class StreamStats(Contract):
    """A stream's figures: rates over the last seconds, totals since the session began."""

    received_fps: NonNegativeFloat = 0
    """Received frames per second."""
    processed_fps: NonNegativeFloat = 0
    """Analysed frames per second."""
    target_fps: NonNegativeFloat = 0
    """Frames per second that should be analysed."""
    frames_received: Count = 0
    frames_processed: Count = 0
    frames_dropped: Count = 0
    """Frames due for detection that newer ones replaced."""
    reconnects: Count = 0
    inference_ms: NonNegativeFloat = 0
    """Median inference time of a frame, milliseconds."""
    queue_age_ms: NonNegativeFloat = 0
    """Median age of a frame when its detection starts, milliseconds."""
    latency_ms: NonNegativeFloat = 0
    """Median time from capture to publication, milliseconds."""
    latency_p95_ms: NonNegativeFloat = 0
    """95th percentile of the time from capture to publication, milliseconds."""
    width_px: Count = 0
    height_px: Count = 0
    codec: str = ""
    decode_mode: str = ""
    """What the decoder does, which may differ from what was asked of it."""


class CameraHealth(Contract):
    """A camera's health as its worker reports it; the Redis key that holds it expires when the worker stops."""

    camera_id: Id
    session_id: Id
    worker_id: Id
    state: CameraState
    reason: Text = ""
    """For people, in English; without credentials."""
    config_error: Text = ""
    """What is wrong with the camera's file, or why it cannot be read, while its last good version is in force."""
    since: UtcTime
    at: UtcTime
    outbox_size: Count = 0
    """Events of this camera's worker that wait for Redis."""
    outbox_oldest_s: NonNegativeFloat = 0
    """How long the oldest of them has waited, seconds."""
    events_lost: Count = 0
    """Events that the worker lost since it started: its outbox was full, or its file damaged."""
    clock_skew_s: float | None = None
    """How far the worker's clock is ahead of Redis's, seconds; null: not measured."""
    trouble: Text = ""
    """What hinders the worker (Redis away, disk full, wrong clock, unusable model), and the remedy; for people."""
    model: str = ""
    provider: str = ""
    stats: StreamStats = StreamStats()
    traffic: TrafficNow | None = None
    """Traffic just now; null before the first frame, and while no frame is analysed for 5 s."""
