"""Road users cut out of some pictures and put into others, so that a class is not known by its scene.

Copy-paste (Ghiasi et al. 2021, arXiv:2012.07177) of rare classes: where all buses of a data set stand at one junction,
a detector learns the junction. numpy and OpenCV only: the training script imports it in another environment.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Boxes = NDArray[np.float32]
ClassNumbers = NDArray[np.int64]

HEIGHT_M = {"bicycle": 1.7, "motorcycle": 1.7, "car": 1.5, "bus": 3.1, "truck": 2.8, "person": 1.7}
"""About how tall each class is: what stands beside something is drawn to its scale."""
MOST = 3
"""So many are pasted into a picture, at most."""
ENOUGH = 10
"""A class with fewer cut-outs is drawn less often, in proportion."""
TRIES = 6
SMALLEST_PX = (5, 9)
"""A pasted object's least width and height."""
LARGEST = 0.8
"""A pasted object's largest side, as part of the picture's."""
BLOWN_UP = 2.5
"""A cut-out is enlarged by no more."""
HALF_HIDDEN = (0.35, 0.9)
"""No label may be hidden by a part between these: it would be neither there nor gone."""
GONE = 0.8
"""A label hidden by more is no more."""


@dataclass(frozen=True, slots=True, eq=False)
class CutOut:
    """One object."""

    image: Image
    """(H, W, 3), BGR."""
    mask: Image
    """(H, W): 255 where the object is."""


class Pasting:
    """Each picture gets up to MOST cut-outs with probability `share`."""

    def __init__(self, folder: Path, names: list[str], share: float) -> None:
        """`folder` has what `cutting` wrote; `names` says which number each class has."""
        self.share = share
        self._names = names
        self._cut: dict[str, list[CutOut]] = defaultdict(list)
        for file in sorted(folder.glob("*.jpg")):
            image = np.asarray(cv2.imread(str(file), cv2.IMREAD_COLOR), np.uint8)
            mask = np.asarray(cv2.imread(str(file.with_suffix(".png")), cv2.IMREAD_GRAYSCALE), np.uint8)
            self._cut[file.name.partition("_")[0]].append(CutOut(image, mask))
        self._kinds = sorted(self._cut)
        often = np.array([min(1.0, len(self._cut[kind]) / ENOUGH) for kind in self._kinds])
        self._often = often / max(often.sum(), 1e-9)

    def __call__(
        self, image: Image, boxes: Boxes, classes: ClassNumbers, random: np.random.Generator
    ) -> tuple[Image, Boxes, ClassNumbers]:
        """A picture, its (N, 4) boxes in pixels and (N,) classes to the same with what was pasted.

        Where nothing is pasted they come back themselves; a changed picture is a copy.
        """
        if not self._kinds or not len(boxes) or random.random() >= self.share:
            return image, boxes, classes
        for _ in range(int(random.integers(1, MOST + 1))):
            kind = self._kinds[int(random.choice(len(self._kinds), p=self._often))]
            cut = self._cut[kind][int(random.integers(len(self._cut[kind])))]
            for _ in range(TRIES):
                place = self._place(image, boxes, classes, kind, cut, random)
                if place is not None:
                    image, seen = _pasted(image, cut, place, random)
                    stays = _hidden(seen, boxes) < GONE
                    boxes = np.concatenate([boxes[stays], seen[None]])
                    classes = np.concatenate([classes[stays], [self._names.index(kind)]])
                    break
        return image, boxes, classes

    def _place(  # noqa: PLR0917
        self, image: Image, boxes: Boxes, classes: ClassNumbers, kind: str, cut: CutOut, random: np.random.Generator
    ) -> Boxes | None:
        """Beside something that stands on the road, and as large as it then is; None where it does not fit."""
        height, width = image.shape[:2]
        i = int(random.integers(len(boxes)))
        left, _, right, bottom = boxes[i]
        beside = bottom - boxes[i, 1]
        tall = beside * HEIGHT_M[kind] / HEIGHT_M[self._names[int(classes[i])]] * random.uniform(0.7, 1.4)
        wide = tall * cut.image.shape[1] / cut.image.shape[0] * random.uniform(0.7, 1.25)
        fits = SMALLEST_PX[0] <= wide <= LARGEST * width and SMALLEST_PX[1] <= tall <= LARGEST * height
        if not fits or tall > BLOWN_UP * cut.image.shape[0]:
            return None
        middle = (left + right) / 2 + random.normal(0, 1.5) * max(right - left, wide)
        foot = bottom + random.normal(0, 0.25) * beside
        box = np.array([middle - wide / 2, foot - tall, middle + wide / 2, foot], np.float32)
        if box[0] < -0.4 * wide or box[2] > width + 0.4 * wide or box[1] < 0 or foot > height + 0.4 * tall:
            return None
        hidden = _hidden(box, boxes)
        return None if ((hidden > HALF_HIDDEN[0]) & (hidden < HALF_HIDDEN[1])).any() else box


def _hidden(box: Boxes, boxes: Boxes) -> NDArray[np.float32]:
    """(N,): which part of each of the boxes lies behind the one."""
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    whole = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return np.asarray(sides.clip(min=0).prod(axis=1) / np.maximum(whole, 1e-6), np.float32)


def _pasted(image: Image, cut: CutOut, box: Boxes, random: np.random.Generator) -> tuple[Image, Boxes]:
    """A copy of the picture with the object in it, and the box of what of it is within the picture."""
    height, width = image.shape[:2]
    x, y = (int(v) for v in np.round(box[:2]))
    size = max(1, round(float(box[2] - box[0]))), max(1, round(float(box[3] - box[1])))
    how = cv2.INTER_AREA if size[1] < cut.image.shape[0] else cv2.INTER_LINEAR
    colours, mask = (np.asarray(cv2.resize(one, size, interpolation=how), np.uint8) for one in (cut.image, cut.mask))
    if random.random() < 0.5:
        colours, mask = colours[:, ::-1], mask[:, ::-1]
    if random.random() < 0.6:
        colours = _repainted(colours, random)
    left, top, right, bottom = max(x, 0), max(y, 0), min(x + size[0], width), min(y + size[1], height)
    inner = np.s_[top - y : bottom - y, left - x : right - x]
    front, opaque = colours[inner].astype(np.float32), mask[inner].astype(np.float32)[..., None] / 255
    behind = image[top:bottom, left:right]
    own = float((front * opaque).sum()) / max(float(opaque.sum()) * 3, 1e-6)
    gain = np.clip((own + float(behind.mean())) / 2 / max(own, 1.0), 0.5, 1.5) * random.uniform(0.85, 1.15)
    whole = image.copy()
    whole[top:bottom, left:right] = behind * (1 - opaque) + (front * gain).clip(0, 255) * opaque
    return whole, np.array([left, top, right, bottom], np.float32)


def _repainted(colours: Image, random: np.random.Generator) -> Image:
    """In another hue, paler or more vivid."""
    hsv = cv2.cvtColor(np.ascontiguousarray(colours), cv2.COLOR_BGR2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(np.int16) + int(random.integers(180))) % 180
    hsv[..., 1] = (hsv[..., 1] * random.uniform(0.3, 1.6)).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR), np.uint8)
