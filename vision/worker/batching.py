"""Batches for the detector: the newest frame of each camera, cameras in turns by their detection rates."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from vision.core import Frame

GATHER_S = 0.005
"""How long an incomplete batch waits for other cameras."""
MAX_AGE_S = 1.0
"""A frame that has waited longer is dropped."""


@dataclass(frozen=True, slots=True, eq=False)
class PendingFrame:
    """A frame taken for detection, and how long it waited."""

    slot: "CameraSlot"
    frame: Frame
    waited_s: float


class CameraSlot:
    """One camera's place in the scheduler; it holds the newest frame. `put` never blocks."""

    def __init__(self, scheduler: "BatchScheduler", camera_id: str, period_s: float) -> None:
        self.camera_id = camera_id
        self.dropped = 0
        """Frames replaced by newer ones, and frames that waited too long."""
        self._scheduler = scheduler
        self._period_s = period_s
        self._frame: Frame | None = None
        self._put_at_s = 0.0
        self._turn_s = 0.0
        self._is_closed = False

    @property
    def is_empty(self) -> bool:
        return self._frame is None

    def put(self, frame: Frame) -> None:
        """Offer the newest frame; it replaces one that still waits."""
        with self._scheduler.changed:
            if self._is_closed:
                return
            self.dropped += self._frame is not None
            self._frame = frame
            self._put_at_s = self._scheduler.now()
            self._scheduler.changed.notify()

    def close(self) -> None:
        """Accept no more frames, and discard the one that waits."""
        with self._scheduler.changed:
            self._is_closed = True
            self._frame = None
            self._scheduler.remove(self)

    def is_ready(self, now_s: float) -> bool:
        """Whether a frame waits that is not too old. The caller holds the scheduler's lock."""
        if self._frame is not None and now_s - self._put_at_s > MAX_AGE_S:
            self._frame = None
            self.dropped += 1
        return self._frame is not None

    def turn_s(self) -> float:
        """The camera's turn in the scheduler's virtual time: the smallest comes first. Time without frames is lost."""
        return max(self._turn_s, self._scheduler.turn_s - self._period_s)

    def pick(self, now_s: float) -> PendingFrame:
        """Take the frame out. The caller holds the scheduler's lock, and `is_ready` was true."""
        frame, self._frame = self._frame, None
        if frame is None:
            raise LookupError(f"camera {self.camera_id!r} has no frame")
        self._scheduler.turn_s = turn_s = self.turn_s()
        self._turn_s = turn_s + self._period_s
        return PendingFrame(self, frame, now_s - self._put_at_s)


class BatchScheduler:
    """Forms batches across cameras.

    A full batch goes at once, an incomplete one after `gather_s`; a camera without a frame is never waited for. Under
    load cameras take turns in proportion to their detection rates (stride scheduling, Waldspurger and Weihl 1995): the
    rates of all cameras fall by the same factor.

    Examples:
        >>> scheduler = BatchScheduler(max_batch=4)
        >>> slot = scheduler.open("north", fps=10)
        >>> scheduler.take(timeout_s=0)
        []
    """

    def __init__(
        self, *, max_batch: int, gather_s: float = GATHER_S, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.changed = threading.Condition()
        self.now = now
        self.turn_s = 0.0
        """The turn of the camera that was served last."""
        self.max_batch = max_batch
        """Frames per batch at most; the worker changes it between two batches."""
        self._gather_s = gather_s
        self._slots: list[CameraSlot] = []

    def open(self, camera_id: str, fps: float) -> CameraSlot:
        """Add a camera with a detection rate of `fps`."""
        slot = CameraSlot(self, camera_id, 1 / fps)
        with self.changed:
            self._slots.append(slot)
        return slot

    def remove(self, slot: CameraSlot) -> None:
        """Called by a slot that closes. The caller holds the lock."""
        if slot in self._slots:
            self._slots.remove(slot)

    def take(self, timeout_s: float) -> list[PendingFrame]:
        """The next batch, the most urgent frame first; empty when no frame came within `timeout_s` seconds."""
        with self.changed:
            if not self.changed.wait_for(self._ready, timeout_s):
                return []
            enough = min(self.max_batch, len(self._slots))
            self.changed.wait_for(lambda: len(self._ready()) >= enough, self._gather_s)
            now_s = self.now()
            ready = sorted(self._ready(), key=CameraSlot.turn_s)
            return [slot.pick(now_s) for slot in ready[: self.max_batch]]

    def _ready(self) -> list[CameraSlot]:
        now_s = self.now()
        return [slot for slot in self._slots if slot.is_ready(now_s)]
