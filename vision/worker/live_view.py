"""Encodes live views, for cameras that somebody watches."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
import structlog
from numpy.typing import NDArray

from vision.common.object_class import CLASSES
from vision.contracts import LiveBox, LiveIncident, LiveLine, LiveView, LiveZone
from vision.core import Clock, Frame, Tracks

WIDTH_PX = 960
QUALITY = 70
MAX_FPS = 8.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class LiveFrame:
    """One analysed frame with what is drawn over it."""

    frame: Frame
    tracks: Tracks
    lines: tuple[LiveLine, ...]
    zones: tuple[LiveZone, ...] = ()
    incidents: tuple[LiveIncident, ...] = ()
    speeds_kmh: Mapping[int, float] = field(default_factory=dict)
    """By track id; tracks without a known speed are absent."""


class LiveViewEncoder:
    """Encodes and sends live frames in a thread of its own; a camera's newer frame replaces one that still waits."""

    def __init__(self, send: Callable[[LiveView, bytes], None], clock: Clock) -> None:
        self._send = send
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: dict[str, LiveFrame] = {}
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="live views", daemon=True)
        self._thread.start()

    def show(self, live: LiveFrame) -> None:
        """Queue a frame to encode and send. Never blocks."""
        with self._changed:
            self._waiting[live.frame.camera_id] = live
            self._changed.notify()

    def close(self) -> None:
        """End the thread; frames that wait are discarded."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join(2)

    def _run(self) -> None:
        while (live := self._next()) is not None:
            try:
                jpeg = encode(live.frame.image)
                self._send(view_of(live, self._clock), jpeg)
            except Exception:
                log.exception("live view not sent", camera=live.frame.camera_id)

    def _next(self) -> LiveFrame | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            if self._is_closed:
                return None
            return self._waiting.pop(next(iter(self._waiting)))


def encode(image: NDArray[np.uint8]) -> bytes:
    """Encode an image of shape (height, width, 3), BGR, as a JPEG at most `WIDTH_PX` wide."""
    height, width = image.shape[:2]
    if width > WIDTH_PX:
        image = cv2.resize(image, (WIDTH_PX, round(height * WIDTH_PX / width)), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    done, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ValueError(f"an image of {width} x {height} pixels cannot be encoded as JPEG")
    return jpeg.tobytes()


def view_of(live: LiveFrame, clock: Clock) -> LiveView:
    """The data that goes with the image; boxes are fractions of the frame."""
    size = np.array([live.frame.width_px, live.frame.height_px] * 2, np.float64)
    boxes = (live.tracks.xyxy / size).round(4).tolist()
    tracks = zip(boxes, live.tracks.confidence, live.tracks.class_id, live.tracks.track_id, strict=True)
    return LiveView(
        camera_id=live.frame.camera_id,
        frame_index=live.frame.index,
        captured_at=live.frame.captured_at,
        published_at=clock.now(),
        boxes=tuple(
            LiveBox(
                track_id=int(track),
                object_class=CLASSES[cls],
                confidence=round(float(sure), 3),
                box=tuple(box),
                speed_kmh=live.speeds_kmh.get(int(track)),
            )
            for box, sure, cls, track in tracks
        ),
        lines=live.lines,
        zones=live.zones,
        incidents=live.incidents,
    )
