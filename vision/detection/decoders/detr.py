"""Transformers of the DETR kind (RT-DETR, D-FINE, DEIM): outputs labels, boxes, scores; they need no suppression."""

import numpy as np

from vision.detection.decoders.base import Candidates, Family, Outputs, Probe, Wanted, best_wanted
from vision.detection.input_spec import InputSpec

NAMES = ("labels", "boxes", "scores")
SIZES_INPUT = "orig_target_sizes"


def recognises(probe: Probe) -> int | None:
    return 0 if probe.output_names == NAMES and SIZES_INPUT in probe.input_names else None


def decode(outputs: Outputs, wanted: Wanted, _width: int, _height: int) -> Candidates:
    """The boxes are in pixels of `orig_target_sizes`, for which the input's own size is given."""
    labels, boxes, scores = (np.asarray(o) for o in outputs)
    asked = labels == wanted.columns[:, None]
    cells, confidence, column = best_wanted(np.where(asked, scores, -1.0).astype(np.float32), wanted)
    return Candidates(boxes[cells].astype(np.float32), confidence, column)


FAMILY = Family(
    "detr",
    "outputs labels, boxes, scores and an input orig_target_sizes",
    InputSpec(fit="stretch"),
    recognises,
    decode,
    calibration=((0.27, 0.1), (0.38, 0.25), (0.48, 0.5)),
)
