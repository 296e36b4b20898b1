"""How many motorcycles in dense traffic a detector merges or misses, measured on labelled images."""

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

MERGED_SHARE = 0.5
"""A motorcycle without its own detection, of which this share lies inside another's, is merged with it."""
TWO_WHEELERS = (ObjectClass.BICYCLE.class_id, ObjectClass.MOTORCYCLE.class_id)


@dataclass(frozen=True, slots=True)
class Merges:
    """How the motorcycles of labelled images were detected."""

    least_confidence: float
    pictures: int
    motorcycles: int
    found: int
    merged: int
    """Inside the detection of another one, without their own."""
    missed: int
    """Neither found nor merged."""
    merge_rate: float
    miss_rate: float


def count_merges(folders: Sequence[Path], detector: Detector, least_confidence: float) -> Merges:
    """Detect on every labelled image of some data sets. Raises LabelError where a folder is not a data set."""
    pictures = motorcycles = found = merged = 0
    for folder in folders:
        for picture in read(folder).pictures:
            if picture.boxes is None:
                continue
            true = picture.boxes.xyxy[picture.boxes.class_id == ObjectClass.MOTORCYCLE.class_id].astype(np.float32)
            [seen] = detector.detect([open_image(image_file(folder, picture))])
            sure = np.isin(seen.class_id, TWO_WHEELERS) & (seen.confidence >= least_confidence)
            own, inside = own_or_merged(true, seen.xyxy[sure])
            pictures, motorcycles = pictures + 1, motorcycles + len(true)
            found, merged = found + int(own.sum()), merged + int(inside.sum())
    if not motorcycles:
        raise NgatuError(f"{', '.join(map(str, folders))}: no image with a labelled motorcycle")
    missed = motorcycles - found - merged
    return Merges(
        least_confidence, pictures, motorcycles, found, merged, missed, merged / motorcycles, missed / motorcycles
    )


def own_or_merged(true: NDArray[np.float32], seen: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(N,): which true boxes (N, 4) have their own detection among (M, 4), and which lie inside another's."""
    matched = match(true, seen)
    own = matched >= 0
    others = seen[matched[own]]
    shared = intersection(true, others) / np.maximum(area(true), 1e-6)[:, None]
    return own, ~own & np.any(shared > MERGED_SHARE, axis=1)
