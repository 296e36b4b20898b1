"""What a detector saw in one frame."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.core.columns import Columns


@dataclass(frozen=True, slots=True, eq=False)
class Detections(Columns):
    """N boxes of one frame, in pixels of that frame."""

    xyxy: NDArray[np.float32]
    """(N, 4): left, top, right, bottom in pixels."""
    confidence: NDArray[np.float32]
    """(N,): 0 to 1."""
    class_id: NDArray[np.int64]
    """(N,): `ObjectClass.class_id`."""

    def __post_init__(self) -> None:
        self.check_lengths()

    @classmethod
    def empty(cls) -> Self:
        return cls(
            xyxy=np.empty((0, 4), np.float32),
            confidence=np.empty(0, np.float32),
            class_id=np.empty(0, np.int64),
        )
