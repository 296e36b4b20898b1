"""A picture and what people or models say is on it."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.core.columns import Columns

SMALLEST_SIDE_PX = 1.0


class Split(StrEnum):
    """What a picture is for."""

    NEW = "new"
    """Not dealt yet."""
    TRAIN = "train"
    VAL = "val"


@dataclass(frozen=True, slots=True, eq=False)
class Boxes(Columns):
    """N labelled road users of one picture, in its pixels."""

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
        """From pairs of class and left, top, right, bottom."""
        return cls(
            np.array([box for _, box in rows], np.float64).reshape(-1, 4),
            np.array([class_id for class_id, _ in rows], np.int64),
        )

    def cut(self, width_px: int, height_px: int) -> Self:
        """Cut at the picture's edges; what is then less than a pixel wide or high is gone."""
        edges = np.array([width_px, height_px] * 2, np.float64)
        inside = replace(self, xyxy=self.xyxy.clip(0, edges))
        sides_px = inside.xyxy[:, 2:] - inside.xyxy[:, :2]
        return inside[np.flatnonzero((sides_px >= SMALLEST_SIDE_PX).all(axis=1))]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPicture:
    """One picture of a data set."""

    name: str
    """Its file's name; no two pictures of a data set share one."""
    split: Split
    width_px: int
    height_px: int
    boxes: Boxes | None
    """None: nobody has labelled it. Empty: there is nobody on it."""

    @property
    def stem(self) -> str:
        return self.name.rpartition(".")[0] or self.name
