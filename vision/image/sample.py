"""One look at a picture: small copies to measure on, and where road users hide what is behind them."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Boxes = NDArray[np.floating]
"""(N, 4): left, top, right, bottom in pixels."""

SHARP_SIDE_PX = 640
"""Sharpness is measured at about the size that detectors see."""
SMALL_SIDE_PX = 256
"""Everything else is measured on a picture whose longer side is this."""
GROWN_BY = 0.1
"""Boxes are grown by this part of their size on each side: shadows, mirrors, a tracker's lag."""


@dataclass(frozen=True, slots=True, eq=False)
class ImageSample:
    """One picture at three sizes."""

    at_s: float
    """Media time."""
    width_px: int
    """Of the picture itself."""
    height_px: int
    sharp: Image
    """(H, W), grey; the longer side is at most `SHARP_SIDE_PX`."""
    small: Image
    """(h, w), grey; the longer side is `SMALL_SIDE_PX`."""
    colour: Image
    """(h', w', 3), BGR: every so manieth pixel of the picture itself, which averages would wash out; about as small."""
    background: Bools
    """(h, w): where no road user is."""

    @property
    def px_per_small(self) -> float:
        """Pixels of the picture to one of the small copy."""
        return max(self.width_px, self.height_px) / float(max(self.small.shape))

    def background_at(self, shape: tuple[int, ...]) -> Bools:
        """The background at another size."""
        resized = cv2.resize(self.background.view(np.uint8), shape[1::-1], interpolation=cv2.INTER_NEAREST)
        return resized.astype(bool)


def sample_image(image: Image, at_s: float, boxes_px: Boxes) -> ImageSample:
    """ImageSample at a picture (BGR) with the boxes of the road users in it."""
    height_px, width_px = image.shape[:2]
    sharp = sharp_grey(image)
    small = _resized(sharp, SMALL_SIDE_PX)
    every = max(1, max(image.shape) // SMALL_SIDE_PX)
    return ImageSample(
        at_s=at_s,
        width_px=width_px,
        height_px=height_px,
        sharp=sharp,
        small=small,
        colour=np.ascontiguousarray(image[every // 2 :: every, every // 2 :: every]),
        background=free_of(boxes_px, max(small.shape) / max(width_px, height_px), small.shape),
    )


def sharp_grey(image: Image) -> Image:
    """A picture (BGR) without colour; the longer side is at most `SHARP_SIDE_PX`."""
    grey = _grey(image)
    return _resized(grey, SHARP_SIDE_PX) if max(grey.shape) > SHARP_SIDE_PX else grey


def free_of(boxes_px: Boxes, scale: float, shape: tuple[int, ...], grown_by: float = GROWN_BY) -> Bools:
    """Where no box is, in a picture of `shape` that is `scale` times as large as the one the boxes are told in."""
    free = np.ones(shape, bool)
    margins = grown_by * (boxes_px[:, 2:] - boxes_px[:, :2])
    corners = np.hstack((boxes_px[:, :2] - margins, boxes_px[:, 2:] + margins)) * scale
    for left, top, right, bottom in np.clip(corners, 0, None).astype(int):
        free[top : bottom + 1, left : right + 1] = False
    return free


def _resized(image: Image, side_px: int) -> Image:
    """With its longer side so long; areas are averaged, so that nothing is made up that is not there."""
    scale = side_px / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR).astype(
        np.uint8, copy=False
    )


def _grey(image: Image) -> Image:
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
