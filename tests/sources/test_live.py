"""The slot that passes the newest item between threads."""

import threading
import time

from vision.sources import NewestSlot


def test_a_newer_item_replaces_one_not_taken_and_counts_as_dropped() -> None:
    slot: NewestSlot[int] = NewestSlot()
    for number in range(5):
        slot.put(number)
    assert slot.take(0) == 4
    assert slot.take(0) is None
    assert slot.dropped == 4


def test_an_item_that_is_too_old_is_not_returned() -> None:
    slot: NewestSlot[str] = NewestSlot(max_age_s=0.02)
    slot.put("old")
    time.sleep(0.05)
    assert slot.take(0) is None
    assert slot.dropped == 1


def test_a_waiting_thread_gets_the_item_at_once() -> None:
    slot: NewestSlot[float] = NewestSlot()
    threading.Timer(0.05, lambda: slot.put(time.monotonic())).start()
    put_at = slot.take(5)
    assert put_at is not None
    assert time.monotonic() - put_at < 0.05


def test_closing_wakes_waiting_threads_and_keeps_the_last_item() -> None:
    slot: NewestSlot[str] = NewestSlot()
    slot.put("last")
    slot.close()
    assert slot.take(5) == "last"
    began = time.monotonic()
    assert slot.take(5) is None
    assert time.monotonic() - began < 1
    assert slot.is_closed
