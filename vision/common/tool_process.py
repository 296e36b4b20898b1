"""Runs one of ngatu's own commands beside this process, with its output in a log file."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from vision.common.child_process import STDOUT, ChildProcess, tail


class ToolProcess(ChildProcess):
    """A running `ngatu ARGUMENTS`; what it prints goes to the file `log`.

    `environment` is added to this process's.
    """

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        command = [sys.executable, "-m", "vision", *arguments]
        with log.open("wb") as sink:
            super().__init__(command, environment={**os.environ, **environment}, stdout=sink, stderr=STDOUT)

    def last_output(self, lines: int = 12) -> str:
        """The end of its log, to quote in an error."""
        return "\n".join(tail(self.log, lines))
