"""One worker process, seen from its supervisor."""

import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

from vision.common.child_process import PIPE, ChildProcess
from vision.worker.assignment import Assignment

WORKER = "vision.worker"
"""The module that runs a worker."""
MAX_START_S = 600.0
"""How long a worker may take to load its model: TensorRT builds an engine for minutes, once."""
MAX_SILENCE_S = 15.0
"""A working worker without a heartbeat for this long hangs."""


class WorkerProcess:
    """A running worker. It ends when its standard input closes, so it never outlives its supervisor."""

    def __init__(self, worker_id: str, environment: Mapping[str, str], module: str = WORKER) -> None:
        """Start `python -m MODULE WORKER_ID`; `environment` is added to this process's."""
        self.worker_id = worker_id
        self.started_at_s = time.monotonic()
        self.has_worked = False
        self._heartbeat_at_s = self.started_at_s
        self._assignment: Assignment | None = None
        command = [sys.executable, "-m", module, worker_id]
        self._process = ChildProcess(command, environment={**os.environ, **environment}, stdin=PIPE, stdout=PIPE)
        self._assignments, self._heartbeats = self._process.stdin, self._process.stdout
        os.set_blocking(self._heartbeats.fileno(), False)

    @property
    def pid(self) -> int:
        return self._process.pid

    def fileno(self) -> int:
        """Readable when a heartbeat arrived, or the worker has died: for `select`."""
        return self._heartbeats.fileno()

    def assign(self, assignment: Assignment) -> None:
        """Send an assignment, unless it is the one that the worker has."""
        if assignment == self._assignment:
            return
        self._assignment = assignment
        with suppress(BrokenPipeError):
            self._assignments.write(assignment.model_dump_json().encode() + b"\n")
            self._assignments.flush()

    def read_heartbeats(self) -> None:
        """Read the heartbeats that have arrived."""
        with suppress(BlockingIOError):
            if os.read(self.fileno(), 4096):
                self._heartbeat_at_s = time.monotonic()
                self.has_worked = True

    def hangs(self) -> bool:
        """Whether its last heartbeat is too long ago."""
        allowed_s = MAX_SILENCE_S if self.has_worked else MAX_START_S
        return time.monotonic() - self._heartbeat_at_s > allowed_s

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.exit_code

    def drain(self) -> None:
        """Ask it to report its intervals and end. Returns at once."""
        with suppress(BrokenPipeError):
            self._assignments.close()

    def kill(self) -> None:
        """Kill it and the processes that it started."""
        self._process.kill()

    def close(self) -> None:
        """Close its pipes, once it has ended."""
        self._process.close()
