"""Events inside the process: crossings, movements, zone entries and exits. `vision.contracts` has what is published."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from vision.analytics.track_table import Ids
from vision.common.object_class import CLASSES, ObjectClass
from vision.contracts import Direction


@dataclass(frozen=True, slots=True)
class Crossing:
    """One vehicle crossed one line, once.

    `at_s` and `place` are interpolated between the two sightings on either side of the line: media time in seconds, and
    (x, y) as fractions of the frame. `confidence` is that of the sighting that settled it. What a counter leaves open,
    `LinePassages` fills in when it is known.
    """

    line_id: str
    direction: Direction
    object_class: ObjectClass
    track_id: int
    at_s: float
    place: tuple[float, float]
    confidence: float
    speed_kmh: float | None = None
    """At the line; `None` without calibration, for a track too new to tell, and where implausible."""
    is_implausible: bool = False
    """Whether a speed was dropped."""
    passage_s: float | None = None
    """How long the vehicle takes to pass over a point with its whole length; `None` where its pace is not known."""
    front_at_s: float | None = None
    """When its front reached the line, media time."""
    observed_before_s: float = 0.0
    """For how long it had been seen on the side that it came from; 0 where it came into the picture over the line."""
    unseen_s: float = 0.0
    """For how long it was not seen as it crossed: from the last look on one side to the first on the other."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One vehicle passed an entry and later an exit, each a line or a zone. Media time in seconds."""

    movement_id: str
    object_class: ObjectClass
    track_id: int
    entered_at_s: float
    left_at_s: float


@dataclass(frozen=True, slots=True)
class ZoneEntry:
    """A vehicle or person came into a zone, or came into sight in it. `at_s`: when, media time."""

    zone_id: str
    object_class: ObjectClass
    track_id: int
    at_s: float


@dataclass(frozen=True, slots=True)
class ZoneExit:
    """The whole of a visit, told at its end. Media time in seconds."""

    zone_id: str
    object_class: ObjectClass
    track_id: int
    entered_s: float
    left_s: float
    distance_m: float
    """Its way in the zone, in the metres of `Motion.pace_mps`."""
    measured_s: float
    """How long it took, as far as is known."""
    stopped_s: float
    """How long it stood."""

    @property
    def mean_speed_mps(self) -> float:
        """NaN where its pace was never known."""
        return self.distance_m / self.measured_s if self.measured_s > 0 else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class ZoneVisits:
    """What one moment changed in one zone, and how many are there."""

    present: Ids
    """(classes,): how many count as inside, with those who were lost from sight a moment ago."""
    area_occupancy: float
    """The part of its area in the picture that vehicles cover, 0 to 1."""
    entries: tuple[ZoneEntry, ...]
    exits: tuple[ZoneExit, ...]

    @classmethod
    def none(cls) -> Self:
        return cls(np.zeros(len(CLASSES), np.int64), 0.0, (), ())
