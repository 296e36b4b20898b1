"""Runs the workers of one machine: starts them, assigns cameras, replaces those that die, and stops them."""

import os
import select
import time
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from vision.common.backoff import Backoff
from vision.config.files.folder import CameraFolder, FolderWatch
from vision.core import NgatuError
from vision.supervisor.assignment import CameraAssigner
from vision.supervisor.child import WORKER, WorkerProcess
from vision.worker.assignment import EXIT_MISCONFIGURED

POLL_S = 0.25
POLL_FOLDER_S = 1.0
"""How often the folder is checked for changes."""
FIRST_RESTART_S = 0.5
LONGEST_RESTART_S = 30.0
HEALTHY_AFTER_S = 60.0
"""A worker that ran for this long is restarted after the first wait again."""
DRAIN_S = 20.0
"""How long workers may take to end before they are killed."""
CAMERAS_PER_GPU_WORKER = 8
"""About as many cameras at 12 frames per second as one Python process can feed to a GPU."""

log = structlog.get_logger(__name__)


class WorkerStartError(NgatuError):
    """No worker can start: a setting or the model is wrong."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """How many worker processes run, and how many inference threads each has."""

    workers: int
    threads: int


def allocation_for(cameras: int, *, cores: int, gpu: bool, workers: int = 0, threads: int = 0) -> Allocation:
    """Choose the numbers that are given as 0.

    Without a GPU: one process per core, at most one per camera, and the cores divided among their inference threads.
    Two processes of one thread analyse a third more images than one process of two (yolo26n, two cores: 52 against 39
    per second; a fifth more while four cameras are decoded), at the cost of some 60 ms of latency and twice the memory.
    With a GPU: one process per `CAMERAS_PER_GPU_WORKER` cameras, so that batches stay large.

    Examples:
        >>> allocation_for(6, cores=4, gpu=False)
        Allocation(workers=4, threads=1)
        >>> allocation_for(20, cores=16, gpu=True)
        Allocation(workers=3, threads=5)
    """
    wanted = -(-cameras // CAMERAS_PER_GPU_WORKER) if gpu else cameras
    workers = workers or max(1, min(cores, wanted))
    return Allocation(workers, threads or max(1, cores // workers))


class _WorkerSlot:
    """One worker of the supervisor: its process, and when the next one may start."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.worker_id = f"worker-{number}"
        self.child: WorkerProcess | None = None
        self.start_at_s = 0.0
        self.backoff = Backoff(first_s=FIRST_RESTART_S, longest_s=LONGEST_RESTART_S)


class Supervisor:
    """Runs `allocation.workers` processes; `run` returns after `stop`, once all of them have ended."""

    def __init__(
        self, watch: FolderWatch, allocation: Allocation, environment: Mapping[str, str], *, worker: str = WORKER
    ) -> None:
        """`environment`: the workers' settings, as `NGATU_…` variables. `worker`: the module that runs a worker."""
        self._watch = watch
        self._worker = worker
        self._environment = {**environment, "NGATU_THREADS": str(allocation.threads)}
        self._assigner = CameraAssigner(allocation.workers)
        self._slots = [_WorkerSlot(number) for number in range(allocation.workers)]
        self._stops = 0

    def stop(self) -> None:
        """Let the workers finish and end; a second call kills them. Safe in a signal handler."""
        self._stops += 1

    def pids(self) -> dict[str, int]:
        """The process ids of running workers, by worker id."""
        return {slot.worker_id: slot.child.pid for slot in self._slots if slot.child is not None}

    def run(self) -> bool:
        """Run until stopped. Returns whether all workers ended by themselves, with success.

        Raises:
            WorkerStartError: a worker cannot start with these settings.
        """
        self._watch.poll()
        self._apply(self._watch.now)
        poll_at_s = time.monotonic() + POLL_FOLDER_S
        try:
            while not self._stops:
                self._start_due()
                self._listen()
                self._check_workers()
                if time.monotonic() >= poll_at_s:
                    poll_at_s = time.monotonic() + POLL_FOLDER_S
                    self._poll_folder()
        finally:
            is_orderly = self._drain()
        return is_orderly

    def _poll_folder(self) -> None:
        if self._watch.poll():
            self._apply(self._watch.now)
            for slot in self._slots:
                if slot.child is not None:
                    slot.child.assign(self._assigner.assignment(slot.number))

    def _apply(self, folder: CameraFolder) -> None:
        ids = {*folder.cameras, *folder.problems}
        problems = {camera_id: problem for camera_id in ids if (problem := folder.problem(camera_id))}
        self._assigner.update(folder.cameras, problems)

    def _start_due(self) -> None:
        for slot in self._slots:
            if slot.child is None and time.monotonic() >= slot.start_at_s:
                slot.child = WorkerProcess(slot.worker_id, self._environment, self._worker)
                slot.child.assign(self._assigner.assignment(slot.number))
                log.info("worker started", worker=slot.worker_id, pid=slot.child.pid)

    def _listen(self) -> None:
        children = [slot.child for slot in self._slots if slot.child is not None]
        readable, _, _ = select.select(children, [], [], POLL_S)
        for child in readable:
            child.read_heartbeats()

    def _check_workers(self) -> None:
        for slot in self._slots:
            child = slot.child
            if child is None:
                continue
            if child.hangs():
                log.error("worker hangs, killing it", worker=child.worker_id, pid=child.pid)
                child.kill()
            code = child.exit_code
            if code is not None:
                self._remove(slot, child, code)

    def _remove(self, slot: _WorkerSlot, child: WorkerProcess, code: int) -> None:
        child.close()
        slot.child = None
        if code == EXIT_MISCONFIGURED and not child.has_worked:
            raise WorkerStartError(f"{child.worker_id} cannot start: the last line of its log says why")
        if time.monotonic() - child.started_at_s > HEALTHY_AFTER_S:
            slot.backoff.reset()
        wait_s = slot.backoff.next_wait_s()
        log.error("worker died", worker=child.worker_id, exit_code=code, restart_in_s=wait_s)
        slot.start_at_s = time.monotonic() + wait_s

    def _drain(self) -> bool:
        children = [slot.child for slot in self._slots if slot.child is not None]
        for child in children:
            child.drain()
        log.info("stopping workers", workers=len(children))
        deadline_s = time.monotonic() + DRAIN_S
        while any(child.exit_code is None for child in children):
            if time.monotonic() > deadline_s or self._stops > 1:
                break
            time.sleep(0.05)
        is_orderly = all(child.exit_code == 0 for child in children)
        for child in children:
            if child.exit_code is None:
                log.warning("worker killed, it did not end in time", worker=child.worker_id)
                child.kill()
            child.close()
        return is_orderly


def usable_cores() -> int:
    """The cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
