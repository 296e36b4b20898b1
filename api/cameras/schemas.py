"""Cameras as clients see them, without credentials."""

from typing import Literal

from pydantic import BaseModel, Field

from api.history.schemas import InOut
from vision.common.object_class import ObjectClass
from vision.config.zones import RoadClass, ZoneKind
from vision.contracts import CameraState, StreamStats, TrafficNow
from vision.contracts.base import Place, UtcTime

NOT_CONFIGURED = "null: not configured."


class CameraStatus(BaseModel):
    """A camera's health. `lost`: no worker reports it; the other fields are from the last report."""

    camera_id: str
    state: CameraState
    reason: str = Field(
        "",
        description="For people, in English; without credentials.",
        examples=["no answer from rtsp://***@10.0.0.7 for 5 s"],
    )
    config_error: str = Field(
        "",
        description="What is wrong with the camera's file, or why it cannot be read; the last good version is in "
        "force, unless the state is `misconfigured`.",
        examples=["nts-01.yaml:9: lines.0.end.0: 1.9 is more than 1; the last good version stays in force"],
    )
    since: UtcTime | None = Field(None, description="When the state began; null: not known.")
    at: UtcTime | None = Field(None, description="Time of the last report; null: no worker has reported it.")
    session_id: str | None = Field(None, description="null: no worker has reported it.")
    worker_id: str | None = Field(None, description="null: no worker has reported it.")
    outbox_size: int = Field(0, description="Events of this camera's worker that wait for Redis.")
    outbox_oldest_s: float = Field(0, description="How long the oldest of them has waited, seconds.")
    events_lost: int = Field(0, description="Events that its worker lost: the outbox was full, or its file damaged.")
    clock_skew_s: float | None = Field(
        None, description="How far its worker's clock is ahead of Redis's, seconds; null: not measured."
    )
    trouble: str = Field(
        "",
        description="What hinders its worker (Redis away, disk full, wrong clock, unusable model), and the remedy.",
    )
    model: str = ""
    provider: str = ""
    stats: StreamStats = StreamStats()
    traffic: TrafficNow | None = Field(None, description="Traffic just now; null: no frame yet, or none for seconds.")


class SourceOut(BaseModel):
    """Where the frames come from, without user, password and query."""

    kind: Literal["rtsp", "file"]
    address: str = Field(examples=["rtsp://10.0.0.7:554/live"])


class LineOut(BaseModel):
    """A directed counting line; points are fractions of the upright frame."""

    id: str
    name: str
    start: Place
    end: Place
    in_name: str
    out_name: str
    anchor: str
    classes: list[ObjectClass]


class MovementOut(BaseModel):
    """An origin, a destination, and what lies between; each a line or a zone."""

    id: str
    name: str
    entry: str
    exit: str
    via: list[str]
    banned: bool
    within_s: float = Field(description="Seconds within which a vehicle must complete the movement.")


class ZoneOut(BaseModel):
    """An area of the road; its corners are fractions of the upright frame."""

    id: str
    name: str
    kind: ZoneKind
    polygon: list[Place]
    lanes: int | None = Field(description=NOT_CONFIGURED)
    length_m: float | None = Field(description=f"Metres; {NOT_CONFIGURED}")
    stop_line: str | None = Field(description=NOT_CONFIGURED)
    spillback_line: str | None = Field(description=NOT_CONFIGURED)
    signal: str | None = Field(description=NOT_CONFIGURED)
    stopping_banned: bool
    speed_limit_kmh: float | None = Field(description=f"km/h; {NOT_CONFIGURED}")
    road_class: RoadClass | None = Field(description=NOT_CONFIGURED)


class SignalOut(BaseModel):
    """A traffic light, and the source of its state."""

    id: str
    name: str
    known_by: Literal["lamps", "timed", "controller"]


class LineCount(InOut):
    """One line's vehicles, in all and by class."""

    by_class: dict[ObjectClass, InOut] = Field(default_factory=dict)


class RunningCounts(BaseModel):
    """Stored crossings since midnight; lines without a crossing are included."""

    since: UtcTime = Field(description="The last midnight in the service's time zone.")
    lines: dict[str, LineCount] = Field(default_factory=dict)


class CameraOut(BaseModel):
    """One camera."""

    id: str
    name: str = ""
    configured: bool = Field(description="Whether this service has a good version of the camera's file.")
    enabled: bool = True
    problem: str | None = Field(
        None,
        description="What is wrong with its file, or why it cannot be read; null: nothing, or it has none. If "
        "`configured`, the last good version is in force and shown here.",
    )
    source: SourceOut | None = Field(None, description="null: the camera has no readable file.")
    interval_s: float | None = Field(
        None, description="Length of a report's interval, seconds; null: the camera has no readable file."
    )
    detection_fps: float | None = Field(
        None, description="Frames to analyse per second; null: the camera has no readable file."
    )
    lines: list[LineOut] = Field(default_factory=list)
    movements: list[MovementOut] = Field(default_factory=list)
    zones: list[ZoneOut] = Field(default_factory=list)
    signals: list[SignalOut] = Field(default_factory=list)
    is_calibrated: bool = Field(False, description="Whether speeds in km/h and lengths in m can be measured.")
    health: CameraStatus
    counts: RunningCounts


class CameraList(BaseModel):
    """All cameras, sorted by id."""

    as_of: UtcTime
    problem: str | None = Field(None, description="Why the folder of camera files cannot be read; null: it can.")
    cameras: list[CameraOut]
