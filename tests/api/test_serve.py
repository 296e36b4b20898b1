"""`ngatu serve` as a process that clients follow and watch, and that is killed, stopped and restarted."""

import asyncio
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
import typer
from click.testing import Result
from typer.testing import CliRunner
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from api.commands.serve import is_loopback, register
from tests.api.api_kit import (
    SERVE,
    Sent,
    crossing,
    eventually,
    following,
    health,
    opened,
    publish,
    report_health,
    row_count,
    serving,
    stored,
    take,
    view,
    write_camera,
)
from vision.common.ports import free_port
from vision.contracts import keys
from vision.contracts.live import pack, unpack
from vision.publishing.embedded import EmbeddedRedis

pytest_plugins = ["tests.api.api_fixtures"]

CROSSINGS = {"kind": "line_crossing"}


@pytest.fixture
def cameras(tmp_path: Path) -> Path:
    folder = tmp_path / "cameras"
    write_camera(folder)
    return folder


def get(url: str) -> httpx.Response:
    return httpx.get(url, timeout=10)


def ids(sent: list[Sent]) -> list[str]:
    return [one.data["event_id"] for one in sent if one.data]


async def test_events_and_health_reach_a_client_live(redis_url: str, sqlite_url: str, cameras: Path) -> None:
    with serving(redis_url, sqlite_url, cameras) as service:
        async with following(service.url) as sent:
            (lost,) = await take(sent, 1)
            assert (lost.event, lost.data and lost.data["state"]) == ("health", "lost")
            events = [crossing() for _ in range(5)]
            publish(redis_url, *events)
            report_health(redis_url, health())
            seen = [*await take(sent, 6)]
        assert ids([one for one in seen if one.event == "line_crossing"]) == [e.event_id for e in events]
        assert "online" in [one.data["state"] for one in seen if one.event == "health" and one.data]
        latency = get(f"{service.url}/api/v1/latency").json()
        assert 1 <= latency["delivered"]["count"] <= 5, "one for each write to the client"
        assert latency["kept"] is True


async def test_the_event_stream_is_not_buffered_compressed_or_cached(
    redis_url: str, sqlite_url: str, cameras: Path
) -> None:
    wanted = {"accept-encoding": "gzip"}
    with serving(redis_url, sqlite_url, cameras) as service:
        with httpx.stream("GET", f"{service.url}/api/v1/events", headers=wanted) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["cache-control"] == "no-cache"
            assert answer.headers["x-accel-buffering"] == "no"
            assert "content-encoding" not in answer.headers
            first = next(answer.iter_text())
        assert "retry: 2000" in first
        assert "\nid: " in first


async def test_a_resumed_client_gets_each_event_once(redis_url: str, sqlite_url: str, cameras: Path) -> None:
    events = [crossing() for _ in range(40)]
    seen: list[str] = []
    last_id = ""
    with serving(redis_url, sqlite_url, cameras) as service:
        for part in range(4):
            async with following(service.url, last_id, **CROSSINGS) as sent:
                if part == 0:
                    last_id = (await anext(sent)).id
                publish(redis_url, *events[10 * part : 10 * part + 5])
                got = await take(sent, 5 if part == 0 else 10)
                seen += ids(got)
                last_id = got[-1].id
            publish(redis_url, *events[10 * part + 5 : 10 * part + 10])
        async with following(service.url, last_id, **CROSSINGS) as sent:
            seen += ids(await take(sent, 5))
    assert seen == [e.event_id for e in events]


async def test_after_a_kill_each_event_is_stored_once_and_clients_resume(
    redis_url: str, database_url: str, cameras: Path
) -> None:
    events = [crossing() for _ in range(600)]
    delivered: list[str] = []
    with serving(redis_url, database_url, cameras, NGATU_BATCH="20", NGATU_CLAIM_AFTER_S="0.3") as service:
        async with following(service.url, **CROSSINGS) as sent:
            await anext(sent)
            publish(redis_url, *events[:300])
            got = await take(sent, 100)
            delivered, last_id = ids(got), got[-1].id
            service.kill()
    publish(redis_url, *events[300:])
    with serving(redis_url, database_url, cameras, NGATU_BATCH="20", NGATU_CLAIM_AFTER_S="0.3") as service:
        async with following(service.url, last_id, **CROSSINGS) as sent:
            delivered += ids(await take(sent, 500))
        async with opened(database_url) as database:
            await eventually(lambda: _has(database, 600))
            assert sorted(await stored(database)) == sorted(e.event_id for e in events)
    assert delivered == [e.event_id for e in events]


async def _has(database: Any, count: int) -> bool:
    return await row_count(database) == count


async def test_the_service_survives_a_killed_redis_without_losing_events(
    tmp_path: Path, sqlite_url: str, cameras: Path
) -> None:
    events = [crossing() for _ in range(20)]
    with EmbeddedRedis(tmp_path / "redis") as server, serving(server.url, sqlite_url, cameras) as service:
        port = server.port
        async with following(service.url, **CROSSINGS) as sent:
            await anext(sent)
            publish(server.url, *events[:10])
            seen = ids(await take(sent, 10))
            server.stop()
            async with httpx.AsyncClient(base_url=service.url) as client:
                ready = await client.get("/readyz")
                assert ready.status_code == 503
                assert "check that it runs" in ready.json()["redis"]["reason"]
                assert (await client.get("/healthz")).status_code == 200
                assert (await client.get("/api/v1/crossings")).status_code == 200
                with EmbeddedRedis(tmp_path / "redis", port):
                    publish(server.url, *events[10:])
                    seen += ids(await take(sent, 10))
                    assert seen == [e.event_id for e in events]
                    await eventually(lambda: _is_ready(client))
                    await eventually(lambda: _has_stored(client, 20))
        async with opened(sqlite_url) as database:
            assert sorted(await stored(database)) == sorted(e.event_id for e in events)


async def _has_stored(client: httpx.AsyncClient, count: int) -> bool:
    return len((await client.get("/api/v1/crossings")).json()["items"]) == count


async def _is_ready(client: httpx.AsyncClient) -> bool:
    return (await client.get("/readyz")).status_code == 200


async def test_the_service_waits_for_redis_at_its_start(tmp_path: Path, sqlite_url: str, cameras: Path) -> None:
    port = free_port()
    with serving(f"redis://127.0.0.1:{port}/0", sqlite_url, cameras) as service:
        assert get(f"{service.url}/readyz").status_code == 503
        with EmbeddedRedis(tmp_path / "redis", port) as server:
            async with following(service.url, **CROSSINGS) as sent:
                await anext(sent)
                publish(server.url, crossing())
                assert len(await take(sent, 1)) == 1


async def test_a_client_that_reads_nothing_is_disconnected(redis_url: str, sqlite_url: str, cameras: Path) -> None:
    events = [crossing(session_id="s" * 64) for _ in range(20_000)]
    with serving(redis_url, sqlite_url, cameras, NGATU_QUEUE="500") as service, socket.socket() as deaf:
        url = httpx.URL(service.url)
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect((url.host, url.port))
        deaf.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        async with httpx.AsyncClient(base_url=service.url) as client:

            async def followers_are(count: int) -> bool:
                return f"ngatu_sse_clients {count}.0" in (await client.get("/metrics")).text

            await eventually(lambda: followers_are(1))
            with redis.Redis.from_url(redis_url) as bus, bus.pipeline(transaction=False) as pipe:
                for number, event in enumerate(events):
                    pipe.xadd(keys.event_stream(0), {keys.EVENT_FIELD: event.model_dump_json()})
                    if number % 500 == 499:
                        await asyncio.to_thread(pipe.execute)
            await eventually(lambda: followers_are(0))
            assert "ngatu_sse_sent_off_total 1.0" in (await client.get("/metrics")).text


async def test_half_sent_and_endless_heads_of_requests_are_given_up(
    redis_url: str, sqlite_url: str, cameras: Path
) -> None:
    code = f"import api.commands.server as server; server.HEAD_WITHIN_S = 0.5; {SERVE}"
    with serving(redis_url, sqlite_url, cameras, code=code) as service:
        url = httpx.URL(service.url)

        def answer_to(sent: bytes) -> bytes:
            with socket.create_connection((url.host, url.port), timeout=10) as client:
                client.sendall(sent)
                with suppress(ConnectionResetError):
                    return client.recv(100)
            return b""

        assert answer_to(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").startswith(b"HTTP/1.1 200")
        assert answer_to(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: ") == b""
        assert answer_to(b"GET /healthz HTTP/1.1\r\n" + b"X: y\r\n" * 40_000) == b""


async def test_live_views_reach_viewers_and_a_slow_one_gets_only_the_newest(
    redis_url: str, sqlite_url: str, cameras: Path
) -> None:
    channel = keys.live_channel("nts-01")
    with serving(redis_url, sqlite_url, cameras) as service, redis.Redis.from_url(redis_url) as bus:
        live = f"{service.url.replace('http', 'ws')}/api/v1/cameras/nts-01/live"
        async with connect(live, close_timeout=0.2) as one, connect(live, max_queue=1) as slow:
            first = pack(view(frame_index=1), b"jpeg")
            await eventually(lambda: bus.publish(channel, first) == 1)
            assert unpack(_bytes(await one.recv()))[0].frame_index == 1
            heavy = b"x" * 400_000
            for frame_index in range(2, 62):
                bus.publish(channel, pack(view(frame_index=frame_index), heavy))
                await asyncio.sleep(0.005)
            seen = [0]
            async with asyncio.timeout(10):
                while seen[-1] != 61:
                    seen.append(unpack(_bytes(await slow.recv()))[0].frame_index)
        assert seen == sorted(seen)
        assert len(seen) < 50
        await eventually(lambda: bus.pubsub_numsub(channel)[0][1] == 0)


def _bytes(message: str | bytes) -> bytes:
    assert isinstance(message, bytes)
    return message


async def test_live_views_are_refused_to_other_sites_and_for_unknown_cameras(
    redis_url: str, sqlite_url: str, cameras: Path
) -> None:
    with serving(redis_url, sqlite_url, cameras) as service:
        live = f"{service.url.replace('http', 'ws')}/api/v1/cameras"
        assert await _close_code(f"{live}/nts-9/live", None) == 4404
        assert await _close_code(f"{live}/nts-01/live", Origin("https://elsewhere.example")) == 4403


async def _close_code(url: str, origin: Origin | None) -> int | None:
    async with connect(url, origin=origin) as live:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(live.recv(), 5)
        return live.close_code


@pytest.mark.parametrize(("signal_number", "ended"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 0)])
async def test_the_service_stops_at_once_despite_followers_and_viewers(
    redis_url: str, sqlite_url: str, cameras: Path, signal_number: signal.Signals, ended: int
) -> None:
    with serving(redis_url, sqlite_url, cameras) as service:
        live = f"{service.url.replace('http', 'ws')}/api/v1/cameras/nts-01/live"
        async with connect(live) as watched, following(service.url) as sent:
            await take(sent, 1)
            assert service.stop(signal_number) < 4
            assert service.process.returncode == ended
            with pytest.raises(ConnectionClosed):
                await watched.recv()
        assert "Traceback" not in service.log.read_text()
        with redis.Redis.from_url(redis_url) as bus:
            assert bus.xinfo_consumers(keys.event_stream(0), keys.STORE_GROUP) == []


def _failed_start(*options: str) -> Result:
    """The output of a service that does not start."""
    tool = typer.Typer()
    tool.callback()(lambda: None)
    register(tool)
    said = CliRunner().invoke(tool, ["serve", *options])
    assert said.exit_code == 1
    assert isinstance(said.exception, SystemExit)
    return said


def test_a_port_in_use_is_named_with_a_remedy(sqlite_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = _failed_start("--port", str(port), "--database", sqlite_url)
    assert f"port {port} on 127.0.0.1 is taken by another process: give another by --port" in said.stderr


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--redis", "http://user:hunter2@redis"], "unknown kind; write redis://"),
        (["--database", "mysql://user:hunter2@db/x"], "unknown kind 'mysql'; write sqlite:///"),
        (["--database", "postgresql://user:hunter2@127.0.0.1:9/x"], "check that it runs"),
        (["--host", "203.0.113.7"], "cannot listen on 203.0.113.7"),
        (["--cameras", "nothere"], "nothere: there is no such folder: name the folder that holds the camera files"),
    ],
)
def test_an_invalid_option_is_named_with_a_remedy_and_no_password(
    sqlite_url: str, options: list[str], text: str
) -> None:
    said = _failed_start("--port", "0", "--database", sqlite_url, *options)
    assert text in said.stderr
    assert "hunter2" not in said.output


@pytest.mark.parametrize("zone", ["Hanoi", "Asia", "../Asia/Ho_Chi_Minh", "zone.tab", ""])
def test_an_invalid_environment_variable_is_named(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("NGATU_TIMEZONE", zone)
    said = _failed_start()
    assert f"NGATU_TIMEZONE: Value error, unknown time zone '{zone}'" in said.stderr


@pytest.mark.parametrize(
    ("host", "private"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("10.0.0.7", False)],
)
def test_only_loopback_addresses_are_private(host: str, private: bool) -> None:
    assert is_loopback(host) is private


def test_importing_the_command_loads_no_heavy_module() -> None:
    heavy = "fastapi, sqlalchemy, uvicorn"
    check = f"import sys, api.commands; assert not {{*'{heavy}'.split(', ')}} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", check], check=True, timeout=20)
