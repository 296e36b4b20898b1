"""Small copies of one frame to measure on, with a mask of the background between road users."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Boxes = NDArray[np.floating]
"""(N, 4): left, top, right, bottom in pixels."""


@dataclass(frozen=True, slots=True)
class SampleParameters:
    """Sizes of the copies."""

    sharp_side_px: int = 640
    """Longer side of the copy for sharpness and rain, pixels: about what detectors see. Larger: finer detail, more
    time. Source: chosen."""
    small_side_px: int = 256
    """Longer side of the copy for everything else, pixels. Larger: finer detail, more time. Source: chosen."""
    box_margin: float = 0.1
    """Boxes grow by this share of their size on each side, for shadows, mirrors and the tracker's lag. Larger: less
    background is left. Source: chosen."""


DEFAULTS = SampleParameters()


@dataclass(frozen=True, slots=True, eq=False)
class ImageSample:
    """One frame in three small copies."""

    at_s: float
    """Media time."""
    width_px: int
    """Of the frame itself."""
    height_px: int
    sharp: Image
    """(H, W), grey; the longer side is at most `sharp_side_px`."""
    small: Image
    """(h, w), grey; the longer side is `small_side_px`."""
    colour: Image
    """(h', w', 3), BGR, about as small: every nth pixel of the frame, since a mean would desaturate it."""
    background: Bools
    """(h, w): where no road user is."""

    @property
    def px_per_small(self) -> float:
        """Pixels of the frame per pixel of the small copy."""
        return max(self.width_px, self.height_px) / float(max(self.small.shape))

    def background_at(self, shape: tuple[int, ...]) -> Bools:
        """The background at another size."""
        resized = cv2.resize(self.background.view(np.uint8), shape[1::-1], interpolation=cv2.INTER_NEAREST)
        return resized.astype(bool)


def sample_image(image: Image, at_s: float, boxes_px: Boxes, parameters: SampleParameters = DEFAULTS) -> ImageSample:
    """Samples an image (H, W, 3; BGR) of this media time, with the boxes (N, 4) of its road users.

    Examples:
        >>> sample = sample_image(np.zeros((720, 1280, 3), np.uint8), 0.0, np.array([[0.0, 0.0, 640.0, 720.0]]))
        >>> sample.small.shape, sample.px_per_small
        ((144, 256), 5.0)
        >>> round(float(sample.background.mean()), 2)  # without the box, which grows by a tenth
        0.45
    """
    height_px, width_px = image.shape[:2]
    sharp = sharp_grey(image, parameters)
    small = _resized(sharp, parameters.small_side_px)
    every = max(1, max(image.shape) // parameters.small_side_px)
    scale = max(small.shape) / max(width_px, height_px)
    return ImageSample(
        at_s=at_s,
        width_px=width_px,
        height_px=height_px,
        sharp=sharp,
        small=small,
        colour=np.ascontiguousarray(image[every // 2 :: every, every // 2 :: every]),
        background=background_mask(boxes_px, scale, small.shape, parameters.box_margin),
    )


def sharp_grey(image: Image, parameters: SampleParameters = DEFAULTS) -> Image:
    """An image (BGR) in grey levels, its longer side at most `sharp_side_px`."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
    return _resized(grey, parameters.sharp_side_px) if max(grey.shape) > parameters.sharp_side_px else grey


def background_mask(boxes_px: Boxes, scale: float, shape: tuple[int, ...], margin: float) -> Bools:
    """(h, w) = `shape`: where no box is. `scale`: pixels of the mask per pixel of the boxes."""
    mask = np.ones(shape, bool)
    margins = margin * (boxes_px[:, 2:] - boxes_px[:, :2])
    corners = np.hstack((boxes_px[:, :2] - margins, boxes_px[:, 2:] + margins)) * scale
    for left, top, right, bottom in np.clip(corners, 0, None).astype(int):
        mask[top : bottom + 1, left : right + 1] = False
    return mask


def _resized(image: Image, side_px: int) -> Image:
    """With this longer side; areas are averaged, which avoids aliasing."""
    scale = side_px / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR).astype(
        np.uint8, copy=False
    )
