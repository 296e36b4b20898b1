"""Blurs heads and number plates of detected road users."""

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES, ObjectClass
from vision.core import Detections

Image = NDArray[np.uint8]
Part = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of a box."""

HEADS: dict[ObjectClass, Part] = {
    ObjectClass.PERSON: (0.0, 0.0, 1.0, 0.25),
    ObjectClass.MOTORCYCLE: (0.0, 0.0, 1.0, 0.35),
    ObjectClass.BICYCLE: (0.0, 0.0, 1.0, 0.35),
}
"""The box of a two-wheeler contains its rider and passengers."""
PLATES: dict[ObjectClass, Part] = {
    ObjectClass.MOTORCYCLE: (0.25, 0.5, 0.75, 0.9),
    ObjectClass.CAR: (0.15, 0.5, 0.85, 1.0),
    ObjectClass.BUS: (0.15, 0.65, 0.85, 1.0),
    ObjectClass.TRUCK: (0.15, 0.6, 0.85, 1.0),
}
DETECT_PX_PER_M = 25.0
"""EN 62676-4: below this resolution a person can be detected and not recognised (recognition needs 125). Smaller road
users are not blurred, so that a detector can learn from them."""
MIN_SIZE_PX: dict[ObjectClass, float] = {
    ObjectClass.PERSON: 1.7 * DETECT_PX_PER_M,
    ObjectClass.MOTORCYCLE: 1.6 * DETECT_PX_PER_M,
    ObjectClass.BICYCLE: 1.6 * DETECT_PX_PER_M,
    ObjectClass.CAR: 1.8 * DETECT_PX_PER_M,
    ObjectClass.BUS: 2.5 * DETECT_PX_PER_M,
    ObjectClass.TRUCK: 2.3 * DETECT_PX_PER_M,
}
"""Minimum longer side of a box that is blurred, from the height of a person or rider, or the width of a vehicle."""
BLOCKS = 6
"""Number of blocks across a blurred region: too few to recognise a head or a plate."""


def regions_to_blur(detections: Detections) -> NDArray[np.int64]:
    """(K, 4): left, top, right, bottom of heads and plates in pixels.

    Faces and plates are not detected: the regions are fixed fractions of the boxes. So road users that the detector
    missed and people behind a windscreen are not blurred, and often more is blurred than necessary.
    """
    regions = [
        _part(box, part)
        for box, class_id in zip(detections.xyxy, detections.class_id, strict=True)
        for parts in (HEADS, PLATES)
        if (part := parts.get(CLASSES[class_id])) is not None and _is_large(box, CLASSES[class_id])
    ]
    return np.array(regions, np.int64).reshape(-1, 4)


def blur(image: Image, regions: NDArray[np.int64]) -> Image:
    """A copy of the image (height, width, 3) with each region averaged to a few blocks."""
    height, width = image.shape[:2]
    out = image.copy()
    for left, top, right, bottom in regions.clip(0, [width, height, width, height]):
        if right > left and bottom > top:
            part = out[top:bottom, left:right]
            across = min(BLOCKS, right - left)
            down = min(max(1, round(across * (bottom - top) / (right - left))), bottom - top)
            blocks = cv2.resize(part, (int(across), int(down)), interpolation=cv2.INTER_AREA)
            out[top:bottom, left:right] = cv2.resize(
                blocks, (int(right - left), int(bottom - top)), interpolation=cv2.INTER_LINEAR
            )
    return out


def _is_large(box: NDArray[np.float32], kind: ObjectClass) -> bool:
    return bool((box[2:] - box[:2]).max() >= MIN_SIZE_PX[kind])


def _part(box: NDArray[np.float32], part: Part) -> list[int]:
    left, top, right, bottom = (float(edge) for edge in box)
    width, height = right - left, bottom - top
    low = left + part[0] * width, top + part[1] * height
    high = left + part[2] * width, top + part[3] * height
    return [*np.floor(low).astype(int), *np.ceil(high).astype(int)]
