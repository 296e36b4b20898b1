"""One worker process, as its supervisor holds it."""

import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

from vision.common.child_process import PIPE, ChildProcess
from vision.worker.assignment import Assignment

LOADING_S = 600.0
"""How long a worker may load its model: TensorRT builds an engine for minutes, once."""
SILENCE_S = 15.0
"""A worker that was at work and gave no sign of life for so long hangs."""


class Child:
    """A running worker. It ends when its standard input does, so it never outlives its supervisor."""

    def __init__(self, worker_id: str, environment: Mapping[str, str]) -> None:
        self.worker_id = worker_id
        self.started_at_s = time.monotonic()
        self.has_worked = False
        self._beat_at_s = self.started_at_s
        self._told: Assignment | None = None
        command = [sys.executable, "-m", "vision.worker", worker_id]
        self._process = ChildProcess(command, environment={**os.environ, **environment}, stdin=PIPE, stdout=PIPE)
        self._orders, self._beats = self._process.stdin, self._process.stdout
        os.set_blocking(self._beats.fileno(), False)

    @property
    def pid(self) -> int:
        return self._process.pid

    def fileno(self) -> int:
        """Readable when it gave a sign of life, or has died."""
        return self._beats.fileno()

    def tell(self, assignment: Assignment) -> None:
        """Give it its orders, unless it has the very same."""
        if assignment == self._told:
            return
        self._told = assignment
        with suppress(BrokenPipeError):
            self._orders.write(assignment.model_dump_json().encode() + b"\n")
            self._orders.flush()

    def listen(self) -> None:
        """Take in its signs of life."""
        with suppress(BlockingIOError):
            if os.read(self.fileno(), 4096):
                self._beat_at_s = time.monotonic()
                self.has_worked = True

    def hangs(self) -> bool:
        allowed_s = SILENCE_S if self.has_worked else LOADING_S
        return time.monotonic() - self._beat_at_s > allowed_s

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.exit_code

    def drain(self) -> None:
        """Ask it to finish what it has begun and end. Returns at once."""
        with suppress(BrokenPipeError):
            self._orders.close()

    def kill(self) -> None:
        """End it and whatever it started, now."""
        self._process.kill()

    def close(self) -> None:
        """Let go of its pipes, once it has ended."""
        self._process.close()
