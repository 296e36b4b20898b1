"""Keeps the recent trajectory of each track, and where and since when it has been stopped."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from vision.analytics.kinematics.state import Bools, Floats
from vision.analytics.track_table import Ids, TrackTable
from vision.geometry import apply_homography


@dataclass(frozen=True, slots=True)
class TrajectoryParameters:
    """How much of each track's trajectory is kept."""

    samples: int = 32
    """Observations kept per track. More: longer trajectories, more memory and time. Source: chosen; two seconds or more
    at the shortest interval."""
    min_interval_s: float = 1 / 14
    """Kept observations are at least this far apart, seconds; a nearer one replaces the newest. Longer: trajectories
    reach further back at high frame rates, with fewer observations. Source: chosen."""


@dataclass(frozen=True, slots=True)
class StopParameters:
    """When a track counts as stopped, when it moves again, and when a new track takes over a lost one's stop.

    Distances in sizes are in units of the box size: the square root of its area.
    """

    window_s: float = 1.5
    """A vehicle has stopped when its mean velocity over this time is near zero. Longer: fewer false stops, stops are
    found later. Source: chosen."""
    min_observed_share: float = 0.6
    """The observations must span this part of the window. Larger: new tracks count as stopped later. Source: chosen."""
    max_speed_mps: float = 0.5
    """A mean velocity below this is near zero. Higher: crawling vehicles count as stopped. Source: chosen."""
    max_speed_sizes_s: float = 0.06
    """So is one below this, in sizes per second: far away a metre is less than a pixel. Higher: crawling vehicles count
    as stopped. Source: chosen."""
    rest_sizes: float = 0.2
    """A vehicle stopped when it first came this near to where it rests. Larger: stops begin earlier. Source: chosen;
    half of `departure_sizes`."""
    departure_sizes: float = 0.4
    """A stopped vehicle departs when it is farther than this from where it stopped. Larger: departures are found later.
    Source: chosen."""
    departure_m: float = 1.5
    """It must also be this far away on the road, metres. Larger: departures are found later. Source: chosen."""
    departure_s: float = 0.4
    """It must stay away this long, seconds: a half-occluded box jitters farther, but returns. Longer: fewer false
    departures, departures are found later. Source: chosen."""
    moved_m: float = 2.0
    """A track has moved when it was this far from its first position, metres. Larger: parked vehicles with jittering
    boxes are less often taken for moving ones, short moves are missed. Source: chosen."""
    moved_sizes: float = 0.75
    """It must also have been this far away in sizes. Larger: as for `moved_m`. Source: chosen."""
    takeover_sizes: float = 0.35
    """A new track that begins this near to a lost stopped one, and stops there, takes over its stop. Larger: more stops
    survive a change of id, more vehicles that arrive next to a lost one get its stop. Source: chosen."""
    takeover_gap_s: float = 2.0
    """It must begin within this time of the loss, seconds. Longer: more stops survive an occlusion, vehicles that move
    up in a jam get their leader's stop more often. Source: chosen."""


@dataclass(slots=True, eq=False)
class TrajectoryTable(TrackTable):
    """R rows (see `TrackRows`) with the newest K observations of each track, oldest first; NaN where there are fewer.

    A position is four numbers: x and y in the picture, pixels, then on the road, metres.
    """

    times_s: Floats
    """(R, K)"""
    positions: Floats
    """(R, K, 4): of the bottom centre."""
    is_entering: Bools
    """(R,): whether the picture's edge truncated the box in every observation, so that it has no true bottom centre."""
    first_s: Floats
    first_position: Floats
    """(R, 4)"""
    stopped_since_s: Floats
    stop_position: Floats
    """(R, 4): where the track stopped."""
    has_moved: Bools
    max_speed_mps: Floats
    lost_stopped_since_s: Floats
    """(R,): the stop of a lost track in the place where this one began, kept until this one stops; else NaN."""
    lost_stop_px: Floats
    """(R, 2): where that track had stopped."""
    lost_has_moved: Bools
    lost_max_speed_mps: Floats

    @classmethod
    def empty(cls, samples: int) -> Self:
        none, pairs, positions = np.zeros(0), np.zeros((0, 2)), np.zeros((0, 4))
        flags = np.zeros(0, bool)
        return cls(
            times_s=np.zeros((0, samples)),
            positions=np.zeros((0, samples, 4)),
            is_entering=flags,
            first_s=none,
            first_position=positions,
            stopped_since_s=none,
            stop_position=positions,
            has_moved=flags,
            max_speed_mps=none,
            lost_stopped_since_s=none,
            lost_stop_px=pairs,
            lost_has_moved=flags,
            lost_max_speed_mps=none,
        )

    def begin(self, rows: Ids, positions: Floats, at_s: float) -> None:
        """Reset the rows of new tracks, which are first observed at these positions (N, 4)."""
        for column in (
            self.times_s,
            self.positions,
            self.stopped_since_s,
            self.stop_position,
            self.lost_stopped_since_s,
        ):
            column[rows] = np.nan
        self.first_s[rows], self.first_position[rows] = at_s, positions
        self.has_moved[rows], self.is_entering[rows], self.max_speed_mps[rows] = False, False, 0.0

    def restart_entered(self, rows: Ids, is_entering: Bools) -> None:
        """Restart the trajectories of tracks that are no longer truncated at the edge where they entered."""
        has_entered = self.is_entering[rows] & ~is_entering
        if has_entered.any():
            self.times_s[rows[has_entered]] = np.nan
        self.is_entering[rows] = is_entering

    def hand_over(self, lost: Ids, successors: Ids) -> None:
        """Keep the stops of lost tracks for their successors, one each, which take them over when they stop."""
        self.lost_stopped_since_s[successors] = self.stopped_since_s[lost]
        self.lost_stop_px[successors] = self.stop_position[lost, :2]
        self.lost_has_moved[successors] = self.has_moved[lost]
        self.lost_max_speed_mps[successors] = self.max_speed_mps[lost]
        self.stopped_since_s[lost] = np.nan

    def reproject(self, matrix: Floats) -> None:
        """Recompute all positions on the road with a new ground plane (3, 3)."""
        for positions in (self.positions, self.first_position, self.stop_position):
            positions[..., 2:] = apply_homography(matrix, positions[..., :2])

    def stop(self, rows: Ids, positions: Floats, since_s: Floats, max_px: Floats) -> None:
        """Store that tracks stopped at these positions (N, 4) at these times (N,).

        One that stopped within `max_px` (N,) of where its lost predecessor had stopped takes over its stop.
        """
        off_px = np.linalg.norm(positions[:, :2] - self.lost_stop_px[rows], axis=1)
        takes_over = ~np.isnan(self.lost_stopped_since_s[rows]) & (off_px < max_px)
        self.stop_position[rows], self.stopped_since_s[rows] = positions, since_s
        successors = rows[takes_over]
        self.stopped_since_s[successors] = self.lost_stopped_since_s[successors]
        self.has_moved[successors] |= self.lost_has_moved[successors]
        self.max_speed_mps[successors] = np.fmax(self.max_speed_mps[successors], self.lost_max_speed_mps[successors])
        self.lost_stopped_since_s[rows] = np.nan

    def stays_away(self, rows: Ids, min_px: Floats, since_s: float) -> Bools:
        """(N,): whether a track was farther than `min_px` (N,) from its stop at every observation since then."""
        off_px = self.positions[rows, :, :2] - self.stop_position[rows, None, :2]
        away_px = np.hypot(off_px[..., 0], off_px[..., 1])
        is_away = (away_px > min_px[:, None]) | ~(self.times_s[rows] >= since_s)
        return np.asarray(is_away.all(axis=1), bool)

    def append(self, rows: Ids, positions: Floats, at_s: float, min_interval_s: float) -> None:
        """Add an observation (N, 4) of each; it replaces the newest where that is too near to the one before."""
        is_due = rows[~(at_s - self.times_s[rows, -2] < 2 * min_interval_s)]
        for column in (self.times_s, self.positions):
            column[is_due, :-1] = column.take(is_due, axis=0)[:, 1:]
        self.times_s[rows, -1], self.positions[rows, -1] = at_s, positions

    def since(self, rows: Ids, since_s: float) -> tuple[Floats, Floats]:
        """Times (N, k) and positions (N, k, 4) of the newest observations: at least two, and all since that time."""
        times_s = self.times_s.take(rows, axis=0)
        first = min(int((times_s >= since_s).any(axis=0).argmax()), self.times_s.shape[1] - 2)
        return times_s[:, first:], self.positions[:, first:].take(rows, axis=0)

    def trajectory(self, row: int) -> tuple[Floats, Floats]:
        """Times (k,) and positions (k, 4) of one track, oldest first; views that the next observation changes."""
        first = np.count_nonzero(np.isnan(self.times_s[row]))
        return self.times_s[row, first:], self.positions[row, first:]

    def find_stops(
        self, rows: Ids, box_size_px: Floats, at_s: float, parameters: StopParameters
    ) -> tuple[Floats, Floats]:
        """Where tracks rest (N, 2), pixels, and since when (N,).

        A track rests at its mean position over the window, from the first of the newest observations that all lie near
        there. Short excursions of a jittering box, which returns, do not count.
        """
        times_s, bottom_center_px = self.times_s[rows], self.positions[rows, :, :2]
        samples = times_s.shape[1]
        recent = times_s >= at_s - parameters.window_s
        rest_px = np.where(recent[..., None], bottom_center_px, 0).sum(axis=1) / recent.sum(axis=1)[:, None]
        away_px = np.linalg.norm(bottom_center_px - rest_px[:, None], axis=2)
        far = away_px > parameters.rest_sizes * box_size_px[:, None]
        last_near = np.maximum.accumulate(np.where(far, -1, np.arange(samples)), axis=1)
        far_since_s = np.take_along_axis(times_s, np.minimum(last_near + 1, samples - 1), axis=1)
        stays_far = far & ~(times_s - far_since_s < parameters.departure_s)
        last_far = np.where(stays_far, np.arange(samples), -1).max(axis=1)
        here_s = np.where(np.arange(samples) > last_far[:, None], times_s, np.nan)
        return rest_px, np.fmin.reduce(here_s, axis=1)
