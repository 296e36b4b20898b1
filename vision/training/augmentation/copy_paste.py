"""Copy-paste augmentation: pastes cut-outs of rare classes into other pictures (Ghiasi et al. 2021,
arXiv:2012.07177)."""

# Needs only NumPy and OpenCV: the training script imports this module in another environment.

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Boxes = NDArray[np.float32]
Numbers = NDArray[np.int64]

HEIGHT_M = {"bicycle": 1.7, "motorcycle": 1.7, "car": 1.5, "bus": 3.1, "truck": 2.8, "person": 1.7}
"""Approximate height of each class: a cut-out is scaled by that of a labelled object near it."""
MAX_PASTED = 3
"""Maximum number of cut-outs pasted into a picture."""
FULL_RATE_CUTOUTS = 10
"""A class with fewer cut-outs is drawn proportionally less often."""
PLACEMENT_ATTEMPTS = 6
MIN_SIZE_PX = (5, 9)
"""Minimum width and height of a pasted object."""
MAX_SIZE = 0.8
"""Maximum side of a pasted object, as a fraction of the picture's."""
MAX_ENLARGEMENT = 2.5
PARTLY_OCCLUDED = (0.35, 0.9)
"""No label may be occluded by a fraction in this range: it would be neither visible nor gone."""
FULLY_OCCLUDED = 0.8
"""A label that is occluded by at least this fraction is removed."""


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """One object."""

    image: Image
    """(H, W, 3), BGR."""
    mask: Image
    """(H, W): 255 on the object."""


class CopyPaste:
    """Pastes up to `MAX_PASTED` cut-outs into a picture with probability `share`.

    If all buses of a data set are at one junction, a detector learns the junction instead of the bus.
    """

    def __init__(self, folder: Path, names: list[str], share: float) -> None:
        """`folder` has the cut-outs that `CutoutExtractor` wrote; `names` are the classes by number."""
        self.share = share
        self._names = names
        self._cutouts: dict[str, list[Cutout]] = defaultdict(list)
        for file in sorted(folder.glob("*.jpg")):
            image = np.asarray(cv2.imread(str(file), cv2.IMREAD_COLOR), np.uint8)
            mask = np.asarray(cv2.imread(str(file.with_suffix(".png")), cv2.IMREAD_GRAYSCALE), np.uint8)
            self._cutouts[file.name.partition("_")[0]].append(Cutout(image, mask))
        self._kinds = sorted(self._cutouts)
        weights = np.array([min(1.0, len(self._cutouts[kind]) / FULL_RATE_CUTOUTS) for kind in self._kinds])
        self._probabilities = weights / max(weights.sum(), 1e-9)

    def __call__(
        self, image: Image, boxes: Boxes, classes: Numbers, random: np.random.Generator
    ) -> tuple[Image, Boxes, Numbers]:
        """Paste into a picture with (N, 4) boxes in pixels and (N,) classes; returns all three.

        If nothing is pasted the arguments are returned; otherwise the picture is a copy.
        """
        if not self._kinds or not len(boxes) or random.random() >= self.share:
            return image, boxes, classes
        for _ in range(int(random.integers(1, MAX_PASTED + 1))):
            kind = self._kinds[int(random.choice(len(self._kinds), p=self._probabilities))]
            cutout = self._cutouts[kind][int(random.integers(len(self._cutouts[kind])))]
            for _ in range(PLACEMENT_ATTEMPTS):
                place = self._place(image, boxes, classes, kind, cutout, random)
                if place is not None:
                    image, visible = _paste(image, cutout, place, random)
                    kept = _occlusion(visible, boxes) < FULLY_OCCLUDED
                    boxes = np.concatenate([boxes[kept], visible[None]])
                    classes = np.concatenate([classes[kept], [self._names.index(kind)]])
                    break
        return image, boxes, classes

    def _place(  # noqa: PLR0917
        self, image: Image, boxes: Boxes, classes: Numbers, kind: str, cutout: Cutout, random: np.random.Generator
    ) -> Boxes | None:
        """A random box near a labelled object, at its scale; None if the cut-out does not fit there."""
        height, width = image.shape[:2]
        i = int(random.integers(len(boxes)))
        left, _, right, bottom = boxes[i]
        neighbour = bottom - boxes[i, 1]
        tall = neighbour * HEIGHT_M[kind] / HEIGHT_M[self._names[int(classes[i])]] * random.uniform(0.7, 1.4)
        wide = tall * cutout.image.shape[1] / cutout.image.shape[0] * random.uniform(0.7, 1.25)
        fits = MIN_SIZE_PX[0] <= wide <= MAX_SIZE * width and MIN_SIZE_PX[1] <= tall <= MAX_SIZE * height
        if not fits or tall > MAX_ENLARGEMENT * cutout.image.shape[0]:
            return None
        middle = (left + right) / 2 + random.normal(0, 1.5) * max(right - left, wide)
        base = bottom + random.normal(0, 0.25) * neighbour
        box = np.array([middle - wide / 2, base - tall, middle + wide / 2, base], np.float32)
        if box[0] < -0.4 * wide or box[2] > width + 0.4 * wide or box[1] < 0 or base > height + 0.4 * tall:
            return None
        occlusion = _occlusion(box, boxes)
        return None if ((occlusion > PARTLY_OCCLUDED[0]) & (occlusion < PARTLY_OCCLUDED[1])).any() else box


def _occlusion(box: Boxes, boxes: Boxes) -> NDArray[np.float32]:
    """(N,): the fraction of each of the boxes that the one box covers.

    >>> _occlusion(np.array([0, 0, 5, 10], np.float32), np.array([[0, 0, 10, 10]], np.float32)).tolist()
    [0.5]
    """
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return np.asarray(sides.clip(min=0).prod(axis=1) / np.maximum(areas, 1e-6), np.float32)


def _paste(image: Image, cutout: Cutout, box: Boxes, random: np.random.Generator) -> tuple[Image, Boxes]:
    """A copy of the picture with the object pasted into it, and the object's box within the picture."""
    height, width = image.shape[:2]
    x, y = (int(v) for v in np.round(box[:2]))
    size = max(1, round(float(box[2] - box[0]))), max(1, round(float(box[3] - box[1])))
    filtering = cv2.INTER_AREA if size[1] < cutout.image.shape[0] else cv2.INTER_LINEAR
    colours, mask = (
        np.asarray(cv2.resize(one, size, interpolation=filtering), np.uint8) for one in (cutout.image, cutout.mask)
    )
    if random.random() < 0.5:
        colours, mask = colours[:, ::-1], mask[:, ::-1]
    if random.random() < 0.6:
        colours = _recoloured(colours, random)
    left, top, right, bottom = max(x, 0), max(y, 0), min(x + size[0], width), min(y + size[1], height)
    inner = np.s_[top - y : bottom - y, left - x : right - x]
    front, opaque = colours[inner].astype(np.float32), mask[inner].astype(np.float32)[..., None] / 255
    behind = image[top:bottom, left:right]
    brightness = float((front * opaque).sum()) / max(float(opaque.sum()) * 3, 1e-6)
    gain = np.clip((brightness + float(behind.mean())) / 2 / max(brightness, 1.0), 0.5, 1.5) * random.uniform(
        0.85, 1.15
    )
    pasted = image.copy()
    pasted[top:bottom, left:right] = behind * (1 - opaque) + (front * gain).clip(0, 255) * opaque
    return pasted, np.array([left, top, right, bottom], np.float32)


def _recoloured(colours: Image, random: np.random.Generator) -> Image:
    """A random hue and saturation."""
    hsv = cv2.cvtColor(np.ascontiguousarray(colours), cv2.COLOR_BGR2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(np.int16) + int(random.integers(180))) % 180
    hsv[..., 1] = (hsv[..., 1] * random.uniform(0.3, 1.6)).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR), np.uint8)
