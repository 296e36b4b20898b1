"""Events of the analytics: crossings, movements, zone entries and exits; `vision.contracts` has what is published."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from vision.analytics.track_table import Ids
from vision.common.object_class import CLASSES, ObjectClass
from vision.contracts import Direction


@dataclass(frozen=True, slots=True)
class Crossing:
    """One vehicle crossed one line, once.

    `LineCounter` leaves the speed and the times of front and passage open; `CrossingSpeedEstimator` fills them in.

    Examples:
        >>> crossing = Crossing("north", Direction.IN, ObjectClass.CAR, 7, 12.5, (0.5, 0.6), 0.9, speed_kmh=42.0)
        >>> crossing.line_id, crossing.direction.value, crossing.speed_kmh
        ('north', 'in', 42.0)
    """

    line_id: str
    direction: Direction
    object_class: ObjectClass
    track_id: int
    at_s: float
    """When, media time, interpolated between the observations on both sides of the line."""
    place: tuple[float, float]
    """Where, (x, y) as fractions of the frame, interpolated as well."""
    confidence: float
    """The detector's, of the observation that confirmed the crossing."""
    speed_kmh: float | None = None
    """At the line; `None` without calibration, for a track too new to measure, and where implausible."""
    is_implausible: bool = False
    """Whether an implausible speed was dropped."""
    passage_s: float | None = None
    """How long the vehicle's whole length takes to pass a point; `None` without a speed."""
    front_at_s: float | None = None
    """When its front reached the line, media time."""
    observed_before_s: float = 0.0
    """How long it was observed on the side that it came from; 0 where it entered the frame over the line."""
    gap_s: float = 0.0
    """Time between the last observation before the line and the first one beyond it."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One vehicle passed an entry and later an exit, each a line or a zone. Media time in seconds.

    Examples:
        >>> movement = Movement("north-east", ObjectClass.BUS, 7, entered_at_s=10.0, left_at_s=16.5)
        >>> movement.left_at_s - movement.entered_at_s
        6.5
    """

    movement_id: str
    object_class: ObjectClass
    track_id: int
    entered_at_s: float
    left_at_s: float


@dataclass(frozen=True, slots=True)
class ZoneEntry:
    """A vehicle or person entered a zone, or was first observed in it, at `at_s`, media time."""

    zone_id: str
    object_class: ObjectClass
    track_id: int
    at_s: float


@dataclass(frozen=True, slots=True)
class ZoneExit:
    """A vehicle or person left a zone; describes its whole visit. Media time in seconds.

    Examples:
        >>> visit = ZoneExit("north", ObjectClass.CAR, 7, 2.0, 9.0, distance_m=40.0, measured_s=5.0, stopped_s=2.0)
        >>> visit.mean_speed_mps
        8.0
    """

    zone_id: str
    object_class: ObjectClass
    track_id: int
    entered_s: float
    left_s: float
    distance_m: float
    """Distance travelled in the zone, in the metres of `TrackKinematics.speed_mps`."""
    measured_s: float
    """Time over which the distance was measured."""
    stopped_s: float
    """Time stopped."""

    @property
    def mean_speed_mps(self) -> float:
        """Distance over time, m/s; NaN where nothing was measured."""
        return self.distance_m / self.measured_s if self.measured_s > 0 else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class ZoneVisits:
    """Presence in one zone at one moment, and the entries and exits that became known with it."""

    present: Ids
    """(classes,): number of objects inside, through short gaps in their detection."""
    area_occupancy: float
    """The part of the zone's area in the picture that vehicles' boxes cover, 0 to 1."""
    entries: tuple[ZoneEntry, ...]
    exits: tuple[ZoneExit, ...]

    @classmethod
    def none(cls) -> Self:
        """An empty zone in which nothing happened."""
        return cls(np.zeros(len(CLASSES), np.int64), 0.0, (), ())
