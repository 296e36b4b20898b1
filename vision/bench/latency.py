"""How long after its capture a crossing reaches a client: the whole spine, each part a process, measured at its end."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from vision.config.camera import CameraConfig, DetectionConfig
from vision.config.lines import LineConfig
from vision.config.sources import RtspSource
from vision.core.errors import NgatuError
from vision.publishing import EmbeddedRedis

LOOPBACK = "127.0.0.1"
SIZE = "1280x720"
READY_WITHIN_S = 120.0
SETTLE_S = 3.0
"""After the last camera is watched, before measuring begins."""
CUT_OFF_S = 10.0

Says = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class CameraFigures:
    """One camera over the measured time."""

    camera_id: str
    received_fps: float
    processed_fps: float
    target_fps: float
    dropped_fps: float
    """Frames due for detection that were overtaken, a second."""
    inference_ms: float
    publish_p95_ms: float
    """From capture to publication, as the worker itself tells it."""


@dataclass(frozen=True, slots=True)
class LatencyReport:
    """Capture to SSE client, in seconds, over all crossings of the measured time."""

    model: str
    cores: int
    seconds: float
    crossings: int
    p50_s: float
    p95_s: float
    max_s: float
    cameras: tuple[CameraFigures, ...]


@dataclass(frozen=True, slots=True)
class LatencyBench:
    """Embedded Redis, simulated cameras, workers, the service and one client, all on this machine."""

    clips: Sequence[Path]
    cameras: int
    model: str
    fps: float | None
    """Detection rate of each camera; None: the default of a camera's file."""
    workers: int = 0
    threads: int = 0

    def run(self, seconds: float, says: Says = lambda _: None) -> LatencyReport:
        """Start everything, measure for `seconds`, and stop everything.

        Raises:
            NgatuError: a part does not start, or no vehicle crossed a line.
        """
        with self._started(says) as service:
            says("waiting for all cameras")
            self._await_cameras(service)
            time.sleep(SETTLE_S)
            says(f"measuring for {seconds:g} s")
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
            cameras=tuple(_figures(name, before[name], after[name], seconds) for name in sorted(after)),
        )

    @contextmanager
    def _started(self, says: Says) -> Iterator["_Service"]:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ngatu-bench-")))
            says("starting Redis and the cameras; a clip of another size is encoded once")
            redis = stack.enter_context(EmbeddedRedis(folder / "redis"))
            clips = [str(clip) for clip in self.clips]
            simulate = ["cameras", "simulate", *clips, "--count", str(self.cameras), "--size", SIZE, "--port", "0"]
            simulator = stack.enter_context(_running(folder, "cameras", simulate, {}))
            configs = self._write_cameras(folder, simulator.addresses("rtsp", self.cameras))
            says("starting the service and the workers")
            common = {"NGATU_REDIS_URL": redis.url, "NGATU_CAMERAS": str(configs)}
            serve = ["serve", "--port", "0", "--database", f"sqlite:///{folder}/store.sqlite3"]
            page = stack.enter_context(_running(folder, "serve", serve, common)).addresses("http", 1)[0]
            work = ["work", "--model", self.model, "--state", str(folder / "state")]
            work += ["--workers", str(self.workers), "--threads", str(self.threads)]
            stack.enter_context(_running(folder, "work", work, common))
            yield _Service(page)

    def _write_cameras(self, folder: Path, urls: Sequence[str]) -> Path:
        """Cameras with a level and an upright line through the picture's middle."""
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
        while waiting := service.not_watched_yet():
            if time.monotonic() > deadline_s:
                raise NgatuError(f"after {READY_WITHIN_S:.0f} s not all cameras are watched: {'; '.join(waiting)}")
            time.sleep(0.5)


class _Service:
    """The service as any client sees it."""

    def __init__(self, address: str) -> None:
        self._host = address.removeprefix("http://")

    def connection(self, timeout_s: float) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._host, timeout=timeout_s)

    def stats(self) -> dict[str, dict[str, Any]]:
        """The newest figures of each camera."""
        return {name: health["stats"] for name, health in self._health().items()}

    def not_watched_yet(self) -> list[str]:
        """The cameras of which no frame was looked at, and how they are."""
        try:
            told = self._health()
        except (OSError, ValueError, http.client.HTTPException):
            return ["the service does not answer"]
        return [f"{n}: {h['state']} {h['reason']}".rstrip() for n, h in told.items() if not h["stats"]["processed_fps"]]

    def _health(self) -> dict[str, dict[str, Any]]:
        connection = self.connection(CUT_OFF_S)
        try:
            connection.request("GET", "/api/v1/cameras")
            answer = json.load(connection.getresponse())
        finally:
            connection.close()
        return {camera["id"]: camera["health"] for camera in answer["cameras"]}


class _Child:
    """One running command of the tool, and its log."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self._name, self._process, self._log = name, process, log

    def addresses(self, scheme: str, count: int) -> list[str]:
        """The addresses that it prints once it listens.

        Raises:
            NgatuError: it ended, or printed none in time.
        """
        deadline_s = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline_s and self._process.poll() is None:
            words = self._log.read_text(errors="replace").split()
            found = [word for word in words if word.startswith(f"{scheme}://")]
            if len(found) >= count:
                return found[:count]
            time.sleep(0.1)
        last = "\n".join(self._log.read_text(errors="replace").splitlines()[-8:])
        raise NgatuError(f"`ngatu {self._name}` does not serve; its last words:\n{last}")


@contextmanager
def _running(folder: Path, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[_Child]:
    log = folder / f"{name}.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "vision", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            process_group=0,
        )
    try:
        yield _Child(name, process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(CUT_OFF_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _listen(service: _Service, seconds: float) -> list[float]:
    """Seconds from capture to arrival of each crossing that a client of the event stream is told."""
    connection = service.connection(timeout_s=seconds + CUT_OFF_S)
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


def _figures(camera_id: str, before: dict[str, Any], after: dict[str, Any], seconds: float) -> CameraFigures:
    def rate(name: str) -> float:
        return float(after[name] - before[name]) / seconds

    return CameraFigures(
        camera_id=camera_id,
        received_fps=rate("frames_received"),
        processed_fps=rate("frames_processed"),
        target_fps=float(after["target_fps"]),
        dropped_fps=rate("frames_dropped"),
        inference_ms=float(after["inference_ms"]),
        publish_p95_ms=float(after["latency_p95_ms"]),
    )
