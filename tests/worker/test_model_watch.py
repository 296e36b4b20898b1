"""A promoted model is loaded while the worker runs; one that cannot be loaded changes nothing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
import structlog

from tests.kit.worker_kit import DrivingSource, MemorySink, SquareDetector, camera, until
from vision.core import ModelError
from vision.worker.assignment import Assignment, AssignmentSlot, WatchedCamera
from vision.worker.model_watch import LoadedModel, ModelWatch, Promotion
from vision.worker.worker import Worker

POLL_S = 0.02


class ModelStore:
    """Models by name, and which of them is the default."""

    def __init__(self) -> None:
        self.default = Promotion("old")
        self.loads: list[str] = []
        self.detectors = {"old": SquareDetector(), "new": SquareDetector()}
        self.loading: Callable[[], None] = lambda: None

    def newest(self) -> Promotion:
        return self.default

    def load(self, model: str) -> LoadedModel:
        self.loads.append(model)
        self.loading()
        if model not in self.detectors:
            raise ModelError(f"model '{model}': its weights are not here; rtsp://u:hunter2@host")
        return LoadedModel(self.detectors[model], model, "cpu", max_batch=1)

    def watch(self) -> ModelWatch:
        return ModelWatch(self.default, newest=self.newest, load=self.load, poll_s=POLL_S)


@contextmanager
def watching(store: ModelStore) -> Iterator[ModelWatch]:
    watch = store.watch()
    watch.start()
    try:
        yield watch
    finally:
        watch.close()


@contextmanager
def counting_worker(store: ModelStore, sink: MemorySink, *camera_ids: str) -> Iterator[None]:
    """A worker that watches these cameras with the store's default."""
    stop, orders = threading.Event(), AssignmentSlot()
    orders.put(Assignment(watched=tuple(WatchedCamera(camera=camera(camera_id)) for camera_id in camera_ids)))
    with watching(store) as watch:
        worker = Worker(
            "w0",
            store.detectors["old"],
            sink,
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


def test_a_model_change_loses_no_crossing_and_health_names_the_new_model() -> None:
    store, sink = ModelStore(), MemorySink()
    with counting_worker(store, sink, "c1", "c2"):
        until(lambda: len(sink.of("line_crossing", "c2")) >= 2)
        store.default = Promotion("new")
        until(lambda: sink.health["c1"][-1].model == "new")
        before = {c: len(sink.of("line_crossing", c)) for c in ("c1", "c2")}
        until(lambda: all(len(sink.of("line_crossing", c)) >= n + 3 for c, n in before.items()))
    assert store.detectors["new"].batches
    assert set(store.detectors["new"].batches) == {1}, "the new model's own limit holds"
    for camera_id in ("c1", "c2"):
        crossings = sink.of("line_crossing", camera_id)
        assert len({e.session_id for e in crossings}) == 1, "no camera was restarted"
        times = [e.crossed_at.timestamp() for e in crossings]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert gaps == pytest.approx([1.0] * len(gaps), abs=0.3), "a car a second: none lost, none counted twice"


def test_a_model_is_loaded_in_the_background_while_counting_goes_on() -> None:
    store, sink, may_end = ModelStore(), MemorySink(), threading.Event()
    store.loading = may_end.wait
    with counting_worker(store, sink, "c1"):
        until(lambda: sink.of("line_crossing"))
        store.default = Promotion("new")
        until(lambda: store.loads == ["new"])
        before = len(sink.of("line_crossing"))
        until(lambda: len(sink.of("line_crossing")) >= before + 2)
        assert not store.detectors["new"].batches
        may_end.set()
        until(lambda: store.detectors["new"].batches)


def test_a_model_that_cannot_be_loaded_is_rejected_and_the_old_one_stays() -> None:
    store, sink = ModelStore(), MemorySink()
    with structlog.testing.capture_logs() as logs, counting_worker(store, sink, "c1"):
        until(lambda: sink.health.get("c1"))
        store.default = Promotion("absent")
        until(lambda: sink.health["c1"][-1].trouble)
        report = sink.health["c1"][-1]
        assert report.model == "old"
        assert "'absent'" in report.trouble
        assert "weights are not here" in report.trouble
        assert "hunter2" not in report.trouble
        before = len(sink.of("line_crossing"))
        until(lambda: len(sink.of("line_crossing")) >= before + 2)
        store.default = Promotion("new")
        until(lambda: sink.health["c1"][-1].model == "new")
        assert sink.health["c1"][-1].trouble == ""
    assert len([line for line in logs if line["event"] == "promoted model rejected"]) == 1
    assert store.loads == ["absent", "new"]


def test_promoting_the_same_name_again_loads_it_again() -> None:
    store = ModelStore()
    with watching(store) as watch:
        store.default = Promotion("absent", stamp=1)
        until(lambda: watch.trouble)
        store.detectors["absent"] = SquareDetector()
        store.default = Promotion("absent", stamp=2)
        until(lambda: (ready := watch.take()) is not None and ready.model == "absent")
        assert watch.trouble == ""


def test_nothing_is_loaded_while_the_default_stays_the_same() -> None:
    store, asked = ModelStore(), threading.Semaphore(0)
    newest = store.newest

    def count() -> Promotion:
        asked.release()
        return newest()

    store.newest = count
    with watching(store) as watch:
        for _ in range(5):
            assert asked.acquire(timeout=5)
        assert watch.take() is None
    assert store.loads == []


def test_the_watch_goes_on_after_the_default_could_not_be_read() -> None:
    store, broken = ModelStore(), threading.Event()
    newest = store.newest

    def sometimes() -> Promotion:
        if not broken.is_set():
            broken.set()
            raise OSError("the disk is away")
        return newest()

    store.newest = sometimes
    store.default = Promotion("old")
    with watching(store) as watch:
        until(broken.is_set)
        store.default = Promotion("new")
        until(lambda: (ready := watch.take()) is not None and ready.model == "new")
