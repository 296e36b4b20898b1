"""Computed traffic: cameras whose frames carry their number, and a detector that knows where the vehicles are then."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig
from vision.core import Clock, Detections, Frame
from vision.sources import SourceState, SourceStatus

WIDTH_PX, HEIGHT_PX = 320, 180
FPS = 10.0
_NUMBER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Lane:
    """Vehicles of one class that follow each other at one speed."""

    object_class: ObjectClass
    y_px: float
    headway_s: float
    speed_px_s: float
    """Negative: from right to left."""


LANES = (
    Lane(ObjectClass.MOTORCYCLE, 40, 1.3, 110),
    Lane(ObjectClass.MOTORCYCLE, 66, 1.7, 95),
    Lane(ObjectClass.CAR, 92, 2.4, 80),
    Lane(ObjectClass.BUS, 122, 4.1, 70),
    Lane(ObjectClass.MOTORCYCLE, 152, 7.0, -90),
)
"""The last lane is driven the wrong way, so that incidents are raised as well."""
SIZES_PX = {ObjectClass.MOTORCYCLE: (14, 18), ObjectClass.CAR: (34, 22), ObjectClass.BUS: (56, 26)}


def boxes_at(seconds: float) -> Detections:
    """The vehicles that are in the picture `seconds` after the start.

    Examples:
        >>> len(boxes_at(10.0)) >= len(LANES)
        True
    """
    rows, classes = [], []
    for lane in LANES:
        width, height = SIZES_PX[lane.object_class]
        passage_s = (WIDTH_PX + width) / abs(lane.speed_px_s)
        first = max(0, int((seconds - passage_s) / lane.headway_s) + 1)
        for number in range(first, int(seconds / lane.headway_s) + 1):
            driven = (seconds - number * lane.headway_s) * abs(lane.speed_px_s) - width
            left = driven if lane.speed_px_s > 0 else WIDTH_PX - width - driven
            rows.append([max(left, 0), lane.y_px - height, min(left + width, WIDTH_PX), lane.y_px])
            classes.append(lane.object_class.class_id)
    xyxy = np.array(rows, np.float32).reshape(-1, 4)
    return Detections(xyxy, np.full(len(rows), 0.9, np.float32), np.array(classes, np.int64))


class ComputedDetector:
    """Reads the number of a computed frame and returns the vehicles of its time."""

    def detect(self, images: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        numbers = (int.from_bytes(image[0, :_NUMBER_BYTES, 0].tobytes(), "little") for image in images)
        return [boxes_at(number / FPS) for number in numbers]


class ComputedCamera:
    """A camera whose frames come in real time; those that are late because the process was held are left out."""

    def __init__(self, camera: CameraConfig, *, stop: threading.Event, clock: Clock) -> None:
        self._camera_id = camera.id
        self._stop = stop
        self._clock = clock
        self._since = clock.now()
        self._received = 0
        self._background = np.random.default_rng(len(camera.id)).integers(60, 200, (HEIGHT_PX, WIDTH_PX, 3), np.uint8)

    def frames(self) -> Iterator[Frame]:
        began_s = time.monotonic()
        number = 0
        while not self._stop.wait(max(0.0, began_s + number / FPS - time.monotonic())):
            self._received += 1
            yield Frame(self._camera_id, number, self._clock.now(), number / FPS, self._picture(number))
            number = max(number, int((time.monotonic() - began_s) * FPS)) + 1

    def status(self) -> SourceStatus:
        return SourceStatus(
            state=SourceState.ONLINE,
            reason="",
            since=self._since,
            frames_received=self._received,
            received_fps=FPS,
            width_px=WIDTH_PX,
            height_px=HEIGHT_PX,
        )

    def _picture(self, number: int) -> NDArray[np.uint8]:
        picture = self._background.copy()
        picture[0, :_NUMBER_BYTES, 0] = np.frombuffer(number.to_bytes(_NUMBER_BYTES, "little"), np.uint8)
        return picture
