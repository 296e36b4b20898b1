"""Runs a harvest on cameras: unpaced recordings one after another, then live cameras together."""

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
from vision.worker.camera.capture import Capture
from vision.worker.context import DetectorProtocol

TAKE_TIMEOUT_S = 0.25
JOIN_TIMEOUT_S = 1.0

log = structlog.get_logger(__name__)

ProgressCallback = Callable[[], None]
"""Called after each frame or pause."""


def harvest_cameras(
    cameras: Sequence[CameraConfig],
    harvests: Mapping[str, Harvest],
    detector: DetectorProtocol,
    *,
    seconds: float | None,
    stop: threading.Event,
    on_progress: ProgressCallback = lambda: None,
) -> None:
    """Detect and harvest until all recordings end, `seconds` pass or `stop` is set; then write what is pending.

    A camera that fails is logged and left out; the others continue.
    """
    deadline_s = None if seconds is None else time.monotonic() + seconds
    unpaced = [c for c in cameras if isinstance(c.source, FileSource) and not c.source.paced]
    for frame, detections in _recordings(unpaced, detector, stop):
        harvests[frame.camera_id].update(frame, detections)
        on_progress()
        if deadline_s is not None and time.monotonic() >= deadline_s:
            break
    live = _Live([camera for camera in cameras if camera not in unpaced], stop)
    with live:
        while live.has_more() and (deadline_s is None or time.monotonic() < deadline_s):
            for frame in live.take():
                harvests[frame.camera_id].update(frame, detector.detect([frame.image])[0])
            on_progress()
    for harvest in harvests.values():
        harvest.finish()


def _recordings(
    cameras: Sequence[CameraConfig], detector: DetectorProtocol, stop: threading.Event
) -> Iterator[tuple[Frame, Detections]]:
    """Frames and detections of each recording, once, as fast as the detector allows."""
    for camera in cameras:
        once = camera.model_copy(update={"source": camera.source.model_copy(update={"loop": False})})
        source = open_source(once, stop=stop, clock=SystemClock())
        try:
            for frame in source.frames():
                yield frame, detector.detect([frame.image])[0]
        except SourceError as error:
            log.error("camera left out", camera=camera.id, reason=redact(str(error)))  # noqa: TRY400


class _Live:
    """Live cameras, scheduled as in a worker: under load their newest frames take turns."""

    def __init__(self, cameras: Sequence[CameraConfig], stop: threading.Event) -> None:
        self._stop = stop
        self._scheduler = BatchScheduler(max_batch=1)
        self._captures: dict[str, Capture] = {}
        for camera in cameras:
            try:
                slot = self._scheduler.open(camera.id, camera.detection.fps)
                self._captures[camera.id] = Capture(camera, slot, open_source=open_source, clock=SystemClock())
            except NgatuError as error:
                log.error("camera left out", camera=camera.id, reason=redact(str(error)))  # noqa: TRY400

    def has_more(self) -> bool:
        """Drop cameras that ended or failed. Returns whether others may still deliver frames."""
        for camera_id, capture in list(self._captures.items()):
            if capture.has_ended:
                del self._captures[camera_id]
                if capture.error is not None:
                    log.error("camera left out", camera=camera_id, reason=redact(str(capture.error)))
        return bool(self._captures) and not self._stop.is_set()

    def take(self) -> list[Frame]:
        return [pending.frame for pending in self._scheduler.take(TAKE_TIMEOUT_S)]

    def __enter__(self) -> "_Live":
        for capture in self._captures.values():
            capture.start()
        return self

    def __exit__(self, *_: object) -> None:
        for capture in self._captures.values():
            capture.stop()
        deadline_s = time.monotonic() + JOIN_TIMEOUT_S
        for capture in self._captures.values():
            capture.join(max(0.0, deadline_s - time.monotonic()))
