"""A whole worker at work in a thread, beside what the test looks at."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tests.kit.worker_kit import DrivingSource, Outbox, SquareDetector
from vision.config.camera import CameraConfig
from vision.contracts import CameraState, SignalUpdate
from vision.worker.assignment import Assignment, Orders, Watched
from vision.worker.context import RemembersLearnt
from vision.worker.worker import BrokenDetectorError, Worker

Open = Callable[..., DrivingSource]
Signals = Callable[[str], Sequence[SignalUpdate]]


class Place:
    """A worker at work in a thread."""

    def __init__(  # noqa: PLR0917
        self,
        outbox: Outbox,
        detector: SquareDetector,
        open_source: Open,
        max_batch: int,
        signals: Signals,
        learnt: RemembersLearnt | None,
    ) -> None:
        self.outbox = outbox
        self.detector = detector
        self.orders = Orders()
        self.beats = 0
        self.error: Exception | None = None
        self._stop = threading.Event()
        self._worker = Worker(
            "w0",
            detector,
            outbox,
            self.orders,
            open_source=open_source,
            model="squares",
            max_batch=max_batch,
            signals=signals,
            learnt=learnt,
        )
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def watch(self, *cameras: CameraConfig, remark: str = "") -> None:
        self.orders.put(Assignment(watched=tuple(Watched(camera=c, remark=remark) for c in cameras)))

    def state(self, camera_id: str) -> CameraState | None:
        told = self.outbox.health.get(camera_id)
        return told[-1].state if told else None

    def _run(self) -> None:
        try:
            self._worker.run(self._stop, self._beat)
        except BrokenDetectorError as error:
            self.error = error

    def _beat(self) -> None:
        self.beats += 1


@contextmanager
def at_work(
    *cameras: CameraConfig,
    open_source: Open = DrivingSource,
    detector: SquareDetector | None = None,
    max_batch: int = 4,
    signals: Signals = lambda _: (),
    learnt: RemembersLearnt | None = None,
) -> Iterator[Place]:
    place = Place(Outbox(), detector or SquareDetector(), open_source, max_batch, signals, learnt)
    place.watch(*cameras)
    place.start()
    try:
        yield place
    finally:
        place.stop()
