"""The cameras a harvest looks at: live ones together, recordings that are not paced one after another."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import structlog

from vision.common.redaction import redact
from vision.config.camera import CameraConfig
from vision.config.sources import FileSource
from vision.core import Detections, Frame, NgatuError, SourceError, SystemClock
from vision.labels.active_learning.harvest import Harvest
from vision.sources import open_source
from vision.worker.batching import BatchScheduler
from vision.worker.capture import Capture
from vision.worker.context import DetectorProtocol

TAKE_S = 0.25
JOIN_S = 1.0

log = structlog.get_logger(__name__)

Watcher = Callable[[], None]
"""Called after each frame or pause."""


def harvest_cameras(
    cameras: Sequence[CameraConfig],
    harvests: Mapping[str, Harvest],
    detector: DetectorProtocol,
    *,
    seconds: float | None,
    stop: threading.Event,
    watch: Watcher = lambda: None,
) -> None:
    """Look at cameras until all recordings are over, `seconds` have passed or `stop` is set; then write what is left.

    A camera that breaks is said in the log and left out; the others go on.
    """
    deadline_s = None if seconds is None else time.monotonic() + seconds
    unpaced = [c for c in cameras if isinstance(c.source, FileSource) and not c.source.paced]
    for frame, detections in _recordings(unpaced, detector, stop):
        harvests[frame.camera_id].take(frame, detections)
        watch()
        if deadline_s is not None and time.monotonic() >= deadline_s:
            break
    live = _Live([camera for camera in cameras if camera not in unpaced], stop)
    with live:
        while live.goes_on() and (deadline_s is None or time.monotonic() < deadline_s):
            for frame in live.take():
                harvests[frame.camera_id].take(frame, detector.detect([frame.image])[0])
            watch()
    for harvest in harvests.values():
        harvest.finish()


def _recordings(
    cameras: Sequence[CameraConfig], detector: DetectorProtocol, stop: threading.Event
) -> Iterator[tuple[Frame, Detections]]:
    """Every due frame of each recording, once, as fast as it is looked at."""
    for camera in cameras:
        once = camera.model_copy(update={"source": camera.source.model_copy(update={"loop": False})})
        source = open_source(once, stop=stop, clock=SystemClock())
        try:
            for frame in source.frames():
                yield frame, detector.detect([frame.image])[0]
        except SourceError as error:
            log.error("camera left out", camera=camera.id, reason=redact(str(error)))  # noqa: TRY400


class _Live:
    """Cameras that deliver at their own pace: under load their newest frames take turns, as in a worker."""

    def __init__(self, cameras: Sequence[CameraConfig], stop: threading.Event) -> None:
        self._stop = stop
        self._intake = BatchScheduler(max_batch=1)
        self._captures: dict[str, Capture] = {}
        for camera in cameras:
            try:
                inlet = self._intake.open(camera.id, camera.detection.fps)
                self._captures[camera.id] = Capture(camera, inlet, open_source=open_source, clock=SystemClock())
            except NgatuError as error:
                log.error("camera left out", camera=camera.id, reason=redact(str(error)))  # noqa: TRY400

    def goes_on(self) -> bool:
        """Let go of cameras that have ended or broken; whether frames may still come from others."""
        for camera_id, capture in list(self._captures.items()):
            if capture.has_ended:
                del self._captures[camera_id]
                if capture.error is not None:
                    log.error("camera left out", camera=camera_id, reason=redact(str(capture.error)))
        return bool(self._captures) and not self._stop.is_set()

    def take(self) -> list[Frame]:
        return [due.frame for due in self._intake.take(TAKE_S)]

    def __enter__(self) -> "_Live":
        for capture in self._captures.values():
            capture.start()
        return self

    def __exit__(self, *_: object) -> None:
        for capture in self._captures.values():
            capture.stop()
        deadline_s = time.monotonic() + JOIN_S
        for capture in self._captures.values():
            capture.join(max(0.0, deadline_s - time.monotonic()))
