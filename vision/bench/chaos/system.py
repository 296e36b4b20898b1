"""The system under test: a Redis, a service, a supervisor and its workers, each a process of its own."""

import json
import os
import resource
import signal
import sqlite3
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis

from vision.bench.chaos.journal import read_journals
from vision.bench.chaos.movable_clock import move_clock
from vision.bench.chaos.worker import CLOCK, JOURNALS
from vision.common.child_process import STDOUT, ChildProcess, tail
from vision.common.errors import NgatuError
from vision.common.ports import free_port
from vision.common.tool_process import ToolProcess
from vision.config.bus import connect
from vision.config.settings import BusSettings
from vision.contracts import keys
from vision.publishing import EmbeddedRedis

START_WITHIN_S = 60.0
REQUEST_TIMEOUT_S = 5.0
OUTBOXES = "outbox"

CAMERA = {
    "source": {"kind": "rtsp", "url": "rtsp://127.0.0.1:1/computed"},
    "interval": 2,
    "detection": {"fps": 10},
    "lines": [
        {"id": "middle", "start": [0.5, 0.98], "end": [0.5, 0.02]},
        {"id": "right", "start": [0.8, 0.98], "end": [0.8, 0.02]},
    ],
    "movements": [{"id": "through", "entry": "middle", "exit": "right"}],
    "zones": [
        {
            "id": "road",
            "polygon": [[0.02, 0.1], [0.98, 0.1], [0.98, 0.9], [0.02, 0.9]],
            "direction": {"start": [0.1, 0.5], "end": [0.9, 0.5]},
        }
    ],
}
"""A camera file: two lines, a movement and a zone over the whole road, reported every two seconds."""


class System:
    """Everything that runs, and the means to disturb it. As a context manager it ends all of it."""

    def __init__(self, folder: Path, *, cameras: int, workers: int) -> None:
        """`folder`: an empty one, for all of its files."""
        self.folder = folder
        self.cameras = [f"chaos-{number}" for number in range(1, cameras + 1)]
        self.camera_files = folder / "cameras"
        self.state = folder / "state"
        self.clock = self.state / CLOCK
        self.redis = EmbeddedRedis(folder / "redis", port=free_port())
        self.restarts = 0
        """Parts that were started again, by the benchmark or by the supervisor."""
        self._workers = workers
        self._port = free_port()
        self._service: ToolProcess | None = None
        self._supervisor: ChildProcess | None = None

    # ---- parts

    def start(self) -> None:
        """Start every part.

        Raises:
            NgatuError: one does not start; quotes the end of its log.
        """
        for path in (self.camera_files, self.state):
            path.mkdir(parents=True, exist_ok=True)
        move_clock(self.clock, 0)
        for camera_id in self.cameras:
            (self.camera_files / f"{camera_id}.yaml").write_text(json.dumps({"id": camera_id, **CAMERA}))
        self.redis.start()
        self.start_service()
        self.start_workers()

    def start_service(self) -> None:
        """Start the service and wait until it answers."""
        arguments = ["serve", "--port", str(self._port), "--database", f"sqlite:///{self.database}"]
        self._service = ToolProcess("serve", arguments, self._environment, self._log("serve"))
        wait_until(self.service_answers, f"the service to answer; see {self._service.log}")

    def start_workers(self) -> None:
        """Start the supervisor, which starts the workers. Returns at once."""
        with self._log("work").open("wb") as log:
            command = [sys.executable, "-m", "vision.bench.chaos.work"]
            self._supervisor = ChildProcess(
                command, environment={**os.environ, **self._environment}, stdout=log, stderr=STDOUT
            )

    def stop_workers(self) -> None:
        """Let the workers report their last intervals, deliver and end."""
        if self._supervisor is not None:
            self._supervisor.stop(within_s=40)
            self._supervisor = None

    def stop(self) -> None:
        """End every part."""
        for process in (self._supervisor, self._service):
            if process is not None:
                process.stop()
        self.redis.stop()

    def check(self) -> None:
        """Check that the parts run that nobody has ended.

        Raises:
            NgatuError: one has ended by itself.
        """
        for name, process in (("serve", self._service), ("work", self._supervisor)):
            if process is not None and process.exit_code is not None:
                last = "\n".join(tail(self._newest_log(name), 8))
                raise NgatuError(f"`{name}` ended with code {process.exit_code}; the end of its log:\n{last}")

    # ---- disturbances

    def kill_redis(self) -> None:
        """End Redis by SIGKILL."""
        os.kill(self.redis_pid, signal.SIGKILL)
        self.redis.stop()

    def start_redis(self) -> None:
        """Start Redis again on its data and its port."""
        self.restarts += 1
        self.redis.start()

    def kill_service(self) -> None:
        """End the service by SIGKILL."""
        if self._service is not None:
            self._service.kill()
            self._service = None

    def restart_service(self) -> None:
        self.restarts += 1
        self.start_service()

    def kill_workers(self, *, with_supervisor: bool) -> None:
        """End all workers by SIGKILL; their supervisor starts them again, unless it is ended first."""
        pids = self.worker_pids()
        if with_supervisor and self._supervisor is not None:
            os.kill(self._supervisor.pid, signal.SIGKILL)
            self._supervisor.wait()
            self._supervisor = None
        else:
            self.restarts += len(pids)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def restart_workers(self) -> None:
        self.restarts += 1
        self.start_workers()

    @property
    def redis_pid(self) -> int:
        assert self.redis.pid is not None  # noqa: S101
        return self.redis.pid

    @property
    def service_pid(self) -> int:
        assert self._service is not None  # noqa: S101
        return self._service.pid

    def worker_pids(self) -> list[int]:
        """The process ids of the workers that run."""
        if self._supervisor is None:
            return []
        children = Path(f"/proc/{self._supervisor.pid}/task/{self._supervisor.pid}/children")
        with suppress(OSError):
            return [int(word) for word in children.read_text().split()]
        return []

    @contextmanager
    def stopped(self, pids: list[int]) -> Iterator[None]:
        """Hold processes still during the block, as a machine that swaps or a virtual one that is moved."""
        _signal(pids, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(pids, signal.SIGCONT)

    @contextmanager
    def full_disk(self, pids: list[int], files: list[Path]) -> Iterator[None]:
        """Let none of the processes' files grow beyond the largest of `files`, as on a full disk."""
        sizes = [path.stat().st_size for path in files if path.exists()]
        limit = max(sizes, default=0) or 4096
        for pid in pids:
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def client(self) -> redis.Redis:
        """A connection to Redis; close it, or use it in a `with` block."""
        return connect(BusSettings(redis_url=self.redis.url).redis_url, timeout_s=5, retries=1)

    def outbox_files(self) -> list[Path]:
        """The outboxes that hold events now."""
        return sorted((self.state / OUTBOXES).glob("*.outbox*"))

    # ---- what became of the events

    @property
    def database(self) -> Path:
        return self.folder / "store.sqlite3"

    def published(self) -> set[str]:
        """The ids of all events that workers handed over."""
        return set(read_journals(self.state / JOURNALS))

    def stored(self) -> list[tuple[str, str]]:
        """(camera id, event id) of all stored events; one that was stored twice is there twice."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as store:
            tables = [name for (name,) in store.execute(_EVENT_TABLES)]
            queries = [f'SELECT camera_id, event_id FROM "{table}"' for table in tables]  # noqa: S608
            return store.execute(" UNION ALL ".join(queries)).fetchall() if queries else []

    def is_drained(self) -> bool:
        """Whether no event waits in an outbox or in a stream."""
        with self.client() as client:
            return not self.outbox_files() and all(_is_read(client, stream) for stream in event_streams(client))

    def get(self, path: str) -> Any:
        """The service's JSON answer to a GET.

        Raises:
            OSError: it does not answer, or answers with an error.
        """
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=REQUEST_TIMEOUT_S) as answer:
            return json.load(answer)

    def service_answers(self) -> bool:
        """Whether the service answers at all."""
        with suppress(OSError):
            return bool(self.get("/healthz"))
        return False

    # ---- inside

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "NGATU_REDIS_URL": self.redis.url,
            "NGATU_CAMERAS": str(self.camera_files),
            "NGATU_STATE": str(self.state),
            "NGATU_WORKERS": str(self._workers),
        }

    def _log(self, name: str) -> Path:
        """A new log file: one for each start."""
        return self.folder / f"{name}-{len(list(self.folder.glob(f'{name}-*.log'))):03d}.log"

    def _newest_log(self, name: str) -> Path:
        return max(self.folder.glob(f"{name}-*.log"))

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


_EVENT_TABLES = """
    SELECT m.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c
    WHERE m.type = 'table' AND c.name = 'event_id' AND m.name NOT IN ('incidents', 'missing_events')
"""
"""All tables of events; two others hold current states."""


def wait_until(is_so: Callable[[], bool], what: str, within_s: float = START_WITHIN_S) -> None:
    """Wait until `is_so`.

    Raises:
        NgatuError: it is not so in time; names what was waited for.
    """
    deadline_s = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline_s:
            raise NgatuError(f"waited {within_s:g} s in vain for {what}")
        time.sleep(0.1)


def event_streams(client: redis.Redis) -> list[bytes]:
    """The names of all streams of events that exist."""
    found = client.scan_iter(match=f"{keys.event_stream(0).split('0')[0]}*", _type="stream")
    return sorted(name for name in found if name.endswith(b"}"))


def _is_read(client: redis.Redis, stream: bytes) -> bool:
    [newest] = client.xrevrange(stream, count=1) or [(None, {})]
    for group in client.xinfo_groups(stream):
        if group["name"] == keys.STORE_GROUP.encode():
            return group["pending"] == 0 and newest[0] in (None, group["last-delivered-id"])
    return False


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
