"""Cut-outs of rare road users: what training pastes into other scenes (see `pasting`).

A mask is drawn by GrabCut (Rother et al. 2004) inside the label. Vehicles fill their boxes but for the corners, so that
a rounded core counts in any case: GrabCut takes windscreens for road.
"""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES, ObjectClass
from vision.geometry import area, intersection, iou
from vision.labels.data_set.data_set import Image
from vision.training.data.yolo_dataset import Labels

RARE = (ObjectClass.BICYCLE, ObjectClass.BUS, ObjectClass.TRUCK, ObjectClass.PERSON)
LEAST_HEIGHT_PX = 24
LEAST_WIDTH_PX = 10
MOST_SIDE_PX = 224
"""A cut-out is stored no larger: it is shown at most so large."""
MARGIN_PX = 3
"""A box nearer to the picture's edge may be cut by it."""
HIDDEN = 0.14
"""A box of which more lies behind another, one that stands nearer, is no whole vehicle."""
SQUAT = 1.9
"""A person less than so many times as tall as wide is a rider or sits."""
ALIKE_IOU = 0.5
ALIKE = 0.75
"""Boxes of one scene at one place, of which small pictures correlate so much, are one vehicle that stands."""
FULL = 0.45
"""GrabCut's mask is believed when it fills so much of the box."""
CORE = 0.55
OVAL = 0.9
"""Rounded rectangles (superellipses of the fourth degree): beside GrabCut's mask, and in its place."""
ROUNDS = 4

Mask = NDArray[np.uint8]


class Cutter:
    """Cuts out of one picture after the other, no vehicle twice."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[str, int], list[tuple[NDArray[np.float32], NDArray[np.float32]]]] = {}
        self.counts = dict.fromkeys(RARE, 0)

    def cut(self, image: Image, labels: Labels, scene: str) -> None:
        """Write each whole, new object of a rare class as `CLASS_NUMBER.jpg` and its mask as `.png` beside it."""
        boxes = labels.in_px(image)
        for i, number in enumerate(labels.class_id):
            kind = CLASSES[number]
            if kind in RARE and _whole(boxes, i, kind, image) and self._new(image, boxes[i], scene, int(number)):
                _write(self._folder / f"{kind.value}_{self.counts[kind]:04d}", image, boxes[i])
                self.counts[kind] += 1

    def _new(self, image: Image, box: NDArray[np.float32], scene: str, number: int) -> bool:
        left, top, right, bottom = box.astype(int)
        small = cv2.resize(image[top:bottom, left:right], (12, 12), interpolation=cv2.INTER_AREA).astype(np.float32)
        small = (small - small.mean()) / (small.std() + 1)
        known = self._known.setdefault((scene, number), [])
        if any(iou(box[None], b[None])[0, 0] > ALIKE_IOU and float((small * s).mean()) > ALIKE for b, s in known):
            return False
        known.append((box, small))
        return True


def _whole(boxes: NDArray[np.float32], i: int, kind: ObjectClass, image: Image) -> bool:
    """Large enough, not cut by the picture's edge, and hidden by nothing that stands nearer."""
    left, top, right, bottom = boxes[i]
    height, width = image.shape[:2]
    if bottom - top < LEAST_HEIGHT_PX or right - left < LEAST_WIDTH_PX:
        return False
    if kind is ObjectClass.PERSON and bottom - top < SQUAT * (right - left):
        return False
    if min(left, top, width - right, height - bottom) < MARGIN_PX:
        return False
    nearer = np.flatnonzero(boxes[:, 3] > bottom - 2)
    nearer = nearer[nearer != i]
    hidden = intersection(boxes[i][None], boxes[nearer])[0] / area(boxes[i][None])
    return not bool((hidden > HIDDEN).any())


def _write(file: Path, image: Image, box: NDArray[np.float32]) -> None:
    left, top, right, bottom = (int(v) for v in np.round(box))
    side = max(6, int(0.15 * max(right - left, bottom - top)))
    x, y = max(left - side, 0), max(top - side, 0)
    around = image[y : bottom + side, x : right + side]
    by = min(1.0, MOST_SIDE_PX / max(around.shape[:2]))
    around = np.asarray(cv2.resize(around, None, fx=by, fy=by, interpolation=cv2.INTER_AREA), np.uint8)
    where = [round(v * by) for v in (left - x, top - y, right - x, bottom - y)]
    inner = np.s_[where[1] : where[3], where[0] : where[2]]
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file.with_suffix(".jpg")), around[inner], [cv2.IMWRITE_JPEG_QUALITY, 92])
    cv2.imwrite(str(file.with_suffix(".png")), cv2.GaussianBlur(mask(around, where), (0, 0), 1.0)[inner])


def mask(around: Image, box: Iterable[int]) -> Mask:
    """(H, W), 255 where the object is, 0 elsewhere; `box` is its left, top, right, bottom within the picture."""
    left, top, right, bottom = box
    drawn = _grabbed(around, (left, top, right - left, bottom - top))
    rows, columns = np.mgrid[: around.shape[0], : around.shape[1]]
    off = ((columns - (left + right) / 2) / max((right - left) / 2, 1)) ** 4
    off += ((rows - (top + bottom) / 2) / max((bottom - top) / 2, 1)) ** 4
    full = drawn[top:bottom, left:right].mean() >= FULL
    whole = (drawn | (off < CORE)) if full else off < OVAL
    outside = (columns < left) | (columns >= right) | (rows < top) | (rows >= bottom)
    return np.where(outside, 0, whole * 255).astype(np.uint8)


def _grabbed(around: Image, rectangle: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """The largest piece that GrabCut takes for foreground, without holes; nothing where there is only foreground."""
    marks = np.zeros(around.shape[:2], np.uint8)
    if rectangle[2] * rectangle[3] >= marks.size:
        return np.zeros_like(marks, np.bool_)
    cv2.setRNGSeed(0)
    cv2.grabCut(around, marks, rectangle, np.zeros((1, 65)), np.zeros((1, 65)), ROUNDS, cv2.GC_INIT_WITH_RECT)
    front = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    closed = cv2.morphologyEx(front, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    edges, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    piece = np.zeros_like(front)
    if edges:
        cv2.drawContours(piece, [max(edges, key=cv2.contourArea)], -1, 1, -1)
    return np.asarray(piece, np.bool_)
