"""All that is read from a camera's pictures, as the pipeline reads it."""

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np

from tests.kit.picture_kit import Fault, Image, as_ever, noisy, street, turned, with_cars
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


def live(watch: ImageAnalyzer, for_s: float, fault: Fault = as_ever, began_s: float = 0.0) -> list[ImageResult]:
    told, empty = [], street()
    for n in range(int(for_s * 4)):
        at_s = began_s + n / 4
        image, boxes = with_cars(fault(empty.copy(), at_s), at_s)
        tracks = Tracks(
            xyxy=boxes,
            confidence=np.ones(len(boxes), np.float32),
            class_id=np.full(len(boxes), 2),
            track_id=np.arange(len(boxes)),
            age=np.ones(len(boxes), np.int64),
        )
        frame = Frame("c1", n, NOON + timedelta(seconds=at_s), at_s, noisy(image, n))
        told.append(watch.update(frame, tracks, at_s))
    return told


def with_box(image: Image, at_s: float) -> Image:
    cv2.rectangle(image, (310, 262), (338, 284), (60, 110, 165), -1)
    return image


def test_what_lies_on_the_road_is_told_between_looks_too() -> None:
    watch = ImageAnalyzer(CAMERA)
    live(watch, 15)
    told = live(watch, 25, with_box, began_s=15)
    assert [thing.zone_id for thing in told[-1].road_objects] == ["road"]
    assert len({seen.road_objects for seen in told[-3:]}) <= 2
    assert all(seen.road_objects for seen in told[-20:])


def test_a_camera_that_looks_elsewhere_says_nothing_of_its_road() -> None:
    watch = ImageAnalyzer(CAMERA)
    live(watch, 15)
    told = live(watch, 25, turned(right=0.2), began_s=15)
    assert not any(seen.road_objects for seen in told)
    assert PictureCondition.MOVED in told[-1].quality.conditions


def test_a_stream_that_begins_anew_does_not_forget_that_the_camera_moved() -> None:
    watch = ImageAnalyzer(CAMERA)
    live(watch, 15)
    live(watch, 10, turned(right=0.2), began_s=15)
    watch.reset()
    assert PictureCondition.MOVED in live(watch, 2, turned(right=0.2))[-1].quality.conditions


def test_a_rule_that_is_off_looks_at_no_road() -> None:
    watch = ImageAnalyzer(
        CAMERA.model_copy(
            update={
                "incidents": CAMERA.incidents.model_copy(
                    update={"object_on_road": CAMERA.incidents.object_on_road.model_copy(update={"enabled": False})}
                )
            }
        )
    )
    live(watch, 15)
    assert not any(seen.road_objects for seen in live(watch, 20, with_box, began_s=15))


def test_a_controllers_word_is_kept_over_a_stream_that_begins_anew() -> None:
    watch = ImageAnalyzer(CAMERA)
    watch.report_signal(SignalUpdate(camera_id="c1", signal_id="s", light=Light.RED, at=NOON))
    assert live(watch, 1)[-1].signals["s"].light is Light.RED
    watch.reset()
    assert live(watch, 1)[-1].signals["s"].light is Light.RED
