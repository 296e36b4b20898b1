"""One camera from detections to events."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig, DetectionConfig
from vision.config.lines import LineConfig, MovementConfig
from vision.config.sources import FileSource
from vision.core import Detections, Frame
from vision.pipeline import CameraPipeline, FrameResult

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LINES = (
    LineConfig(id="upper", start=(0, 0.4), end=(1, 0.4)),
    LineConfig(id="lower", start=(0, 0.6), end=(1, 0.6)),
)
STEP_S = 0.1
Box = tuple[float, float, float, float]


def camera(**more: object) -> CameraConfig:
    return CameraConfig.model_validate({"id": "c", "source": FileSource(path="x.mp4"), "lines": LINES, **more})


def frame(at_s: float, size: tuple[int, int] = (400, 400)) -> Frame:
    image = np.zeros((size[1], size[0], 3), np.uint8)
    return Frame("c", round(at_s / STEP_S), NOON + timedelta(seconds=at_s), at_s, image)


def car(y: float, confidence: float = 0.7, scale: float = 1) -> Detections:
    """A car of 40 pixels, its middle at this height."""
    box: Box = (180 * scale, (y - 20) * scale, 220 * scale, (y + 20) * scale)
    return Detections(
        np.array([box], np.float32), np.array([confidence], np.float32), np.array([ObjectClass.CAR.class_id])
    )


def drive(pipeline: CameraPipeline, ys: Sequence[float], *, start_s: float = 0, scale: float = 1) -> list[FrameResult]:
    size = (int(400 * scale), int(400 * scale))
    return [pipeline.process(frame(start_s + n * STEP_S, size), car(y, scale=scale)) for n, y in enumerate(ys)]


def crossed(results: Sequence[FrameResult]) -> list[tuple[str, str]]:
    return [(c.line_id, str(c.direction)) for moment in results for c in moment.crossings]


def test_a_vehicle_crosses_each_line_once_and_completes_the_movement() -> None:
    through = MovementConfig(id="through", entry="upper", exit="lower")
    results = drive(CameraPipeline(camera(movements=(through,))), range(60, 380, 16))
    assert crossed(results) == [("upper", "in"), ("lower", "in")]
    assert [m.movement_id for moment in results for m in moment.movements] == ["through"]


def test_a_crossing_before_the_track_is_confirmed_counts() -> None:
    careful = camera(tracking={"confirm_after": 4})
    results = drive(CameraPipeline(careful), [150, 170, 190, 210])
    assert crossed(results) == [("upper", "in")]
    assert results[-1].crossings[0].at_s == pytest.approx(0.05)


def test_a_crossing_has_its_wall_clock_time() -> None:
    results = drive(CameraPipeline(camera()), [120, 140, 150, 170])
    [crossing] = results[-1].crossings
    moment = results[-1].wall_time(crossing.at_s)
    assert moment == NOON + timedelta(seconds=0.25)


FOUR_CORNERS = {
    "kind": "points",
    "points": [{"picture": (x, y), "ground_m": (40 * x, 40 * y)} for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))],
}
"""Ten pixels per metre."""


def test_a_calibrated_camera_reports_a_crossing_with_its_speed_a_moment_later() -> None:
    results = drive(CameraPipeline(camera(calibration=FOUR_CORNERS)), range(60, 380, 8))
    [(reported_s, crossing), _] = [(moment.media_time_s, c) for moment in results for c in moment.crossings]
    assert crossing.at_s == pytest.approx(1.25)
    assert reported_s == pytest.approx(2.0, abs=0.051)
    assert crossing.speed_kmh == pytest.approx(8 * 3.6, rel=0.01)


def test_a_pending_crossing_is_reported_at_the_end() -> None:
    pipeline = CameraPipeline(camera(calibration=FOUR_CORNERS))
    assert crossed(drive(pipeline, range(60, 180, 8))) == []
    [last] = pipeline.close().crossings
    assert (last.line_id, last.speed_kmh) == ("upper", pytest.approx(8 * 3.6, rel=0.01))
    assert pipeline.close().crossings == ()


def test_a_pending_crossing_keeps_its_time_when_the_stream_restarts() -> None:
    pipeline = CameraPipeline(camera(calibration=FOUR_CORNERS))
    drive(pipeline, range(60, 180, 8), start_s=100)
    restarted = Frame("c", 0, NOON + timedelta(seconds=105), 0.0, np.zeros((400, 400, 3), np.uint8))
    result = pipeline.process(restarted, Detections.empty())
    [crossing] = result.crossings
    assert result.wall_time(crossing.at_s) == NOON + timedelta(seconds=101.25)


def test_a_new_resolution_keeps_the_lines_and_reuses_no_id() -> None:
    pipeline = CameraPipeline(camera())
    before = drive(pipeline, range(60, 380, 16))
    after = drive(pipeline, range(60, 380, 16), start_s=2.0, scale=2)
    assert crossed(before) == crossed(after) == [("upper", "in"), ("lower", "in")]
    assert {int(i) for m in before for i in m.tracks.track_id}.isdisjoint(
        {int(i) for m in after for i in m.tracks.track_id}
    )


def test_a_new_resolution_while_a_vehicle_crosses_does_not_count_it_twice() -> None:
    pipeline = CameraPipeline(camera())
    results = drive(pipeline, [120, 136, 152, 168, 184]) + drive(pipeline, [190, 206, 222], start_s=0.5, scale=2)
    assert crossed(results) == [("upper", "in")]


def test_a_restarted_stream_continues_no_track() -> None:
    pipeline = CameraPipeline(camera())
    results = drive(pipeline, [100, 116, 132, 148], start_s=50) + drive(pipeline, [172, 188, 204], start_s=0)
    assert crossed(results) == []
    assert results[-1].tracks.track_id.tolist() == [2]


def test_repeated_and_jittering_time_stamps_are_tolerated() -> None:
    pipeline = CameraPipeline(camera())
    times_s = [0.0, 0.1, 0.1, 0.1, 0.08, 0.3, 0.4, 0.5]
    results = [pipeline.process(frame(t_s), car(100 + 16 * n)) for n, t_s in enumerate(times_s)]
    assert crossed(results) == [("upper", "in")]


def test_detections_below_the_thresholds_are_ignored() -> None:
    strict = DetectionConfig(confidence=0.3, confidence_by_class={ObjectClass.CAR: 0.8})
    assert crossed(drive(CameraPipeline(camera(detection=strict)), range(60, 380, 16))) == []


def test_many_vehicles_at_once_are_counted_on_each_line() -> None:
    pipeline = CameraPipeline(camera())
    results = []
    for n in range(40):
        boxes = [(10 + 25 * k, 20 + 10 * n - 10, 30 + 25 * k, 20 + 10 * n + 10) for k in range(15)]
        found = Detections(np.array(boxes, np.float32), np.full(15, 0.5, np.float32), np.full(15, 2, np.int64))
        results.append(pipeline.process(frame(n * STEP_S), found))
    assert sorted(crossed(results)) == [("lower", "in")] * 15 + [("upper", "in")] * 15
