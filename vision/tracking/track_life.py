"""The state of one track from its first detection to its last: class votes, age, and its newest boxes."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES, ObjectClass

TWO_WHEELERS = [ObjectClass.BICYCLE.class_id, ObjectClass.MOTORCYCLE.class_id]
SMALL = [ObjectClass.PERSON.class_id, *TWO_WHEELERS]


@dataclass(frozen=True, slots=True)
class TrackLifeParameters:
    """What is kept of a track, and how its class is decided."""

    trail: int = 6
    """Newest boxes that are kept for the track's velocity. More: less noise, more lag. Source: chosen."""
    rider_share: float = 0.3
    """A person with two-wheeler votes of at least this part of its person votes is a rider. Larger: fewer persons are
    taken for riders. Source: chosen."""


@dataclass(frozen=True, slots=True)
class TrackedBox:
    """A detection that belongs to a track."""

    at_s: float
    xyxy: NDArray[np.float32]
    confidence: float


@dataclass(slots=True, eq=False)
class TrackLife:
    """Votes for the track's class, its age, its newest boxes, and all of them until it is confirmed.

    Examples:
        >>> life = TrackLife()
        >>> life.add(TrackedBox(0.0, np.array([0, 0, 10, 10], np.float32), 0.9), ObjectClass.CAR.class_id)
        >>> CLASSES[life.class_id].value, life.age
        ('car', 1)
    """

    track_id: int = 0
    """0 until confirmed."""
    age: int = 0
    votes: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(CLASSES)))
    unconfirmed: list[TrackedBox] = field(default_factory=list)
    parameters: TrackLifeParameters = TrackLifeParameters()
    trail: deque[TrackedBox] = field(init=False)
    """The newest boxes."""

    def __post_init__(self) -> None:
        self.trail = deque(maxlen=self.parameters.trail)

    @property
    def is_small(self) -> bool:
        """Whether most votes are for a person or a two-wheeler."""
        return bool(self.votes[SMALL].sum() > self.votes.sum() / 2)

    @property
    def class_id(self) -> int:
        """The class with the most votes; a detection votes with its confidence.

        Of a distant or dark two-wheeler, detectors find the rider long before the vehicle, so a person that was also
        detected as a two-wheeler is one.
        """
        person, two_wheelers = self.votes[ObjectClass.PERSON.class_id], self.votes[TWO_WHEELERS]
        if 0 < self.parameters.rider_share * person <= two_wheelers.sum():
            return int(np.where(np.arange(len(CLASSES)) == ObjectClass.PERSON.class_id, 0, self.votes).argmax())
        return int(self.votes.argmax())

    def add(self, box: TrackedBox, class_id: int) -> None:
        """Take in the detection that continues the track."""
        self.age += 1
        self.votes[class_id] += box.confidence
        self.trail.append(box)
        if not self.track_id:
            self.unconfirmed.append(box)

    def confirm(self, track_id: int) -> list[TrackedBox]:
        """Give the track its id; return all its boxes, oldest first."""
        self.track_id = track_id
        boxes, self.unconfirmed = self.unconfirmed, []
        return boxes

    def absorb(self, later: "TrackLife") -> list[TrackedBox]:
        """Take over a new track that is this one; return its boxes, oldest first."""
        self.age += later.age
        self.votes += later.votes
        self.trail.extend(later.trail)
        return later.unconfirmed
