"""A worker's cameras: what they publish, and that what befalls one stays with it."""

from collections.abc import Callable, Iterator
from functools import partial

import cv2
import numpy as np
import pytest

from tests.kit.worker_kit import DrivingSource, SquareDetector, camera, until
from tests.kit.worker_place import Open, at_work
from vision.config.camera import CameraConfig
from vision.contracts import CameraState, Direction, FlowReport, HealthChange, LineCrossing
from vision.core import Detections, Frame, SourceError
from vision.pipeline import CameraPipeline, FrameResult
from vision.sources import SourceState
from vision.worker.assignment import Assignment, Resting
from vision.worker.worker import MOST_DETECTOR_FAILURES


def only_for(camera_id: str, trouble: Callable[[int], None]) -> Open:
    """Cameras of which one has trouble."""

    def open_source(config: CameraConfig, **rest: object) -> DrivingSource:
        return DrivingSource(config, trouble=trouble if config.id == camera_id else lambda _: None, **rest)

    return open_source


def test_each_car_that_drives_over_the_line_becomes_one_event_with_an_id_of_its_own() -> None:
    with at_work(camera("c1"), camera("c2")) as place:
        until(lambda: len(place.outbox.of("line_crossing", "c2")) >= 3)
    for camera_id in ("c1", "c2"):
        crossings = place.outbox.of("line_crossing", camera_id)
        assert 3 <= len(crossings) <= 5
        assert all(isinstance(c, LineCrossing) and c.direction is Direction.IN for c in crossings)
        assert len({c.track_id for c in crossings}) == len(crossings)
    ids = [event.event_id for event in place.outbox.events]
    assert len(set(ids)) == len(ids)


def test_a_drain_reports_the_interval_that_has_begun_and_says_that_the_camera_stopped() -> None:
    with at_work(camera("c1")) as place:
        until(lambda: place.outbox.of("line_crossing"))
    *_, last = place.outbox.of("flow_report")
    assert isinstance(last, FlowReport)
    assert sum(c.into for report in place.outbox.of("flow_report") for c in report.counts) == len(
        place.outbox.of("line_crossing")
    )
    assert 0 < last.quality.watched_s < 10
    assert last.quality.effective_fps > 10
    assert last.interval_s == 60
    (*_, change) = place.outbox.of("health_change")
    assert change.state is CameraState.STOPPED


def test_intervals_are_aligned_to_the_clock_and_told_when_they_are_over() -> None:
    with at_work(camera("c1", interval=1)) as place:
        until(lambda: len(place.outbox.of("flow_report")) >= 2)
    reports = place.outbox.of("flow_report")
    starts = [r.interval_start for r in reports]
    assert all(s.microsecond == 0 for s in starts)
    assert len(set(starts)) == len(starts)
    told = reports[1].quality
    assert told.watched_s + told.blind_s == pytest.approx(1.0, abs=0.01)


def test_health_is_told_each_second_with_its_figures() -> None:
    with at_work(camera("c1")) as place:
        until(lambda: len(place.outbox.health.get("c1", ())) >= 4)
    health = place.outbox.health["c1"][3]
    assert health.state is CameraState.ONLINE
    assert (health.worker_id, health.model) == ("w0", "squares")
    assert 15 < health.stats.processed_fps < 25
    assert health.stats.target_fps == 20
    assert (health.stats.width_px, health.stats.height_px) == (320, 180)
    assert 0 < health.stats.latency_ms <= health.stats.latency_p95_ms < 200
    gaps = np.diff([h.at.timestamp() for h in place.outbox.health["c1"][:4]])
    assert np.all((gaps > 0.7) & (gaps < 1.6))


def test_changes_of_state_are_told_once_each_with_the_state_before() -> None:
    with at_work(camera("c1")) as place:
        until(lambda: place.state("c1") is CameraState.ONLINE)
    changes = [(c.previous, c.state) for c in place.outbox.of("health_change") if isinstance(c, HealthChange)]
    assert changes[-2:] == [(changes[-2][0], CameraState.ONLINE), (CameraState.ONLINE, CameraState.STOPPED)]
    assert changes[0][0] is None


def test_a_blind_camera_is_not_counted_as_watched() -> None:
    class Silent(DrivingSource):
        def frames(self) -> Iterator[Frame]:
            self.state = SourceState.UNREACHABLE
            self._stop.wait()
            yield from ()

    with at_work(camera("c1"), open_source=Silent) as place:
        until(lambda: place.state("c1") is CameraState.UNREACHABLE)
        until(lambda: len(place.outbox.health["c1"]) >= 3)
    quality = place.outbox.of("flow_report")[-1].quality
    assert quality.watched_s == 0
    assert quality.blind_s > 1


class Trouble:
    """Something that goes wrong with the camera `bad`, for as long as it lasts."""

    def __init__(self) -> None:
        self.lasts = True
        self.open_source: Open = DrivingSource
        self.detector = SquareDetector()

    def strike(self) -> None:
        if self.lasts:
            raise RuntimeError("rtsp://admin:hunter2@10.0.0.7 fell over")


def in_the_pipeline(trouble: Trouble, monkeypatch: pytest.MonkeyPatch) -> None:
    process = CameraPipeline.process

    def fragile(self: CameraPipeline, frame: Frame, detections: Detections) -> FrameResult:
        if frame.camera_id == "bad" and frame.index > 5:
            trouble.strike()
        return process(self, frame, detections)

    monkeypatch.setattr(CameraPipeline, "process", fragile)


def in_the_capture(trouble: Trouble, _: pytest.MonkeyPatch) -> None:
    trouble.open_source = only_for("bad", lambda index: trouble.strike() if index == 5 else None)


def at_opening(trouble: Trouble, _: pytest.MonkeyPatch) -> None:
    def open_source(config: CameraConfig, **rest: object) -> DrivingSource:
        if config.id == "bad":
            trouble.strike()
        return DrivingSource(config, **rest)

    trouble.open_source = open_source


def in_the_detector(trouble: Trouble, _: pytest.MonkeyPatch) -> None:
    class Dazzled(DrivingSource):
        def frames(self) -> Iterator[Frame]:
            for frame in super().frames():
                frame.image[:, :, 1] = 1 if self._config.id == "bad" else 0
                yield frame

    trouble.open_source = Dazzled
    trouble.detector.broken = lambda image: trouble.lasts and bool(image[0, 0, 1])


@pytest.mark.parametrize("where", [in_the_pipeline, in_the_capture, at_opening, in_the_detector])
def test_what_breaks_one_camera_leaves_the_others_alone_and_is_tried_again(
    where: Callable[[Trouble, pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble = Trouble()
    where(trouble, monkeypatch)
    good, bad = camera("good"), camera("bad")
    with at_work(bad, good, open_source=trouble.open_source, detector=trouble.detector) as place:
        until(lambda: place.state("bad") is CameraState.FAILED)
        before = len(place.outbox.of("line_crossing", "good"))
        until(lambda: len(place.outbox.of("line_crossing", "good")) >= before + 2)
        trouble.lasts = False
        until(lambda: place.state("bad") is CameraState.ONLINE)
        until(lambda: place.outbox.of("line_crossing", "bad"))
    reason = next(h.reason for h in place.outbox.health["bad"] if h.state is CameraState.FAILED)
    assert "hunter2" not in reason
    assert "again" in reason
    assert [c.state for c in place.outbox.of("health_change", "good")][-2:] == [CameraState.ONLINE, CameraState.STOPPED]
    assert len({e.session_id for e in place.outbox.of("line_crossing", "good")}) == 1


def test_a_source_that_says_why_it_gives_nothing_is_quoted() -> None:
    def missing(config: CameraConfig, **_: object) -> DrivingSource:
        raise SourceError(f"camera {config.id!r}: no file /nowhere.mp4: check source.path")

    with at_work(camera("c1"), open_source=missing) as place:
        until(lambda: place.state("c1") is CameraState.UNREACHABLE)
    assert "no file /nowhere.mp4" in place.outbox.health["c1"][0].reason


def test_a_detector_that_fails_for_every_camera_ends_the_worker() -> None:
    detector = SquareDetector()
    detector.broken = lambda _: True
    cameras = [camera(f"c{i}") for i in range(MOST_DETECTOR_FAILURES)]
    with at_work(*cameras, detector=detector, max_batch=1) as place:
        until(lambda: place.error)
    assert place.outbox.of("health_change")[-1].state is CameraState.STOPPED


def test_new_orders_touch_only_the_cameras_that_changed() -> None:
    with at_work(camera("c1"), camera("c2"), camera("c3")) as place:
        until(lambda: all(place.outbox.of("line_crossing", c) for c in ("c1", "c2", "c3")))
        place.watch(camera("c1"), camera("c2", name="Renamed"), camera("c4"))
        until(lambda: place.outbox.of("line_crossing", "c4"))
        until(lambda: len({e.session_id for e in place.outbox.of("line_crossing", "c2")}) == 2)
    sessions = {c: {e.session_id for e in place.outbox.of("line_crossing", c)} for c in ("c1", "c2", "c3")}
    assert [len(s) for s in sessions.values()] == [1, 2, 1]
    gone = place.outbox.of("health_change", "c3")[-1]
    assert (gone.state, gone.reason) == (CameraState.STOPPED, "its file was removed")


def test_a_camera_whose_file_is_wrong_says_so() -> None:
    with at_work() as place:
        wrong = Resting(camera_id="c9", state=CameraState.MISCONFIGURED, reason="c9.yaml:3: detction: unknown key")
        place.orders.put(Assignment(resting=(wrong,)))
        until(lambda: place.state("c9") is CameraState.MISCONFIGURED)
        assert place.outbox.health["c9"][-1].reason == "c9.yaml:3: detction: unknown key"
        place.watch(camera("c9"))
        until(lambda: place.state("c9") is CameraState.ONLINE)


def test_a_remark_on_a_running_camera_is_shown_and_disturbs_nothing() -> None:
    with at_work(camera("c1")) as place:
        until(lambda: place.state("c1") is CameraState.ONLINE)
        place.watch(camera("c1"), remark="its changed file is not used")
        until(lambda: place.outbox.health["c1"][-1].reason == "its changed file is not used")
    assert len({e.session_id for e in place.outbox.events}) == 1


def test_live_views_are_made_only_while_somebody_watches() -> None:
    with at_work(camera("c1"), camera("c2")) as place:
        until(lambda: place.outbox.of("line_crossing", "c1"))
        assert not place.outbox.views
        place.outbox.watched.add("c1")
        until(lambda: len(place.outbox.views) >= 5)
        place.outbox.watched.clear()
    view, jpeg = place.outbox.views[-1]
    assert {v.camera_id for v, _ in place.outbox.views} == {"c1"}
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (180, 320, 3)
    assert view.lines[0].into == len([c for c in place.outbox.of("line_crossing") if c.captured_at <= view.captured_at])
    times = [v.captured_at.timestamp() for v, _ in place.outbox.views]
    assert len(times) / max(times[-1] - times[0], 0.1) < 12


def test_with_too_little_computing_all_rates_fall_alike_and_latency_stays_bounded() -> None:
    cameras = [camera(f"c{i}") for i in range(4)]
    with at_work(*cameras, detector=SquareDetector(slow_s=0.025), max_batch=1) as place:
        until(lambda: all(len(place.outbox.health.get(c.id, ())) >= 5 for c in cameras))
    stats = [place.outbox.health[c.id][4].stats for c in cameras]
    rates = [s.processed_fps for s in stats]
    assert max(rates) - min(rates) < 1.5, rates
    assert sum(rates) > 25, rates
    assert all(s.latency_p95_ms < 300 for s in stats)
    assert all(s.frames_dropped > 10 for s in stats)


def test_a_worker_gives_signs_of_life_while_it_waits_for_orders() -> None:
    with at_work() as place:
        until(lambda: place.beats >= 4)


def test_a_recording_that_is_over_reports_and_rests() -> None:
    class Short(DrivingSource):
        def frames(self) -> Iterator[Frame]:
            for frame in super().frames():
                if frame.index == 30:
                    self.state = SourceState.ENDED
                    return
                yield frame

    with at_work(camera("c1"), open_source=partial(Short)) as place:
        until(lambda: place.state("c1") is CameraState.ENDED)
        until(lambda: place.outbox.of("flow_report"))
        reports = len(place.outbox.of("flow_report"))
    assert len(place.outbox.of("flow_report")) == reports
