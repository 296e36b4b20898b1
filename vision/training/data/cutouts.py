"""Extracts cut-outs of rare road users with their masks, for copy-paste augmentation."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES, ObjectClass
from vision.geometry import area, intersection, iou
from vision.labels.data_set.data_set import Image
from vision.training.data.yolo_dataset import Labels

RARE_CLASSES = (ObjectClass.BICYCLE, ObjectClass.BUS, ObjectClass.TRUCK, ObjectClass.PERSON)
MIN_HEIGHT_PX = 24
MIN_WIDTH_PX = 10
MAX_SIDE_PX = 224
"""Cut-outs are stored with sides up to this length: they are pasted at most this large."""
EDGE_MARGIN_PX = 3
"""A box nearer to the edge of the picture may be truncated by it."""
MAX_OCCLUSION = 0.14
"""A box covered by a nearer one to a larger fraction is not a whole object."""
MIN_PEDESTRIAN_ASPECT = 1.9
"""Minimum height of a pedestrian over its width; others are riders, or sit."""
REPEAT_IOU = 0.5
REPEAT_CORRELATION = 0.75
"""Boxes of one scene with more than this IoU and correlation of their thumbnails are one stopped vehicle."""
MIN_MASK_FILL = 0.45
"""GrabCut's mask is used if it fills at least this fraction of the box."""
CORE_SIZE = 0.55
FALLBACK_SIZE = 0.9
"""Levels of a superellipse of the fourth degree: the core added to GrabCut's mask, and the shape used in its place."""
GRABCUT_ITERATIONS = 4

Mask = NDArray[np.uint8]


class CutoutExtractor:
    """Extracts cut-outs picture by picture, each stopped vehicle once. Keeps a thumbnail of every cut-out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._extracted: dict[tuple[str, int], list[tuple[NDArray[np.float32], NDArray[np.float32]]]] = {}
        self.counts = dict.fromkeys(RARE_CLASSES, 0)

    def extract(self, image: Image, labels: Labels, scene: str) -> None:
        """Write each whole, new object of a rare class as `CLASS_NUMBER.jpg`, with its mask as `.png`."""
        boxes = labels.in_px(image)
        for i, number in enumerate(labels.class_id):
            kind = CLASSES[number]
            if (
                kind in RARE_CLASSES
                and _is_whole(boxes, i, kind, image)
                and self._is_new(image, boxes[i], scene, number)
            ):
                _write(self._folder / f"{kind.value}_{self.counts[kind]:04d}", image, boxes[i])
                self.counts[kind] += 1

    def _is_new(self, image: Image, box: NDArray[np.float32], scene: str, number: int) -> bool:
        left, top, right, bottom = box.astype(int)
        small = cv2.resize(image[top:bottom, left:right], (12, 12), interpolation=cv2.INTER_AREA).astype(np.float32)
        small = (small - small.mean()) / (small.std() + 1)
        earlier = self._extracted.setdefault((scene, int(number)), [])
        for earlier_box, thumbnail in earlier:
            overlap = iou(box[None], earlier_box[None])[0, 0]
            if overlap > REPEAT_IOU and float((small * thumbnail).mean()) > REPEAT_CORRELATION:
                return False
        earlier.append((box, small))
        return True


def _is_whole(boxes: NDArray[np.float32], i: int, kind: ObjectClass, image: Image) -> bool:
    """Whether the box is large enough, not truncated by the edge, and not occluded by a nearer object."""
    left, top, right, bottom = boxes[i]
    height, width = image.shape[:2]
    if bottom - top < MIN_HEIGHT_PX or right - left < MIN_WIDTH_PX:
        return False
    if kind is ObjectClass.PERSON and bottom - top < MIN_PEDESTRIAN_ASPECT * (right - left):
        return False
    if min(left, top, width - right, height - bottom) < EDGE_MARGIN_PX:
        return False
    nearer = np.flatnonzero(boxes[:, 3] > bottom - 2)
    nearer = nearer[nearer != i]
    occlusion = intersection(boxes[i][None], boxes[nearer])[0] / area(boxes[i][None])
    return not bool((occlusion > MAX_OCCLUSION).any())


def _write(file: Path, image: Image, box: NDArray[np.float32]) -> None:
    left, top, right, bottom = (int(v) for v in np.round(box))
    margin = max(6, int(0.15 * max(right - left, bottom - top)))
    x, y = max(left - margin, 0), max(top - margin, 0)
    surroundings = image[y : bottom + margin, x : right + margin]
    by = min(1.0, MAX_SIDE_PX / max(surroundings.shape[:2]))
    surroundings = np.asarray(cv2.resize(surroundings, None, fx=by, fy=by, interpolation=cv2.INTER_AREA), np.uint8)
    scaled = [round(v * by) for v in (left - x, top - y, right - x, bottom - y)]
    inner = np.s_[scaled[1] : scaled[3], scaled[0] : scaled[2]]
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file.with_suffix(".jpg")), surroundings[inner], [cv2.IMWRITE_JPEG_QUALITY, 92])
    blurred = cv2.GaussianBlur(object_mask(surroundings, scaled), (0, 0), 1.0)
    cv2.imwrite(str(file.with_suffix(".png")), blurred[inner])


def object_mask(image: Image, box: Iterable[int]) -> Mask:
    """(H, W): 255 on the object, 0 elsewhere. `box` is left, top, right, bottom in pixels of the image.

    GrabCut (Rother et al. 2004) segments the object inside its box. A vehicle fills its box except for the corners, so
    a rounded core is always part of the mask: GrabCut takes windscreens for road.
    """
    left, top, right, bottom = box
    foreground = _grabcut(image, (left, top, right - left, bottom - top))
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    level = ((columns - (left + right) / 2) / max((right - left) / 2, 1)) ** 4
    level += ((rows - (top + bottom) / 2) / max((bottom - top) / 2, 1)) ** 4
    is_filled = foreground[top:bottom, left:right].mean() >= MIN_MASK_FILL
    mask = (foreground | (level < CORE_SIZE)) if is_filled else level < FALLBACK_SIZE
    outside = (columns < left) | (columns >= right) | (rows < top) | (rows >= bottom)
    return np.where(outside, 0, mask * 255).astype(np.uint8)


def _grabcut(image: Image, rectangle: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """The largest connected foreground piece, without holes; empty if the rectangle covers the whole image."""
    labels = np.zeros(image.shape[:2], np.uint8)
    if rectangle[2] * rectangle[3] >= labels.size:
        return np.zeros_like(labels, np.bool_)
    cv2.setRNGSeed(0)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(image, labels, rectangle, background, foreground, GRABCUT_ITERATIONS, cv2.GC_INIT_WITH_RECT)
    front = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    closed = cv2.morphologyEx(front, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    edges, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    piece = np.zeros_like(front)
    if edges:
        cv2.drawContours(piece, [max(edges, key=cv2.contourArea)], -1, 1, -1)
    return np.asarray(piece, np.bool_)
