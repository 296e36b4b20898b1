"""From a decoder's picture to the upright BGR array that everything after works on."""

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
class Picture:
    """A decoded picture that is due, not yet converted."""

    decoded: av.VideoFrame
    index: int
    media_time_s: float
    captured_at: datetime


def upright_size(decoded: av.VideoFrame) -> tuple[int, int]:
    """(width, height) in pixels once the picture is turned upright."""
    if _turn(decoded) in (90, -90):
        return decoded.height, decoded.width
    return decoded.width, decoded.height


class PictureConverter:
    """Makes frames of pictures. Keeps the scaler's tables between pictures, so one of it serves one thread."""

    def __init__(self, camera_id: str) -> None:
        self._camera_id = camera_id
        self._reformatter = VideoReformatter()

    def to_frame(self, picture: Picture) -> Frame:
        return Frame(
            camera_id=self._camera_id,
            index=picture.index,
            captured_at=picture.captured_at,
            media_time_s=picture.media_time_s,
            image=self.to_bgr(picture.decoded),
        )

    def to_bgr(self, decoded: av.VideoFrame) -> NDArray[np.uint8]:
        """(height, width, 3), turned upright as the stream's display matrix asks."""
        reformatted = self._reformatter.reformat(decoded, format="bgr24", threads=1)
        image = cast("NDArray[np.uint8]", reformatted.to_ndarray())
        turn = QUARTER_TURNS.get(_turn(decoded))
        return image if turn is None else cast("NDArray[np.uint8]", cv2.rotate(image, turn))


def _turn(decoded: av.VideoFrame) -> int:
    """The display matrix's rotation, to the next quarter turn: -90, 0, 90 or 180 degrees counter-clockwise."""
    turn = round(decoded.rotation / 90) * 90 % 360
    return turn - 360 if turn == 270 else turn
