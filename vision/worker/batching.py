"""Where all cameras of a worker meet its detector: the newest frame of each, and the batches made of them."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from vision.core import Frame

GATHER_S = 0.005
"""How long an incomplete batch waits for other cameras."""
MAX_AGE_S = 1.0
"""A frame that waited for longer is history: it is dropped."""


@dataclass(frozen=True, slots=True, eq=False)
class PendingFrame:
    """A frame taken up for detection, and how long it lay waiting."""

    inlet: "CameraSlot"
    frame: Frame
    waited_s: float


class CameraSlot:
    """One camera's place in the intake, which holds one frame. `put` never waits."""

    def __init__(self, intake: "BatchScheduler", camera_id: str, period_s: float) -> None:
        self.camera_id = camera_id
        self.dropped = 0
        """Frames that were overtaken by newer ones or waited too long."""
        self._intake = intake
        self._period_s = period_s
        self._frame: Frame | None = None
        self._put_at_s = 0.0
        self._turn_s = 0.0
        self._is_closed = False

    @property
    def is_empty(self) -> bool:
        return self._frame is None

    def put(self, frame: Frame) -> None:
        """Offer the newest frame; one that still lies here is overtaken."""
        with self._intake.changed:
            if self._is_closed:
                return
            self.dropped += self._frame is not None
            self._frame = frame
            self._put_at_s = self._intake.now()
            self._intake.changed.notify()

    def close(self) -> None:
        """Take no more frames, and forget the one that lies here."""
        with self._intake.changed:
            self._is_closed = True
            self._frame = None
            self._intake.forget(self)

    def ready(self, now_s: float) -> bool:
        """Whether a frame lies here that is not too old. The intake's lock is held."""
        if self._frame is not None and now_s - self._put_at_s > MAX_AGE_S:
            self._frame = None
            self.dropped += 1
        return self._frame is not None

    def turn_s(self) -> float:
        """When it is its turn, on the intake's own time: the least comes first. A pause is not made up for."""
        return max(self._turn_s, self._intake.turn_s - self._period_s)

    def pick(self, now_s: float) -> PendingFrame:
        """Take the frame out. The intake's lock is held, and `ready` was true."""
        frame, self._frame = self._frame, None
        if frame is None:
            raise LookupError(f"camera {self.camera_id!r} has no frame")
        self._intake.turn_s = turn_s = self.turn_s()
        self._turn_s = turn_s + self._period_s
        return PendingFrame(self, frame, now_s - self._put_at_s)


class BatchScheduler:
    """Forms batches across cameras.

    A full batch goes at once, an incomplete one after `gather_s`; a camera that pauses is never waited for. Under load
    cameras take turns in proportion to their detection rates (stride scheduling, Waldspurger and Weihl 1995), so that
    all rates fall alike.
    """

    def __init__(
        self, *, max_batch: int, gather_s: float = GATHER_S, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.changed = threading.Condition()
        self.now = now
        self.turn_s = 0.0
        """The turn of the camera served last."""
        self.max_batch = max_batch
        """The most frames of one batch; changed by the worker between two of them."""
        self._gather_s = gather_s
        self._inlets: list[CameraSlot] = []

    def open(self, camera_id: str, fps: float) -> CameraSlot:
        """A place for a camera that is looked at `fps` times a second."""
        inlet = CameraSlot(self, camera_id, 1 / fps)
        with self.changed:
            self._inlets.append(inlet)
        return inlet

    def forget(self, inlet: CameraSlot) -> None:
        """Called by the inlet as it closes. The lock is held."""
        if inlet in self._inlets:
            self._inlets.remove(inlet)

    def take(self, timeout_s: float) -> list[PendingFrame]:
        """The next batch, the most urgent frame first; empty when nothing came within `timeout_s` seconds."""
        with self.changed:
            if not self.changed.wait_for(self._ready, timeout_s):
                return []
            enough = min(self.max_batch, len(self._inlets))
            self.changed.wait_for(lambda: len(self._ready()) >= enough, self._gather_s)
            now_s = self.now()
            ready = sorted(self._ready(), key=CameraSlot.turn_s)
            return [inlet.pick(now_s) for inlet in ready[: self.max_batch]]

    def _ready(self) -> list[CameraSlot]:
        now_s = self.now()
        return [inlet for inlet in self._inlets if inlet.ready(now_s)]
