"""A whole worker that runs in a thread of the test."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tests.kit.worker_kit import DrivingSource, MemorySink, SquareDetector
from vision.config.camera import CameraConfig
from vision.contracts import CameraState, SignalUpdate
from vision.worker.assignment import Assignment, AssignmentSlot, WatchedCamera
from vision.worker.context import StateStorage
from vision.worker.worker import BrokenDetectorError, Worker

Open = Callable[..., DrivingSource]
Signals = Callable[[str], Sequence[SignalUpdate]]


class RunningWorker:
    """A worker in a thread, with the sink that it publishes to."""

    def __init__(  # noqa: PLR0917
        self,
        sink: MemorySink,
        detector: SquareDetector,
        open_source: Open,
        max_batch: int,
        signals: Signals,
        state_store: StateStorage | None,
    ) -> None:
        self.sink = sink
        self.detector = detector
        self.assignments = AssignmentSlot()
        self.heartbeats = 0
        self.error: Exception | None = None
        self._stop = threading.Event()
        self._worker = Worker(
            "w0",
            detector,
            sink,
            self.assignments,
            open_source=open_source,
            model="squares",
            max_batch=max_batch,
            signals=signals,
            state_store=state_store,
        )
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def watch(self, *cameras: CameraConfig, config_error: str = "") -> None:
        self.assignments.put(
            Assignment(watched=tuple(WatchedCamera(camera=c, config_error=config_error) for c in cameras))
        )

    def state(self, camera_id: str) -> CameraState | None:
        reports = self.sink.health.get(camera_id)
        return reports[-1].state if reports else None

    def _run(self) -> None:
        try:
            self._worker.run(self._stop, self._heartbeat)
        except BrokenDetectorError as error:
            self.error = error

    def _heartbeat(self) -> None:
        self.heartbeats += 1


@contextmanager
def running_worker(
    *cameras: CameraConfig,
    open_source: Open = DrivingSource,
    detector: SquareDetector | None = None,
    max_batch: int = 4,
    signals: Signals = lambda _: (),
    state_store: StateStorage | None = None,
) -> Iterator[RunningWorker]:
    worker = RunningWorker(MemorySink(), detector or SquareDetector(), open_source, max_batch, signals, state_store)
    worker.watch(*cameras)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()
