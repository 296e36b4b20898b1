"""Finds patches of the road that show something new, and separates objects from light, shadow and strips."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from vision.image.road_objects.road_surface import Floats, Planes, RoadSurface
from vision.image.sample import Bools

CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
OUTLINE_MARGIN_PX = 3
"""An outline is measured with this margin around a patch."""


@dataclass(frozen=True, slots=True)
class PatchParameters:
    """What an object looks like. Pixels are those of the small copy, levels are from 0 to 255."""

    min_side_px: int = 5
    """Shortest side of an object, pixels. Larger: less noise, small and far objects are missed. Source: chosen."""
    min_fill: float = 0.4
    """Share of its box that an object fills; strips along edges fill less. Higher: oddly shaped objects are missed.
    Source: chosen."""
    max_aspect: float = 4.0
    """Length of an object per width; the edge of a moving shadow is longer. Higher: more shadows look like objects.
    Source: chosen."""
    max_light_std: float = 0.08
    """Light and shadow change a patch evenly: the standard deviation of the logarithm of the change is below this.
    Higher: more even objects count as light. Source: chosen."""
    max_light_change: float = 0.65
    """Largest change by light or shadow, as a logarithm: a shadow leaves half of the light, the sky's. Higher: more
    objects count as light. Source: chosen."""
    max_light_colour: float = 12.0
    """Light changes the colour of a road by less than this many levels. Higher: more coloured objects count as light.
    Source: chosen."""
    min_outline: float = 6.0
    """Levels per pixel along an object's outline. Higher: objects with little contrast are missed. Source: chosen."""
    min_outline_gain: float = 1.6
    """An object's outline is sharper in the image than on the empty road by this factor; the reverse is something that
    was learned as road and has gone. Higher: objects on marked road are missed. Source: chosen."""


DEFAULTS = PatchParameters()


@dataclass(frozen=True, slots=True)
class Patch:
    """A connected part of the small copy that shows something new, always the same."""

    left: int
    top: int
    right: int
    """Exclusive."""
    bottom: int
    """Exclusive."""
    age_s: float
    """Median over its pixels."""
    contrast: float
    """Mean difference from the empty road, in levels."""
    pixels: Bools
    """(bottom - top, right - left)."""

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def overlaps(self, other: "Patch") -> bool:
        """Whether the two boxes overlap."""
        across = min(self.right, other.right) > max(self.left, other.left)
        return across and min(self.bottom, other.bottom) > max(self.top, other.top)


def find_patches(surface: RoadSurface, where: Bools, min_age_s: float) -> Iterator[Patch]:
    """The patches that have shown the same for `min_age_s` seconds and reach into `where` (h, w).

    Each patch is whole: what looks like an object within a lane may be the end of a caption across its edge.
    """
    old = (surface.known & (surface.age_s >= min_age_s)).astype(np.uint8)
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


def is_compact(patch: Patch, parameters: PatchParameters = DEFAULTS) -> bool:
    """Whether it has an object's shape: neither tiny nor a thin strip."""
    height, width = patch.pixels.shape
    shorter, longer = min(width, height), max(width, height)
    fill = float(patch.pixels.mean())
    is_wide = shorter >= parameters.min_side_px and longer <= parameters.max_aspect * shorter
    return is_wide and fill >= parameters.min_fill


def is_light(patch: Patch, surface: RoadSurface, parameters: PatchParameters = DEFAULTS) -> bool:
    """Whether the road shows through, evenly brighter or darker: light or shadow. The blurred rim is left out."""
    p = parameters
    inner = cv2.erode(patch.pixels.astype(np.uint8), CROSS, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    where = inner if inner.any() else patch.pixels
    shown, empty = surface.shown[:, *patch.slices][:, where], surface.empty[:, *patch.slices][:, where]
    change = np.log(np.maximum(shown[0], 4)) - np.log(np.maximum(empty[0], 4))
    colour = float(np.abs(shown[1] - empty[1]).mean())
    is_even = abs(float(np.median(change))) < p.max_light_change and float(change.std()) < p.max_light_std
    return is_even and colour < p.max_light_colour


def is_new(patch: Patch, surface: RoadSurface, parameters: PatchParameters = DEFAULTS) -> bool:
    """Whether its outline is in the image, and not only in what was learned as the empty road."""
    whole = np.zeros(surface.known.shape, np.uint8)
    whole[patch.slices] = patch.pixels
    rows = slice(max(0, patch.top - OUTLINE_MARGIN_PX), patch.bottom + OUTLINE_MARGIN_PX)
    columns = slice(max(0, patch.left - OUTLINE_MARGIN_PX), patch.right + OUTLINE_MARGIN_PX)
    inside = whole[rows, columns]
    outline = cv2.dilate(inside, CROSS) - cv2.erode(inside, CROSS) > 0
    now = _gradients(surface.shown[:, rows, columns])[outline].mean()
    before = _gradients(surface.empty[:, rows, columns])[outline].mean()
    return bool(now >= parameters.min_outline and now >= parameters.min_outline_gain * before)


def _gradients(planes: Planes) -> Floats:
    """(h, w): gradient of the plane that changes most."""
    gradients = [
        np.hypot(cv2.Sobel(plane, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(plane, cv2.CV_32F, 0, 1, scale=1 / 8))
        for plane in planes
    ]
    return np.asarray(np.maximum(*gradients), np.float32)
