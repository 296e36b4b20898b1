"""Starting the tool's own commands as processes, and stopping them in the right order."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.core.errors import NgatuError


@dataclass(frozen=True, slots=True)
class Child:
    """One running command of the tool and where it writes its log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def last_words(self, lines: int = 12) -> str:
        """The end of its log, for the person who asks why it died."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class Children:
    """The processes of one demonstration. Ctrl-C reaches only the parent, which then stops them one by one."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._logs.mkdir(parents=True, exist_ok=True)
        self._children: list[Child] = []

    def start(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> Child:
        """Run `ngatu ARGUMENTS` in a session of its own."""
        log = self._logs / f"{name}.log"
        with log.open("wb") as sink:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "vision", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        child = Child(name, process, log)
        self._children.append(child)
        return child

    def check(self) -> None:
        """Raise when one has ended that should run.

        Raises:
            NgatuError: names it, and quotes the end of its log.
        """
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                raise NgatuError(f"`ngatu {child.name}` ended with code {code}; its last words:\n{child.last_words()}")

    def stop(self, name: str, timeout_s: float = 15) -> None:
        """Ask the one so called to end, and insist when it does not."""
        for child in [c for c in self._children if c.name == name]:
            self._children.remove(child)
            if child.process.poll() is not None:
                continue
            child.process.send_signal(signal.SIGTERM)
            try:
                child.process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()

    def stop_all(self) -> None:
        """Stop whatever still runs, the youngest first."""
        for child in reversed(list(self._children)):
            self.stop(child.name)
