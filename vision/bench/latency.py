"""Measures the latency from a frame's capture to a client's event, with each part of ngatu as a process."""

import http.client
import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from vision.common.errors import NgatuError
from vision.common.tool_process import ToolProcess
from vision.config.camera import CameraConfig, DetectionConfig
from vision.config.lines import LineConfig
from vision.config.sources import RtspSource
from vision.publishing import EmbeddedRedis

SIZE = "1280x720"
READY_WITHIN_S = 120.0
SETTLE_S = 3.0
"""Between the first analysed frame of the last camera and the start of the measurement."""
TIMEOUT_S = 10.0

OnStep = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class CameraStats:
    """One camera's rates and times during the measurement."""

    camera_id: str
    received_fps: float
    processed_fps: float
    target_fps: float
    dropped_fps: float
    """Frames that were due for detection but replaced by a newer one, per second."""
    inference_ms: float
    publish_p95_ms: float
    """From capture to publication, as the worker reports it."""


@dataclass(frozen=True, slots=True)
class LatencyReport:
    """Time from capture to SSE client, in seconds, of all crossings during the measurement."""

    model: str
    cores: int
    seconds: float
    crossings: int
    p50_s: float
    p95_s: float
    max_s: float
    cameras: tuple[CameraStats, ...]


@dataclass(frozen=True, slots=True)
class LatencyBench:
    """Runs embedded Redis, simulated cameras, workers, the service and one client on this machine."""

    clips: Sequence[Path]
    cameras: int
    model: str
    fps: float | None
    """Analysed fps of each camera; None: the default of camera files."""
    workers: int = 0
    threads: int = 0

    def run(self, seconds: float, on_step: OnStep = lambda _: None) -> LatencyReport:
        """Start everything, measure for `seconds`, and stop everything.

        `on_step` is called with the name of each step.

        Raises:
            NgatuError: a part does not start, or no vehicle crossed a line.
        """
        with self._started(on_step) as service:
            on_step("waiting for all cameras")
            self._await_cameras(service)
            time.sleep(SETTLE_S)
            on_step(f"measuring for {seconds:g} s")
            before = service.stats()
            samples = _listen(service, seconds)
            after = service.stats()
        if not samples:
            raise NgatuError("no vehicle crossed a line: measure for longer, or name clips with more traffic by --clip")
        return LatencyReport(
            model=self.model,
            cores=len(os.sched_getaffinity(0)),
            seconds=seconds,
            crossings=len(samples),
            p50_s=float(np.percentile(samples, 50)),
            p95_s=float(np.percentile(samples, 95)),
            max_s=max(samples),
            cameras=tuple(_camera_stats(name, before[name], after[name], seconds) for name in sorted(after)),
        )

    @contextmanager
    def _started(self, on_step: OnStep) -> Iterator["_Service"]:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ngatu-bench-")))
            on_step("starting Redis and the cameras; clips of another size are encoded once")
            redis = stack.enter_context(EmbeddedRedis(folder / "redis"))
            clips = [str(clip) for clip in self.clips]
            simulate = ["cameras", "simulate", *clips, "--count", str(self.cameras), "--size", SIZE, "--port", "0"]
            simulator = stack.enter_context(_Command("cameras", simulate, {}, folder / "cameras.log"))
            configs = self._write_cameras(folder, simulator.addresses("rtsp", self.cameras))
            on_step("starting the service and the workers")
            common = {"NGATU_REDIS_URL": redis.url, "NGATU_CAMERAS": str(configs)}
            serve = ["serve", "--port", "0", "--database", f"sqlite:///{folder}/store.sqlite3"]
            service = stack.enter_context(_Command("serve", serve, common, folder / "serve.log"))
            [address] = service.addresses("http", 1)
            work = ["work", "--model", self.model, "--state", str(folder / "state")]
            work += ["--workers", str(self.workers), "--threads", str(self.threads)]
            stack.enter_context(_Command("work", work, common, folder / "work.log"))
            yield _Service(address)

    def _write_cameras(self, folder: Path, urls: Sequence[str]) -> Path:
        """Write camera files with a horizontal and a vertical line through the middle of the image."""
        configs = folder / "cameras"
        configs.mkdir()
        lines = (
            LineConfig(id="level", start=(0.02, 0.55), end=(0.98, 0.55)),
            LineConfig(id="upright", start=(0.5, 0.98), end=(0.5, 0.02)),
        )
        detection = DetectionConfig(fps=self.fps) if self.fps else DetectionConfig()
        for number, url in enumerate(urls, 1):
            camera = CameraConfig(id=f"bench-{number}", source=RtspSource(url=url), lines=lines, detection=detection)
            (configs / f"{camera.id}.yaml").write_text(camera.model_dump_json(indent=1))
        return configs

    def _await_cameras(self, service: "_Service") -> None:
        deadline_s = time.monotonic() + READY_WITHIN_S
        while waiting := service.unanalysed_cameras():
            if time.monotonic() > deadline_s:
                raise NgatuError(f"after {READY_WITHIN_S:.0f} s not all cameras are analysed: {'; '.join(waiting)}")
            time.sleep(0.5)


class _Service:
    """The HTTP client of the service."""

    def __init__(self, address: str) -> None:
        self._host = address.removeprefix("http://")

    def connection(self, timeout_s: float) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._host, timeout=timeout_s)

    def stats(self) -> dict[str, dict[str, Any]]:
        """The latest statistics of each camera."""
        return {name: health["stats"] for name, health in self._health().items()}

    def unanalysed_cameras(self) -> list[str]:
        """The cameras without an analysed frame, with their states."""
        try:
            health = self._health()
        except (OSError, ValueError, http.client.HTTPException):
            return ["the service does not answer"]
        return [
            f"{n}: {h['state']} {h['reason']}".rstrip() for n, h in health.items() if not h["stats"]["processed_fps"]
        ]

    def _health(self) -> dict[str, dict[str, Any]]:
        connection = self.connection(TIMEOUT_S)
        try:
            connection.request("GET", "/api/v1/cameras")
            answer = json.load(connection.getresponse())
        finally:
            connection.close()
        return {camera["id"]: camera["health"] for camera in answer["cameras"]}


class _Command(ToolProcess):
    """A running command of ngatu that prints its addresses once it listens."""

    def addresses(self, scheme: str, count: int) -> list[str]:
        """The first `count` addresses of a scheme.

        Raises:
            NgatuError: the command ended, or did not print them in time.
        """
        deadline_s = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline_s and self.exit_code is None:
            words = self.log.read_text(errors="replace").split()
            found = [word for word in words if word.startswith(f"{scheme}://")]
            if len(found) >= count:
                return found[:count]
            time.sleep(0.1)
        raise NgatuError(f"`ngatu {self.name}` does not start; the end of its output:\n{self.last_output(8)}")


def _listen(service: _Service, seconds: float) -> list[float]:
    """Seconds from capture to arrival of each crossing on the event stream."""
    connection = service.connection(timeout_s=seconds + TIMEOUT_S)
    connection.request("GET", "/api/v1/events?kind=line_crossing")
    answer = connection.getresponse()
    began_at = datetime.now(UTC)
    over = threading.Timer(seconds, _hang_up, args=(connection,))
    over.start()
    samples = []
    with suppress(OSError, ValueError, http.client.HTTPException):
        while line := answer.readline():
            now = datetime.now(UTC)
            if line.startswith(b"data:"):
                captured_at = datetime.fromisoformat(json.loads(line[5:])["captured_at"])
                if captured_at >= began_at:
                    samples.append((now - captured_at).total_seconds())
    over.cancel()
    connection.close()
    return samples


def _hang_up(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _camera_stats(camera_id: str, before: dict[str, Any], after: dict[str, Any], seconds: float) -> CameraStats:
    def rate(name: str) -> float:
        return float(after[name] - before[name]) / seconds

    return CameraStats(
        camera_id=camera_id,
        received_fps=rate("frames_received"),
        processed_fps=rate("frames_processed"),
        target_fps=float(after["target_fps"]),
        dropped_fps=rate("frames_dropped"),
        inference_ms=float(after["inference_ms"]),
        publish_p95_ms=float(after["latency_p95_ms"]),
    )
