"""Helpers of the page's tests: the service as a process, and cameras that publish as workers do."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

import cv2
import numpy as np
import redis

from vision.common.object_class import ObjectClass
from vision.contracts import (
    CameraHealth,
    CameraState,
    CongestionLevel,
    Direction,
    Incident,
    IncidentKind,
    IncidentPhase,
    LineCrossing,
    LineNow,
    LiveBox,
    LiveIncident,
    LiveLine,
    LiveView,
    LiveZone,
    StreamStats,
    TrafficNow,
    ZoneNow,
    keys,
)
from vision.contracts.live import pack

SERVE = (
    "import typer; from api.commands import register; app = typer.Typer(); app.callback()(lambda: None); "
    "register(app); app()"
)
LINE = ((0.1, 0.7), (0.9, 0.7))
CAMERA_FILE = """\
id: {id}
name: {name}
source:
  kind: rtsp
  url: rtsp://192.0.2.7/live
lines:
  - id: main
    name: Stop line
    start: [0.1, 0.7]
    end: [0.9, 0.7]
    in_name: to the centre
zones:
  - id: approach
    name: Nhánh bắc
    polygon: [[0.2, 0.3], [0.7, 0.3], [0.9, 0.7], [0.1, 0.7]]
    stop_line: main
"""
ZONE = ((0.2, 0.3), (0.7, 0.3), (0.9, 0.7), (0.1, 0.7))
BOX = (0.4, 0.3, 0.6, 0.5)
ASPHALT_BGR = (96, 92, 90)
FPS = 8


@dataclass
class Camera:
    """A camera's worker as Redis sees it: health every second, live views, events."""

    redis_url: str
    id: str
    state: CameraState = CameraState.ONLINE
    reason: str = ""
    pictures: bool = True
    traffic: TrafficNow | None = None
    shown_incidents: tuple[LiveIncident, ...] = ()
    session: str = field(default_factory=lambda: uuid4().hex)
    _stopped: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def reporting(self) -> Iterator["Camera"]:
        thread = threading.Thread(target=self._report)
        thread.start()
        try:
            yield self
        finally:
            self._stopped.set()
            thread.join()

    def publish_crossing(
        self,
        object_class: ObjectClass = ObjectClass.MOTORCYCLE,
        direction: Direction = Direction.IN,
        track_id: int = 7,
        speed_kmh: float | None = None,
    ) -> None:
        """Publish a crossing of the line."""
        now = datetime.now(UTC)
        crossing = LineCrossing(
            event_id=uuid4().hex,
            camera_id=self.id,
            session_id=self.session,
            line_id="main",
            direction=direction,
            object_class=object_class,
            track_id=track_id,
            crossed_at=now,
            place=(0.5, 0.7),
            captured_at=now,
            frame_index=1,
            confidence=0.8,
            speed_kmh=speed_kmh,
        )
        self._publish(crossing)

    def publish_incident(self, incident_id: str = "incident-1", sequence: int = 0, **changed: Any) -> Incident:
        """Publish an incident update; by default a car that stopped a minute ago."""
        now = datetime.now(UTC)
        fields: dict[str, Any] = {
            "event_id": uuid4().hex,
            "camera_id": self.id,
            "session_id": self.session,
            "incident_id": incident_id,
            "incident_kind": IncidentKind.STOPPED_VEHICLE,
            "phase": IncidentPhase.UPDATED if sequence else IncidentPhase.RAISED,
            "sequence": sequence,
            "started_at": now - timedelta(seconds=61),
            "at": now,
            "zone_id": "approach",
            "place": (0.5, 0.5),
            "track_ids": (7,),
            "classes": (ObjectClass.CAR,),
            "confidence": 0.8,
            "reason": "a car has stopped in zone 'Nhánh bắc' for 61 s while traffic moves at 40 % of its free speed",
            "facts": {"class": "car", "zone": "Nhánh bắc", "stands_s": 61, "traffic_pct": 40},
            "captured_at": now,
        }
        incident = Incident.model_validate(fields | changed)
        self._publish(incident)
        return incident

    def _publish(self, event: LineCrossing | Incident) -> None:
        with redis.Redis.from_url(self.redis_url) as client:
            client.xadd(keys.event_stream(0), {keys.EVENT_FIELD: event.model_dump_json()})

    def _report(self) -> None:
        jpeg = cv2.imencode(".jpg", _street())[1].tobytes()
        with redis.Redis.from_url(self.redis_url) as client:
            tick = 0
            while not self._stopped.is_set():
                if tick % FPS == 0:
                    health = self._health().model_dump_json()
                    client.set(keys.health(self.id), health, px=3_000)
                    client.publish(keys.health_channel(self.id), health)
                if self.pictures and self.state is CameraState.ONLINE:
                    client.publish(keys.live_channel(self.id), pack(self._view(tick), jpeg))
                tick += 1
                self._stopped.wait(1 / FPS)

    def _health(self) -> CameraHealth:
        now = datetime.now(UTC)
        stats = StreamStats(received_fps=24.9, processed_fps=11.8, target_fps=12, width_px=640, height_px=360)
        return CameraHealth(
            camera_id=self.id,
            session_id=self.session,
            worker_id="worker-1",
            state=self.state,
            reason=self.reason,
            since=now,
            at=now,
            stats=stats,
            traffic=self.traffic,
        )

    def _view(self, frame_index: int) -> LiveView:
        now = datetime.now(UTC)
        box = LiveBox(track_id=7, object_class=ObjectClass.MOTORCYCLE, confidence=0.8, box=BOX)
        line = LiveLine(line_id="main", start=LINE[0], end=LINE[1], into=0, out=0)
        level = self.traffic.zones[0].congestion if self.traffic else None
        return LiveView(
            camera_id=self.id,
            frame_index=frame_index,
            captured_at=now,
            published_at=now,
            boxes=(box,),
            lines=(line,),
            zones=(LiveZone(zone_id="approach", polygon=ZONE, congestion=level),),
            incidents=self.shown_incidents,
        )


def traffic(level: CongestionLevel | None = CongestionLevel.CONGESTED, **changed: Any) -> TrafficNow:
    """Traffic of an uncalibrated camera with a line and a queue."""
    zone = ZoneNow(
        zone_id="approach", present=14, area_occupancy_pct=41.2, relative_speed=0.31, queue_veh=7, congestion=level
    )
    line = LineNow(line_id="main", into_veh_h=840, out_veh_h=120, into_pcu_h=301.5, out_pcu_h=60)
    fields: dict[str, Any] = {"at": datetime.now(UTC), "zones": (zone,), "lines": (line,), "congestion": level}
    return TrafficNow.model_validate(fields | changed)


def _street() -> "np.ndarray":
    picture = np.full((360, 640, 3), ASPHALT_BGR, np.uint8)
    x0, y0, x1, y1 = (round(part * size) for part, size in zip(BOX, (640, 360) * 2, strict=True))
    cv2.rectangle(picture, (x0, y0), (x1, y1), (40, 40, 160), -1)
    return picture


def write_cameras(folder: Path, *ids: str) -> Path:
    folder.mkdir(exist_ok=True)
    for camera_id in ids:
        (folder / f"{camera_id}.yaml").write_text(CAMERA_FILE.format(id=camera_id, name=f"Ngã tư {camera_id}"))
    return folder


@dataclass
class Service:
    """`ngatu serve` as a process that can be killed and restarted at the same address."""

    redis_url: str
    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        options = ["--port", str(self.port), "--redis", self.redis_url, "--cameras", str(self.folder / "cameras")]
        database = f"sqlite:///{self.folder / 'ngatu.sqlite3'}"
        command = [sys.executable, "-c", SERVE, "serve", *options, "--database", database]
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError), urlopen(f"{self.url}healthz", timeout=5):
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / "serve.log").read_text())

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
