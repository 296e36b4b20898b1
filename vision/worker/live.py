"""Live views: a picture with what is known of it, made only for cameras that somebody watches."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import structlog
from numpy.typing import NDArray

from vision.classes import CLASSES
from vision.contracts import LiveBox, LiveLine, LiveView
from vision.core import Clock, Frame, Tracks

WIDTH_PX = 960
QUALITY = 70
MOST_FPS = 8.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One processed frame, before it is drawn for people."""

    frame: Frame
    tracks: Tracks
    lines: tuple[LiveLine, ...]


class Studio:
    """Encodes scenes in a thread of its own. A camera's newer scene overtakes one that was not begun."""

    def __init__(self, send: Callable[[LiveView, bytes], None], clock: Clock) -> None:
        self._send = send
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: dict[str, Scene] = {}
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="live views", daemon=True)
        self._thread.start()

    def show(self, scene: Scene) -> None:
        """Take a scene to encode and send. Never waits."""
        with self._changed:
            self._waiting[scene.frame.camera_id] = scene
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join(2)

    def _run(self) -> None:
        while (scene := self._next()) is not None:
            try:
                jpeg = encode(scene.frame.image)
                self._send(view_of(scene, self._clock), jpeg)
            except Exception:
                log.exception("live view failed", camera=scene.frame.camera_id)

    def _next(self) -> Scene | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            if self._is_closed:
                return None
            return self._waiting.pop(next(iter(self._waiting)))


def encode(image: NDArray[np.uint8]) -> bytes:
    """A JPEG of a picture (height, width, 3; BGR), at most `WIDTH_PX` wide."""
    height, width = image.shape[:2]
    if width > WIDTH_PX:
        image = cv2.resize(image, (WIDTH_PX, round(height * WIDTH_PX / width)), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    done, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ValueError(f"no JPEG of a picture of {width} x {height} pixels")
    return jpeg.tobytes()


def view_of(scene: Scene, clock: Clock) -> LiveView:
    """What goes with the picture."""
    size = np.array([scene.frame.width_px, scene.frame.height_px] * 2, np.float64)
    boxes = (scene.tracks.xyxy / size).round(4).tolist()
    told = zip(boxes, scene.tracks.confidence, scene.tracks.class_id, scene.tracks.track_id, strict=True)
    return LiveView(
        camera_id=scene.frame.camera_id,
        frame_index=scene.frame.index,
        captured_at=scene.frame.captured_at,
        published_at=clock.now(),
        boxes=tuple(
            LiveBox(track_id=int(track), object_class=CLASSES[cls], confidence=round(float(sure), 3), box=tuple(box))
            for box, sure, cls, track in told
        ),
        lines=scene.lines,
    )
