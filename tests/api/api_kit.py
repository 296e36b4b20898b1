"""Helpers of the service's tests: events, a service as a process, and clients of its streams."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import redis
from sqlalchemy import func, select

from api.services import Services
from api.settings import ServiceSettings
from api.storage.database import Database
from api.storage.tables import EventRow, LineCrossingRow
from vision.common.object_class import ObjectClass
from vision.config.bus import connect_async
from vision.contracts import (
    CameraHealth,
    CameraState,
    ClassCount,
    CongestionLevel,
    Direction,
    FlowQuality,
    FlowReport,
    HealthChange,
    LineCrossing,
    LiveView,
    Movement,
    StreamStats,
    TrafficNow,
    ZoneNow,
    keys,
)

SERVE = (
    "import typer; from api.commands import register; app = typer.Typer(); app.callback()(lambda: None); "
    "register(app); app()"
)
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
"""In Hanoi."""
CAMERA_FILE = """\
id: {id}
name: Ngã tư Sở
source:
  kind: rtsp
  url: rtsp://admin:hunter2@10.0.0.7:554/live?token=hunter3
lines:
  - id: north
    start: [0.1, 0.5]
    end: [0.9, 0.5]
movements:
  - id: north-east
    name: rẽ trái
    entry: north
    exit: approach
zones:
  - id: approach
    polygon: [[0.1, 0.5], [0.9, 0.5], [0.9, 0.9], [0.1, 0.9]]
    stop_line: north
    signal: lights
signals:
  - id: lights
    state: {{kind: controller}}
  - id: plan
    state: {{kind: timed, green: 30, red: 40}}
"""


def crossing(**changed: Any) -> LineCrossing:
    now = datetime.now(UTC)
    fields: dict[str, Any] = {
        "event_id": uuid4().hex,
        "camera_id": "nts-01",
        "session_id": "session-1",
        "line_id": "north",
        "direction": Direction.IN,
        "object_class": ObjectClass.MOTORCYCLE,
        "track_id": 7,
        "crossed_at": now,
        "place": (0.25, 0.5),
        "captured_at": now,
        "frame_index": 3,
        "confidence": 0.5,
    }
    return LineCrossing.model_validate(fields | changed)


def movement(**changed: Any) -> Movement:
    fields: dict[str, Any] = {
        "event_id": uuid4().hex,
        "camera_id": "nts-01",
        "session_id": "session-1",
        "movement_id": "north-east",
        "object_class": ObjectClass.BUS,
        "track_id": 7,
        "entered_at": NOON,
        "left_at": NOON + timedelta(seconds=9),
        "captured_at": NOON + timedelta(seconds=9),
    }
    return Movement.model_validate(fields | changed)


def report(**changed: Any) -> FlowReport:
    fields: dict[str, Any] = {
        "event_id": uuid4().hex,
        "camera_id": "nts-01",
        "session_id": "session-1",
        "line_id": "north",
        "interval_start": NOON,
        "interval_s": 60,
        "counts": (
            ClassCount(object_class=ObjectClass.CAR, into=3, out=1),
            ClassCount(object_class=ObjectClass.BUS, into=0, out=1),
        ),
        "quality": FlowQuality(watched_s=30, blind_s=30, effective_fps=11.5, frames_dropped=2),
    }
    return FlowReport.model_validate(fields | changed)


def change(**changed: Any) -> HealthChange:
    fields: dict[str, Any] = {
        "event_id": uuid4().hex,
        "camera_id": "nts-01",
        "session_id": "session-1",
        "state": CameraState.UNREACHABLE,
        "previous": CameraState.ONLINE,
        "reason": "no answer",
        "at": NOON,
    }
    return HealthChange.model_validate(fields | changed)


def health(camera_id: str = "nts-01", state: CameraState = CameraState.ONLINE) -> CameraHealth:
    now = datetime.now(UTC)
    return CameraHealth(
        camera_id=camera_id,
        session_id="session-1",
        worker_id="worker-1",
        state=state,
        since=now,
        at=now,
        outbox_size=4,
        stats=StreamStats(processed_fps=11.9, frames_dropped=5, inference_ms=17.5, latency_ms=140),
        traffic=TrafficNow(
            at=now,
            zones=(ZoneNow(zone_id="approach", present=12, area_occupancy_pct=31, congestion=CongestionLevel.DENSE),),
            congestion=CongestionLevel.DENSE,
            open_incidents=2,
        ),
    )


def view(camera_id: str = "nts-01", frame_index: int = 1) -> LiveView:
    now = datetime.now(UTC)
    return LiveView(camera_id=camera_id, frame_index=frame_index, captured_at=now, published_at=now, boxes=(), lines=())


def publish(url: str, *events: Any, shard: int = 0) -> list[str]:
    """Publish events as a worker does, and bytes unchanged. Returns the entries' ids."""
    with redis.Redis.from_url(url) as client:
        return [
            client.xadd(
                keys.event_stream(shard),
                {keys.EVENT_FIELD: event if isinstance(event, bytes) else event.model_dump_json()},
            ).decode()
            for event in events
        ]


def report_health(url: str, health: CameraHealth, expiry_s: float = 5) -> None:
    with redis.Redis.from_url(url) as client:
        client.set(keys.health(health.camera_id), health.model_dump_json(), px=int(expiry_s * 1000))
        client.publish(keys.health_channel(health.camera_id), health.model_dump_json())


async def stored(database: Database, table: type[EventRow] = LineCrossingRow) -> list[str]:
    """Event ids in the order of storage."""
    async with database.reading() as connection:
        return list((await connection.scalars(select(table.event_id).order_by(table.id))).all())


async def row_count(database: Database, table: type[EventRow] = LineCrossingRow) -> int:
    async with database.reading() as connection:
        return int((await connection.scalars(select(func.count()).select_from(table))).one())


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """A migrated database."""
    database = Database(url)
    try:
        await database.migrate()
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def bus(url: str) -> AsyncIterator[Any]:
    client = connect_async(url, retries=0)
    try:
        yield client
    finally:
        await client.aclose()


@asynccontextmanager
async def task_of(work: Awaitable[None]) -> AsyncIterator["asyncio.Future[None]"]:
    """A task that runs during the block."""
    task = asyncio.ensure_future(work)
    try:
        yield task
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=0.2)


async def eventually(condition: Callable[[], Awaitable[bool] | bool], within_s: float = 20) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + within_s
    while True:
        answer = condition()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < deadline, f"still false after {within_s} s"
        await asyncio.sleep(0.02)


@dataclass(frozen=True)
class Running:
    """A service in this process, and a client."""

    services: Services
    client: httpx.AsyncClient
    settings: ServiceSettings
    cameras: Path


def write_camera(folder: Path, camera_id: str = "nts-01") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{camera_id}.yaml"
    path.write_text(CAMERA_FILE.format(id=camera_id))
    return path


@dataclass
class Service:
    """`ngatu serve` as a separate process."""

    process: "subprocess.Popen[bytes]"
    url: str
    log: Path

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self, signal_number: signal.Signals) -> float:
        """Stop the process; returns the seconds it took."""
        started = time.monotonic()
        self.process.send_signal(signal_number)
        self.process.wait(10)
        return time.monotonic() - started


def command(*options: str, code: str = SERVE) -> list[str]:
    return [sys.executable, "-c", code, "serve", *options]


@contextmanager
def serving(
    redis_url: str, database_url: str, cameras: Path, port: int = 0, *, code: str = SERVE, **environment: str
) -> Iterator[Service]:
    """A running service, killed at the end if necessary."""
    log = cameras / f"serve-{uuid4().hex[:6]}.log"
    options = ["--port", str(port), "--redis", redis_url, "--database", database_url, "--cameras", str(cameras)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command(*options, code=code),
            stdout=out,
            stderr=out,
            env=os.environ | {"NGATU_STATE": str(cameras / "state")} | environment,
        )
    try:
        yield Service(process, _address(process, log), log)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        output = log.read_text()
        if "ngatu serves on http://" in output:
            url = output.split("ngatu serves on ")[1].split()[0]
            with suppress(httpx.TransportError):
                httpx.get(f"{url}/healthz", timeout=5)
                return url
        assert process.poll() is None, output
        time.sleep(0.02)
    raise AssertionError(log.read_text())


@dataclass(frozen=True)
class Sent:
    """One server-sent event."""

    id: str
    event: str
    data: dict[str, Any] | None


@asynccontextmanager
async def following(url: str, last_id: str = "", **params: Any) -> AsyncIterator[AsyncIterator[Sent]]:
    """The events of a running service, as a client reads them."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    async with (
        httpx.AsyncClient(timeout=20) as client,
        client.stream("GET", f"{url}/api/v1/events", params=params, headers=headers) as response,
    ):
        assert response.status_code == 200, await response.aread()
        yield _sent(response)


async def _sent(response: httpx.Response) -> AsyncIterator[Sent]:
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif fields:
            data = json.loads(fields["data"]) if "data" in fields else None
            yield Sent(fields.get("id", ""), fields.get("event", ""), data)
            fields = {}


async def take(sent: AsyncIterator[Sent], count: int, within_s: float = 30) -> list[Sent]:
    """The next messages with data."""
    taken: list[Sent] = []
    async with asyncio.timeout(within_s):
        async for one in sent:
            if one.data is not None:
                taken.append(one)
                if len(taken) == count:
                    break
    return taken
