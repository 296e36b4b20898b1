"""Remembers the recent way of each track, and tells from it how each moves and since when it stands."""

import numpy as np

from vision.analytics.kinematics.ground_plane import GroundPlane
from vision.analytics.kinematics.observations import ObservationBuilder, Observations
from vision.analytics.kinematics.state import Floats, TrackKinematics
from vision.analytics.kinematics.trajectories import LEFT_FOR_S, LEFT_SIZES, TrajectoryTable
from vision.analytics.kinematics.velocity import VelocityEstimates
from vision.analytics.track_table import Ids
from vision.core import Tracks
from vision.geometry import apply_homography, pixels_per_unit

LEFT_M = 1.5
"""A standing vehicle that has left is so far from where it stood, too."""
MOVED_M = 2.0
MOVED_SIZES = 0.75
"""A vehicle has been seen moving once it was so far from where it began."""
SAME_PLACE_SIZES = 0.35
LOST_AT_MOST_S = 2.0
"""A new track that begins so near to where a track stood that was lost so lately, and comes to stand there itself, is
that one under another id. One that crawls into the place in a jam is not."""


class KinematicsEstimator:
    """Follows how the tracks of one camera move.

    A track not seen for `forget_after_s` is forgotten. A new track that begins, and stands, where a lost one stood
    inherits its stand, so that a vehicle that gets a new id while it stands goes on standing.
    """

    def __init__(
        self, ground: GroundPlane, width_px: int, height_px: int, *, forget_after_s: float, implausible_mps: float
    ) -> None:
        self._ground = ground
        self._implausible_mps = implausible_mps
        self._sights = ObservationBuilder(width_px, height_px, forget_after_s=forget_after_s)
        self._memory = TrajectoryTable.empty()
        self._matrix = ground.matrix
        """What the memory's places on the road are told by."""
        self.implausible = 0
        """Sightings whose speed was implausible, since the beginning."""

    def __len__(self) -> int:
        """How many tracks are remembered."""
        return len(self._sights.rows)

    def observe(self, tracks: Tracks, at_s: float) -> Observations:
        """Take in where the tracks are at `at_s`; or had been then, of those of which it is known only now."""
        seen = self._sights.observe(tracks, at_s)
        if len(seen):
            self._note(seen, at_s)
        return seen

    def update(self, seen: Observations, at_s: float) -> TrackKinematics:
        """How those move that were seen just now."""
        if not len(seen):
            return TrackKinematics.empty()
        box_size_px = seen.box_size_px
        ways = VelocityEstimates.of(self._memory, seen.row, box_size_px, at_s)
        self._note_stand(seen.row, ways, box_size_px, at_s)
        return self._motion(seen, ways)

    def ground_trajectory(self, track_id: int) -> tuple[Floats, Floats]:
        """A track's remembered sightings: when (K,), media time, and where on the road (K, 2), metres; oldest first."""
        self._look_at_ground()
        times_s, places = self._trajectory(track_id)
        return times_s, places[:, 2:]

    def pixel_trajectory(self, track_id: int) -> tuple[Floats, Floats]:
        """The same as they were in the picture: where its foot was (K, 2), in pixels."""
        times_s, places = self._trajectory(track_id)
        return times_s, places[:, :2]

    def _trajectory(self, track_id: int) -> tuple[Floats, Floats]:
        row = self._sights.rows.row_of(track_id)
        return (np.empty(0), np.empty((0, 4))) if row is None else self._memory.trajectory(row)

    def _look_at_ground(self) -> None:
        """An estimated ground changes as it is learnt."""
        if self._ground.matrix is not self._matrix:
            self._matrix = self._ground.matrix
            self._memory.project(self._matrix)

    def _places(self, bottom_center_px: Floats) -> Floats:
        """(N, 4): feet (N, 2) in the picture and on the road."""
        places = np.empty((len(bottom_center_px), 4))
        places[:, :2], places[:, 2:] = bottom_center_px, apply_homography(self._matrix, bottom_center_px)
        return places

    def _note(self, seen: Observations, at_s: float) -> None:
        """Remember one more sighting of each; new ones begin, or inherit."""
        memory = self._memory
        memory.grow(self._sights.rows.size)
        self._ground.learn(
            seen.bottom_center_px, np.where(seen.is_truncated[:, None], np.nan, seen.size_px), seen.class_id
        )
        self._look_at_ground()
        places = self._places(seen.bottom_center_px)
        if seen.is_new.any():
            new = seen[seen.is_new]
            memory.begin(new.row, places[seen.is_new], at_s)
            self._inherit(new.row, new.bottom_center_px, new.box_size_px, at_s)
        is_unknown = np.isnan(seen.size_px[:, 0])
        memory.come_in(seen.row, (seen.truncated[:, 0] | seen.truncated[:, 2] | seen.truncated[:, 3]) & is_unknown)
        memory.add(seen.row, places, at_s)

    def _inherit(self, rows: Ids, bottom_center_px: Floats, box_size_px: Floats, at_s: float) -> None:
        """New tracks may take over what was known of a standing track just lost whose place each takes."""
        memory = self._memory
        lost_s = at_s - self._sights.rows.seen_s[: len(memory.moved)]
        left = np.flatnonzero((lost_s > 0) & (lost_s <= LOST_AT_MOST_S) & ~np.isnan(memory.stopped_since_s))
        if not len(left):
            return
        away_px = np.linalg.norm(bottom_center_px[:, None] - memory.still[left, :2], axis=2)
        nearest = away_px.argmin(axis=1)
        heirs = np.flatnonzero(away_px.min(axis=1) < SAME_PLACE_SIZES * box_size_px)
        heirs = heirs[np.unique(nearest[heirs], return_index=True)[1]]
        memory.bequeath(left[nearest[heirs]], rows[heirs])

    def _note_stand(self, rows: Ids, ways: VelocityEstimates, box_size_px: Floats, at_s: float) -> None:
        """Who stands, since when and where; who was ever seen moving, and how fast at most."""
        memory = self._memory
        was_since_s = memory.stopped_since_s[rows]
        stood = ~np.isnan(was_since_s)
        left = stood & (ways.from_still_px > LEFT_SIZES * box_size_px) & ~(ways.from_still_m < LEFT_M)
        if left.any():
            left[left] = memory.stays_away(rows[left], LEFT_SIZES * box_size_px[left], at_s - LEFT_FOR_S)
        begins = ways.is_slow(box_size_px) & (~stood | left)
        ends = left & ~begins
        if ends.any():
            memory.stopped_since_s[rows[ends]] = np.nan
            memory.still[rows[ends]] = np.nan
        if begins.any():
            rest_px, rest_s = memory.came_to_rest(rows[begins], box_size_px[begins], at_s)
            memory.stand(rows[begins], self._places(rest_px), rest_s, box_size_px[begins])
        memory.moved[rows] |= (ways.from_first_px > MOVED_SIZES * box_size_px) & (ways.from_first_m > MOVED_M)
        memory.max_speed_mps[rows] = np.fmax(memory.max_speed_mps[rows], ways.speed_mps)

    def _motion(self, seen: Observations, ways: VelocityEstimates) -> TrackKinematics:
        memory, rows = self._memory, seen.row
        return TrackKinematics(
            track_id=seen.track_id,
            class_id=seen.class_id,
            confidence=seen.confidence,
            xyxy=seen.xyxy,
            truncated=seen.truncated,
            bottom_center_px=seen.bottom_center_px,
            ground_m=ways.foot_m,
            velocity_px=ways.velocity[:, :2],
            velocity_mps=ways.velocity[:, 2:],
            speed_mps=ways.speed_mps,
            speed_kmh=self._speeds_kmh(ways.speed_mps),
            scale_px_per_m=pixels_per_unit(self._ground.matrix, seen.bottom_center_px),
            first_seen_s=memory.first_s[rows],
            first_px=ways.first[:, :2],
            first_m=ways.first[:, 2:],
            displacement_m=ways.from_first_m,
            stopped_since_s=memory.stopped_since_s[rows],
            has_moved=memory.moved[rows],
            max_speed_mps=memory.max_speed_mps[rows],
        )

    def _speeds_kmh(self, speed_mps: Floats) -> Floats:
        if not self._ground.is_calibrated:
            return np.full(len(speed_mps), np.nan)
        is_implausible = speed_mps > self._implausible_mps
        self.implausible += int(is_implausible.sum())
        return np.where(is_implausible, np.nan, speed_mps * 3.6)
