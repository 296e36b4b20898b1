"""Starts other programs, reads what they print and stops them: terminate, wait, kill."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

DEVNULL, PIPE, STDOUT = subprocess.DEVNULL, subprocess.PIPE, subprocess.STDOUT
STOP_WITHIN_S = 15.0
"""How long a program may take to end after SIGTERM before it is killed."""
NO_REASON = "it gave no reason"

Stream = int | IO[Any] | None
"""DEVNULL, PIPE, an open file, or None for this process's own."""


class ChildTimeoutError(Exception):
    """A program ran longer than it may; it was stopped."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The exit code and the output of a program that has ended."""

    exit_code: int
    """0: success; negative: the signal that ended it."""
    stdout: str
    stderr: str

    @property
    def reason(self) -> str:
        """The last line of its errors, to quote in a message."""
        return last_line(self.stderr)


class ChildProcess:
    r"""A program that runs beside this one.

    It leads a process group of its own: Ctrl-C in the terminal reaches only this process, which then stops the child.
    As a context manager it is stopped at the end of the block, and its pipes are closed.

    Examples:
        >>> with ChildProcess(["echo", "ready"], stdout=PIPE) as child:
        ...     list(child.lines())
        ['ready\n']
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        stdin: Stream = DEVNULL,
        stdout: Stream = None,
        stderr: Stream = None,
    ) -> None:
        """`environment`: the whole of it, this process's by default. `folder`: the working directory.

        Raises:
            OSError: the program cannot be started.
        """
        self._process = subprocess.Popen(  # noqa: S603
            command,
            cwd=folder,
            env=environment,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            process_group=0,
        )
        self._text: TextIOWrapper | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def stdin(self) -> IO[bytes]:
        """Its standard input, where that is a PIPE."""
        assert self._process.stdin is not None  # noqa: S101
        return self._process.stdin

    @property
    def stdout(self) -> IO[bytes]:
        """Its standard output, where that is a PIPE."""
        assert self._process.stdout is not None  # noqa: S101
        return self._process.stdout

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.poll()

    def lines(self) -> Iterator[str]:
        """The lines of its standard output (a PIPE), as they come, until it closes it."""
        if self._text is None:
            self._text = TextIOWrapper(self.stdout, encoding="utf-8", errors="replace")
        yield from self._text

    def wait(self, timeout_s: float | None = None) -> int:
        """Its exit code, once it has ended.

        Raises:
            ChildTimeoutError: it still runs after `timeout_s`.
        """
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise ChildTimeoutError(f"{self._process.args!r} still runs after {timeout_s:g} s") from error

    def terminate(self) -> None:
        """Ask it to end, by SIGTERM. Returns at once."""
        self._process.terminate()

    def kill(self) -> None:
        """End it and its process group now, by SIGKILL."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self, within_s: float = STOP_WITHIN_S) -> int:
        """Ask it to end, wait, and kill it where it does not; returns its exit code. Harmless once it has ended."""
        if self.exit_code is None:
            self.terminate()
            try:
                self.wait(within_s)
            except ChildTimeoutError:
                self.kill()
        return self._process.returncode

    def close(self) -> None:
        """Close this process's ends of its pipes."""
        for pipe in (self._process.stdin, self._text or self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.close()


def run(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    timeout_s: float | None = None,
) -> Finished:
    r"""Run a program to its end and return its output. It is stopped on an exception, Ctrl-C included.

    Raises:
        OSError: the program cannot be started.
        ChildTimeoutError: it ran longer than `timeout_s`.

    Examples:
        >>> run(["echo", "ready"]).stdout
        'ready\n'
    """
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        with ChildProcess(command, environment=environment, folder=folder, stdout=stdout, stderr=stderr) as child:
            exit_code = child.wait(timeout_s)
        return Finished(exit_code, _text(stdout), _text(stderr))


def last_line(text: str) -> str:
    r"""The last line of `text` that is not blank.

    Examples:
        >>> last_line("Traceback ...\nModuleNotFoundError: No module named 'onnx'\n")
        "ModuleNotFoundError: No module named 'onnx'"
        >>> last_line("")
        'it gave no reason'
    """
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), NO_REASON)


def tail(log: Path, lines: int) -> list[str]:
    """The last lines of a log file, to quote in a message."""
    return log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
