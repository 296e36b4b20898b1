"""What a camera teaches outlives its worker: the free flow of its roads, and where it looks."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.kit.picture_kit import street, turned
from tests.kit.worker_kit import DrivingSource, SquareDetector, camera, until
from tests.kit.worker_place import Place, at_work
from vision.analytics import FreeFlow
from vision.config.camera import CameraConfig
from vision.contracts import Incident, IncidentKind
from vision.core import Detections, Frame
from vision.image.tampering.view import ReferenceView
from vision.pipeline import LearnedState
from vision.worker.state_store import StateStore

C1 = camera()
VIEW = ReferenceView(
    np.random.default_rng(0).uniform(-1, 1, (144, 256, 2)).astype(np.float32), np.full((144, 256), 1000, np.float32)
)


def taught() -> FreeFlow:
    free_flow = FreeFlow()
    for _ in range(500):
        free_flow.learn("road", 20.0)
    return free_flow


def test_what_a_camera_taught_outlives_a_restart(tmp_path: Path) -> None:
    folder = StateStore(tmp_path / "learnt")
    assert not folder.recall(C1).free_flow.counts
    assert folder.recall(C1).view is None
    folder.keep(C1, LearnedState(taught(), VIEW))
    kept = folder.recall(C1)
    assert kept.free_flow.speed_mps("road", 10.0) == pytest.approx(taught().speed_mps("road", 10.0), rel=1e-3)
    assert kept.view is not None
    np.testing.assert_allclose(kept.view.reference, VIEW.reference, atol=1e-3)
    np.testing.assert_array_equal(kept.view.counts, VIEW.counts)


def test_no_camera_recalls_what_another_one_taught(tmp_path: Path) -> None:
    folder = StateStore(tmp_path / "learnt")
    folder.keep(C1, LearnedState(taught(), VIEW))
    other = folder.recall(camera("c2"))
    assert not other.free_flow.counts
    assert other.view is None


def test_a_camera_whose_file_was_changed_looks_where_it_should(tmp_path: Path) -> None:
    folder = StateStore(tmp_path / "learnt")
    folder.keep(C1, LearnedState(taught(), VIEW))
    drawn_anew = folder.recall(C1.model_copy(update={"name": "The same camera, looked after"}))
    assert drawn_anew.free_flow.counts
    assert drawn_anew.view is None


@pytest.mark.parametrize("broken", [b"", b"{", b"PK\x03\x04 half a file"])
def test_a_broken_file_is_begun_anew(tmp_path: Path, broken: bytes) -> None:
    folder = StateStore(tmp_path / "learnt")
    folder.keep(C1, LearnedState(taught(), VIEW))
    for file in (tmp_path / "learnt").iterdir():
        file.write_bytes(broken)
    assert not folder.recall(C1).free_flow.counts
    assert folder.recall(C1).view is None


def test_a_folder_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "learnt").write_text("a file where the folder should be")
    StateStore(tmp_path / "learnt").keep(C1, LearnedState(taught(), VIEW))


class StreetSource(DrivingSource):
    """Shows a street that stands still; its time goes ten times as fast."""

    shows = street()

    def frames(self) -> Iterator[Frame]:
        for frame in super().frames():
            at_s = 10 * frame.media_time_s
            yield Frame(frame.camera_id, frame.index, frame.captured_at, at_s, self.shows)


class PushedSource(StreetSource):
    shows = turned(right=0.1)(street(), 0.0)


class Sleeper(SquareDetector):
    """Sees no road users."""

    def _see(self, image: NDArray[np.uint8]) -> Detections:
        return Detections.empty()


def moves(place: Place) -> list[Incident]:
    return [e for e in place.outbox.events if isinstance(e, Incident) and e.incident_kind is IncidentKind.CAMERA_MOVED]


def test_a_camera_that_was_pushed_while_its_worker_was_away_is_told_as_moved(tmp_path: Path) -> None:
    folder = StateStore(tmp_path / "learnt")
    watched: CameraConfig = camera(incidents={"camera_trouble": {"confirm_after": 0.5}})
    with at_work(watched, open_source=StreetSource, detector=Sleeper(), learnt=folder) as place:
        until(lambda: len(place.outbox.health.get(watched.id, ())) >= 1, 10)
        until(lambda: place.detector.batches[30:] != [], 10)
    assert not moves(place)
    with at_work(watched, open_source=PushedSource, detector=Sleeper(), learnt=folder) as place:
        until(lambda: len(moves(place)) >= 1, 10)
