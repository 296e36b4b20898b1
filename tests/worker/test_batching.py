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


def test_a_newer_frame_overtakes_one_that_nobody_took_and_the_loss_is_counted() -> None:
    intake = BatchScheduler(max_batch=4)
    inlet = intake.open("a", 10)
    for index in range(3):
        inlet.put(frame("a", index))
    (due,) = intake.take(0)
    assert due.frame.index == 2
    assert inlet.dropped == 2


def test_frames_of_several_cameras_go_as_one_batch() -> None:
    intake = BatchScheduler(max_batch=8)
    for name in "abc":
        intake.open(name, 10).put(frame(name))
    began = time.monotonic()
    assert {due.frame.camera_id for due in intake.take(1)} == {"a", "b", "c"}
    assert time.monotonic() - began < 0.1


def test_a_camera_that_pauses_is_not_waited_for() -> None:
    intake = BatchScheduler(max_batch=8)
    inlets = {name: intake.open(name, 10) for name in "abc"}
    inlets["a"].put(frame("a"))
    began = time.monotonic()
    assert [due.frame.camera_id for due in intake.take(1)] == ["a"]
    assert time.monotonic() - began < 0.2


def test_a_frame_that_comes_within_the_gathering_time_joins_the_batch() -> None:
    intake = BatchScheduler(max_batch=8, gather_s=0.5)
    first, second = intake.open("a", 10), intake.open("b", 10)
    first.put(frame("a"))
    threading.Timer(0.05, second.put, args=(frame("b"),)).start()
    began = time.monotonic()
    assert len(intake.take(1)) == 2
    assert time.monotonic() - began < 0.4, "a full batch goes at once"


def test_a_frame_that_waited_too_long_is_dropped_and_counted() -> None:
    now = Seconds()
    intake = BatchScheduler(max_batch=1, now=now)
    inlet = intake.open("a", 10)
    inlet.put(frame("a"))
    now.at += MAX_AGE_S + 0.01
    assert intake.take(0) == []
    assert inlet.dropped == 1


def test_under_load_the_rates_of_all_cameras_fall_alike() -> None:
    now = Seconds()
    intake = BatchScheduler(max_batch=1, gather_s=0, now=now)
    wanted = {"slow": 6.0, "a": 12.0, "b": 12.0, "fast": 24.0}
    inlets = {name: intake.open(name, fps) for name, fps in wanted.items()}
    served = dict.fromkeys(wanted, 0)
    for _ in range(540):
        for name, inlet in inlets.items():
            inlet.put(frame(name))
        (due,) = intake.take(0)
        served[due.frame.camera_id] += 1
        now.at += 1 / 27
    for name, fps in wanted.items():
        assert abs(served[name] - 540 * fps / 54) <= 5, served


def test_a_closed_inlet_takes_no_more_and_is_not_counted_for_a_full_batch() -> None:
    intake = BatchScheduler(max_batch=8, gather_s=5)
    first, second = intake.open("a", 10), intake.open("b", 10)
    second.close()
    second.put(frame("b"))
    first.put(frame("a"))
    began = time.monotonic()
    assert [due.frame.camera_id for due in intake.take(1)] == ["a"]
    assert time.monotonic() - began < 1


def test_waiting_ends_when_nothing_comes() -> None:
    intake = BatchScheduler(max_batch=8)
    intake.open("a", 10)
    assert intake.take(0.01) == []
