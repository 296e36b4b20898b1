"""Patches of a road that show something new: an object, or a trick of the light?"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from vision.image.road_objects.road_surface import Floats, Planes, RoadSurface
from vision.image.sample import Bools

LEAST_SIDE_PX = 5
"""Of the small copy: smaller patches are noise, or too far away to be sure."""
MARGIN_PX = 3
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
LEAST_FILL = 0.4
"""Of its bounding box, the part that an object fills. Strips along edges fill less."""
LONGEST = 4.0
"""Times as long as wide: the edge of a shadow that creeps is longer."""
EVEN = 0.08
"""Standard deviation of the logarithm of how much brighter a patch is than the road was there. Light and shadow are so
even, since the road shows through; few objects are."""
LIGHT_CHANGE = 0.65
"""Largest change of light or shadow, as a logarithm: shadows leave half of the light, the sky's."""
COLOURED = 12.0
"""Levels of colour that light does not give to a road."""
LEAST_OUTLINE = 6.0
"""Levels a pixel along an object's outline."""
SHARPER_BY = 1.6
"""An object's outline is in the picture and was not on the empty road. Where it is the other way about, something that
had been taken for the road has gone."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A connected part of the small copy that shows something new, ever the same."""

    left: int
    top: int
    right: int
    """One beyond."""
    bottom: int
    age_s: float
    """The median over its pixels."""
    contrast: float
    """Mean difference from the empty road, in levels."""
    pixels: Bools
    """(bottom - top, right - left)."""

    @property
    def place(self) -> tuple[slice, slice]:
        """Rows and columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def patches(surface: RoadSurface, where: Bools, after_s: float) -> Iterator[Patch]:
    """The patches that have shown the same for `after_s` and reach into `where` (h, w).

    Each is given whole: what is a thing's shape within a lane may be the end of a caption that lies across its edge.
    """
    old = (surface.known & (surface.age_s >= after_s)).astype(np.uint8)
    joined = cv2.morphologyEx(old, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(joined, connectivity=4)
    for label in range(1, count):
        left, top, width, height, _ = boxes[label].tolist()
        place = slice(top, top + height), slice(left, left + width)
        pixels = labels[place] == label
        if not where[place][pixels].any():
            continue
        yield Patch(
            left=left,
            top=top,
            right=left + width,
            bottom=top + height,
            age_s=float(np.median(surface.age_s[place][pixels])),
            contrast=float(np.abs(surface.shown[:, *place] - surface.empty[:, *place]).max(axis=0)[pixels].mean()),
            pixels=pixels,
        )


def is_solid(patch: Patch) -> bool:
    """Whether it has an object's shape: neither tiny nor a thin strip."""
    height, width = patch.pixels.shape
    sides = min(width, height), max(width, height)
    fills = float(patch.pixels.mean())
    return sides[0] >= LEAST_SIDE_PX and sides[1] <= LONGEST * sides[0] and fills >= LEAST_FILL


def is_light(patch: Patch, surface: RoadSurface) -> bool:
    """Whether the road shows through, evenly brighter or darker: light or shadow. Its blurred rim is left out."""
    inner = cv2.erode(patch.pixels.astype(np.uint8), CROSS, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    where = inner if inner.any() else patch.pixels
    shown, empty = surface.shown[:, *patch.place][:, where], surface.empty[:, *patch.place][:, where]
    change = np.log(np.maximum(shown[0], 4)) - np.log(np.maximum(empty[0], 4))
    recoloured = float(np.abs(shown[1] - empty[1]).mean())
    return abs(float(np.median(change))) < LIGHT_CHANGE and float(change.std()) < EVEN and recoloured < COLOURED


def has_come(patch: Patch, surface: RoadSurface) -> bool:
    """Whether its outline is in the picture, and not only in what was taken for the empty road."""
    whole = np.zeros(surface.known.shape, np.uint8)
    whole[patch.place] = patch.pixels
    rows = slice(max(0, patch.top - MARGIN_PX), patch.bottom + MARGIN_PX)
    columns = slice(max(0, patch.left - MARGIN_PX), patch.right + MARGIN_PX)
    inside = whole[rows, columns]
    outline = cv2.dilate(inside, CROSS) - cv2.erode(inside, CROSS) > 0
    now = _slopes(surface.shown[:, rows, columns])[outline].mean()
    before = _slopes(surface.empty[:, rows, columns])[outline].mean()
    return bool(now >= LEAST_OUTLINE and now >= SHARPER_BY * before)


def _slopes(planes: Planes) -> Floats:
    """(h, w): of the plane that changes most."""
    slopes = [
        np.hypot(cv2.Sobel(plane, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(plane, cv2.CV_32F, 0, 1, scale=1 / 8))
        for plane in planes
    ]
    return np.asarray(np.maximum(*slopes), np.float32)
