"""The confirmed tracks of one frame."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.core.columns import Columns


@dataclass(frozen=True, slots=True, eq=False)
class Tracks(Columns):
    """N confirmed tracks that were detected in one frame, in pixels of that frame.

    Examples:
        >>> tracks = Tracks.empty()
        >>> tracks[tracks.age > 10].track_id.tolist()
        []
    """

    xyxy: NDArray[np.float32]
    """(N, 4): left, top, right, bottom in pixels."""
    confidence: NDArray[np.float32]
    """(N,): 0 to 1, of the detection that continued the track."""
    class_id: NDArray[np.int64]
    """(N,): `ObjectClass.class_id`, by all detections of the track, not this frame's alone."""
    track_id: NDArray[np.int64]
    """(N,): unique within the camera's session, never reused."""
    age: NDArray[np.int64]
    """(N,): frames since the track began, 1 at its first."""

    def __post_init__(self) -> None:
        self.check_lengths()

    @classmethod
    def empty(cls) -> Self:
        return cls(
            xyxy=np.empty((0, 4), np.float32),
            confidence=np.empty(0, np.float32),
            class_id=np.empty(0, np.int64),
            track_id=np.empty(0, np.int64),
            age=np.empty(0, np.int64),
        )
