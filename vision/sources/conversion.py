"""Converts decoded video frames to upright BGR images."""

import struct
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, cast

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from vision.core import Frame


class Orientation(NamedTuple):
    """How a decoded image becomes upright: first transposed, then flipped."""

    is_transposed: bool = False
    flips_x: bool = False
    """Left and right are exchanged."""
    flips_y: bool = False


UPRIGHT = Orientation()


@dataclass(frozen=True, slots=True, eq=False)
class DecodedFrame:
    """A decoded frame that is due, not yet converted."""

    video_frame: av.VideoFrame
    index: int
    media_time_s: float
    captured_at: datetime
    orientation: Orientation


class OrientationReader:
    """The orientation of a stream's frames.

    It is read from the first frame, and again when the rotation changes: reading it from every frame would leave the
    frames to the garbage collector.
    """

    def __init__(self) -> None:
        self._rotation: int | None = None
        self._orientation = UPRIGHT

    def of(self, video_frame: av.VideoFrame) -> Orientation:
        """The orientation of the stream's newest frame."""
        if video_frame.rotation != self._rotation:
            self._rotation = video_frame.rotation
            self._orientation = orientation_of(video_frame)
        return self._orientation


def upright_size(video_frame: av.VideoFrame, orientation: Orientation) -> tuple[int, int]:
    """(width, height) of the upright image, in pixels."""
    if orientation.is_transposed:
        return video_frame.height, video_frame.width
    return video_frame.width, video_frame.height


class FrameConverter:
    """Converts frames of one camera. It keeps the scaler's tables, so use one instance per thread."""

    def __init__(self, camera_id: str) -> None:
        self._camera_id = camera_id
        self._reformatter = VideoReformatter()

    def to_frame(self, decoded: DecodedFrame) -> Frame:
        """The frame with its image converted."""
        return Frame(
            camera_id=self._camera_id,
            index=decoded.index,
            captured_at=decoded.captured_at,
            media_time_s=decoded.media_time_s,
            image=self._to_bgr(decoded.video_frame, decoded.orientation),
        )

    def _to_bgr(self, video_frame: av.VideoFrame, orientation: Orientation) -> NDArray[np.uint8]:
        """The image of shape (height, width, 3), BGR, rotated and mirrored as the stream's display matrix says."""
        reformatted = self._reformatter.reformat(video_frame, format="bgr24", threads=1)
        image = cast("NDArray[np.uint8]", reformatted.to_ndarray())
        return image if orientation == UPRIGHT else _turned(image, orientation)


def orientation_of(video_frame: av.VideoFrame) -> Orientation:
    """From the display matrix, which maps a pixel (x, y) to (a x + c y, b x + d y); its angles become quarter turns."""
    matrix = cast("bytes | None", video_frame.side_data.get("DISPLAYMATRIX"))
    if matrix is None:
        return UPRIGHT
    a, b, _, c, d = struct.unpack("<5i", bytes(matrix)[:20])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(is_transposed=False, flips_x=a < 0, flips_y=d < 0)
    return Orientation(is_transposed=True, flips_x=c < 0, flips_y=b < 0)


def _turned(image: NDArray[np.uint8], orientation: Orientation) -> NDArray[np.uint8]:
    if orientation.is_transposed:
        image = np.swapaxes(image, 0, 1)
    return np.ascontiguousarray(image[:: -1 if orientation.flips_y else 1, :: -1 if orientation.flips_x else 1])
