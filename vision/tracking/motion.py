"""How a box is expected to move between two looks at the road, five to fifteen a second."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from trackers.utils.state_representations import XYXYStateEstimator

from vision.tracking.life import Life

Box = NDArray[np.float64]


class ObservedMotion(XYXYStateEstimator):  # type: ignore[misc]
    """A Kalman filter at constant velocity that also keeps the box it was last given, and its track's life.

    The library's own noise is in pixels at 30 frames a second. At low rates a vehicle moves by a large part of its box
    between two looks, at once, so the noise here is in parts of the box's size and the first velocity is wide open: the
    second sighting sets it.
    """

    BOX_NOISE: ClassVar[float] = 0.05
    DRIFT: ClassVar[float] = 0.05
    ACCELERATION: ClassVar[float] = 0.05
    FIRST_VELOCITY: ClassVar[float] = 0.5

    def __init__(self, bbox: Box) -> None:
        super().__init__(bbox)
        self.observed: Box | None = bbox
        self.life = Life()

    def update(self, bbox: Box | None) -> None:
        super().update(bbox)
        self.observed = bbox

    def take_observed(self) -> Box | None:
        """The box observed since the last call, if any."""
        box, self.observed = self.observed, None
        return box

    def set_kf_covariances(self, *_: object, **__: object) -> None:
        """Called by the library's tracklet with its noise in pixels; sets ours, in parts of the box, instead."""
        width, height = self.kf.state[2, 0] - self.kf.state[0, 0], self.kf.state[3, 0] - self.kf.state[1, 0]
        size_px = max(float(np.sqrt(abs(width * height))), 1.0)
        ones = np.ones(4)
        super().set_kf_covariances(
            np.diag((ones * self.BOX_NOISE * size_px) ** 2),
            np.diag((np.r_[ones * self.DRIFT, ones * self.ACCELERATION] * size_px) ** 2),
            np.diag((np.r_[ones * self.BOX_NOISE, ones * self.FIRST_VELOCITY] * size_px) ** 2),
        )
