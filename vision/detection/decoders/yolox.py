"""YOLOX's raw output [1, cells, 5 + classes]: offsets, objectness and class scores."""

import numpy as np

from vision.detection.decoders.base import Candidates, Family, Outputs, Probe, Wanted, best_wanted, corners, grid
from vision.detection.input_spec import InputSpec

STRIDES = (8, 16, 32)
INPUT = InputSpec(colour="bgr", std=(1, 1, 1), align="top-left", size=416)


def recognises(probe: Probe) -> int | None:
    if len(probe.shapes) != 1 or len(probe.shapes[0]) != 3:
        return None
    _, cells, values = probe.shapes[0]
    return values - 5 if cells in probe.anchors() and values > 5 else None


def decode(outputs: Outputs, wanted: Wanted, width: int, height: int) -> Candidates:
    """A centre is (cell + offset) * stride, a size exp(log size) * stride (Ge et al. 2021, arXiv:2107.08430)."""
    rows = np.asarray(outputs[0], np.float32)
    scores = (rows[:, 5 + wanted.columns] * rows[:, 4:5]).T
    cells, confidence, column = best_wanted(scores, wanted)
    points, strides = grid(width, height, STRIDES)
    few, stride = rows[cells], strides[cells, None]
    centre = (few[:, :2] + points[cells]) * stride
    return Candidates(corners(np.concatenate([centre, np.exp(few[:, 2:4]) * stride], axis=1)), confidence, column)


FAMILY = Family("yolox", "one output [1, cells, 5 + classes]", INPUT, recognises, decode)
