"""What a road looks like when nothing is on it, and where something that was not there stays."""

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.image.sample import Bools, Image

Floats = NDArray[np.float32]
Planes = NDArray[np.float32]
"""(2, h, w): grey level, and how much redder than blue; see `planes_of`."""

DIFFERENCE = 16.0
"""Levels beyond everything that the empty road shows in the neighbourhood: something is there."""
NEIGHBOURHOOD = np.ones((5, 5), np.uint8)
"""Of the small copy: the picture trembles, and the road's own edges may lie two pixels off."""
SAME = 12.0
"""Levels within which a pixel shows the same as before."""
KNOWN_AFTER_S = 2.0
"""What stays the same for so long where nothing is known yet, is taken for the road."""
FOLLOW_S = 15.0
"""How quickly the empty road follows the light."""
EBB = 2.0
"""What was there and is not seen at a look ages backwards so many times faster: a lamp's beam swept over it."""


def planes_of(image: Image) -> Planes:
    """Of a picture (h, w, 3; BGR): its grey level, and its red less its blue, both from 0 to 255 and smoothed a little.

    Asphalt has no colour: a brown box as bright as the road stands out in the second.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    colour = cv2.addWeighted(image[..., 2], 0.75, image[..., 0], -0.75, 128)
    return np.stack([cv2.GaussianBlur(plane, (3, 3), 0) for plane in (grey, colour)]).astype(np.float32)


class RoadSurface:
    """Learns the empty road, pixel by pixel, and for how long each pixel has shown something else, ever the same.

    Where road users are, nothing is seen and nothing is learnt: what lies there lies on.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self.empty: Planes = np.zeros((2, *shape), np.float32)
        """What the empty road shows."""
        self.shown: Planes = np.zeros((2, *shape), np.float32)
        """What each pixel shows lately, the light's changes taken back."""
        self.age_s: Floats = np.zeros(shape, np.float32)
        """(h, w): for how long it has shown that, where that is not the empty road."""
        self.known: Bools = np.zeros(shape, bool)

    def update(self, planes: Planes, free: Bools, passed_s: float) -> None:
        """See a picture after `passed_s` seconds, with road users where it is not `free` (h, w)."""
        level = planes.copy()
        level[0] /= self._gain(planes, free)
        other = free & (self._differs(level) | ~self.known)
        same = np.abs(level - self.shown).max(axis=0) < SAME
        back = free & ~other
        self.age_s += np.where(other & same, passed_s, 0)
        self.age_s[other & ~same] = 0
        self.age_s[back] = np.maximum(self.age_s[back] - EBB * passed_s, 0)
        self.shown += np.where(free, np.where(same & other, 0.3, 1.0), 0).astype(np.float32) * (level - self.shown)
        self.empty += np.where(back, min(1.0, passed_s / FOLLOW_S), 0).astype(np.float32) * (level - self.empty)
        self.take_in(~self.known & (self.age_s >= KNOWN_AFTER_S))

    def take_in(self, where: Bools) -> None:
        """What these pixels show is the road."""
        self.empty[:, where] = self.shown[:, where]
        self.known |= where
        self.age_s[where] = 0

    def _gain(self, planes: Planes, free: Bools) -> float:
        """How much brighter the whole road is than it used to be: clouds, and cameras that adjust themselves."""
        some = slice(None, None, 3)
        seen = (free & self.known)[some, some]
        if not seen.any():
            return 1.0
        ratios = planes[0, some, some][seen] / np.maximum(self.empty[0, some, some][seen], 8)
        return float(np.clip(np.median(ratios), 0.25, 4))

    def _differs(self, level: Planes) -> Bools:
        """Where a pixel lies outside of what the empty road has around it."""
        differs = np.zeros(level.shape[1:], bool)
        for plane, empty in zip(level, self.empty, strict=True):
            lowest, highest = cv2.erode(empty, NEIGHBOURHOOD), cv2.dilate(empty, NEIGHBOURHOOD)
            differs |= (plane > highest + DIFFERENCE) | (plane < lowest - DIFFERENCE)
        return differs
