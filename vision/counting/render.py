"""Renders tracks, lines and counts into an H.264 video that browsers play."""

from collections import Counter
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES, ObjectClass
from vision.config.camera import CameraConfig
from vision.contracts import Direction
from vision.core import Frame, Tracks
from vision.pipeline import FrameResult

TICKS_PER_S = 90_000
COLOURS = {
    ObjectClass.BICYCLE: (180, 220, 60),
    ObjectClass.MOTORCYCLE: (60, 180, 255),
    ObjectClass.CAR: (90, 220, 90),
    ObjectClass.BUS: (230, 120, 220),
    ObjectClass.TRUCK: (255, 160, 70),
    ObjectClass.PERSON: (190, 190, 190),
}
LINE = (60, 60, 240)
INK, PAPER = (255, 255, 255), (20, 20, 20)


class Renderer:
    """A watcher of `count_video` that writes each analysed frame with boxes, ids, lines and running counts.

    H.264 in MP4 with the video's own timestamps and the index at the front. The file is complete after the `with`
    block.
    """

    def __init__(self, path: Path, camera: CameraConfig) -> None:
        self._camera = camera
        self._counts: Counter[tuple[str, Direction]] = Counter()
        self._container = av.open(f"file:{path}", "w", format="mp4", options={"movflags": "faststart"})
        self._stream = self._container.add_stream(
            "libx264", rate=Fraction(camera.detection.fps).limit_denominator(1000)
        )
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"preset": "veryfast", "crf": "23"}
        # Phones record at uneven times: two frames may be closer than 1 / fps, which is the encoder's own unit.
        self._stream.codec_context.time_base = Fraction(1, TICKS_PER_S)
        self._size_px: tuple[int, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._size_px is not None:
            self._container.mux(self._stream.encode())
        self._container.close()

    def __call__(self, frame: Frame, result: FrameResult) -> None:
        self._counts.update((c.line_id, c.direction) for c in result.crossings)
        image = frame.image.copy()
        self._draw_lines(image)
        _draw_tracks(image, result.tracks)
        self._write(image, frame.media_time_s)

    def _draw_lines(self, image: NDArray[np.uint8]) -> None:
        size_px = np.array([image.shape[1], image.shape[0]])
        for line in self._camera.lines:
            start_px, end_px = (np.round(np.array(p) * size_px).astype(int) for p in (line.start, line.end))
            cv2.line(image, start_px.tolist(), end_px.tolist(), LINE, _stroke(image), cv2.LINE_AA)
            inbound, outbound = (self._counts[line.id, direction] for direction in Direction)
            text = f"{line.id}: {line.in_name} {inbound}, {line.out_name} {outbound}"
            _write_text(image, text, (start_px + end_px) // 2, centred=True)

    def _write(self, image: NDArray[np.uint8], at_s: float) -> None:
        if self._size_px is None:
            self._size_px = (image.shape[1] // 2 * 2, image.shape[0] // 2 * 2)
            self._stream.width, self._stream.height = self._size_px
        if image.shape[1::-1] != self._size_px:
            image = np.asarray(cv2.resize(image, self._size_px), np.uint8)
        encoded = av.VideoFrame.from_ndarray(image, format="bgr24")
        encoded.pts, encoded.time_base = round(at_s * TICKS_PER_S), Fraction(1, TICKS_PER_S)
        self._container.mux(self._stream.encode(encoded))


def _draw_tracks(image: NDArray[np.uint8], tracks: Tracks) -> None:
    for box, class_id, track_id in zip(tracks.xyxy, tracks.class_id, tracks.track_id, strict=True):
        left, top, right, bottom = np.round(box).astype(int).tolist()
        object_class = CLASSES[class_id]
        cv2.rectangle(image, (left, top), (right, bottom), COLOURS[object_class], _stroke(image))
        _write_text(image, f"{object_class} {track_id}", np.array([left, top]))


def _write_text(
    image: NDArray[np.uint8], text: str, at_px: NDArray[np.signedinteger], *, centred: bool = False
) -> None:
    scale, face = 0.4 * _stroke(image), cv2.FONT_HERSHEY_SIMPLEX
    (width, height), below = cv2.getTextSize(text, face, scale, 1)
    left = int(np.clip(at_px[0] - (width // 2 if centred else 0), 0, max(image.shape[1] - width, 0)))
    bottom = int(np.clip(at_px[1], height + below, image.shape[0]))
    cv2.rectangle(image, (left, bottom - height - below), (left + width, bottom), PAPER, cv2.FILLED)
    cv2.putText(image, text, (left, bottom - below // 2), face, scale, INK, 1, cv2.LINE_AA)


def _stroke(image: NDArray[np.uint8]) -> int:
    height, width = image.shape[:2]
    longest: int = max(height, width)
    return max(1, round(longest / 800))
