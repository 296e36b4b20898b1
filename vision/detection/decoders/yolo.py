"""YOLO v8, 11 and 26 before suppression: one output [1, 4 + classes, cells]."""

import numpy as np

from vision.detection.decoders.base import Candidates, Family, Outputs, Probe, Wanted, best_wanted, corners
from vision.detection.input_spec import InputSpec


def recognises(probe: Probe) -> int | None:
    if len(probe.shapes) != 1 or len(probe.shapes[0]) != 3:
        return None
    _, rows, cells = probe.shapes[0]
    return rows - 4 if cells in probe.anchors() and rows > 4 else None


def decode(outputs: Outputs, wanted: Wanted, _width: int, _height: int) -> Candidates:
    rows = np.asarray(outputs[0], np.float32)
    cells, confidence, column = best_wanted(rows[4 + wanted.columns], wanted)
    return Candidates(corners(rows[:4, cells].T), confidence, column)


FAMILY = Family("yolo", "one output [1, 4 + classes, cells]", InputSpec(), recognises, decode)
