"""How a camera is, told every second and at each change."""

from enum import StrEnum

from pydantic import NonNegativeFloat, NonNegativeInt

from vision.contracts.base import Contract, Id, UtcTime
from vision.contracts.measures import TrafficNow


class CameraState(StrEnum):
    """What a camera does for us just now."""

    CONNECTING = "connecting"
    ONLINE = "online"
    STALLED = "stalled"
    """Connected, but no pictures."""
    FROZEN = "frozen"
    """The same picture again and again."""
    RUNAWAY = "runaway"
    """Far more pictures than time has room for."""
    UNAUTHORIZED = "unauthorized"
    UNREACHABLE = "unreachable"
    GARBAGE = "garbage"
    """Data that no picture can be decoded from."""
    ENDED = "ended"
    """A recording that is played once is over."""
    STOPPED = "stopped"
    """Not watched any more, on purpose."""
    MISCONFIGURED = "misconfigured"
    """Its file is wrong."""
    FAILED = "failed"
    """Counting it broke for a reason of our own; it is begun again after a while."""
    LOST = "lost"
    """No worker speaks for it."""


class StreamStats(Contract):
    """A camera's figures over the last seconds, and totals since its session began."""

    received_fps: NonNegativeFloat = 0
    processed_fps: NonNegativeFloat = 0
    target_fps: NonNegativeFloat = 0
    frames_received: NonNegativeInt = 0
    frames_processed: NonNegativeInt = 0
    frames_dropped: NonNegativeInt = 0
    """Due for detection, overtaken by newer ones."""
    reconnects: NonNegativeInt = 0
    inference_ms: NonNegativeFloat = 0
    """Median of the last seconds, per picture."""
    queue_age_ms: NonNegativeFloat = 0
    """Median age of a frame when detection takes it up."""
    latency_ms: NonNegativeFloat = 0
    """Median from capture to publication."""
    latency_p95_ms: NonNegativeFloat = 0
    width_px: NonNegativeInt = 0
    height_px: NonNegativeInt = 0
    codec: str = ""
    decode_mode: str = ""
    """What the decoder really does, not what it was asked for."""


class CameraHealth(Contract):
    """A camera's state. Kept in Redis with an expiry: when it is gone, nobody watches the camera."""

    camera_id: Id
    session_id: Id
    worker_id: Id
    state: CameraState
    reason: str = ""
    """For people; credentials redacted."""
    since: UtcTime
    at: UtcTime
    outbox_size: NonNegativeInt = 0
    """Events of this camera's worker that wait for Redis."""
    trouble: str = ""
    """What keeps this camera's worker from delivering or keeping events (Redis away, disk full), or from working with
    the model that was promoted, for people."""
    model: str = ""
    provider: str = ""
    stats: StreamStats = StreamStats()
    traffic: TrafficNow | None = None
    """What it sees just now; unset before the first frame."""
