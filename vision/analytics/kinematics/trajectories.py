"""What is remembered of the way of each track, and of where it stands."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from vision.analytics.kinematics.state import Bools, Floats
from vision.analytics.track_table import Ids, TrackTable
from vision.geometry import apply_homography

SAMPLES = 32
SAMPLE_EVERY_S = 1 / 14
"""Sightings that are nearer in time to the one before are not kept: a way of about two seconds at any frame rate."""
STAND_OVER_S = 1.5
"""A vehicle stands when it has not moved for so long."""
LEFT_SIZES = 0.4
REST_SIZES = LEFT_SIZES / 2
"""A vehicle stands from when it came so near to where it stands."""
LEFT_FOR_S = 0.4
"""A standing vehicle has left when it is so far, in its own sizes (and in metres), from where it stood, at every
sighting for so long: a box that is half hidden leaps farther, but comes back."""


@dataclass(slots=True, eq=False)
class TrajectoryTable(TrackTable):
    """What is remembered, by row (see `Rows`). NaN: nothing. The newest K sightings, oldest first, lie at the end.

    A place is told twice: x and y in the picture, pixels, then on the road, metres.
    """

    times_s: Floats
    """(R, K)"""
    places: Floats
    """(R, K, 4): where its foot was."""
    is_truncated: Bools
    """Whether the picture's edge cut it off so far, so that nobody knows where it touches the road."""
    first_s: Floats
    first: Floats
    """(R, 4): where it was seen first."""
    stopped_since_s: Floats
    still: Floats
    """(R, 4): where it stands."""
    moved: Bools
    max_speed_mps: Floats
    legacy_since_s: Floats
    """Since when a lost track stood whose place this one took, until it stands itself; NaN: nobody's."""
    legacy_px: Floats
    """(R, 2): where."""
    legacy_moved: Bools
    legacy_fastest_mps: Floats

    @classmethod
    def empty(cls) -> Self:
        none, pairs, places = np.zeros(0), np.zeros((0, 2)), np.zeros((0, 4))
        flags = np.zeros(0, bool)
        return cls(
            times_s=np.zeros((0, SAMPLES)),
            places=np.zeros((0, SAMPLES, 4)),
            is_truncated=flags,
            first_s=none,
            first=places,
            stopped_since_s=none,
            still=places,
            moved=flags,
            max_speed_mps=none,
            legacy_since_s=none,
            legacy_px=pairs,
            legacy_moved=flags,
            legacy_fastest_mps=none,
        )

    def begin(self, rows: Ids, places: Floats, at_s: float) -> None:
        """Tracks that are new, and where they are first seen (N, 4)."""
        for column in (self.times_s, self.places, self.stopped_since_s, self.still, self.legacy_since_s):
            column[rows] = np.nan
        self.first_s[rows], self.first[rows] = at_s, places
        self.moved[rows], self.is_truncated[rows], self.max_speed_mps[rows] = False, False, 0.0

    def come_in(self, rows: Ids, is_truncated: Bools) -> None:
        """Whom the picture's edge cuts off with unknown sizes (N,); the way of who has come in begins there."""
        comes_in = self.is_truncated[rows] & ~is_truncated
        if comes_in.any():
            self.times_s[rows[comes_in]] = np.nan
        self.is_truncated[rows] = is_truncated

    def bequeath(self, testators: Ids, heirs: Ids) -> None:
        """What is known of tracks that stood is their heirs', once these stand; it is given once."""
        self.legacy_since_s[heirs], self.legacy_px[heirs] = self.stopped_since_s[testators], self.still[testators, :2]
        self.legacy_moved[heirs], self.legacy_fastest_mps[heirs] = self.moved[testators], self.max_speed_mps[testators]
        self.stopped_since_s[testators] = np.nan

    def project(self, matrix: Floats) -> None:
        """The road is known better: all places on it, anew."""
        for places in (self.places, self.first, self.still):
            places[..., 2:] = apply_homography(matrix, places[..., :2])

    def stand(self, rows: Ids, places: Floats, since_s: Floats, box_size_px: Floats) -> None:
        """Tracks come to stand (N, 4), since then (N,); who stands where he has a legacy has stood as long as that."""
        off_px = np.linalg.norm(places[:, :2] - self.legacy_px[rows], axis=1)
        inherits = ~np.isnan(self.legacy_since_s[rows]) & (off_px < LEFT_SIZES * box_size_px)
        self.still[rows], self.stopped_since_s[rows] = places, since_s
        heirs = rows[inherits]
        self.stopped_since_s[heirs] = self.legacy_since_s[heirs]
        self.moved[heirs] |= self.legacy_moved[heirs]
        self.max_speed_mps[heirs] = np.fmax(self.max_speed_mps[heirs], self.legacy_fastest_mps[heirs])
        self.legacy_since_s[rows] = np.nan

    def stays_away(self, rows: Ids, far_px: Floats, since_s: float) -> Bools:
        """(N,): who was farther than (N,) from where it stands, or stood, at every sighting since then."""
        off_px = self.places[rows, :, :2] - self.still[rows, None, :2]
        away_px = np.hypot(off_px[..., 0], off_px[..., 1])
        is_away = (away_px > far_px[:, None]) | ~(self.times_s[rows] >= since_s)
        return np.asarray(is_away.all(axis=1), bool)

    def add(self, rows: Ids, places: Floats, at_s: float) -> None:
        """One more sighting (N, 4), which takes the newest one's place where the one before that is only just older."""
        goes_on = rows[~(at_s - self.times_s[rows, -2] < 2 * SAMPLE_EVERY_S)]
        for column in (self.times_s, self.places):
            column[goes_on, :-1] = column.take(goes_on, axis=0)[:, 1:]
        self.times_s[rows, -1], self.places[rows, -1] = at_s, places

    def since(self, rows: Ids, since_s: float) -> tuple[Floats, Floats]:
        """The newest sightings (N, k) (N, k, 4) of some tracks, at least two, all those since then among them."""
        times_s = self.times_s.take(rows, axis=0)
        first = min(int((times_s >= since_s).any(axis=0).argmax()), SAMPLES - 2)
        return times_s[:, first:], self.places[:, first:].take(rows, axis=0)

    def trajectory(self, row: int) -> tuple[Floats, Floats]:
        """All that are remembered of one track, until the next look: when (k,), and where (k, 4); oldest first."""
        first = np.count_nonzero(np.isnan(self.times_s[row]))
        return self.times_s[row, first:], self.places[row, first:]

    def came_to_rest(self, rows: Ids, box_size_px: Floats, at_s: float) -> tuple[Floats, Floats]:
        """Where each would stand (N, 2), pixels, and since when (N,): the first of the newest sightings that all lie
        there, but for leaps of a box that comes back."""
        times_s, feet_px = self.times_s[rows], self.places[rows, :, :2]
        recent = times_s >= at_s - STAND_OVER_S
        rest_px = np.where(recent[..., None], feet_px, 0).sum(axis=1) / recent.sum(axis=1)[:, None]
        away_px = np.linalg.norm(feet_px - rest_px[:, None], axis=2)
        far = away_px > REST_SIZES * box_size_px[:, None]
        last_near = np.maximum.accumulate(np.where(far, -1, np.arange(SAMPLES)), axis=1)
        far_since_s = np.take_along_axis(times_s, np.minimum(last_near + 1, SAMPLES - 1), axis=1)
        stays_far = far & ~(times_s - far_since_s < LEFT_FOR_S)
        last_far = np.where(stays_far, np.arange(SAMPLES), -1).max(axis=1)
        here_s = np.where(np.arange(SAMPLES) > last_far[:, None], times_s, np.nan)
        return rest_px, np.fmin.reduce(here_s, axis=1)
