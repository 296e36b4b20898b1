"""What is known of one track from its first detection to its last."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES, ObjectClass

TWO_WHEELERS = [ObjectClass.BICYCLE.class_id, ObjectClass.MOTORCYCLE.class_id]
SMALL = [ObjectClass.PERSON.class_id, *TWO_WHEELERS]
TRAIL = 6
"""Newest sightings that are kept of each track, to tell its motion."""
RIDER_SHARE = 0.3
"""Who was seen on a two-wheeler at least so much, next to being seen as a person, rides it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A detection that belongs to a track: a row of one frame's `Detections`."""

    at_s: float
    xyxy: NDArray[np.float32]
    confidence: float


@dataclass(slots=True, eq=False)
class Life:
    """Votes for the track's class, its age, and, until it is confirmed, everything that was seen of it."""

    track_id: int = 0
    """0 until confirmed."""
    age: int = 0
    votes: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(CLASSES)))
    unconfirmed: list[Seen] = field(default_factory=list)
    trail: deque[Seen] = field(default_factory=lambda: deque(maxlen=TRAIL))

    @property
    def is_small(self) -> bool:
        """A person or a two-wheeler, by most of what was seen of it."""
        return bool(self.votes[SMALL].sum() > self.votes.sum() / 2)

    @property
    def class_id(self) -> int:
        """The class that its detections spoke for, each with its confidence.

        A detector sees the rider of a distant or dark two-wheeler long before what he rides, so a person who was also
        seen on a two-wheeler is one.
        """
        person, two_wheelers = self.votes[ObjectClass.PERSON.class_id], self.votes[TWO_WHEELERS]
        if 0 < RIDER_SHARE * person <= two_wheelers.sum():
            return int(np.where(np.arange(len(CLASSES)) == ObjectClass.PERSON.class_id, 0, self.votes).argmax())
        return int(self.votes.argmax())

    def add(self, seen: Seen, class_id: int) -> None:
        """A detection continues the track."""
        self.age += 1
        self.votes[class_id] += seen.confidence
        self.trail.append(seen)
        if not self.track_id:
            self.unconfirmed.append(seen)

    def confirm(self, track_id: int) -> list[Seen]:
        """Give it its id. Returns what was seen of it before and now, oldest first."""
        self.track_id = track_id
        seen, self.unconfirmed = self.unconfirmed, []
        return seen

    def continue_as(self, later: "Life") -> list[Seen]:
        """Take over a new track that turned out to be this one. Returns what was seen of it, oldest first."""
        self.age += later.age
        self.votes += later.votes
        self.trail.extend(later.trail)
        return later.unconfirmed
