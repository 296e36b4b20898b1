"""The thread that pulls one camera's frames, so that decoding never waits for detection."""

import threading

from vision.config.camera import CameraConfig
from vision.core import Clock
from vision.sources import SourceStatus
from vision.worker.batching import CameraSlot
from vision.worker.context import OpenSource


class Capture:
    """Runs a source until it ends, breaks or is stopped; its frames go into the camera's inlet."""

    def __init__(self, camera: CameraConfig, inlet: CameraSlot, *, open_source: OpenSource, clock: Clock) -> None:
        self.error: Exception | None = None
        """What broke it; a source mends what can be mended by itself."""
        self._inlet = inlet
        self._stop = threading.Event()
        self._source = open_source(camera, stop=self._stop, clock=clock)
        self._thread = threading.Thread(target=self._run, name=f"capture {camera.id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def status(self) -> SourceStatus:
        return self._source.status()

    @property
    def has_ended(self) -> bool:
        """Whether the source gives no more frames."""
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Ask it to end. Returns at once; a thread in the middle of connecting ends a little later."""
        self._stop.set()
        self._inlet.close()

    def join(self, timeout_s: float) -> None:
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            for frame in self._source.frames():
                self._inlet.put(frame)
        except Exception as error:  # noqa: BLE001 - a camera's boundary: its post says it, once
            self.error = error
