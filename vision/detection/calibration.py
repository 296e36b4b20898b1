"""Maps scores of all models to one scale, so that tracker thresholds hold for any model."""

import numpy as np
from numpy.typing import NDArray

Calibration = tuple[tuple[float, float], ...]
"""Pairs (the model's score, the score on the common scale), both rising, between 0 and 1. Empty: they are the same.

A family that is trained on the quality of its boxes scores a wrong box 0.3 where a YOLO scores it 0.1. The two scores
of a pair have the same precision on labelled street pictures.
"""


def check_rising(points: Calibration) -> Calibration:
    """The points as they are; ValueError where a score does not rise or is not between 0 and 1."""
    whole = np.array([(0.0, 0.0), *points, (1.0, 1.0)])
    if (np.diff(whole, axis=0) <= 0).any():
        raise ValueError("both scores must rise from point to point, between 0 and 1")
    return points


def to_common_scale(scores: NDArray[np.float32], points: Calibration) -> NDArray[np.float32]:
    """The model's scores on the common scale, linear between the points."""
    raw, common = np.array([(0.0, 0.0), *points, (1.0, 1.0)]).T
    return np.asarray(np.interp(scores, raw, common), np.float32)


def from_common_scale(scores: NDArray[np.float32], points: Calibration) -> NDArray[np.float32]:
    """The inverse: the model's scores for scores on the common scale."""
    raw, common = np.array([(0.0, 0.0), *points, (1.0, 1.0)]).T
    return np.asarray(np.interp(scores, common, raw), np.float32)
