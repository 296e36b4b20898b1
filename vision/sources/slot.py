"""The one place between a camera and its detection where frames may pile up: a place for one."""

import threading
import time
from typing import Generic, TypeVar

T = TypeVar("T")


class NewestSlot(Generic[T]):
    """Hands the newest item from one thread to another, and never makes the giver wait.

    A newer item overtakes one that was not taken yet; an item older than `max_age_s` when it is asked for is no longer
    given out. Both are counted in `dropped`.
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
        """Items that nobody took in time."""
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
        """The newest item, waited for at most `timeout_s`. None when there is none, or the slot is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._is_closed, timeout_s)
            item, self._item = self._item, None
            if item is not None and time.monotonic() - self._put_at_s > self._max_age_s:
                self._dropped += 1
                return None
            return item

    def close(self) -> None:
        """Nothing more will be put; whoever waits is woken. What lies in the slot can still be taken."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
