"""Detects rain by streaks all over the image that are in one frame and in neither of its neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vision.image.sample import Image, SampleParameters, sharp_grey

TILE_ROWS, TILE_COLUMNS = 6, 8
"""The image is divided into this grid to tell whether streaks are all over it."""


@dataclass(frozen=True, slots=True)
class RainParameters:
    """What a streak of rain looks like, in an image with a longer side of 640 pixels, and how often to measure."""

    interval_s: float = 3.0
    """Rain is measured this often, seconds. Longer: less time, later answers. Source: chosen."""
    max_gap_s: float = 0.35
    """Neighbouring frames are at most this far apart, seconds: later, too much else has changed. Longer: slow streams
    are measured too, more moving things look like streaks. Source: chosen."""
    min_difference: float = 6
    """Grey levels by which a drop is brighter than in both neighbours. Higher: less noise, fainter rain is missed.
    Source: chosen."""
    min_noise_ratio: float = 4
    """The same in multiples of the image's noise. Higher: less noise, fainter rain is missed. Source: chosen."""
    min_length_px: int = 5
    """Shortest streak, pixels. Larger: less noise, finer rain is missed. Source: chosen."""
    max_length_px: int = 60
    """Longest streak, pixels. Larger: more moving edges count as streaks. Source: chosen."""
    max_width_px: int = 8
    """Widest streak, pixels. Larger: more moving edges count as streaks. Source: chosen."""
    min_pixels: int = 5
    """Smallest area of a streak, pixels. More: less noise, finer rain is missed. Source: chosen."""
    min_aspect: float = 2
    """A streak is at least this many times as high as wide: drops fall. Higher: slanted rain is missed. Source:
    chosen."""
    min_tile_share: float = 0.5
    """Share of the tiles with a streak that makes rain. Traffic alone makes some, where it drives. Higher: light rain
    is missed. Source: chosen."""


DEFAULTS, SAMPLE = RainParameters(), SampleParameters()


class RainDetector:
    """Takes three neighbouring frames now and then, and looks for streaks that only the middle one has.

    Only drops that are visible as they fall count: drizzle, and rain that a low bit rate smooths away, go unnoticed.
    """

    def __init__(self, parameters: RainParameters = DEFAULTS, sample: SampleParameters = SAMPLE) -> None:
        self.is_raining: bool | None = None
        """The newest result; None before the first."""
        self._parameters, self._sample = parameters, sample
        self._began_s = float("-inf")
        self._frames: list[tuple[float, Image]] = []

    def update(self, image: Image, at_s: float) -> None:
        """Takes a frame (BGR) of this media time; most frames are ignored."""
        p = self._parameters
        if self._frames and not 0 < at_s - self._frames[-1][0] <= p.max_gap_s:
            self._frames = []
        if not self._frames and 0 <= at_s - self._began_s < p.interval_s:
            return
        if not self._frames:
            self._began_s = at_s
        self._frames.append((at_s, sharp_grey(image, self._sample)))
        if len(self._frames) == 3:
            images = [image for _, image in self._frames]
            self._frames = []
            if len({image.shape for image in images}) == 1:
                self.is_raining = streaked_share(images, p) >= p.min_tile_share


def streaked_share(images: Sequence[Image], parameters: RainParameters = DEFAULTS) -> float:
    """Share of the tiles of three neighbouring frames (h, w) in which the middle one has a streak."""
    p = parameters
    before, middle, after = (cv2.GaussianBlur(image, (0, 0), 0.6).astype(np.int16) for image in images)
    noise = float(np.median(np.abs(middle - before)))
    flashes = middle - np.maximum(before, after) > max(p.min_difference, p.min_noise_ratio * noise)
    _, _, boxes, centres = cv2.connectedComponentsWithStats(flashes.astype(np.uint8), connectivity=8)
    width, height, pixels = boxes[1:, 2], boxes[1:, 3], boxes[1:, 4]
    is_long = (height >= p.min_length_px) & (height <= p.max_length_px) & (pixels >= p.min_pixels)
    streaks = centres[1:][is_long & (width <= p.max_width_px) & (height >= p.min_aspect * width)]
    tiles = (streaks / middle.shape[::-1] * (TILE_COLUMNS, TILE_ROWS)).astype(int)
    return len(np.unique(tiles, axis=0)) / (TILE_ROWS * TILE_COLUMNS)
