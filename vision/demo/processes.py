"""Starts the commands of a demonstration as processes, checks that they run, and stops them in order."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from vision.common.tool_process import ToolProcess
from vision.core.errors import NgatuError


class Children:
    """The processes of one demonstration. Ctrl-C reaches only the parent, which then stops them one by one."""

    def __init__(self, logs: Path) -> None:
        """`logs`: the folder of their log files; made where it is missing."""
        self._logs = logs
        self._logs.mkdir(parents=True, exist_ok=True)
        self._children: list[ToolProcess] = []

    def start(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> ToolProcess:
        """Run `ngatu ARGUMENTS`; `environment` is added to this process's."""
        child = ToolProcess(name, arguments, environment, self._logs / f"{name}.log")
        self._children.append(child)
        return child

    def check(self) -> None:
        """Check that all of them run.

        Raises:
            NgatuError: one has ended; names it and quotes the end of its log.
        """
        for child in self._children:
            if child.exit_code is not None:
                raise NgatuError(
                    f"`ngatu {child.name}` ended with code {child.exit_code}; its last output:\n{child.last_output()}"
                )

    def stop(self, name: str, timeout_s: float = 15) -> None:
        """Stop the process of that name; kill it after `timeout_s`."""
        for child in [child for child in self._children if child.name == name]:
            self._children.remove(child)
            child.stop(timeout_s)

    def stop_all(self) -> None:
        """Stop all that still run, the last one started first."""
        for child in reversed(list(self._children)):
            self.stop(child.name)
