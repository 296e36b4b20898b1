"""What is remembered of tracks' past, a row for each."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from vision.analytics.kinematics.state import Bools, Floats
from vision.analytics.track_table import Ids, TrackTable
from vision.common.object_class import CLASSES

KEPT = 20
"""Velocities of about the last five seconds before now or, of a vehicle that stands, before it stood."""
LOOKS = 36
"""Looks at a vehicle, of the last four seconds or so, from which its braking is told."""


@dataclass(slots=True, eq=False)
class TrackHistoryTable(TrackTable):
    """By row (see `Rows`)."""

    size_px: Floats
    """(R,): the square root of the box's area."""
    first_px: Floats
    first_m: Floats
    """(R, 2): where it was seen first, in the picture and on the road."""
    came_in: Bools
    """Whether the picture's edge cut it off when it was seen first."""
    has_moved: Bools
    heading: Floats
    """(R, 2): unit vector on the road, as it moved last; NaN where it never moved."""
    px_per_metre_ahead: Floats
    """(R, 2): from its foot to a place one metre ahead, as it moved last; NaN where it never moved."""
    times_s: Floats
    """(R, KEPT): the newest last; NaN: none."""
    velocities: Floats
    """(R, KEPT, 2): metres a second."""
    observed_s: Floats
    """(R, LOOKS): when it was seen, until it was known to stand, the newest last; NaN: not."""
    observed_m: Floats
    """(R, LOOKS, 2): where it was then, on the road."""
    max_sustained_speed_mps: Floats
    """(R,): the highest pace that it kept up, straight on, over `STEADY_LOOKS`."""
    taken_for: Floats
    """(R, classes): how many looks it was taken for each class."""
    leaps_since_s: Floats
    """Since when its velocity cannot be told; NaN: it can."""
    sure_px: Floats
    """(R, 2): its foot when its velocity could be told last ..."""
    sure_px_s: Floats
    """(R, 2): ... and that velocity, in pixels a second."""
    leapt_s: Floats
    """When it last was amid a leap; NaN: never."""
    still_s: Floats
    """When it stood last; NaN: never."""
    stood_px: Floats
    """(R, 2): where its foot was then."""
    rests_s: Floats
    """Since when it stands, if it came to rest under another id; NaN: it did not."""
    below_s: Floats
    """When its foot was last below the picture; NaN: never."""

    @classmethod
    def blank(cls) -> Self:
        pairs, kept, counts = np.zeros((0, 2)), np.zeros((0, KEPT)), np.zeros((0, len(CLASSES)))
        flags, ways, times = np.zeros(0, bool), np.zeros((0, KEPT, 2)), np.zeros(0)
        return cls(
            size_px=times,
            first_px=pairs,
            first_m=pairs,
            came_in=flags,
            has_moved=flags,
            heading=pairs,
            px_per_metre_ahead=pairs,
            times_s=kept,
            velocities=ways,
            observed_s=np.zeros((0, LOOKS)),
            observed_m=np.zeros((0, LOOKS, 2)),
            max_sustained_speed_mps=times,
            taken_for=counts,
            leaps_since_s=times,
            sure_px=pairs,
            sure_px_s=pairs,
            leapt_s=times,
            still_s=times,
            stood_px=pairs,
            rests_s=times,
            below_s=times,
        )

    def clear(self, rows: Ids) -> None:
        for column in (
            self.heading,
            self.px_per_metre_ahead,
            self.times_s,
            self.velocities,
            self.observed_s,
            self.observed_m,
        ):
            column[rows] = np.nan
        self.taken_for[rows] = 0.0
        self.has_moved[rows] = False
        self.max_sustained_speed_mps[rows] = 0.0
        self.leaps_since_s[rows] = self.leapt_s[rows] = self.still_s[rows] = self.below_s[rows] = np.nan
        self.rests_s[rows] = np.nan


def push(column: Floats, rows: Ids, values: Floats | float) -> None:
    """One more value in some rows, the newest last; the oldest is forgotten."""
    column[rows, :-1] = column.take(rows, axis=0)[:, 1:]
    column[rows, -1] = values


def forget_later(times_s: Floats, values: Floats, row: int, since_s: float) -> None:
    """What one row has of later than that."""
    later = int((times_s[row] > since_s).sum())
    for column in (values, times_s) if later else ():
        column[row, later:] = column[row, :-later].copy()
        column[row, :later] = np.nan
