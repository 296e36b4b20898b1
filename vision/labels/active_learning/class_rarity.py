"""Finds classes that a camera seldom shows."""

import numpy as np

from vision.common.object_class import CLASSES
from vision.core import Tracks

RARE_FRACTION = 0.05
"""A class with a smaller fraction of the tracks is rare."""
MIN_TRACKS = 20
"""With fewer tracks no class is rare yet."""


class ClassRarity:
    """Counts tracks by class. Each track counts once, by its first class; the state is one number per class."""

    def __init__(self) -> None:
        self._counts = np.zeros(len(CLASSES), np.int64)
        self._newest_id = 0

    def update(self, tracks: Tracks) -> None:
        """Count the new tracks of a frame; track ids increase with time."""
        new = tracks[tracks.track_id > self._newest_id]
        self._counts += np.bincount(new.class_id, minlength=len(CLASSES))
        self._newest_id = max(self._newest_id, int(tracks.track_id.max(initial=0)))

    def is_rare(self, class_id: int) -> bool:
        total = int(self._counts.sum())
        return total >= MIN_TRACKS and bool(self._counts[class_id] < RARE_FRACTION * total)
