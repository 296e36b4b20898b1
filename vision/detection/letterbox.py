"""Letterboxes a picture into a model's input and maps boxes back."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.detection.input_spec import InputSpec

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Fit:
    """Position of a picture in the model's input: `width` x `height` pixels at `left`, `top` of the canvas."""

    canvas: tuple[int, int]
    """Width and height of the model's input in pixels."""
    picture: tuple[int, int]
    """Width and height of the picture in pixels."""
    width: int
    height: int
    left: int
    top: int

    def to_picture(self, xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 4) boxes in pixels of the input to pixels of the picture, clipped at its edges."""
        x = (xyxy[:, 0::2] - self.left) * (self.picture[0] / self.width)
        y = (xyxy[:, 1::2] - self.top) * (self.picture[1] / self.height)
        boxes = np.empty((len(xyxy), 4), np.float32)
        boxes[:, 0::2] = x.clip(0, self.picture[0])
        boxes[:, 1::2] = y.clip(0, self.picture[1])
        return boxes


def plan_fit(picture: tuple[int, int], spec: InputSpec, fixed: tuple[int | None, int | None]) -> Fit:
    """How a picture (width, height) is fitted; `fixed` is the model's own (width, height), None where open.

    Open sides: the long one becomes `spec.size`, the other is the next multiple that holds the picture.
    """
    scale = min(*((f or spec.size) / side for f, side in zip(fixed, picture, strict=True)))
    inner = [max(1, round(side * scale)) for side in picture]
    width, height = (f or _next_multiple(i, spec.multiple) for f, i in zip(fixed, inner, strict=True))
    if spec.fit == "stretch":
        return Fit((width, height), picture, width, height, 0, 0)
    centred = spec.align == "centre"
    left, top = ((width - inner[0]) // 2, (height - inner[1]) // 2) if centred else (0, 0)
    return Fit((width, height), picture, inner[0], inner[1], left, top)


def _next_multiple(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


def write_tensor(image: Image, fit: Fit, spec: InputSpec, out: NDArray[np.float32]) -> None:
    """Write the fitted, normalised picture into `out` (3, height, width)."""
    small = image
    if fit.picture != (fit.width, fit.height):
        small = cv2.resize(image, (fit.width, fit.height), interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
    bottom, right = fit.canvas[1] - fit.height - fit.top, fit.canvas[0] - fit.width - fit.left
    if bottom or right or fit.top or fit.left:
        bars = (spec.pad, spec.pad, spec.pad)
        small = cv2.copyMakeBorder(small, fit.top, bottom, fit.left, right, cv2.BORDER_CONSTANT, value=bars)  # type: ignore[assignment]
    planes = cv2.split(small)
    for target, plane, table in zip(out, planes if spec.colour == "bgr" else planes[::-1], _tables(spec), strict=True):
        cv2.LUT(plane, table, dst=target)


@lru_cache(maxsize=16)
def _tables(spec: InputSpec) -> tuple[NDArray[np.float32], ...]:
    """The normalised value of each of the 256 levels, one table per channel in the input's order."""
    levels = np.arange(256, dtype=np.float32)
    return tuple((levels - m) / np.float32(s) for m, s in zip(spec.mean, spec.std, strict=True))
