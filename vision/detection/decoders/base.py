"""The interface of a model family: its input, how it is recognised, how its outputs are decoded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.detection.calibration import Calibration
from vision.detection.input_spec import InputSpec

FloatArray = NDArray[np.float32]
Outputs = Sequence[NDArray[np.generic]]
"""One image's outputs, in the order of the graph, without the batch axis."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Boxes above their class's threshold, before suppression, in pixels of the model's input."""

    xyxy: FloatArray
    """(K, 4): left, top, right, bottom."""
    confidence: FloatArray
    """(K,): 0 to 1."""
    column: NDArray[np.int64]
    """(K,): index into `Wanted.columns`."""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """The model's classes that are wanted, and their minimum scores."""

    columns: NDArray[np.int64]
    """(C,): the model's numbers of the classes that map to road users."""
    thresholds: FloatArray
    """(C,): the minimum score of each."""


@dataclass(frozen=True, slots=True)
class Probe:
    """The output of a model for a blank picture, from which its family is recognised."""

    output_names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    input_names: tuple[str, ...]
    width: int
    height: int

    def anchors(self) -> frozenset[int]:
        """Number of cells of the usual pyramids: strides 8 to 32, and with one finer or one coarser level."""
        cells = {s: -(-self.width // s) * -(-self.height // s) for s in (4, 8, 16, 32, 64)}
        usual = cells[8] + cells[16] + cells[32]
        return frozenset({usual, usual + cells[4], usual + cells[64]})


@dataclass(frozen=True, slots=True)
class Family:
    """A family of detectors with the same outputs."""

    name: str
    expects: str
    """Description of the outputs, for error messages."""
    input: InputSpec
    recognises: Callable[[Probe], int | None]
    """How many classes the model knows, None if it is not of this family, 0 if the outputs do not show it."""
    decode: Callable[[Outputs, Wanted, int, int], Candidates]
    """(one image's outputs, classes wanted, input width, input height) to candidates."""
    calibration: Calibration = ()


def best_wanted(scores: FloatArray, wanted: Wanted) -> tuple[NDArray[np.int64], FloatArray, NDArray[np.int64]]:
    """The cells with a wanted class above its threshold: their indices, best scores and columns.

    `scores` is (C, N), one row for each of `wanted.columns`.
    """
    if not len(wanted.columns):
        return np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.int64)
    cells = np.flatnonzero((scores >= wanted.thresholds[:, None]).any(axis=0))
    few = scores[:, cells]
    few = np.where(few >= wanted.thresholds[:, None], few, -1.0)
    column = few.argmax(axis=0)
    return cells, few[column, np.arange(len(cells))].astype(np.float32), column


def corners(xywh: FloatArray) -> FloatArray:
    """(K, 4) centre, width, height to left, top, right, bottom."""
    half = xywh[:, 2:] / 2
    return np.concatenate([xywh[:, :2] - half, xywh[:, :2] + half], axis=1)


def grid(width: int, height: int, strides: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """The cells' corners (N, 2) in units of their stride, and the strides (N,): level after level, row by row."""
    points, steps = [], []
    for stride in strides:
        columns, rows = -(-width // stride), -(-height // stride)
        y, x = np.divmod(np.arange(rows * columns), columns)
        points.append(np.stack([x, y], axis=1))
        steps.append(np.full(rows * columns, stride))
    return np.concatenate(points).astype(np.float32), np.concatenate(steps).astype(np.float32)
