"""One picture of one camera."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A decoded picture and when it was taken.

    `index` counts every frame the stream delivered since it was opened, used or not, from 0. `media_time_s` is the
    stream's own clock in seconds since its first frame; `captured_at` is UTC and aware.
    """

    camera_id: str
    index: int
    captured_at: datetime
    media_time_s: float
    image: NDArray[np.uint8]
    """(height, width, 3), BGR, turned upright."""

    @property
    def width_px(self) -> int:
        return int(self.image.shape[1])

    @property
    def height_px(self) -> int:
        return int(self.image.shape[0])
