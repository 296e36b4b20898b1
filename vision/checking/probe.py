"""Opens cameras' streams for a moment, many at once, and reports the results."""

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from vision.common.errors import NgatuError
from vision.common.redaction import redact
from vision.config.camera import CameraConfig
from vision.config.sources import RtspSource
from vision.core import Frame
from vision.core.clock import SystemClock
from vision.sources import Source, SourceState, SourceStatus, open_source

MAX_CONCURRENT = 32
POLL_S = 0.05
GRACE_S = 1.0
"""How much longer than the camera's own timeouts to wait, so that its source can report the reason."""
_FAILED = {
    SourceState.UNREACHABLE,
    SourceState.UNAUTHORIZED,
    SourceState.GARBAGE,
    SourceState.STALLED,
}


@dataclass(frozen=True, slots=True, eq=False)
class ProbeResult:
    """The result of opening one camera."""

    camera: CameraConfig
    frame: Frame | None
    """The newest frame; None without one."""
    reason: str
    """Why there is none, without credentials; empty when all is well."""
    first_picture_s: float = 0.0
    """From opening the stream to the first frame."""
    fps: float = 0.0
    """By the stream's timestamps; 0 with only one frame."""
    codec: str = ""
    decode_mode: str = ""


def probe_cameras(cameras: Iterable[CameraConfig], *, watch_s: float = 2.0) -> Iterator[ProbeResult]:
    """Open all cameras at once and yield each result as soon as it is known; a dead camera delays no other."""
    wanted = list(cameras)
    with ThreadPoolExecutor(max_workers=max(1, min(MAX_CONCURRENT, len(wanted))), thread_name_prefix="check") as pool:
        for done in as_completed([pool.submit(probe_camera, camera, watch_s=watch_s) for camera in wanted]):
            yield done.result()


def probe_camera(camera: CameraConfig, *, watch_s: float = 2.0) -> ProbeResult:
    """Open one camera, watch it for `watch_s` seconds after its first frame, and close it."""
    stop = threading.Event()
    try:
        source = open_source(camera, stop=stop, clock=SystemClock())
    except NgatuError as error:
        return ProbeResult(camera, None, redact(str(error)))
    return _Probe(camera, source, stop).run(_timeout_s(camera), watch_s)


def _timeout_s(camera: CameraConfig) -> float:
    source = camera.source
    if not isinstance(source, RtspSource):
        return 10.0
    return (source.connect_timeout + source.read_timeout).total_seconds() + GRACE_S


class _Probe:
    """Takes the source's frames in a thread, while the caller's thread watches its status."""

    def __init__(self, camera: CameraConfig, source: Source, stop: threading.Event) -> None:
        self._camera = camera
        self._source = source
        self._stop = stop
        self._first: Frame | None = None
        self._frame: Frame | None = None
        self._first_s = 0.0
        self._failure = ""

    def run(self, timeout_s: float, watch_s: float) -> ProbeResult:
        clock = SystemClock()
        began_s = clock.monotonic()
        taking = threading.Thread(target=self._take, name=f"check-{self._camera.id}", daemon=True)
        taking.start()
        while taking.is_alive() and self._should_continue(clock.monotonic(), began_s + timeout_s, watch_s):
            taking.join(POLL_S)
        status = self._source.status()
        self._stop.set()
        taking.join(GRACE_S)
        return self._result(status, began_s)

    def _should_continue(self, now_s: float, deadline_s: float, watch_s: float) -> bool:
        if self._frame is not None:
            return now_s < self._first_s + watch_s
        return now_s < deadline_s and self._source.status().state not in _FAILED

    def _take(self) -> None:
        try:
            for frame in self._source.frames():
                if self._first is None:
                    self._first, self._first_s = frame, SystemClock().monotonic()
                self._frame = frame
        except Exception as error:  # noqa: BLE001 - the boundary of one camera
            self._failure = redact(str(error) if isinstance(error, NgatuError) else f"{type(error).__name__}: {error}")

    def _result(self, status: SourceStatus, began_s: float) -> ProbeResult:
        if self._frame is None or self._failure:
            return ProbeResult(self._camera, None, self._failure or status.reason or "no frame arrived in time")
        return ProbeResult(
            camera=self._camera,
            frame=self._frame,
            reason="",
            first_picture_s=self._first_s - began_s,
            fps=_fps(self._first, self._frame),
            codec=status.codec,
            decode_mode=status.decode_mode,
        )


def _fps(first: Frame | None, last: Frame) -> float:
    if first is None or last.media_time_s <= first.media_time_s:
        return 0.0
    return (last.index - first.index) / (last.media_time_s - first.media_time_s)
