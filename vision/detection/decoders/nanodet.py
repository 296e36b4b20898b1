"""NanoDet: for each stride an output of class scores [1, cells, classes] and one of distances [1, cells, 4 x bins]."""

import numpy as np

from vision.detection.decoders.base import Candidates, Family, FloatArray, Outputs, Probe, Wanted, best_wanted, grid
from vision.detection.input_spec import InputSpec

STRIDES = (8, 16, 32)
BINS = 11
INPUT = InputSpec(colour="bgr", mean=(103.53, 116.28, 123.675), std=(57.375, 57.12, 58.395), pad=0)


def recognises(probe: Probe) -> int | None:
    cells = [-(-probe.width // s) * -(-probe.height // s) for s in STRIDES]
    if len(probe.shapes) != 6 or [s[1] for s in probe.shapes if len(s) == 3] != cells * 2:
        return None
    widths = {s[2] for s in probe.shapes[:3]}, {s[2] for s in probe.shapes[3:]}
    return widths[0].pop() if len(widths[0]) == 1 and widths[1] == {4 * BINS} else None


def decode(outputs: Outputs, wanted: Wanted, width: int, height: int) -> Candidates:
    """Each side's distance is the mean of a distribution over bins, in strides from the cell's centre.

    Li et al. 2020, Generalized Focal Loss, arXiv:2006.04388.
    """
    scores = np.concatenate([np.asarray(o, np.float32)[:, wanted.columns] for o in outputs[:3]]).T
    cells, confidence, column = best_wanted(scores, wanted)
    distances = _distances(np.concatenate([np.asarray(o, np.float32) for o in outputs[3:]])[cells])
    points, strides = grid(width, height, STRIDES)
    centre, step = (points[cells] + 0.5) * strides[cells, None], strides[cells, None]
    left_top, right_bottom = distances[:, :2] * step, distances[:, 2:] * step
    return Candidates(np.concatenate([centre - left_top, centre + right_bottom], axis=1), confidence, column)


def _distances(logits: FloatArray) -> FloatArray:
    """(K, 4 x bins) logits to (K, 4) distances in strides."""
    bins = logits.reshape(-1, 4, BINS)
    weights = np.exp(bins - bins.max(axis=2, keepdims=True))
    mean: FloatArray = (weights / weights.sum(axis=2, keepdims=True)) @ np.arange(BINS, dtype=np.float32)
    return mean


FAMILY = Family(
    "nanodet",
    "six outputs, class scores [1, cells, classes] of strides 8, 16, 32, then distances [1, cells, 44]",
    INPUT,
    recognises,
    decode,
    calibration=((0.3, 0.1), (0.4, 0.25), (0.5, 0.5)),
)
