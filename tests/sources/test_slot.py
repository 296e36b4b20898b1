import threading
import time

from vision.sources import NewestSlot


def test_a_newer_item_overtakes_the_one_that_nobody_took_and_that_is_counted() -> None:
    slot: NewestSlot[int] = NewestSlot()
    for number in range(5):
        slot.put(number)
    assert slot.take(0) == 4
    assert slot.take(0) is None
    assert slot.dropped == 4


def test_an_item_that_became_too_old_is_not_given_out() -> None:
    slot: NewestSlot[str] = NewestSlot(max_age_s=0.02)
    slot.put("old")
    time.sleep(0.05)
    assert slot.take(0) is None
    assert slot.dropped == 1


def test_whoever_waits_gets_the_item_as_soon_as_it_is_put() -> None:
    slot: NewestSlot[float] = NewestSlot()
    threading.Timer(0.05, lambda: slot.put(time.monotonic())).start()
    put_at = slot.take(5)
    assert put_at is not None
    assert time.monotonic() - put_at < 0.05


def test_closing_wakes_whoever_waits_and_keeps_the_last_item() -> None:
    slot: NewestSlot[str] = NewestSlot()
    slot.put("last")
    slot.close()
    assert slot.take(5) == "last"
    began = time.monotonic()
    assert slot.take(5) is None
    assert time.monotonic() - began < 1
    assert slot.is_closed
