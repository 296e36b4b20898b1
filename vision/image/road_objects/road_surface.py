"""Learns what the empty road looks like, and where something new stays on it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.image.sample import Bools, Image

Floats = NDArray[np.float32]
Planes = NDArray[np.float32]
"""(2, h, w): grey level, and red less blue; see `planes_of`."""

NEIGHBOURHOOD = np.ones((5, 5), np.uint8)
"""Of the small copy: the image vibrates, and the road's own edges may be two pixels off."""


@dataclass(frozen=True, slots=True)
class RoadSurfaceParameters:
    """How the empty road is learned, and when a pixel differs from it. Levels are from 0 to 255."""

    min_difference: float = 16.0
    """A pixel this many levels outside of what the empty road shows around it is something new. Higher: less noise,
    objects with little contrast are missed. Source: chosen."""
    same_level: float = 12.0
    """A pixel within this many levels shows the same as before. Higher: more change counts as the same object. Source:
    chosen."""
    learn_after_s: float = 2.0
    """Where nothing is known yet, what stays for this long is the road, seconds. Longer: fewer vehicles are learned as
    road, which is known later. Source: chosen."""
    follow_s: float = 15.0
    """Time constant by which the empty road follows the light, seconds. Longer: more changes of light look like
    objects, fewer objects blend in. Source: chosen."""
    age_decay: float = 2.0
    """What is not seen ages backwards this many times faster: a headlight's beam swept over it. Higher: objects that
    are seen with gaps are found later. Source: chosen."""


DEFAULTS = RoadSurfaceParameters()


def planes_of(image: Image) -> Planes:
    """The planes of an image (h, w, 3; BGR), from 0 to 255 and slightly smoothed.

    Asphalt has no colour: a brown box as bright as the road stands out in the second plane.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    colour = cv2.addWeighted(image[..., 2], 0.75, image[..., 0], -0.75, 128)
    return np.stack([cv2.GaussianBlur(plane, (3, 3), 0) for plane in (grey, colour)]).astype(np.float32)


class RoadSurface:
    """Learns the empty road, pixel by pixel, and for how long each pixel has shown something else, always the same.

    Where road users are, nothing is observed and nothing changes.
    """

    def __init__(self, shape: tuple[int, int], parameters: RoadSurfaceParameters = DEFAULTS) -> None:
        self._parameters = parameters
        self.empty: Planes = np.zeros((2, *shape), np.float32)
        """What the empty road shows."""
        self.shown: Planes = np.zeros((2, *shape), np.float32)
        """What each pixel showed last, without changes of the light."""
        self.age_s: Floats = np.zeros(shape, np.float32)
        """(h, w): for how long it has shown that, where that is not the empty road."""
        self.known: Bools = np.zeros(shape, bool)
        """(h, w): where the empty road is known."""

    def update(self, planes: Planes, background: Bools, passed_s: float) -> None:
        """Adds an image after `passed_s` seconds; road users are where it is not `background` (h, w)."""
        p = self._parameters
        level = planes.copy()
        level[0] /= self._gain(planes, background)
        other = background & (self._differs(level) | ~self.known)
        same = np.abs(level - self.shown).max(axis=0) < p.same_level
        empty = background & ~other
        self.age_s += np.where(other & same, passed_s, 0)
        self.age_s[other & ~same] = 0
        self.age_s[empty] = np.maximum(self.age_s[empty] - p.age_decay * passed_s, 0)
        follow = np.where(background, np.where(same & other, 0.3, 1.0), 0).astype(np.float32)
        self.shown += follow * (level - self.shown)
        learn = np.where(empty, min(1.0, passed_s / p.follow_s), 0).astype(np.float32)
        self.empty += learn * (level - self.empty)
        self.absorb(~self.known & (self.age_s >= p.learn_after_s))

    def absorb(self, where: Bools) -> None:
        """Makes what these pixels show part of the road."""
        self.empty[:, where] = self.shown[:, where]
        self.known |= where
        self.age_s[where] = 0

    def _gain(self, planes: Planes, background: Bools) -> float:
        """How much brighter the whole road is than it was: by clouds, or the camera's exposure."""
        some = slice(None, None, 3)
        mask = (background & self.known)[some, some]
        if not mask.any():
            return 1.0
        ratios = planes[0, some, some][mask] / np.maximum(self.empty[0, some, some][mask], 8)
        return float(np.clip(np.median(ratios), 0.25, 4))

    def _differs(self, level: Planes) -> Bools:
        """Where a pixel is outside of what the empty road shows around it."""
        differs = np.zeros(level.shape[1:], bool)
        for plane, empty in zip(level, self.empty, strict=True):
            lowest, highest = cv2.erode(empty, NEIGHBOURHOOD), cv2.dilate(empty, NEIGHBOURHOOD)
            margin = self._parameters.min_difference
            differs |= (plane > highest + margin) | (plane < lowest - margin)
        return differs
