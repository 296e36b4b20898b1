"""The columns of `TrackHistory`: one row for each track."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from vision.analytics.kinematics.state import Bools, Floats
from vision.analytics.track_table import Ids, TrackTable
from vision.common.object_class import CLASSES

VELOCITIES = 20
"""Velocities kept per track: about the last five seconds of driving."""
POSITIONS = 36
"""Positions kept per track: about the last four seconds of driving."""


@dataclass(slots=True, eq=False)
class TrackHistoryTable(TrackTable):
    """State of R tracks, by row of `TrackRows`. Times are media time in seconds; NaN where there is none."""

    size_px: Floats
    """(R,): square root of the box's area."""
    first_px: Floats
    first_m: Floats
    """(R, 2): first position, in the image and on the road."""
    began_truncated: Bools
    """(R,): whether the box was truncated at first."""
    has_moved: Bools
    heading: Floats
    """(R, 2): unit vector on the road, from the last motion; NaN if it never moved."""
    px_per_metre_ahead: Floats
    """(R, 2): image vector of one metre ahead, from the last motion; NaN if it never moved."""
    times_s: Floats
    """(R, VELOCITIES): times of `velocities`, the newest last."""
    velocities: Floats
    """(R, VELOCITIES, 2): metres per second, while driving."""
    observed_s: Floats
    """(R, POSITIONS): times of `observed_m`, the newest last."""
    observed_m: Floats
    """(R, POSITIONS, 2): positions on the road, until the vehicle was known to have stopped."""
    max_sustained_speed_mps: Floats
    """(R,)"""
    class_counts: Floats
    """(R, classes): number of observations by detected class."""
    no_velocity_since_s: Floats
    """(R,): since when its velocity is undefined; NaN if it is defined."""
    defined_px: Floats
    """(R, 2): position when its velocity was last defined ..."""
    defined_velocity_px: Floats
    """(R, 2): ... and that velocity, pixels per second."""
    switched_s: Floats
    """(R,): last time of an ID switch."""
    stopped_s: Floats
    """(R,): last time that it was stopped."""
    stopped_px: Floats
    """(R, 2): position then."""
    transferred_stop_s: Floats
    """(R,): since when it is stopped, if it stopped under another ID."""
    below_image_s: Floats
    """(R,): last time that its bottom was below the image."""

    @classmethod
    def blank(cls) -> Self:
        """A table without rows."""
        scalars, flags, pairs = np.zeros(0), np.zeros(0, bool), np.zeros((0, 2))
        return cls(
            size_px=scalars,
            first_px=pairs,
            first_m=pairs,
            began_truncated=flags,
            has_moved=flags,
            heading=pairs,
            px_per_metre_ahead=pairs,
            times_s=np.zeros((0, VELOCITIES)),
            velocities=np.zeros((0, VELOCITIES, 2)),
            observed_s=np.zeros((0, POSITIONS)),
            observed_m=np.zeros((0, POSITIONS, 2)),
            max_sustained_speed_mps=scalars,
            class_counts=np.zeros((0, len(CLASSES))),
            no_velocity_since_s=scalars,
            defined_px=pairs,
            defined_velocity_px=pairs,
            switched_s=scalars,
            stopped_s=scalars,
            stopped_px=pairs,
            transferred_stop_s=scalars,
            below_image_s=scalars,
        )

    def clear(self, rows: Ids) -> None:
        """Resets rows for new tracks; what the first observation sets is left."""
        for column in (
            self.heading,
            self.px_per_metre_ahead,
            self.times_s,
            self.velocities,
            self.observed_s,
            self.observed_m,
            self.no_velocity_since_s,
            self.switched_s,
            self.stopped_s,
            self.below_image_s,
            self.transferred_stop_s,
        ):
            column[rows] = np.nan
        self.class_counts[rows] = 0.0
        self.has_moved[rows] = False
        self.max_sustained_speed_mps[rows] = 0.0


def push(column: Floats, rows: Ids, values: Floats | float) -> None:
    """Appends a value in some rows and drops the oldest."""
    column[rows, :-1] = column.take(rows, axis=0)[:, 1:]
    column[rows, -1] = values


def drop_later(times_s: Floats, values: Floats, row: int, after_s: float) -> None:
    """Drops the values of one row that are later than a time."""
    later = int((times_s[row] > after_s).sum())
    for column in (values, times_s) if later else ():
        column[row, later:] = column[row, :-later].copy()
        column[row, :later] = np.nan
