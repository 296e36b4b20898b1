"""Maps a model's class names to road users."""

import ast
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from vision.common.class_names import road_user_of, sounds_like_a_road_user
from vision.common.object_class import ObjectClass

# fmt: off
COCO: tuple[str, ...] = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant",
    "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard",
    "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle",
    "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange", "broccoli",
    "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed", "dining table", "toilet",
    "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink",
    "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
)
# fmt: on
"""The 80 classes of COCO in their usual order (Lin et al. 2014, arXiv:1405.0312)."""

MAX_NAMES_LENGTH = 100_000


def names_in_metadata(text: str) -> tuple[str, ...] | None:
    """The `names` that Ultralytics writes into a file, a dict or list literal; None if it is neither."""
    if len(text) > MAX_NAMES_LENGTH:
        return None
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    if isinstance(value, dict) and set(value) == set(range(len(value))):
        value = [value[i] for i in range(len(value))]
    if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
        return None
    return tuple(value)


def by_name(names: tuple[str, ...]) -> dict[str, ObjectClass]:
    """The names that mean a road user, in any common spelling."""
    return {name: kind for name in names if (kind := road_user_of(name)) is not None}


def unmapped(names: tuple[str, ...], mapping: Mapping[str, ObjectClass]) -> list[str]:
    """The names that sound like road users and that no class of ours stands for: what they are is not detected.

    Examples:
        >>> unmapped(("car", "auto-rickshaw", "traffic light"), by_name(("car",)))
        ['auto-rickshaw']
    """
    return [name for name in names if name not in mapping and sounds_like_a_road_user(name)]


def columns(names: tuple[str, ...], mapping: Mapping[str, ObjectClass]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The model's numbers of the mapped classes, and the `class_id` of each."""
    pairs = [(i, mapping[name].class_id) for i, name in enumerate(names) if name in mapping]
    table = np.asarray(pairs, np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]
