"""A promoted model is taken up while the work goes on; one that cannot be loaded changes nothing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
import structlog

from tests.kit.worker_kit import DrivingSource, Outbox, SquareDetector, camera, until
from vision.core import ModelError
from vision.worker.assignment import Assignment, Orders, Watched
from vision.worker.model_watch import Loaded, ModelWatch, Promotion
from vision.worker.worker import Worker

POLL_S = 0.02


class Shelf:
    """Models by name, and which of them is the default."""

    def __init__(self) -> None:
        self.default = Promotion("old")
        self.loads: list[str] = []
        self.detectors = {"old": SquareDetector(), "new": SquareDetector()}
        self.loading: Callable[[], None] = lambda: None

    def ask(self) -> Promotion:
        return self.default

    def load(self, model: str) -> Loaded:
        self.loads.append(model)
        self.loading()
        if model not in self.detectors:
            raise ModelError(f"model '{model}': its weights are not here; rtsp://u:hunter2@host")
        return Loaded(self.detectors[model], model, "cpu", max_batch=1)

    def watch(self) -> ModelWatch:
        return ModelWatch(self.default, ask=self.ask, load=self.load, poll_s=POLL_S)


@contextmanager
def watching(shelf: Shelf) -> Iterator[ModelWatch]:
    watch = shelf.watch()
    watch.start()
    try:
        yield watch
    finally:
        watch.close()


@contextmanager
def at_work(shelf: Shelf, outbox: Outbox, *camera_ids: str) -> Iterator[None]:
    """A worker that watches these cameras with the shelf's default."""
    stop, orders = threading.Event(), Orders()
    orders.put(Assignment(watched=tuple(Watched(camera=camera(camera_id)) for camera_id in camera_ids)))
    with watching(shelf) as watch:
        worker = Worker(
            "w0",
            shelf.detectors["old"],
            outbox,
            orders,
            open_source=DrivingSource,
            model="old",
            max_batch=4,
            model_watch=watch,
        )
        thread = threading.Thread(target=worker.run, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(10)


def test_crossings_go_on_across_the_change_and_health_tells_the_new_name() -> None:
    shelf, outbox = Shelf(), Outbox()
    with at_work(shelf, outbox, "c1", "c2"):
        until(lambda: len(outbox.of("line_crossing", "c2")) >= 2)
        shelf.default = Promotion("new")
        until(lambda: outbox.health["c1"][-1].model == "new")
        before = {c: len(outbox.of("line_crossing", c)) for c in ("c1", "c2")}
        until(lambda: all(len(outbox.of("line_crossing", c)) >= n + 3 for c, n in before.items()))
    assert shelf.detectors["new"].batches
    assert set(shelf.detectors["new"].batches) == {1}, "the new model's own limit holds"
    for camera_id in ("c1", "c2"):
        crossings = outbox.of("line_crossing", camera_id)
        assert len({e.session_id for e in crossings}) == 1, "no camera began anew"
        times = [e.crossed_at.timestamp() for e in crossings]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert gaps == pytest.approx([1.0] * len(gaps), abs=0.3), "a car a second: none lost, none twice"


def test_a_model_is_loaded_beside_the_work_which_does_not_wait() -> None:
    shelf, outbox, may_end = Shelf(), Outbox(), threading.Event()
    shelf.loading = may_end.wait
    with at_work(shelf, outbox, "c1"):
        until(lambda: outbox.of("line_crossing"))
        shelf.default = Promotion("new")
        until(lambda: shelf.loads == ["new"])
        before = len(outbox.of("line_crossing"))
        until(lambda: len(outbox.of("line_crossing")) >= before + 2)
        assert not shelf.detectors["new"].batches
        may_end.set()
        until(lambda: shelf.detectors["new"].batches)


def test_a_model_that_cannot_be_loaded_is_refused_once_named_in_health_and_the_old_one_goes_on() -> None:
    shelf, outbox = Shelf(), Outbox()
    with structlog.testing.capture_logs() as logs, at_work(shelf, outbox, "c1"):
        until(lambda: outbox.health.get("c1"))
        shelf.default = Promotion("absent")
        until(lambda: outbox.health["c1"][-1].trouble)
        told = outbox.health["c1"][-1]
        assert told.model == "old"
        assert "'absent'" in told.trouble
        assert "weights are not here" in told.trouble
        assert "hunter2" not in told.trouble
        before = len(outbox.of("line_crossing"))
        until(lambda: len(outbox.of("line_crossing")) >= before + 2)
        shelf.default = Promotion("new")
        until(lambda: outbox.health["c1"][-1].model == "new")
        assert outbox.health["c1"][-1].trouble == ""
    assert len([line for line in logs if line["event"] == "promoted model refused"]) == 1
    assert shelf.loads == ["absent", "new"]


def test_the_same_name_promoted_once_more_is_loaded_once_more() -> None:
    shelf = Shelf()
    with watching(shelf) as watch:
        shelf.default = Promotion("absent", stamp=1)
        until(lambda: watch.trouble)
        shelf.detectors["absent"] = SquareDetector()
        shelf.default = Promotion("absent", stamp=2)
        until(lambda: (ready := watch.take()) is not None and ready.model == "absent")
        assert watch.trouble == ""


def test_nothing_is_loaded_while_the_default_stays_the_same() -> None:
    shelf, asked = Shelf(), threading.Semaphore(0)
    ask = shelf.ask

    def count() -> Promotion:
        asked.release()
        return ask()

    shelf.ask = count
    with watching(shelf) as watch:
        for _ in range(5):
            assert asked.acquire(timeout=5)
        assert watch.take() is None
    assert shelf.loads == []


def test_a_watch_that_cannot_ask_goes_on_asking() -> None:
    shelf, broken = Shelf(), threading.Event()
    ask = shelf.ask

    def sometimes() -> Promotion:
        if not broken.is_set():
            broken.set()
            raise OSError("the disk is away")
        return ask()

    shelf.ask = sometimes
    shelf.default = Promotion("old")
    with watching(shelf) as watch:
        until(broken.is_set)
        shelf.default = Promotion("new")
        until(lambda: (ready := watch.take()) is not None and ready.model == "new")
