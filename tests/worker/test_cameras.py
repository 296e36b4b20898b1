"""The cameras of a worker: what they publish, and that a failure of one affects no other."""

from collections.abc import Callable, Iterator
from functools import partial

import cv2
import numpy as np
import pytest

from tests.kit.running_worker import Open, running_worker
from tests.kit.worker_kit import DrivingSource, SquareDetector, camera, until
from vision.config.camera import CameraConfig
from vision.contracts import CameraState, Direction, FlowReport, HealthChange, LineCrossing
from vision.core import Detections, Frame, SourceError
from vision.pipeline import CameraPipeline, FrameResult
from vision.sources import SourceState
from vision.worker.assignment import Assignment, IdleCamera
from vision.worker.worker import MAX_DETECTOR_FAILURES


def only_for(camera_id: str, trouble: Callable[[int], None]) -> Open:
    """Cameras of which one has trouble."""

    def open_source(config: CameraConfig, **rest: object) -> DrivingSource:
        return DrivingSource(config, trouble=trouble if config.id == camera_id else lambda _: None, **rest)

    return open_source


def test_each_car_that_crosses_the_line_is_one_event_with_a_unique_id() -> None:
    with running_worker(camera("c1"), camera("c2")) as worker:
        until(lambda: len(worker.sink.of("line_crossing", "c2")) >= 3)
    for camera_id in ("c1", "c2"):
        crossings = worker.sink.of("line_crossing", camera_id)
        assert 3 <= len(crossings) <= 5
        assert all(isinstance(c, LineCrossing) and c.direction is Direction.IN for c in crossings)
        assert len({c.track_id for c in crossings}) == len(crossings)
    ids = [event.event_id for event in worker.sink.events]
    assert len(set(ids)) == len(ids)


def test_stopping_reports_the_begun_interval_and_the_state_stopped() -> None:
    with running_worker(camera("c1")) as worker:
        until(lambda: worker.sink.of("line_crossing"))
    *_, last = worker.sink.of("flow_report")
    assert isinstance(last, FlowReport)
    assert sum(c.into for report in worker.sink.of("flow_report") for c in report.counts) == len(
        worker.sink.of("line_crossing")
    )
    assert 0 < last.quality.watched_s < 10
    assert last.quality.effective_fps > 10
    assert last.interval_s == 60
    (*_, change) = worker.sink.of("health_change")
    assert change.state is CameraState.STOPPED


def test_intervals_are_aligned_to_the_clock_and_reported_at_their_end() -> None:
    with running_worker(camera("c1", interval=1)) as worker:
        until(lambda: len(worker.sink.of("flow_report")) >= 2)
    reports = worker.sink.of("flow_report")
    starts = [r.interval_start for r in reports]
    assert all(s.microsecond == 0 for s in starts)
    assert len(set(starts)) == len(starts)
    quality = reports[1].quality
    assert quality.watched_s + quality.blind_s == pytest.approx(1.0, abs=0.01)


def test_health_is_published_every_second_with_statistics() -> None:
    with running_worker(camera("c1")) as worker:
        until(lambda: len(worker.sink.health.get("c1", ())) >= 4)
    health = worker.sink.health["c1"][3]
    assert health.state is CameraState.ONLINE
    assert (health.worker_id, health.model) == ("w0", "squares")
    assert 15 < health.stats.processed_fps < 25
    assert health.stats.target_fps == 20
    assert (health.stats.width_px, health.stats.height_px) == (320, 180)
    assert 0 < health.stats.latency_ms <= health.stats.latency_p95_ms < 200
    gaps = np.diff([h.at.timestamp() for h in worker.sink.health["c1"][:4]])
    assert np.all((gaps > 0.7) & (gaps < 1.6))


def test_each_state_change_is_published_once_with_the_previous_state() -> None:
    with running_worker(camera("c1")) as worker:
        until(lambda: worker.state("c1") is CameraState.ONLINE)
    changes = [(c.previous, c.state) for c in worker.sink.of("health_change") if isinstance(c, HealthChange)]
    assert changes[-2:] == [(changes[-2][0], CameraState.ONLINE), (CameraState.ONLINE, CameraState.STOPPED)]
    assert changes[0][0] is None


def test_time_without_frames_counts_as_blind() -> None:
    class SilentSource(DrivingSource):
        def frames(self) -> Iterator[Frame]:
            self.state = SourceState.UNREACHABLE
            self._stop.wait()
            yield from ()

    with running_worker(camera("c1"), open_source=SilentSource) as worker:
        until(lambda: worker.state("c1") is CameraState.UNREACHABLE)
        until(lambda: len(worker.sink.health["c1"]) >= 3)
    quality = worker.sink.of("flow_report")[-1].quality
    assert quality.watched_s == 0
    assert quality.blind_s > 1


class Trouble:
    """A failure of the camera `bad`, while `lasts` is set."""

    def __init__(self) -> None:
        self.lasts = True
        self.open_source: Open = DrivingSource
        self.detector = SquareDetector()

    def raise_error(self) -> None:
        if self.lasts:
            raise RuntimeError("rtsp://admin:hunter2@10.0.0.7 failed")


def in_pipeline(trouble: Trouble, monkeypatch: pytest.MonkeyPatch) -> None:
    process = CameraPipeline.process

    def fragile(self: CameraPipeline, frame: Frame, detections: Detections) -> FrameResult:
        if frame.camera_id == "bad" and frame.index > 5:
            trouble.raise_error()
        return process(self, frame, detections)

    monkeypatch.setattr(CameraPipeline, "process", fragile)


def in_capture(trouble: Trouble, _: pytest.MonkeyPatch) -> None:
    trouble.open_source = only_for("bad", lambda index: trouble.raise_error() if index == 5 else None)


def at_opening(trouble: Trouble, _: pytest.MonkeyPatch) -> None:
    def open_source(config: CameraConfig, **rest: object) -> DrivingSource:
        if config.id == "bad":
            trouble.raise_error()
        return DrivingSource(config, **rest)

    trouble.open_source = open_source


def in_detector(trouble: Trouble, _: pytest.MonkeyPatch) -> None:
    class MarkedSource(DrivingSource):
        def frames(self) -> Iterator[Frame]:
            for frame in super().frames():
                frame.image[:, :, 1] = 1 if self._config.id == "bad" else 0
                yield frame

    trouble.open_source = MarkedSource
    trouble.detector.broken = lambda image: trouble.lasts and bool(image[0, 0, 1])


@pytest.mark.parametrize("where", [in_pipeline, in_capture, at_opening, in_detector])
def test_a_failure_of_one_camera_is_retried_and_leaves_the_others_alone(
    where: Callable[[Trouble, pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vision.worker.camera.runner.FIRST_RETRY_S", 0.2)
    trouble = Trouble()
    where(trouble, monkeypatch)
    good, bad = camera("good"), camera("bad")
    with running_worker(bad, good, open_source=trouble.open_source, detector=trouble.detector) as worker:
        until(lambda: worker.state("bad") is CameraState.FAILED)
        before = len(worker.sink.of("line_crossing", "good"))
        until(lambda: len(worker.sink.of("line_crossing", "good")) >= before + 2)
        trouble.lasts = False
        until(lambda: worker.state("bad") is CameraState.ONLINE)
        until(lambda: worker.sink.of("line_crossing", "bad"))
    reason = next(h.reason for h in worker.sink.health["bad"] if h.state is CameraState.FAILED)
    assert "hunter2" not in reason
    assert "retrying in" in reason
    assert [c.state for c in worker.sink.of("health_change", "good")][-2:] == [CameraState.ONLINE, CameraState.STOPPED]
    assert len({e.session_id for e in worker.sink.of("line_crossing", "good")}) == 1


def test_health_quotes_why_a_source_cannot_be_opened() -> None:
    def missing(config: CameraConfig, **_: object) -> DrivingSource:
        raise SourceError(f"camera {config.id!r}: no file /nowhere.mp4: check source.path")

    with running_worker(camera("c1"), open_source=missing) as worker:
        until(lambda: worker.state("c1") is CameraState.UNREACHABLE)
    assert "no file /nowhere.mp4" in worker.sink.health["c1"][0].reason


def test_a_detector_that_fails_for_every_camera_ends_the_worker() -> None:
    detector = SquareDetector()
    detector.broken = lambda _: True
    cameras = [camera(f"c{i}") for i in range(MAX_DETECTOR_FAILURES)]
    with running_worker(*cameras, detector=detector, max_batch=1) as worker:
        until(lambda: worker.error)
    assert worker.sink.of("health_change")[-1].state is CameraState.STOPPED


def test_a_new_assignment_restarts_only_the_cameras_that_changed() -> None:
    with running_worker(camera("c1"), camera("c2"), camera("c3")) as worker:
        until(lambda: all(worker.sink.of("line_crossing", c) for c in ("c1", "c2", "c3")))
        worker.watch(camera("c1"), camera("c2", name="Renamed"), camera("c4"))
        until(lambda: worker.sink.of("line_crossing", "c4"))
        until(lambda: len({e.session_id for e in worker.sink.of("line_crossing", "c2")}) == 2)
    sessions = {c: {e.session_id for e in worker.sink.of("line_crossing", c)} for c in ("c1", "c2", "c3")}
    assert [len(s) for s in sessions.values()] == [1, 2, 1]
    gone = worker.sink.of("health_change", "c3")[-1]
    assert (gone.state, gone.reason) == (CameraState.STOPPED, "its file was removed")


def test_an_invalid_camera_file_is_reported_as_misconfigured() -> None:
    with running_worker() as worker:
        wrong = IdleCamera(camera_id="c9", state=CameraState.MISCONFIGURED, reason="c9.yaml:3: detction: unknown key")
        worker.assignments.put(Assignment(idle=(wrong,)))
        until(lambda: worker.state("c9") is CameraState.MISCONFIGURED)
        assert worker.sink.health["c9"][-1].reason == "c9.yaml:3: detction: unknown key"
        worker.watch(camera("c9"))
        until(lambda: worker.state("c9") is CameraState.ONLINE)


def test_an_error_of_a_running_cameras_file_is_published_without_a_restart() -> None:
    with running_worker(camera("c1")) as worker:
        until(lambda: worker.state("c1") is CameraState.ONLINE)
        worker.watch(camera("c1"), config_error="its changed file is not used")
        until(lambda: worker.sink.health["c1"][-1].reason == "its changed file is not used")
        assert worker.sink.health["c1"][-1].config_error == "its changed file is not used"
        assert worker.state("c1") is CameraState.ONLINE
    assert len({e.session_id for e in worker.sink.events}) == 1


def test_health_and_events_have_no_password_whatever_the_reason_says() -> None:
    url = "rtsp://admin:Secret#hunter2@192.0.2.7/s"
    with running_worker() as worker:
        wrong = IdleCamera(camera_id="c9", state=CameraState.MISCONFIGURED, reason=url, config_error=f"c9.yaml: {url}")
        worker.assignments.put(Assignment(idle=(wrong,)))
        until(lambda: worker.state("c9") is CameraState.MISCONFIGURED)
        until(lambda: worker.sink.health["c9"])
    sent = [*worker.sink.health["c9"], *worker.sink.events]
    assert sent
    for message in sent:
        assert "Secret" not in message.model_dump_json()
        assert "hunter2" not in message.model_dump_json()


def test_live_views_are_encoded_only_while_somebody_watches() -> None:
    with running_worker(camera("c1"), camera("c2")) as worker:
        until(lambda: worker.sink.of("line_crossing", "c1"))
        assert not worker.sink.views
        worker.sink.watched.add("c1")
        until(lambda: len(worker.sink.views) >= 5)
        worker.sink.watched.clear()
    view, jpeg = worker.sink.views[-1]
    assert {v.camera_id for v, _ in worker.sink.views} == {"c1"}
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (180, 320, 3)
    assert view.lines[0].into == len([c for c in worker.sink.of("line_crossing") if c.captured_at <= view.captured_at])
    times = [v.captured_at.timestamp() for v, _ in worker.sink.views]
    assert len(times) / max(times[-1] - times[0], 0.1) < 12


def test_a_slow_detector_lowers_all_rates_alike_and_latency_stays_bounded() -> None:
    cameras = [camera(f"c{i}") for i in range(4)]
    with running_worker(*cameras, detector=SquareDetector(slow_s=0.025), max_batch=1) as worker:
        until(lambda: all(len(worker.sink.health.get(c.id, ())) >= 5 for c in cameras))
    stats = [worker.sink.health[c.id][4].stats for c in cameras]
    rates = [s.processed_fps for s in stats]
    assert max(rates) - min(rates) < 1.5, rates
    assert sum(rates) > 25, rates
    assert all(s.latency_p95_ms < 300 for s in stats)
    assert all(s.frames_dropped > 10 for s in stats)


def test_a_worker_without_cameras_sends_heartbeats() -> None:
    with running_worker() as worker:
        until(lambda: worker.heartbeats >= 4)


def test_a_recording_at_its_end_reports_its_interval_and_is_idle() -> None:
    class Short(DrivingSource):
        def frames(self) -> Iterator[Frame]:
            for frame in super().frames():
                if frame.index == 30:
                    self.state = SourceState.ENDED
                    return
                yield frame

    with running_worker(camera("c1"), open_source=partial(Short)) as worker:
        until(lambda: worker.state("c1") is CameraState.ENDED)
        until(lambda: worker.sink.of("flow_report"))
        reports = len(worker.sink.of("flow_report"))
    assert len(worker.sink.of("flow_report")) == reports
