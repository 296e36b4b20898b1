"""How a detector copes with motorcycles in a throng: labelled pictures beside what it sees in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vision.bench.tracking.box_matching import match
from vision.common.object_class import ObjectClass
from vision.core import NgatuError
from vision.detection import Detector
from vision.geometry import area, intersection
from vision.labels.data_set.data_set import image_file, open_image, read

SWALLOWED = 0.5
"""A motorcycle without a detection of its own of which so much lies inside another's is merged with it."""
TWO_WHEELERS = (ObjectClass.BICYCLE.class_id, ObjectClass.MOTORCYCLE.class_id)


@dataclass(frozen=True, slots=True)
class Merges:
    """Motorcycles of labelled pictures."""

    least_confidence: float
    pictures: int
    motorcycles: int
    found: int
    merged: int
    """Inside the box of another one, with no box of their own."""
    missed: int
    """Neither."""
    merge_rate: float
    miss_rate: float


def count_merges(folders: Sequence[Path], detector: Detector, least_confidence: float) -> Merges:
    """Look at every labelled picture of some data sets. Raises LabelError where a folder is none."""
    pictures = motorcycles = found = merged = 0
    for folder in folders:
        for picture in read(folder).pictures:
            if picture.boxes is None:
                continue
            true = picture.boxes.xyxy[picture.boxes.class_id == ObjectClass.MOTORCYCLE.class_id].astype(np.float32)
            [seen] = detector.detect([open_image(image_file(folder, picture))])
            sure = np.isin(seen.class_id, TWO_WHEELERS) & (seen.confidence >= least_confidence)
            own, swallowed = told_apart(true, seen.xyxy[sure])
            pictures, motorcycles = pictures + 1, motorcycles + len(true)
            found, merged = found + int(own.sum()), merged + int(swallowed.sum())
    if not motorcycles:
        raise NgatuError(f"{', '.join(map(str, folders))}: no picture with a labelled motorcycle")
    missed = motorcycles - found - merged
    return Merges(
        least_confidence, pictures, motorcycles, found, merged, missed, merged / motorcycles, missed / motorcycles
    )


def told_apart(true: NDArray[np.float32], seen: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(N, 4) and (M, 4) boxes to (N,) which true ones have a seen one of their own, and (N,) which lie in another's."""
    of = match(true, seen)
    own = of >= 0
    others = seen[of[own]]
    shared = intersection(true, others) / np.maximum(area(true), 1e-6)[:, None]
    return own, ~own & np.any(shared > SWALLOWED, axis=1)
