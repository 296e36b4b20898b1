"""The newest frame of each camera, and batches across cameras."""

import threading
import time
from datetime import UTC, datetime

import numpy as np

from vision.core import Frame
from vision.worker.batching import MAX_AGE_S, BatchScheduler


def frame(camera_id: str, index: int = 0) -> Frame:
    return Frame(camera_id, index, datetime.now(UTC), index / 10, np.zeros((2, 2, 3), np.uint8))


class Seconds:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_a_newer_frame_replaces_a_waiting_one_and_counts_it_as_dropped() -> None:
    scheduler = BatchScheduler(max_batch=4)
    slot = scheduler.open("a", 10)
    for index in range(3):
        slot.put(frame("a", index))
    (pending,) = scheduler.take(0)
    assert pending.frame.index == 2
    assert slot.dropped == 2


def test_frames_of_several_cameras_form_one_batch() -> None:
    scheduler = BatchScheduler(max_batch=8)
    for name in "abc":
        scheduler.open(name, 10).put(frame(name))
    began = time.monotonic()
    assert {pending.frame.camera_id for pending in scheduler.take(1)} == {"a", "b", "c"}
    assert time.monotonic() - began < 0.1


def test_a_camera_without_a_frame_is_not_waited_for() -> None:
    scheduler = BatchScheduler(max_batch=8)
    slots = {name: scheduler.open(name, 10) for name in "abc"}
    slots["a"].put(frame("a"))
    began = time.monotonic()
    assert [pending.frame.camera_id for pending in scheduler.take(1)] == ["a"]
    assert time.monotonic() - began < 0.2


def test_a_frame_that_arrives_within_the_gather_time_joins_the_batch() -> None:
    scheduler = BatchScheduler(max_batch=8, gather_s=0.5)
    first, second = scheduler.open("a", 10), scheduler.open("b", 10)
    first.put(frame("a"))
    threading.Timer(0.05, second.put, args=(frame("b"),)).start()
    began = time.monotonic()
    assert len(scheduler.take(1)) == 2
    assert time.monotonic() - began < 0.4, "a full batch does not wait"


def test_a_frame_that_waited_too_long_is_dropped_and_counted() -> None:
    now = Seconds()
    scheduler = BatchScheduler(max_batch=1, now=now)
    slot = scheduler.open("a", 10)
    slot.put(frame("a"))
    now.at += MAX_AGE_S + 0.01
    assert scheduler.take(0) == []
    assert slot.dropped == 1


def test_under_load_all_detection_rates_fall_by_the_same_factor() -> None:
    now = Seconds()
    scheduler = BatchScheduler(max_batch=1, gather_s=0, now=now)
    wanted = {"slow": 6.0, "a": 12.0, "b": 12.0, "fast": 24.0}
    slots = {name: scheduler.open(name, fps) for name, fps in wanted.items()}
    served = dict.fromkeys(wanted, 0)
    for _ in range(540):
        for name, slot in slots.items():
            slot.put(frame(name))
        (pending,) = scheduler.take(0)
        served[pending.frame.camera_id] += 1
        now.at += 1 / 27
    for name, fps in wanted.items():
        assert abs(served[name] - 540 * fps / 54) <= 5, served


def test_a_closed_slot_takes_no_frames_and_does_not_delay_a_batch() -> None:
    scheduler = BatchScheduler(max_batch=8, gather_s=5)
    first, second = scheduler.open("a", 10), scheduler.open("b", 10)
    second.close()
    second.put(frame("b"))
    first.put(frame("a"))
    began = time.monotonic()
    assert [pending.frame.camera_id for pending in scheduler.take(1)] == ["a"]
    assert time.monotonic() - began < 1


def test_take_returns_an_empty_batch_after_the_timeout() -> None:
    scheduler = BatchScheduler(max_batch=8)
    scheduler.open("a", 10)
    assert scheduler.take(0.01) == []
