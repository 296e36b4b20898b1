"""One worker: the frames of many cameras go through one detector, and each camera's detections to its own runner."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import count

import structlog

from vision.contracts import SignalUpdate
from vision.core import Clock, Detections, SystemClock
from vision.worker.assignment import Assignment, AssignmentSlot
from vision.worker.batching import BatchScheduler, PendingFrame
from vision.worker.camera.runner import CameraRunner
from vision.worker.camera.state_store import NoStateStore
from vision.worker.context import (
    ActiveModel,
    ClockSkew,
    DetectorProtocol,
    EventSink,
    OpenSource,
    StateStorage,
    WorkerContext,
)
from vision.worker.live_view import LiveViewEncoder
from vision.worker.model_watch import ModelWatch

TICK_S = 0.25
JOIN_S = 1.0
"""How long to wait for all capture threads together; one that is connecting may end later."""
MAX_DETECTOR_FAILURES = 5
"""After this many consecutive batches in which the detector failed for every camera, the process gives up."""

log = structlog.get_logger(__name__)


class BrokenDetectorError(Exception):
    """The detector fails on every frame."""


class Worker:
    """Runs the cameras of its assignment until it is stopped. One camera's failure never stops another camera."""

    def __init__(
        self,
        worker_id: str,
        detector: DetectorProtocol,
        sink: EventSink,
        assignments: AssignmentSlot,
        *,
        open_source: OpenSource,
        model: str = "",
        provider: str = "",
        max_batch: int = 1,
        clock: Clock | None = None,
        model_watch: ModelWatch | None = None,
        state_store: StateStorage | None = None,
        session_number: Callable[[str], int] | None = None,
        clock_skew: Callable[[], ClockSkew] = ClockSkew,
        signals: Callable[[str], Sequence[SignalUpdate]] = lambda _: (),
    ) -> None:
        """
        Args:
            worker_id: its name in health reports and logs.
            detector: used until `model_watch` has another one ready.
            sink: where events, health and live views go.
            assignments: where the supervisor puts the cameras to watch.
            open_source: opens a camera's stream or recording.
            model: the detector's model, for health reports.
            provider: the detector's ONNX Runtime provider, for health reports.
            max_batch: frames per batch at most.
            clock: the system's by default.
            model_watch: loads models that are promoted while the worker runs.
            state_store: keeps what cameras have learned across sessions.
            session_number: numbers a camera's sessions; by default from 1 on in this process.
            clock_skew: how far this machine's clock is wrong; by default not known.
            signals: returns the signal updates of a camera that arrived since the last call.
        """
        clock = clock or SystemClock()
        self._detector = detector
        self._assignments = assignments
        self._model_watch = model_watch
        self._scheduler = BatchScheduler(max_batch=max_batch)
        self._live_views = LiveViewEncoder(sink.publish_live_view, clock)
        self._context = WorkerContext(
            worker_id=worker_id,
            active_model=ActiveModel(model, provider),
            scheduler=self._scheduler,
            sink=sink,
            show=self._live_views.show,
            open_source=open_source,
            clock=clock,
            state_store=state_store or NoStateStore(),
            session_number=session_number or _from_one(),
            clock_skew=clock_skew,
            signals=signals,
        )
        self._runners: dict[str, CameraRunner] = {}
        self._consecutive_failures = 0

    def run(self, stop: threading.Event, heartbeat: Callable[[], None] = lambda: None) -> None:
        """Work until `stop`, then report the intervals that have begun. Calls `heartbeat` several times a second.

        Raises:
            BrokenDetectorError: the detector failed several times in a row, for every camera.
        """
        tick_at_s = 0.0
        try:
            while not stop.is_set():
                if (assignment := self._assignments.take()) is not None:
                    self._apply(assignment)
                self._process(self._scheduler.take(timeout_s=TICK_S / 2))
                if (now_s := time.monotonic()) >= tick_at_s:
                    tick_at_s = now_s + TICK_S
                    heartbeat()
                    self._update_model()
                    for runner in self._runners.values():
                        runner.tick()
        finally:
            self._drain()

    def _update_model(self) -> None:
        """Switch to a newly promoted detector, between two batches: the old one holds no frame."""
        if self._model_watch is None:
            return
        active = self._context.active_model
        if (newer := self._model_watch.take()) is not None:
            log.info("model changed", before=active.model, now=newer.model)
            self._detector, active.model, active.provider = newer.detector, newer.model, newer.provider
            self._scheduler.max_batch = newer.max_batch
        active.trouble = self._model_watch.trouble

    def _apply(self, assignment: Assignment) -> None:
        for camera_id in self._runners.keys() - assignment.camera_ids():
            self._runners.pop(camera_id).close("its file was removed")
        for watched in assignment.watched:
            self._runner(watched.camera.id).watch(watched.camera, watched.config_error)
        for idle in assignment.idle:
            self._runner(idle.camera_id).idle(idle.state, idle.reason, idle.config_error)
        log.info("cameras assigned", watched=len(assignment.watched), idle=len(assignment.idle))

    def _runner(self, camera_id: str) -> CameraRunner:
        if camera_id not in self._runners:
            self._runners[camera_id] = CameraRunner(camera_id, self._context)
        return self._runners[camera_id]

    def _process(self, batch: Sequence[PendingFrame]) -> None:
        if not batch:
            return
        began_s = time.monotonic()
        found = self._detect(batch)
        per_frame_ms = (time.monotonic() - began_s) * 1000 / len(batch)
        for pending, detections in zip(batch, found, strict=True):
            runner = self._runners.get(pending.frame.camera_id)
            if runner is not None and detections is not None:
                runner.process(pending, detections, per_frame_ms)

    def _detect(self, batch: Sequence[PendingFrame]) -> list[Detections] | list[Detections | None]:
        """The detections of each frame; a frame that the detector cannot take fails only its own camera."""
        try:
            found = self._detector.detect([pending.frame.image for pending in batch])
        except Exception as error:  # noqa: BLE001 - the next step finds the frame that causes it
            return self._detect_one_by_one(batch, error)
        self._consecutive_failures = 0
        return found

    def _detect_one_by_one(self, batch: Sequence[PendingFrame], error: Exception) -> list[Detections | None]:
        found: list[Detections | None] = []
        for pending in batch:
            try:
                found += self._detector.detect([pending.frame.image]) if len(batch) > 1 else _raise(error)
            except Exception as own_error:  # noqa: BLE001 - the camera's boundary
                found.append(None)
                self._runners[pending.frame.camera_id].fail(own_error)
        if any(detections is not None for detections in found):
            self._consecutive_failures = 0
        else:
            self._consecutive_failures += 1
        if self._consecutive_failures >= MAX_DETECTOR_FAILURES:
            raise BrokenDetectorError(str(error)) from error
        return found

    def _drain(self) -> None:
        for runner in self._runners.values():
            runner.close("its worker stops")
        deadline_s = time.monotonic() + JOIN_S
        for runner in self._runners.values():
            runner.join(max(0.0, deadline_s - time.monotonic()))
        self._runners.clear()
        self._live_views.close()


def _from_one() -> Callable[[str], int]:
    numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(1))
    return lambda camera_id: next(numbers[camera_id])


def _raise(error: Exception) -> list[Detections]:
    raise error
