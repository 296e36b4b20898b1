"""Cameras as clients see them. Never a credential."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from vision.common.object_class import ObjectClass
from vision.config.zones import RoadClass, ZoneKind
from vision.contracts import CameraState, StreamStats, TrafficNow
from vision.contracts.base import Place, UtcTime


class CameraStatus(BaseModel):
    """How a camera is. `lost`: no worker has spoken for it lately; then what was last heard stands here."""

    camera_id: str
    state: CameraState
    reason: str = Field("", description="For people.", examples=["no answer from rtsp://***@10.0.0.7 for 5 s"])
    since: UtcTime | None = Field(None, description="When the state began; null where that is not known.")
    at: UtcTime | None = Field(None, description="When it was last told by a worker; null: never heard of.")
    session_id: str | None = None
    worker_id: str | None = None
    outbox_size: int = Field(0, description="Events of this camera's worker that wait for Redis.")
    model: str = ""
    provider: str = ""
    stats: StreamStats = StreamStats()
    traffic: TrafficNow | None = Field(None, description="What it sees just now; null: nothing yet, or it is lost.")


class SourceOut(BaseModel):
    """Where the pictures come from; without user, password and query."""

    kind: Literal["rtsp", "file"]
    address: str = Field(examples=["rtsp://10.0.0.7:554/live"])


class LineOut(BaseModel):
    """A directed counting line; places are fractions of the upright picture."""

    id: str
    name: str
    start: Place
    end: Place
    in_name: str
    out_name: str
    anchor: str
    classes: list[ObjectClass]


class MovementOut(BaseModel):
    """An origin and a destination, and what lies between: each a line or a zone."""

    id: str
    name: str
    entry: str
    exit: str
    via: list[str]
    banned: bool
    within_s: float


class ZoneOut(BaseModel):
    """An area of the road; its corners are fractions of the upright picture."""

    id: str
    name: str
    kind: ZoneKind
    polygon: list[Place]
    lanes: int | None
    length_m: float | None
    stop_line: str | None
    spillback_line: str | None
    signal: str | None
    stopping_banned: bool
    speed_limit_kmh: float | None
    road_class: RoadClass | None


class SignalOut(BaseModel):
    """A traffic light, and where its state is known from."""

    id: str
    name: str
    known_by: Literal["lamps", "timed", "controller"]


class InOut(BaseModel):
    """Vehicles in both directions of a line."""

    into: int = Field(0, alias="in", serialization_alias="in")
    out: int = 0

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


class LineCount(InOut):
    """One line's vehicles, and how many of each class."""

    by_class: dict[ObjectClass, InOut] = Field(default_factory=dict)


class RunningCounts(BaseModel):
    """What is stored since the day began; lines that nobody crossed are there with zeros."""

    since: UtcTime = Field(description="Midnight in the service's time zone.")
    lines: dict[str, LineCount] = Field(default_factory=dict)


class CameraOut(BaseModel):
    """One camera."""

    id: str
    name: str = ""
    configured: bool = Field(description="Whether its file is in this service's folder and can be read.")
    enabled: bool = True
    problem: str | None = Field(None, description="What is wrong with its file.")
    source: SourceOut | None = None
    interval_s: float | None = Field(None, description="Length of a flow report's interval.")
    detection_fps: float | None = None
    lines: list[LineOut] = Field(default_factory=list)
    movements: list[MovementOut] = Field(default_factory=list)
    zones: list[ZoneOut] = Field(default_factory=list)
    signals: list[SignalOut] = Field(default_factory=list)
    is_calibrated: bool = Field(False, description="Whether speeds in km/h and lengths in m can be told.")
    health: CameraStatus
    counts: RunningCounts


class CameraList(BaseModel):
    """All cameras, by id."""

    as_of: UtcTime
    problem: str | None = Field(None, description="Why the folder of camera files cannot be read.")
    cameras: list[CameraOut]
