"""The analysis of a camera's image, as the pipeline runs it."""

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np

from tests.kit.image_kit import Fault, Image, moved_view, noisy, street, unchanged, with_cars
from vision.common.traffic_light import Light
from vision.config.camera import CameraConfig
from vision.contracts import PictureCondition, SignalUpdate
from vision.core import Frame, Tracks
from vision.image.analyzer import ImageAnalyzer, ImageResult

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CAMERA = CameraConfig.model_validate(
    {
        "id": "c1",
        "source": {"kind": "rtsp", "url": "rtsp://127.0.0.1:1/none"},
        "zones": [{"id": "road", "polygon": [[0, 0.56], [1, 0.56], [1, 1], [0, 1]]}],
        "signals": [{"id": "s", "state": {"kind": "controller"}}],
    }
)


def analyse(analyzer: ImageAnalyzer, for_s: float, fault: Fault = unchanged, start_s: float = 0.0) -> list[ImageResult]:
    results, empty = [], street()
    for n in range(int(for_s * 4)):
        at_s = start_s + n / 4
        image, boxes = with_cars(fault(empty.copy(), at_s), at_s)
        tracks = Tracks(
            xyxy=boxes,
            confidence=np.ones(len(boxes), np.float32),
            class_id=np.full(len(boxes), 2),
            track_id=np.arange(len(boxes)),
            age=np.ones(len(boxes), np.int64),
        )
        frame = Frame("c1", n, NOON + timedelta(seconds=at_s), at_s, noisy(image, n))
        results.append(analyzer.update(frame, tracks, at_s))
    return results


def with_box(image: Image, at_s: float) -> Image:
    cv2.rectangle(image, (310, 262), (338, 284), (60, 110, 165), -1)
    return image


def test_road_objects_are_reported_between_measurements_too() -> None:
    analyzer = ImageAnalyzer(CAMERA)
    analyse(analyzer, 15)
    results = analyse(analyzer, 25, with_box, start_s=15)
    assert [found.zone_id for found in results[-1].road_objects] == ["road"]
    assert len({result.road_objects for result in results[-3:]}) <= 2
    assert all(result.road_objects for result in results[-20:])


def test_a_moved_camera_reports_no_road_objects() -> None:
    analyzer = ImageAnalyzer(CAMERA)
    analyse(analyzer, 15)
    results = analyse(analyzer, 25, moved_view(right=0.2), start_s=15)
    assert not any(result.road_objects for result in results)
    assert PictureCondition.MOVED in results[-1].quality.conditions


def test_a_reset_does_not_forget_that_the_camera_was_moved() -> None:
    analyzer = ImageAnalyzer(CAMERA)
    analyse(analyzer, 15)
    analyse(analyzer, 10, moved_view(right=0.2), start_s=15)
    analyzer.reset()
    assert PictureCondition.MOVED in analyse(analyzer, 2, moved_view(right=0.2))[-1].quality.conditions


def test_a_disabled_rule_detects_no_road_objects() -> None:
    analyzer = ImageAnalyzer(
        CAMERA.model_copy(
            update={
                "incidents": CAMERA.incidents.model_copy(
                    update={"object_on_road": CAMERA.incidents.object_on_road.model_copy(update={"enabled": False})}
                )
            }
        )
    )
    analyse(analyzer, 15)
    assert not any(result.road_objects for result in analyse(analyzer, 20, with_box, start_s=15))


def test_a_controllers_report_survives_a_reset() -> None:
    analyzer = ImageAnalyzer(CAMERA)
    analyzer.report_signal(SignalUpdate(camera_id="c1", signal_id="s", light=Light.RED, at=NOON))
    assert analyse(analyzer, 1)[-1].signals["s"].light is Light.RED
    analyzer.reset()
    assert analyse(analyzer, 1)[-1].signals["s"].light is Light.RED
