"""One frame of one camera."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A decoded image and its time.

    `index` counts from 0 every frame that the stream delivered since it was opened, used or not. `media_time_s` is the
    stream's own clock, seconds since its first frame; `captured_at` is UTC and aware.

    Examples:
        >>> frame = Frame("gate", 0, datetime(2026, 5, 4), 0.0, np.zeros((720, 1280, 3), np.uint8))
        >>> frame.width_px, frame.height_px
        (1280, 720)
    """

    camera_id: str
    index: int
    captured_at: datetime
    media_time_s: float
    image: NDArray[np.uint8]
    """(height, width, 3), BGR, upright."""

    @property
    def width_px(self) -> int:
        return int(self.image.shape[1])

    @property
    def height_px(self) -> int:
        return int(self.image.shape[0])
