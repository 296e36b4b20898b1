"""Keeps the workers of one machine at work: starts them, deals them cameras, replaces the dead, and drains them."""

import os
import select
import time
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from vision.common.backoff import Backoff
from vision.config.errors import ConfigError
from vision.core import NgatuError
from vision.supervisor.assignment import CameraAssigner
from vision.supervisor.child import Child
from vision.supervisor.folder import Folder, FolderWatch
from vision.worker.assignment import EXIT_HOPELESS

POLL_S = 0.25
LOOK_S = 1.0
"""How often the folder is looked at."""
FIRST_PAUSE_S = 0.5
LAST_PAUSE_S = 30.0
SOUND_AFTER_S = 60.0
"""A worker that lived so long was sound: its next death is mended soon again."""
DRAIN_S = 20.0
"""How long workers may take to end before they are ended."""
CAMERAS_PER_GPU_WORKER = 8
"""One Python process feeds a GPU with about so many cameras at 12 frames a second."""

log = structlog.get_logger(__name__)


class HopelessError(NgatuError):
    """No worker can start: a setting or the model is wrong."""


@dataclass(frozen=True, slots=True)
class Staff:
    """How many worker processes, and how many inference threads in each."""

    workers: int
    threads: int


def staff_for(cameras: int, *, cores: int, gpu: bool, workers: int = 0, threads: int = 0) -> Staff:
    """What the machine deserves, where `workers` and `threads` are 0.

    Without a GPU a process a core, no more than cameras, and the cores shared out among their inference threads: two
    processes of one thread look at a third more pictures than one of two (yolo26n, two cores: 52 against 39 a second;
    with four cameras to decode beside it a fifth more), for some 60 ms of latency and twice the memory.
    With a GPU a process for each `CAMERAS_PER_GPU_WORKER` cameras, so that batches stay large.
    """
    wanted = -(-cameras // CAMERAS_PER_GPU_WORKER) if gpu else cameras
    workers = workers or max(1, min(cores, wanted))
    return Staff(workers, threads or max(1, cores // workers))


class _Place:
    """One worker's place: who works there, and when the next one may start."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.worker_id = f"worker-{number}"
        self.child: Child | None = None
        self.start_at_s = 0.0
        self.backoff = Backoff(first_s=FIRST_PAUSE_S, longest_s=LAST_PAUSE_S)


class Supervisor:
    """Runs `staff.workers` processes; `run` returns when `stop` was called and they have ended."""

    def __init__(self, watch: FolderWatch, staff: Staff, environment: Mapping[str, str]) -> None:
        """`environment`: what the workers' settings are, as `NGATU_…` variables."""
        self._watch = watch
        self._environment = {**environment, "NGATU_THREADS": str(staff.threads)}
        self._roster = CameraAssigner(staff.workers)
        self._places = [_Place(number) for number in range(staff.workers)]
        self._stops = 0
        self._problems: Mapping[str, str] = {}

    def stop(self) -> None:
        """Drain and end; a second call ends at once. May be called by a signal handler."""
        self._stops += 1

    def pids(self) -> dict[str, int]:
        """The living workers' processes by worker id."""
        return {place.worker_id: place.child.pid for place in self._places if place.child is not None}

    def run(self) -> bool:
        """Work until stopped. Returns whether all workers ended by themselves.

        Raises:
            HopelessError: a worker could not even start.
        """
        self._take_in(self._watch.read())
        look_at_s = time.monotonic() + LOOK_S
        try:
            while not self._stops:
                self._start_due()
                self._listen()
                self._look_after()
                if time.monotonic() >= look_at_s:
                    look_at_s = time.monotonic() + LOOK_S
                    self._look_into_folder()
        finally:
            orderly = self._drain()
        return orderly

    def _look_into_folder(self) -> None:
        try:
            folder = self._watch.look()
        except (ConfigError, OSError) as error:
            log.error("camera files cannot be read: all goes on as it was", reason=str(error))  # noqa: TRY400
            return
        if folder is not None:
            self._take_in(folder)
            for place in self._places:
                if place.child is not None:
                    place.child.tell(self._roster.assignment(place.number))

    def _take_in(self, folder: Folder) -> None:
        for camera_id, problem in folder.problems.items():
            if self._problems.get(camera_id) != problem:
                log.error("camera file is wrong", camera=camera_id, reason=problem)
        self._problems = folder.problems
        log.info("cameras", sound=len(folder.cameras), wrong=len(folder.problems))
        self._roster.update(folder.cameras, folder.problems)

    def _start_due(self) -> None:
        for place in self._places:
            if place.child is None and time.monotonic() >= place.start_at_s:
                place.child = Child(place.worker_id, self._environment)
                place.child.tell(self._roster.assignment(place.number))
                log.info("worker started", worker=place.worker_id, pid=place.child.pid)

    def _listen(self) -> None:
        children = [place.child for place in self._places if place.child is not None]
        readable, _, _ = select.select(children, [], [], POLL_S)
        for child in readable:
            child.listen()

    def _look_after(self) -> None:
        for place in self._places:
            child = place.child
            if child is None:
                continue
            if child.hangs():
                log.error("worker hangs: it is ended", worker=child.worker_id, pid=child.pid)
                child.kill()
            code = child.exit_code
            if code is not None:
                self._bury(place, child, code)

    def _bury(self, place: _Place, child: Child, code: int) -> None:
        child.close()
        place.child = None
        if code == EXIT_HOPELESS and not child.has_worked:
            raise HopelessError(f"{child.worker_id} cannot start: its last line in the log says why")
        if time.monotonic() - child.started_at_s > SOUND_AFTER_S:
            place.backoff.reset()
        wait_s = place.backoff.next_wait_s()
        log.error("worker died", worker=child.worker_id, exit_code=code, restart_in_s=wait_s)
        place.start_at_s = time.monotonic() + wait_s

    def _drain(self) -> bool:
        children = [place.child for place in self._places if place.child is not None]
        for child in children:
            child.drain()
        log.info("draining", workers=len(children))
        deadline_s = time.monotonic() + DRAIN_S
        while any(child.exit_code is None for child in children):
            if time.monotonic() > deadline_s or self._stops > 1:
                break
            time.sleep(0.05)
        orderly = all(child.exit_code == 0 for child in children)
        for child in children:
            if child.exit_code is None:
                log.warning("worker ended by force", worker=child.worker_id)
                child.kill()
            child.close()
        return orderly


def usable_cores() -> int:
    """The cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
