"""One process's work: frames of many cameras through one detector, each camera on its own behind it."""

import threading
import time
from collections.abc import Callable, Sequence

import structlog

from vision.contracts import SignalUpdate
from vision.core import Clock, Detections, SystemClock
from vision.worker.assignment import Assignment, Orders
from vision.worker.batching import BatchScheduler, PendingFrame
from vision.worker.camera_runner import CameraRunner
from vision.worker.context import ActiveModel, DetectorProtocol, OpenSource, Outlet, RemembersLearnt, WorkerContext
from vision.worker.live_view import LiveViewEncoder
from vision.worker.model_watch import ModelWatch
from vision.worker.state_store import Forgetful

TICK_S = 0.25
JOIN_S = 1.0
"""How long capture threads are waited for in all; one in the middle of connecting may take longer to notice."""
MOST_DETECTOR_FAILURES = 5
"""So many batches in a row on which the detector failed for every camera, and the process is no use any more."""

log = structlog.get_logger(__name__)


class BrokenDetectorError(Exception):
    """The detector fails whatever it is given."""


class Worker:
    """Serves the cameras that its orders name, until it is stopped."""

    def __init__(
        self,
        worker_id: str,
        detector: DetectorProtocol,
        outlet: Outlet,
        orders: Orders,
        *,
        open_source: OpenSource,
        model: str = "",
        provider: str = "",
        max_batch: int = 1,
        clock: Clock | None = None,
        model_watch: ModelWatch | None = None,
        learnt: RemembersLearnt | None = None,
        signals: Callable[[str], Sequence[SignalUpdate]] = lambda _: (),
    ) -> None:
        """With a `model_watch`, the detector given here is replaced by each one that the watch has ready.

        `learnt` is where what cameras taught outlives their sessions, `signals` tells what was heard of a camera's.
        """
        clock = clock or SystemClock()
        self._detector = detector
        self._orders = orders
        self._model_watch = model_watch
        self._intake = BatchScheduler(max_batch=max_batch)
        self._studio = LiveViewEncoder(outlet.show, clock)
        self._around = WorkerContext(
            worker_id=worker_id,
            running=ActiveModel(model, provider),
            intake=self._intake,
            outlet=outlet,
            show=self._studio.show,
            open_source=open_source,
            clock=clock,
            learnt=learnt or Forgetful(),
            signals=signals,
        )
        self._posts: dict[str, CameraRunner] = {}
        self._failures_in_a_row = 0

    def run(self, stop: threading.Event, beat: Callable[[], None] = lambda: None) -> None:
        """Work until `stop`, then report what has begun. `beat` is called several times a second.

        Raises:
            BrokenDetectorError: it failed several times in a row, for every camera.
        """
        tick_at_s = 0.0
        try:
            while not stop.is_set():
                if (assignment := self._orders.take()) is not None:
                    self._take_up(assignment)
                self._look(self._intake.take(timeout_s=TICK_S / 2))
                if (now_s := time.monotonic()) >= tick_at_s:
                    tick_at_s = now_s + TICK_S
                    beat()
                    self._take_up_model()
                    for post in self._posts.values():
                        post.tick()
        finally:
            self._drain()

    def _take_up_model(self) -> None:
        """Go on with a newly promoted detector. Between two batches: no frame is in the old one's hands."""
        if self._model_watch is None:
            return
        if (newer := self._model_watch.take()) is not None:
            running = self._around.running
            log.info("model changed", before=running.model, now=newer.model)
            self._detector, running.model, running.provider = newer.looks, newer.model, newer.provider
            self._intake.max_batch = newer.max_batch
        self._around.running.trouble = self._model_watch.trouble

    def _take_up(self, assignment: Assignment) -> None:
        for camera_id in self._posts.keys() - assignment.camera_ids():
            self._posts.pop(camera_id).close("its file was removed")
        for watched in assignment.watched:
            self._post(watched.camera.id).serve(watched.camera, watched.remark)
        for resting in assignment.resting:
            self._post(resting.camera_id).idle(resting.state, resting.reason)
        log.info("assigned", watched=len(assignment.watched), resting=len(assignment.resting))

    def _post(self, camera_id: str) -> CameraRunner:
        if camera_id not in self._posts:
            self._posts[camera_id] = CameraRunner(camera_id, self._around)
        return self._posts[camera_id]

    def _look(self, batch: Sequence[PendingFrame]) -> None:
        if not batch:
            return
        began_s = time.monotonic()
        found = self._detect(batch)
        each_ms = (time.monotonic() - began_s) * 1000 / len(batch)
        for due, detections in zip(batch, found, strict=True):
            post = self._posts.get(due.frame.camera_id)
            if post is not None and detections is not None:
                post.take(due, detections, each_ms)

    def _detect(self, batch: Sequence[PendingFrame]) -> list[Detections] | list[Detections | None]:
        """What is in each frame; a frame that the detector cannot take fails its own camera alone."""
        try:
            found = self._detector.detect([due.frame.image for due in batch])
        except Exception as error:  # noqa: BLE001 - found out below whose fault it is
            return self._detect_one_by_one(batch, error)
        self._failures_in_a_row = 0
        return found

    def _detect_one_by_one(self, batch: Sequence[PendingFrame], error: Exception) -> list[Detections | None]:
        found: list[Detections | None] = []
        for due in batch:
            try:
                found += self._detector.detect([due.frame.image]) if len(batch) > 1 else _raising(error)
            except Exception as own_error:  # noqa: BLE001 - the camera's boundary
                found.append(None)
                self._posts[due.frame.camera_id].fail(own_error)
        if any(detections is not None for detections in found):
            self._failures_in_a_row = 0
        else:
            self._failures_in_a_row += 1
        if self._failures_in_a_row >= MOST_DETECTOR_FAILURES:
            raise BrokenDetectorError(str(error)) from error
        return found

    def _drain(self) -> None:
        for post in self._posts.values():
            post.close("its worker stops")
        deadline_s = time.monotonic() + JOIN_S
        for post in self._posts.values():
            post.join(max(0.0, deadline_s - time.monotonic()))
        self._posts.clear()
        self._studio.close()


def _raising(error: Exception) -> list[Detections]:
    raise error
