"""Converts decoded video frames to upright BGR images."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from vision.core import Frame

QUARTER_TURNS = {-90: cv2.ROTATE_90_CLOCKWISE, 90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180}


@dataclass(frozen=True, slots=True, eq=False)
class DecodedFrame:
    """A decoded frame that is due, not yet converted."""

    video_frame: av.VideoFrame
    index: int
    media_time_s: float
    captured_at: datetime


def upright_size(video_frame: av.VideoFrame) -> tuple[int, int]:
    """(width, height) of the upright image, in pixels."""
    if _turn(video_frame) in (90, -90):
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
            image=self.to_bgr(decoded.video_frame),
        )

    def to_bgr(self, video_frame: av.VideoFrame) -> NDArray[np.uint8]:
        """The image of shape (height, width, 3), BGR, rotated as the stream's display matrix says."""
        reformatted = self._reformatter.reformat(video_frame, format="bgr24", threads=1)
        image = cast("NDArray[np.uint8]", reformatted.to_ndarray())
        turn = QUARTER_TURNS.get(_turn(video_frame))
        return image if turn is None else cast("NDArray[np.uint8]", cv2.rotate(image, turn))


def _turn(video_frame: av.VideoFrame) -> int:
    """The display matrix's rotation, rounded to a quarter turn: -90, 0, 90 or 180 degrees counter-clockwise."""
    turn = round(video_frame.rotation / 90) * 90 % 360
    return turn - 360 if turn == 270 else turn
