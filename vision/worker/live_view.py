"""Live views: a picture with what is known of it, made only for cameras that somebody watches."""

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
MOST_FPS = 8.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One processed frame, before it is drawn for people."""

    frame: Frame
    tracks: Tracks
    lines: tuple[LiveLine, ...]
    zones: tuple[LiveZone, ...] = ()
    incidents: tuple[LiveIncident, ...] = ()
    speeds_kmh: Mapping[int, float] = field(default_factory=dict)
    """By track; one whose speed is not known is missing."""


class LiveViewEncoder:
    """Encodes shots in a thread of its own. A camera's newer shot overtakes one that was not begun."""

    def __init__(self, send: Callable[[LiveView, bytes], None], clock: Clock) -> None:
        self._send = send
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: dict[str, Shot] = {}
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="live views", daemon=True)
        self._thread.start()

    def show(self, shot: Shot) -> None:
        """Take a shot to encode and send. Never waits."""
        with self._changed:
            self._waiting[shot.frame.camera_id] = shot
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join(2)

    def _run(self) -> None:
        while (shot := self._next()) is not None:
            try:
                jpeg = encode(shot.frame.image)
                self._send(view_of(shot, self._clock), jpeg)
            except Exception:
                log.exception("live view failed", camera=shot.frame.camera_id)

    def _next(self) -> Shot | None:
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


def view_of(shot: Shot, clock: Clock) -> LiveView:
    """What goes with the picture."""
    size = np.array([shot.frame.width_px, shot.frame.height_px] * 2, np.float64)
    boxes = (shot.tracks.xyxy / size).round(4).tolist()
    told = zip(boxes, shot.tracks.confidence, shot.tracks.class_id, shot.tracks.track_id, strict=True)
    return LiveView(
        camera_id=shot.frame.camera_id,
        frame_index=shot.frame.index,
        captured_at=shot.frame.captured_at,
        published_at=clock.now(),
        boxes=tuple(
            LiveBox(
                track_id=int(track),
                object_class=CLASSES[cls],
                confidence=round(float(sure), 3),
                box=tuple(box),
                speed_kmh=shot.speeds_kmh.get(int(track)),
            )
            for box, sure, cls, track in told
        ),
        lines=shot.lines,
        zones=shot.zones,
        incidents=shot.incidents,
    )
