"""Captures in a thread of its own, so that decoding never waits for the consumer of the frames."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from vision.core import Frame
from vision.sources.conversion import DecodedFrame, FrameConverter
from vision.sources.status import StatusTracker

T = TypeVar("T")
POLL_S = 0.1
JOIN_S = 0.3


class NewestSlot(Generic[T]):
    """Passes the newest item from one thread to another; `put` never blocks.

    A newer item replaces one that was not taken; an item older than `max_age_s` is discarded by `take`. Both count as
    dropped.

    Examples:
        >>> slot = NewestSlot()
        >>> slot.put("old")
        >>> slot.put("new")
        >>> slot.take(timeout_s=0), slot.dropped
        ('new', 1)
    """

    def __init__(self, max_age_s: float = 2.0) -> None:
        self._max_age_s = max_age_s
        self._changed = threading.Condition()
        self._item: T | None = None
        self._put_at_s = 0.0
        self._is_closed = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Items that were replaced or too old."""
        return self._dropped

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    def put(self, item: T) -> None:
        """Offer the newest item. Returns at once."""
        with self._changed:
            if self._is_closed:
                return
            self._dropped += self._item is not None
            self._item = item
            self._put_at_s = time.monotonic()
            self._changed.notify()

    def take(self, timeout_s: float) -> T | None:
        """The newest item, waited for at most `timeout_s`; None without one, or when the slot is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._is_closed, timeout_s)
            item, self._item = self._item, None
            if item is not None and time.monotonic() - self._put_at_s > self._max_age_s:
                self._dropped += 1
                return None
            return item

    def close(self) -> None:
        """Accept no more items and wake waiting threads. The item in the slot can still be taken."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()


class LiveFeed:
    """Runs a capture in a thread and yields its newest due frame, converted only when it is taken.

    The capture puts decoded frames into `slot` and returns soon after `ending` is set. A capture in a blocking read
    ends by its read timeout; `frames` does not wait for it.
    """

    def __init__(self, camera_id: str, status: StatusTracker, stop: threading.Event) -> None:
        self.slot: NewestSlot[DecodedFrame] = NewestSlot()
        self.ending = threading.Event()
        self._camera_id = camera_id
        self._status = status
        self._stop = stop
        self._failure: BaseException | None = None

    def frames(self, capture: Callable[[], None]) -> Iterator[Frame]:
        """Yield frames until the capture returns or `stop` is set. Raises what the capture raises."""
        thread = threading.Thread(target=self._run, args=(capture,), name=f"capture-{self._camera_id}", daemon=True)
        thread.start()
        try:
            yield from self._converted()
        finally:
            self.ending.set()
            thread.join(JOIN_S)
        if self._failure is not None:
            raise self._failure

    def _converted(self) -> Iterator[Frame]:
        converter = FrameConverter(self._camera_id)
        while not self._stop.is_set():
            decoded = self.slot.take(POLL_S)
            if decoded is not None:
                self._status.count_converted()
                yield converter.to_frame(decoded)
            elif self.slot.is_closed:
                return

    def _run(self, capture: Callable[[], None]) -> None:
        try:
            capture()
        except Exception as failure:  # noqa: BLE001 - raised again in the thread that takes the frames
            self._failure = failure
        finally:
            self.slot.close()
