"""Doubles for worker tests: computed cameras, a detector for their images, a sink that keeps what is published."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig
from vision.contracts import CameraHealth, Event, LiveView
from vision.core import Clock, Detections, Frame
from vision.publishing import OutboxStatus
from vision.sources import SourceState, SourceStatus

WIDTH, HEIGHT = 320, 180
CAR = 40
"""Side of the white square that is a car, in pixels."""


def camera(camera_id: str = "c1", **changes: object) -> CameraConfig:
    """A camera with one vertical line in the middle; vehicles that drive to the right cross it outwards."""
    data: dict[str, object] = {
        "id": camera_id,
        "source": {"kind": "rtsp", "url": "rtsp://127.0.0.1:1/none"},
        "detection": {"fps": 20},
        "lines": [{"id": "middle", "start": [0.5, 0.95], "end": [0.5, 0.05]}],
    }
    return CameraConfig.model_validate(data | changes)


def picture(part: float) -> NDArray[np.uint8]:
    """An image with a car that has driven this part of the distance from left to right."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    left = int(part * (WIDTH - CAR))
    image[70 : 70 + CAR, left : left + CAR] = 255
    return image


class SquareDetector:
    """Detects white squares. `slow_s`: seconds per image; `broken`: for which images it raises."""

    def __init__(self, slow_s: float = 0.0) -> None:
        self.slow_s = slow_s
        self.batches: list[int] = []
        self.broken: Callable[[NDArray[np.uint8]], bool] = lambda _: False

    def detect(self, images: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        self.batches.append(len(images))
        if any(self.broken(image) for image in images):
            raise RuntimeError("this image breaks the detector")
        time.sleep(self.slow_s * len(images))
        return [self._detect(image) for image in images]

    def _detect(self, image: NDArray[np.uint8]) -> Detections:
        columns = np.flatnonzero(image[:, :, 0].max(axis=0) > 200)
        rows = np.flatnonzero(image[:, :, 0].max(axis=1) > 200)
        if not len(columns):
            return Detections.empty()
        box = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
        return Detections(
            xyxy=np.array([box], np.float32),
            confidence=np.array([0.9], np.float32),
            class_id=np.array([ObjectClass.CAR.class_id], np.int64),
        )


class DrivingSource:
    """A camera on a road: a car drives through every `lap_s` seconds. `trouble(n)` is called before frame n."""

    def __init__(
        self,
        config: CameraConfig,
        *,
        stop: threading.Event,
        clock: Clock,
        fps: float = 20.0,
        lap_s: float = 1.0,
        trouble: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._config, self._stop, self._clock = config, stop, clock
        self._fps, self._lap_s, self._trouble = fps, lap_s, trouble
        self._received = 0
        self._since = clock.now()
        self.state = SourceState.CONNECTING

    def frames(self) -> Iterator[Frame]:
        began = time.monotonic()
        self.state = SourceState.ONLINE
        while not self._stop.wait(max(0.0, began + self._received / self._fps - time.monotonic())):
            self._trouble(self._received)
            at_s = self._received / self._fps
            image = picture(at_s / self._lap_s % 1)
            self._received += 1
            yield Frame(self._config.id, self._received - 1, self._clock.now(), at_s, image)
        self.state = SourceState.STOPPED

    def status(self) -> SourceStatus:
        return SourceStatus(
            state=self.state,
            reason="",
            since=self._since,
            frames_received=self._received,
            received_fps=self._fps,
            width_px=WIDTH,
            height_px=HEIGHT,
        )


class MemorySink:
    """An event sink that keeps what was published."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.health: dict[str, list[CameraHealth]] = {}
        self.views: list[tuple[LiveView, bytes]] = []
        self.watched: set[str] = set()
        self.trouble = ""

    def publish(self, event: Event) -> None:
        self.events.append(event)

    def status(self) -> OutboxStatus:
        return OutboxStatus(size=0, oldest_s=0, delivered=len(self.events), dropped=0, trouble=self.trouble)

    def publish_health(self, health: CameraHealth) -> None:
        self.health.setdefault(health.camera_id, []).append(health)

    def is_watched(self, camera_id: str) -> bool:
        return camera_id in self.watched

    def publish_live_view(self, view: LiveView, jpeg: bytes) -> None:
        self.views.append((view, jpeg))

    def of(self, kind: str, camera_id: str = "c1") -> list[Event]:
        return [e for e in self.events if e.kind == kind and e.camera_id == camera_id]


def until(condition: Callable[[], object], within_s: float = 10.0, what: str = "") -> None:
    """Wait until the condition holds; fail after `within_s`."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what or condition}"
        time.sleep(0.02)
