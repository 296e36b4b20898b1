"""YOLO v10 and 26 end to end, without suppression: one output [1, some hundred, 6] of box, score, class."""

import numpy as np

from vision.detection.decoders.base import Candidates, Family, Outputs, Probe, Wanted, best_wanted
from vision.detection.input_spec import InputSpec


def recognises(probe: Probe) -> int | None:
    if len(probe.shapes) != 1 or len(probe.shapes[0]) != 3:
        return None
    _, rows, values = probe.shapes[0]
    return 0 if values == 6 and rows not in probe.anchors() else None


def decode(outputs: Outputs, wanted: Wanted, _width: int, _height: int) -> Candidates:
    rows = np.asarray(outputs[0], np.float32)
    asked = rows[:, 5].round().astype(np.int64) == wanted.columns[:, None]
    cells, confidence, column = best_wanted(np.where(asked, rows[:, 4], -1.0).astype(np.float32), wanted)
    return Candidates(rows[cells, :4], confidence, column)


FAMILY = Family(
    "yolo-end-to-end", "one output [1, boxes, 6] of x0, y0, x1, y1, score, class", InputSpec(), recognises, decode
)
