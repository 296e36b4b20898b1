"""Merges riders with their two-wheelers into one vehicle; pedestrians stay persons."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import ObjectClass
from vision.core import Detections
from vision.geometry import intersection

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float32]

TWO_WHEELERS = (ObjectClass.MOTORCYCLE.class_id, ObjectClass.BICYCLE.class_id)


@dataclass(frozen=True, slots=True)
class RiderParameters:
    """Which persons ride which two-wheelers. Heights and widths are those of the boxes."""

    min_shared_width: float = 0.5
    """Person and two-wheeler share more than this part of the narrower one's width. Larger: fewer riders are merged.
    Source: chosen."""
    max_offset: float = 0.4
    """Their centres are closer across than this part of the two-wheeler's width. Larger: more pedestrians next to it
    are merged. Source: chosen."""
    min_depth: float = 0.15
    """The person's lower edge is deeper than this below the two-wheeler's upper edge, in its heights: a person behind
    ends above the saddle. Larger: fewer riders are merged. Source: chosen."""
    max_depth: float = 1.15
    """And no deeper than this: a person in front ends below the wheels. Larger: more pedestrians in front are merged.
    Source: chosen."""
    max_top: float = 0.5
    """The person's upper edge is above this height of the two-wheeler, from its upper edge. Larger: more parts of
    riders are merged. Source: chosen."""
    min_height_ratio: float = 0.4
    """The person is taller than this many heights of the two-wheeler. Larger: fewer children are merged. Source:
    chosen."""
    max_height_ratio: float = 3.0
    """And lower than this many. Larger: more pedestrians in front of distant two-wheelers are merged. Source:
    chosen."""


DEFAULTS = RiderParameters()


def merge_riders(detections: Detections) -> Detections:
    """Merge every rider with the two-wheeler that fits best.

    The box becomes the union of both, the class stays the two-wheeler's, the confidence is the higher one.
    Passengers are merged like riders. No box is added; only boxes of riders are removed.

    Examples:
        >>> rider_and_motorcycle = Detections(
        ...     xyxy=np.array([[10, 0, 30, 45], [5, 25, 35, 60]], np.float32),
        ...     confidence=np.array([0.9, 0.6], np.float32),
        ...     class_id=np.array([ObjectClass.PERSON.class_id, ObjectClass.MOTORCYCLE.class_id]),
        ... )
        >>> merge_riders(rider_and_motorcycle).xyxy.tolist()
        [[5.0, 0.0, 35.0, 60.0]]
    """
    is_person = detections.class_id == ObjectClass.PERSON.class_id
    is_two_wheeler = np.isin(detections.class_id, TWO_WHEELERS)
    if not is_person.any() or not is_two_wheeler.any():
        return detections
    persons, two_wheelers = detections[is_person], detections[is_two_wheeler]
    fit = rider_fits(persons.xyxy, two_wheelers.xyxy)
    rides, mount = fit.max(axis=1) > 0, fit.argmax(axis=1)
    merged = _unite(two_wheelers, persons[rides], mount[rides])
    others = detections[~is_person & ~is_two_wheeler]
    return _concatenate(others, merged, persons[~rides])


def rider_fits(persons: FloatArray, two_wheelers: FloatArray, parameters: RiderParameters = DEFAULTS) -> FloatArray:
    """(P, M): how well each person (P, 4) fits as a rider on each two-wheeler (M, 4); 0 if not at all.

    A person sits on it if they share most of the narrower's width, their centres are close, the person's box begins
    above its middle and ends on it (neither above the saddle nor below the wheels), and their heights are similar.
    """
    p = parameters
    person, mount = persons[:, None, :], two_wheelers[None, :, :]
    size, mount_size = person[..., 2:] - person[..., :2], mount[..., 2:] - mount[..., :2]
    width = np.minimum(person[..., 2], mount[..., 2]) - np.maximum(person[..., 0], mount[..., 0])
    across = width / np.maximum(np.minimum(size[..., 0], mount_size[..., 0]), 1e-6)
    aside = np.abs(person[..., 0] + person[..., 2] - mount[..., 0] - mount[..., 2]) / 2
    over = aside < p.max_offset * mount_size[..., 0]
    depth = (person[..., 3] - mount[..., 1]) / np.maximum(mount_size[..., 1], 1e-6)
    above = person[..., 1] < mount[..., 1] + p.max_top * mount_size[..., 1]
    ratio = size[..., 1] / np.maximum(mount_size[..., 1], 1e-6)
    is_at_saddle = (depth > p.min_depth) & (depth < p.max_depth)
    is_similar = (ratio > p.min_height_ratio) & (ratio < p.max_height_ratio)
    sits = (across > p.min_shared_width) & over & is_at_saddle & above & is_similar
    shared = intersection(persons, two_wheelers) / np.maximum(size[..., 0] * size[..., 1], 1e-6)
    return np.where(sits, across + shared, 0).astype(np.float32)


def _unite(two_wheelers: Detections, riders: Detections, mount: NDArray[np.int64]) -> Detections:
    xyxy, confidence = two_wheelers.xyxy.copy(), two_wheelers.confidence.copy()
    np.minimum.at(xyxy[:, :2], mount, riders.xyxy[:, :2])
    np.maximum.at(xyxy[:, 2:], mount, riders.xyxy[:, 2:])
    np.maximum.at(confidence, mount, riders.confidence)
    return replace(two_wheelers, xyxy=xyxy, confidence=confidence)


def _concatenate(*parts: Detections) -> Detections:
    return Detections(
        xyxy=np.concatenate([p.xyxy for p in parts]),
        confidence=np.concatenate([p.confidence for p in parts]),
        class_id=np.concatenate([p.class_id for p in parts]),
    )
