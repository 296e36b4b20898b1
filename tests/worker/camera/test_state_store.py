"""The learned state of cameras across restarts: free-flow speeds and reference views."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.kit.image_kit import moved_view, street
from tests.kit.running_worker import RunningWorker, running_worker
from tests.kit.worker_kit import DrivingSource, SquareDetector, camera, until
from vision.analytics import FreeFlow
from vision.config.camera import CameraConfig
from vision.contracts import Incident, IncidentKind
from vision.core import Detections, Frame
from vision.image.tampering.view import ReferenceView
from vision.pipeline import LearnedState
from vision.worker.camera.state_store import StateStore

C1 = camera()
VIEW = ReferenceView(
    np.random.default_rng(0).uniform(-1, 1, (144, 256, 2)).astype(np.float32), np.full((144, 256), 1000, np.float32)
)


def learned_free_flow() -> FreeFlow:
    free_flow = FreeFlow()
    for _ in range(500):
        free_flow.learn("road", 20.0)
    return free_flow


def test_learned_state_survives_a_restart(tmp_path: Path) -> None:
    store = StateStore(tmp_path / "state_store")
    assert not store.load(C1).free_flow.counts
    assert store.load(C1).view is None
    store.save(C1, LearnedState(learned_free_flow(), VIEW))
    kept = store.load(C1)
    assert kept.free_flow.speed_mps("road", 10.0) == pytest.approx(
        learned_free_flow().speed_mps("road", 10.0), rel=1e-3
    )
    assert kept.view is not None
    np.testing.assert_allclose(kept.view.reference, VIEW.reference, atol=1e-3)
    np.testing.assert_array_equal(kept.view.counts, VIEW.counts)


def test_learned_state_belongs_to_one_camera(tmp_path: Path) -> None:
    store = StateStore(tmp_path / "state_store")
    store.save(C1, LearnedState(learned_free_flow(), VIEW))
    other = store.load(camera("c2"))
    assert not other.free_flow.counts
    assert other.view is None


def test_a_changed_camera_file_discards_the_reference_view(tmp_path: Path) -> None:
    store = StateStore(tmp_path / "state_store")
    store.save(C1, LearnedState(learned_free_flow(), VIEW))
    changed = store.load(C1.model_copy(update={"name": "The same camera, renamed"}))
    assert changed.free_flow.counts
    assert changed.view is None


@pytest.mark.parametrize("broken", [b"", b"{", b"PK\x03\x04 half a file"])
def test_an_unreadable_state_file_starts_from_an_empty_state(tmp_path: Path, broken: bytes) -> None:
    store = StateStore(tmp_path / "state_store")
    store.save(C1, LearnedState(learned_free_flow(), VIEW))
    for file in (tmp_path / "state_store").iterdir():
        file.write_bytes(broken)
    assert not store.load(C1).free_flow.counts
    assert store.load(C1).view is None


def test_a_state_store_that_cannot_be_written_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "state_store").write_text("a file where the store should be")
    StateStore(tmp_path / "state_store").save(C1, LearnedState(learned_free_flow(), VIEW))


class StreetSource(DrivingSource):
    """Shows a still street; its media time goes ten times as fast."""

    shows = street()

    def frames(self) -> Iterator[Frame]:
        for frame in super().frames():
            at_s = 10 * frame.media_time_s
            yield Frame(frame.camera_id, frame.index, frame.captured_at, at_s, self.shows)


class TurnedSource(StreetSource):
    shows = moved_view(right=0.1)(street(), 0.0)


class NoDetections(SquareDetector):
    """Detects nothing."""

    def _detect(self, image: NDArray[np.uint8]) -> Detections:
        return Detections.empty()


def moved_incidents(worker: RunningWorker) -> list[Incident]:
    return [e for e in worker.sink.events if isinstance(e, Incident) and e.incident_kind is IncidentKind.CAMERA_MOVED]


def test_a_camera_turned_while_unwatched_is_reported_as_moved(tmp_path: Path) -> None:
    store = StateStore(tmp_path / "state_store")
    watched: CameraConfig = camera(incidents={"camera_trouble": {"confirm_after": 0.5}})
    with running_worker(watched, open_source=StreetSource, detector=NoDetections(), state_store=store) as worker:
        until(lambda: len(worker.sink.health.get(watched.id, ())) >= 1, 10)
        until(lambda: worker.detector.batches[30:] != [], 10)
    assert not moved_incidents(worker)
    with running_worker(watched, open_source=TurnedSource, detector=NoDetections(), state_store=store) as worker:
        until(lambda: len(moved_incidents(worker)) >= 1, 10)
