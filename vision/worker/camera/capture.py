"""Reads one camera's frames in a thread, so that decoding never waits for detection."""

import threading

from vision.config.camera import CameraConfig
from vision.core import Clock
from vision.sources import SourceStatus
from vision.worker.batching import CameraSlot
from vision.worker.context import OpenSource


class Capture:
    """Reads a source until it ends, fails or is stopped; its frames go into the camera's slot."""

    def __init__(self, camera: CameraConfig, slot: CameraSlot, *, open_source: OpenSource, clock: Clock) -> None:
        self.error: Exception | None = None
        """Why the source failed for good; a source recovers from lost connections by itself."""
        self._slot = slot
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
        """Ask the thread to end. Returns at once; a thread that is connecting ends a little later."""
        self._stop.set()
        self._slot.close()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread after `stop`."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            for frame in self._source.frames():
                self._slot.put(frame)
        except Exception as error:  # noqa: BLE001 - the camera's runner reports it
            self.error = error
