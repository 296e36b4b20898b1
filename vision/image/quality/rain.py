"""Rain: streaks that are there in one picture and in neither of its neighbours, all over the picture.

Told of rain whose drops can be seen falling. A drizzle, and rain that a low bit-rate smooths away, show only on the wet
road, and are not noticed.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from vision.image.sample import Image, sharp_grey

MEASURED_EVERY_S = 3.0
LONGEST_GAP_S = 0.35
"""Between neighbouring pictures: later, too much else has changed."""
BRIGHTER = 6
"""Grey levels that a drop outshines both neighbouring pictures by; more where the picture is noisy."""
NOISE_TIMES = 4
LEAST_LENGTH_PX, MOST_LENGTH_PX, MOST_WIDTH_PX, LEAST_PIXELS = 5, 60, 8, 5
"""Of a streak, in a picture of 640 pixels."""
STEEP = 2
"""Times as high as wide, at least: drops fall."""
ROWS, COLUMNS = 6, 8
SPREAD_PART = 0.5
"""Of the picture's tiles that have a streak. Traffic without rain makes some, where it drives."""


class RainDetector:
    """Takes three neighbouring pictures now and then, and looks for what is in the middle one only."""

    def __init__(self) -> None:
        self.is_raining: bool | None = None
        """As measured last; `None` before."""
        self._began_s = float("-inf")
        self._taken: list[tuple[float, Image]] = []

    def update(self, image: Image, at_s: float) -> None:
        """See a picture (BGR) of `at_s`, media time. Most are passed over."""
        if self._taken and not 0 < at_s - self._taken[-1][0] <= LONGEST_GAP_S:
            self._taken = []
        if not self._taken and 0 <= at_s - self._began_s < MEASURED_EVERY_S:
            return
        if not self._taken:
            self._began_s = at_s
        self._taken.append((at_s, sharp_grey(image)))
        if len(self._taken) == 3:
            pictures = [picture for _, picture in self._taken]
            self._taken = []
            if len({picture.shape for picture in pictures}) == 1:
                self.is_raining = streaked_part(pictures) >= SPREAD_PART


def streaked_part(pictures: Sequence[Image]) -> float:
    """Of the tiles of three neighbouring pictures (h, w), those in which the middle one has a streak."""
    before, middle, after = (cv2.GaussianBlur(picture, (0, 0), 0.6).astype(np.int16) for picture in pictures)
    noise = float(np.median(np.abs(middle - before)))
    flashes = middle - np.maximum(before, after) > max(BRIGHTER, NOISE_TIMES * noise)
    _, _, boxes, centres = cv2.connectedComponentsWithStats(flashes.astype(np.uint8), connectivity=8)
    width, height, pixels = boxes[1:, 2], boxes[1:, 3], boxes[1:, 4]
    is_long = (height >= LEAST_LENGTH_PX) & (height <= MOST_LENGTH_PX) & (pixels >= LEAST_PIXELS)
    streaks = centres[1:][is_long & (width <= MOST_WIDTH_PX) & (height >= STEEP * width)]
    tiles = (streaks / middle.shape[::-1] * (COLUMNS, ROWS)).astype(int)
    return len(np.unique(tiles, axis=0)) / (ROWS * COLUMNS)
