"""Starts all parts of the demonstration, shows the counts, and stops them in an order that loses nothing."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.live import Live

from vision.common.paths import data_dir
from vision.common.ports import LOOPBACK, free_port, is_free
from vision.core.errors import NgatuError
from vision.demo.processes import Children
from vision.demo.service import CameraRow, Service
from vision.demo.table import counts_table, total
from vision.publishing.embedded import EmbeddedRedis

READY_WITHIN_S = 60.0
PLAIN_TABLE_EVERY_S = 10.0


class Demonstration:
    """Redis, two simulated cameras, workers and the service, each in a process of its own on loopback."""

    def __init__(self, console: Console, clips: list[Path], *, model: str | None, port: int | None) -> None:
        """`model`: the default model where unset. `port`: the page's; 8000 or a free one where unset."""
        self._console = console
        self._clips = clips
        self._model = model
        self._wanted_port = port

    def run(self, seconds: float) -> int:
        """Run until `seconds` have passed (0: until Ctrl-C); return how many crossings were counted.

        Raises:
            NgatuError: a part does not start, or ends early.
        """
        with self._started() as (service, children):
            try:
                self._show(service, children, seconds)
            except KeyboardInterrupt:
                self._console.print("stopping …")
            return self._finish(service, children)

    @contextmanager
    def _started(self) -> Iterator[tuple[Service, Children]]:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ngatu-demo-")))
            cameras = _copy_cameras(folder)
            redis = stack.enter_context(EmbeddedRedis(folder / "redis"))
            children = Children(folder / "logs")
            stack.callback(children.stop_all)
            service = self._start_children(children, folder, cameras, redis.url)
            self._console.print(f"page      [bold]{service.address}[/]", highlight=False)
            self._console.print(f"cameras   {cameras}  (edit a file: only that camera restarts)", highlight=False)
            yield service, children

    def _start_children(self, children: Children, folder: Path, cameras: Path, redis_url: str) -> Service:
        rtsp_port, page_port = free_port(), self._page_port()
        common = {"NGATU_REDIS_URL": redis_url, "NGATU_DEMO_RTSP_PORT": str(rtsp_port), "NGATU_CAMERAS": str(cameras)}
        clips = [str(clip) for clip in self._clips]
        children.start("cameras simulate", ["cameras", "simulate", *clips, "--port", str(rtsp_port)], common)
        database = f"sqlite:///{folder}/store.sqlite3"
        children.start("serve", ["serve", "--port", str(page_port), "--database", database], common)
        named = ["--model", self._model] if self._model else []
        children.start("work", ["work", *named, "--state", str(folder / "state")], common)
        service = Service(f"http://{LOOPBACK}:{page_port}")
        with self._console.status("starting the service, the cameras and the workers"):
            _await_ready(service, children)
        return service

    def _page_port(self) -> int:
        if self._wanted_port is not None:
            if not is_free(self._wanted_port):
                raise NgatuError(
                    f"port {self._wanted_port} is taken: stop the program that uses it, or name another by --port"
                )
            return self._wanted_port
        return 8000 if is_free(8000) else free_port()

    def _show(self, service: Service, children: Children, seconds: float) -> None:
        end = time.monotonic() + (seconds or float("inf"))
        title = f"live at {service.address}; Ctrl-C stops"
        if self._console.is_terminal:
            with Live(console=self._console, auto_refresh=False) as live:
                while time.monotonic() < end:
                    children.check()
                    live.update(counts_table(service.cameras(), title=title), refresh=True)
                    time.sleep(max(0.0, min(0.5, end - time.monotonic())))
            return
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(PLAIN_TABLE_EVERY_S, left))
            children.check()
            self._console.print(counts_table(service.cameras(), title=title))

    def _finish(self, service: Service, children: Children) -> int:
        """Stop the workers, wait until the store has their events, then show the counts and rates."""
        before = {camera.camera_id: camera for camera in service.cameras()}
        children.stop("work")
        settled = _when_settled(service)
        cameras = [replace(before.get(camera.camera_id, camera), lines=camera.lines) for camera in settled]
        children.stop_all()
        self._console.print(counts_table(cameras, title="counted"))
        return total(cameras)


def _copy_cameras(folder: Path) -> Path:
    """Copy the demonstration's camera files, so that they can be edited while it runs."""
    cameras = folder / "cameras"
    cameras.mkdir()
    for file in sorted((data_dir("camera_configs") / "demo").glob("*.yaml")):
        shutil.copy(file, cameras)
    return cameras


def _await_ready(service: Service, children: Children) -> None:
    end = time.monotonic() + READY_WITHIN_S
    while not service.is_ready():
        children.check()
        if time.monotonic() > end:
            raise NgatuError(f"the service at {service.address} was not ready within {READY_WITHIN_S:.0f} s")
        time.sleep(0.1)


def _when_settled(service: Service, *, quiet_s: float = 1.0, timeout_s: float = 10.0) -> list[CameraRow]:
    """The cameras' counts once they have not changed for `quiet_s`."""
    end = time.monotonic() + timeout_s
    cameras, quiet_since = service.cameras(), time.monotonic()
    while time.monotonic() < min(end, quiet_since + quiet_s):
        time.sleep(0.2)
        newer = service.cameras()
        if total(newer) != total(cameras):
            cameras, quiet_since = newer, time.monotonic()
    return cameras
