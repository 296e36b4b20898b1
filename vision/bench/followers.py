"""Measures how many clients one service process serves with live events, and how late they get them."""

import asyncio
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import redis

from vision.common.child_process import PIPE, ChildProcess
from vision.common.errors import NgatuError
from vision.common.object_class import ObjectClass
from vision.common.ports import free_port
from vision.common.tool_process import ToolProcess
from vision.config.bus import connect
from vision.contracts import Direction, LineCrossing, keys
from vision.publishing import EmbeddedRedis

READY_WITHIN_S = 60.0
CONNECT_WITHIN_S = 30.0
WARM_UP_S = 2.0
BURSTS_PER_S = 50
TIMED_CLIENTS = 10
"""Clients that read the time of each event; the others count bytes, so that the clients do not become the limit."""
_CAPTURED_AT = re.compile(rb'"captured_at":"([^"]+)"')
_READ_BYTES = 1 << 18

OnStep = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class FollowersReport:
    """What the clients got during the measurement."""

    clients: int
    slow_clients: int
    """Clients beside them that read nothing at all."""
    events_per_s: float
    """Events published per second."""
    seconds: float
    delivered_share: float
    """Events that the clients got, as a share of those that were published for them."""
    p50_s: float
    p95_s: float
    max_s: float
    """From publication to arrival, over all timed clients and events."""
    service_cpu: float
    """Processor time of the service, as a share of one core."""


@dataclass(frozen=True, slots=True)
class FollowersBench:
    """Runs Redis, the service, a publisher and clients on this machine, each as a process of its own."""

    clients: int = 300
    slow_clients: int = 0
    events_per_s: int = 500

    def run(self, seconds: float, on_step: OnStep = lambda _: None) -> FollowersReport:
        """Start everything, measure for `seconds`, and stop everything.

        Raises:
            NgatuError: the service or the clients do not start.
        """
        on_step("starting Redis, the service and the clients")
        with self._started() as (url, service, port), self._connected(port, seconds) as clients:
            on_step(f"measuring for {seconds:g} s")
            with connect(url) as client:
                _publish(client, self.events_per_s, WARM_UP_S)
                before_s, began_s = _cpu_s(service.pid), time.monotonic()
                published = _publish(client, self.events_per_s, seconds)
                cpu = (_cpu_s(service.pid) - before_s) / (time.monotonic() - began_s)
            on_step("collecting the clients' figures")
            clients.stdin.close()
            found = json.loads("".join(clients.lines()) or "{}")
        if not found.get("samples"):
            raise NgatuError("no client received an event: the service's log in the temporary folder says why")
        samples = np.array(found["samples"])
        return FollowersReport(
            clients=self.clients,
            slow_clients=self.slow_clients,
            events_per_s=published / seconds,
            seconds=seconds,
            delivered_share=len(samples)
            / (published + self.events_per_s * WARM_UP_S)
            / min(TIMED_CLIENTS, self.clients),
            p50_s=float(np.percentile(samples, 50)),
            p95_s=float(np.percentile(samples, 95)),
            max_s=float(samples.max()),
            service_cpu=cpu,
        )

    @contextmanager
    def _started(self) -> Iterator[tuple[str, ToolProcess, int]]:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ngatu-followers-")))
            bus = stack.enter_context(EmbeddedRedis(folder / "redis"))
            (folder / "cameras").mkdir()
            port = free_port()
            environment = {"NGATU_REDIS_URL": bus.url, "NGATU_CAMERAS": str(folder / "cameras")}
            arguments = ["serve", "--port", str(port), "--database", f"sqlite:///{folder}/store.sqlite3"]
            service = stack.enter_context(ToolProcess("serve", arguments, environment, folder / "serve.log"))
            deadline_s = time.monotonic() + READY_WITHIN_S
            while "ngatu serves" not in service.log.read_text(errors="replace"):
                if time.monotonic() > deadline_s or service.exit_code is not None:
                    raise NgatuError(f"`ngatu serve` does not start; the end of its output:\n{service.last_output()}")
                time.sleep(0.1)
            yield bus.url, service, port

    @contextmanager
    def _connected(self, port: int, seconds: float) -> Iterator[ChildProcess]:
        arguments = [str(value) for value in (port, self.clients, self.slow_clients, seconds + 60)]
        command = [sys.executable, "-m", "vision.bench.followers", *arguments]
        with ChildProcess(command, stdin=PIPE, stdout=PIPE) as clients:
            if clients.stdout.readline() != b"connected\n":
                raise NgatuError("the clients cannot connect to the service")
            yield clients


def _publish(client: redis.Redis, per_s: int, seconds: float) -> int:
    """Add events at an even rate, in bursts; returns how many."""
    began_s, published = time.monotonic(), 0
    while (elapsed_s := time.monotonic() - began_s) < seconds:
        due = int(elapsed_s * per_s) - published
        with client.pipeline(transaction=False) as pipe:
            for number in range(published, published + due):
                pipe.xadd(keys.event_stream(0), {keys.EVENT_FIELD: _event(number).model_dump_json()})
            pipe.execute()
        published += due
        time.sleep(1 / BURSTS_PER_S)
    return published


def _event(number: int) -> LineCrossing:
    now = datetime.now(UTC)
    return LineCrossing(
        event_id=f"bench-{time.time_ns()}-{number}",
        camera_id=f"camera-{number % 20}",
        session_id="bench",
        line_id="north",
        direction=Direction.IN,
        object_class=ObjectClass.MOTORCYCLE,
        track_id=number,
        crossed_at=now,
        captured_at=now,
        place=(0.4, 0.6),
        frame_index=number,
        confidence=0.8,
    )


def _cpu_s(pid: int) -> float:
    """Processor time that a process has used so far, seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _follow_all(port: int, clients: int, slow: int, seconds: float) -> list[float]:
    """Connect all clients, print `connected`, and read until standard input is closed; returns the delays."""
    samples: list[float] = []
    ready = asyncio.Semaphore(0)
    is_timed = [number < TIMED_CLIENTS for number in range(clients)]
    tasks = [asyncio.create_task(_follow(port, samples if timed else None, ready)) for timed in is_timed]
    tasks += [asyncio.create_task(_never_read(port, ready)) for _ in range(slow)]
    async with asyncio.timeout(CONNECT_WITHIN_S):
        for _ in tasks:
            await ready.acquire()
    print("connected", flush=True)  # noqa: T201 - the parent reads it
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.to_thread(sys.stdin.read), seconds)
    await asyncio.sleep(1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return samples


async def _request(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A stream of events; it is closed when the writer is no longer referred to."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=_READ_BYTES)
    writer.write(b"GET /api/v1/events?kind=line_crossing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    await writer.drain()
    await reader.readuntil(b"ngatu")
    return reader, writer


async def _follow(port: int, samples: list[float] | None, ready: asyncio.Semaphore) -> None:
    reader, _writer = await _request(port)
    ready.release()
    rest = b""
    while data := await reader.read(_READ_BYTES):
        if samples is None:
            continue
        now = datetime.now(UTC)
        whole, _, rest = (rest + data).rpartition(b"\n")
        for text in _CAPTURED_AT.findall(whole):
            samples.append((now - datetime.fromisoformat(text.decode())).total_seconds())


async def _never_read(port: int, ready: asyncio.Semaphore) -> None:
    _, writer = await _request(port)
    ready.release()
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.Event().wait()


if __name__ == "__main__":
    _port, _clients, _slow, _seconds = sys.argv[1:]
    _samples = asyncio.run(_follow_all(int(_port), int(_clients), int(_slow), float(_seconds)))
    print(json.dumps({"samples": _samples}))  # noqa: T201 - the parent reads it
