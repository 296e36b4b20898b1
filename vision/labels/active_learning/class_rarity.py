"""Which classes a camera seldom shows."""

import numpy as np

from vision.common.object_class import CLASSES
from vision.core import Tracks

RARE_SHARE = 0.05
"""A class with a smaller share of the vehicles seen is rare."""
LEAST_TRACKS = 20
"""Before so many vehicles were seen, nothing is known to be rare."""


class Rarity:
    """Counts each vehicle once, by the class it had when it was first told. A number a class, whatever the traffic."""

    def __init__(self) -> None:
        self._counts = np.zeros(len(CLASSES), np.int64)
        self._newest_id = 0

    def add(self, tracks: Tracks) -> None:
        """Take in the tracks of one frame; ids rise with time."""
        new = tracks[tracks.track_id > self._newest_id]
        self._counts += np.bincount(new.class_id, minlength=len(CLASSES))
        self._newest_id = max(self._newest_id, int(tracks.track_id.max(initial=0)))

    def is_rare(self, class_id: int) -> bool:
        total = int(self._counts.sum())
        return total >= LEAST_TRACKS and bool(self._counts[class_id] < RARE_SHARE * total)
