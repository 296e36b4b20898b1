"""The whole system in small: white squares over RTSP, a small ONNX model, real processes and a real Redis."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import av
import numpy as np
import onnx
import redis
from onnx import TensorProto, helper, numpy_helper

from tests.kit.worker_kit import CAR, HEIGHT, WIDTH, picture, until
from vision.config.bus import connect
from vision.contracts import EVENT, CameraHealth, Event, SessionEnd, keys
from vision.detection.models.add import store
from vision.detection.models.cards import FileSource, ModelCard
from vision.publishing import EmbeddedRedis

TOOL = ["-m", "vision"]
FPS = 20
LAP_S = 1.0
"""Seconds in which a square drives through the image."""
STRIDE = 4
MODEL_WIDTH, MODEL_HEIGHT = 320, 192


def make_clip(path: Path, laps: int = 4) -> Path:
    """Make a recording of squares that drive from left to right, one per lap."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"bf": "0", "preset": "ultrafast", "crf": "18"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = WIDTH, HEIGHT, "yuv420p", FPS
        for index in range(int(laps * LAP_S * FPS)):
            frame = av.VideoFrame.from_ndarray(picture(index / FPS / LAP_S % 1), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def make_model(path: Path) -> Path:
    """Make a YOLO-like detector [1, 5, cells] of one class: how white the square around each cell of 4 pixels is."""
    cells, boxes = _cells()
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["grey"], axes=[1], keepdims=1),
        helper.make_node(
            "AveragePool",
            ["grey"],
            ["white"],
            kernel_shape=[CAR, CAR],
            strides=[STRIDE, STRIDE],
            pads=[(CAR - STRIDE) // 2] * 4,
            count_include_pad=1,
        ),
        helper.make_node("Reshape", ["white", "flat"], ["near"]),
        helper.make_node("Concat", ["near", "far"], ["raised"], axis=2),
        helper.make_node("Sub", ["raised", "grey_level"], ["over"]),
        helper.make_node("Mul", ["over", "gain"], ["steep"]),
        helper.make_node("Clip", ["steep", "zero", "one"], ["score"]),
        helper.make_node("Concat", ["boxes", "score"], ["output0"], axis=1),
    ]
    near = MODEL_WIDTH // STRIDE * (MODEL_HEIGHT // STRIDE)
    constants = {
        "flat": np.array([1, 1, near], np.int64),
        "far": np.zeros((1, 1, cells - near), np.float32),
        "grey_level": np.array(0.7, np.float32),
        "gain": np.array(1 / 0.3, np.float32),
        "zero": np.array(0, np.float32),
        "one": np.array(1, np.float32),
        "boxes": boxes,
    }
    graph = helper.make_graph(
        nodes,
        "squares",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, MODEL_HEIGHT, MODEL_WIDTH])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 5, cells])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    model.metadata_props.add(key="names", value="{0: 'car'}")
    onnx.save(model, path)
    return path


def store_model(file: Path, name: str) -> ModelCard:
    """Put a model into the cache under a name, as `ngatu models add` does with one that passes its test."""
    source = FileSource(kind="file", origin=str(file))
    card = ModelCard(name=name, title="squares", licence="none", source=source)
    store(file, card)
    return card


def _cells() -> tuple[int, np.ndarray]:
    centres = []
    for stride in (4, 8, 16, 32):
        y, x = np.mgrid[0 : MODEL_HEIGHT // stride, 0 : MODEL_WIDTH // stride]
        centres.append(np.stack([(x.ravel() + 0.5) * stride, (y.ravel() + 0.5) * stride]))
    points = np.concatenate(centres, axis=1)
    boxes = np.concatenate([points, np.full_like(points, CAR)])
    return points.shape[1], boxes[None].astype(np.float32)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A command of the tool as a process, with a log file."""

    def __init__(
        self,
        log: Path,
        arguments: Sequence[str],
        environment: dict[str, str] | None = None,
        *,
        tool: Sequence[str] = TOOL,
    ) -> None:
        self.log = log
        with log.open("ab") as sink:
            self.popen = subprocess.Popen(
                [sys.executable, *tool, *arguments],
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=os.environ | (environment or {}),
                process_group=0,
            )

    def said(self, pattern: str) -> list[str]:
        return re.findall(pattern, self.log.read_text())

    def lines(self, event: str) -> list[dict[str, object]]:
        """The lines of one event in the log."""
        found = []
        for line in self.log.read_text().splitlines():
            with suppress(ValueError):
                found.append(json.loads(line))
        return [line for line in found if isinstance(line, dict) and line.get("event") == event]

    def stop(self, number: int = signal.SIGTERM, within_s: float = 20) -> int:
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        try:
            return self.popen.wait(within_s)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait()


class Spine:
    """Simulated cameras, Redis and `ngatu work`; each can be killed and started again."""

    def __init__(self, folder: Path, cameras: Sequence[str], *options: str) -> None:
        self.folder = folder
        self.ids = tuple(cameras)
        self.options = options
        """Of `ngatu work`."""
        self.configs = folder / "cameras"
        self.state = folder / "state"
        self.configs.mkdir(parents=True)
        self.redis = EmbeddedRedis(folder / "redis", port=free_port())
        self.simulators: dict[str, Process] = {}
        self.ports: dict[str, int] = {}
        self.work: Process | None = None

    def start(self) -> None:
        """Start everything at once; what is ready first waits for the rest, as in a real start."""
        self.clip, self.model = make_clip(self.folder / "road.mp4"), make_model(self.folder / "squares.onnx")
        self.redis.start()
        for camera_id in self.ids:
            self.ports[camera_id] = free_port()
            self.simulate(camera_id)
            self.write(camera_id)
        self.start_work()

    def simulate(self, camera_id: str) -> None:
        """Show the clip as this camera, at the same port as before."""
        arguments = ["cameras", "simulate", str(self.clip), "--port", str(self.ports[camera_id])]
        self.simulators[camera_id] = Process(self.folder / f"simulator-{camera_id}.log", arguments)

    def write(self, camera_id: str, **changes: object) -> None:
        """Write the camera's file."""
        data = {
            "id": camera_id,
            "source": {
                "kind": "rtsp",
                "url": f"rtsp://127.0.0.1:{self.ports[camera_id]}/{self.clip.stem}",
                "read_timeout": 3,
                "retry_at_most": 0.5,
            },
            "interval": 2,
            "detection": {"fps": 10},
            "lines": [{"id": "middle", "start": [0.5, 0.95], "end": [0.5, 0.05]}],
            # A square on black has too few edges to say whether the camera is in focus.
            "incidents": {"camera_trouble": {"enabled": False}},
        }
        (self.configs / f"{camera_id}.yaml").write_text(json.dumps(data | changes, indent=1))

    def start_work(self, *options: str, tool: Sequence[str] = TOOL) -> Process:
        arguments = ["work", "--cameras", str(self.configs), "--state", str(self.state), "--model", str(self.model)]
        arguments += ["--threads", "1", *(options or self.options)]
        self.work = Process(self.folder / "work.log", arguments, {"NGATU_REDIS_URL": self.redis.url}, tool=tool)
        return self.work

    def make_whole(self) -> None:
        """Bring a system that a test has changed back to its first state: all cameras counting, no others."""
        if self.redis.pid is None:
            self.redis.start()
        for file in self.configs.iterdir():
            if file.stem not in self.ids:
                file.unlink()
        for camera_id in self.ids:
            self.write(camera_id)
            if self.simulators[camera_id].popen.poll() is not None:
                self.simulate(camera_id)
        if self.work is None or self.work.popen.poll() is not None:
            self.start_work()
        self.wait_for_crossings(2, within_s=60)

    def stop(self) -> None:
        if self.work is not None:
            self.work.stop()
        for process in self.simulators.values():
            process.stop(signal.SIGKILL)
        self.redis.stop()

    def client(self) -> redis.Redis:
        return connect(self.redis.url, retries=3)

    def health(self, camera_id: str) -> CameraHealth | None:
        with self.client() as client:
            text = client.get(keys.health(camera_id))
        return CameraHealth.model_validate_json(text) if text else None

    def state_of(self, camera_id: str) -> str:
        health = self.health(camera_id)
        return health.state if health else "lost"

    def sessions(self, camera_id: str) -> set[str]:
        """The sessions of a camera that have events in the stream."""
        return {event.session_id for event in self.events(camera_id=camera_id)}

    def events(self, kind: str = "", camera_id: str = "") -> list[Event]:
        """All events of the stream in order, each once, without the ends of sessions."""
        with self.client() as client:
            entries = client.xrange(keys.event_stream(0))
        seen: dict[str, Event] = {}
        for _, fields in entries:
            event = EVENT.validate_json(fields[keys.EVENT_FIELD.encode()])
            if not isinstance(event, SessionEnd):
                seen.setdefault(event.event_id, event)
        return [e for e in seen.values() if kind in ("", e.kind) and camera_id in ("", e.camera_id)]

    def crossings(self, camera_id: str = "") -> list[Event]:
        return self.events("line_crossing", camera_id)

    def wait_for_crossings(self, more: int = 2, within_s: float = 30, cameras: Sequence[str] = ()) -> None:
        """Wait until every camera has counted `more` crossings."""
        for camera_id in cameras or self.ids:
            goal = len(self.crossings(camera_id)) + more
            until(lambda: len(self.crossings(camera_id)) >= goal, within_s, f"crossings of {camera_id}")  # noqa: B023

    def worker_pids(self) -> dict[str, int]:
        assert self.work is not None
        return {str(line["worker"]): int(str(line["pid"])) for line in self.work.lines("worker started")}


def check_no_event_is_missing(events: Sequence[Event]) -> None:
    """Check that the events of each session are numbered from 1 on without a gap, in order."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for event in events:
        session, _, number = event.event_id.rpartition("-")
        assert session == event.session_id
        numbers[session].append(int(number))
    for session, found in numbers.items():
        assert found == list(range(1, len(found) + 1)), f"session {session}: {found}"


def outboxes(state: Path) -> list[Path]:
    return list((state / "outbox").glob("*.outbox"))


@contextmanager
def spine(folder: Path, cameras: Sequence[str] = ("c1", "c2"), *options: str) -> Iterator[Spine]:
    made = Spine(folder, cameras, *options)
    try:
        made.start()
        made.wait_for_crossings(2, within_s=60)
        yield made
    finally:
        made.stop()


def lives(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    return False


def steady(value: Callable[[], object], for_s: float) -> bool:
    """Whether a value stays the same for `for_s` seconds."""
    first = value()
    time.sleep(for_s)
    return value() == first
