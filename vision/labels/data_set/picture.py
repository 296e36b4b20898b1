"""A picture of a data set and its labelled boxes."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.core.columns import Columns

MIN_SIDE_PX = 1.0


class Split(StrEnum):
    """The use of a picture."""

    NEW = "new"
    """Not assigned yet."""
    TRAIN = "train"
    VAL = "val"


@dataclass(frozen=True, slots=True, eq=False)
class Boxes(Columns):
    """N labelled road users of one picture, in its pixels.

    Examples:
        >>> boxes = Boxes.of([(2, (-5.0, 10.0, 30.0, 40.0)), (2, (99.5, 10.0, 120.0, 40.0))])
        >>> boxes.clip(100, 100).xyxy.tolist()
        [[0.0, 10.0, 30.0, 40.0]]
    """

    xyxy: NDArray[np.float64]
    """(N, 4): left, top, right, bottom in pixels."""
    class_id: NDArray[np.int64]
    """(N,): `ObjectClass.class_id`."""

    def __post_init__(self) -> None:
        self.check_lengths()

    @classmethod
    def empty(cls) -> Self:
        return cls(np.empty((0, 4)), np.empty(0, np.int64))

    @classmethod
    def of(cls, rows: list[tuple[int, tuple[float, float, float, float]]]) -> Self:
        """From pairs of class number and (left, top, right, bottom)."""
        return cls(
            np.array([box for _, box in rows], np.float64).reshape(-1, 4),
            np.array([class_id for class_id, _ in rows], np.int64),
        )

    def clip(self, width_px: int, height_px: int) -> Self:
        """Clip to the picture; drop boxes that are then less than a pixel wide or high."""
        edges = np.array([width_px, height_px] * 2, np.float64)
        inside = replace(self, xyxy=self.xyxy.clip(0, edges))
        sides_px = inside.xyxy[:, 2:] - inside.xyxy[:, :2]
        return inside[np.flatnonzero((sides_px >= MIN_SIDE_PX).all(axis=1))]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPicture:
    """One picture of a data set."""

    name: str
    """File name, unique in the data set."""
    split: Split
    width_px: int
    height_px: int
    boxes: Boxes | None
    """None: not labelled. Empty: labelled, without road users."""

    @property
    def stem(self) -> str:
        return self.name.rpartition(".")[0] or self.name
