"""Estimates how the tracks of one camera move, and which have stopped, from their recent trajectories."""

import numpy as np

from vision.analytics.kinematics.ground_plane import GroundPlane
from vision.analytics.kinematics.observations import ObservationBuilder, Observations
from vision.analytics.kinematics.state import Floats, TrackKinematics
from vision.analytics.kinematics.trajectories import StopParameters, TrajectoryParameters, TrajectoryTable
from vision.analytics.kinematics.truncation import TruncationParameters
from vision.analytics.kinematics.velocity import VelocityEstimates, VelocityParameters
from vision.analytics.track_table import Ids
from vision.core import Tracks
from vision.geometry import apply_homography, pixels_per_unit


class KinematicsEstimator:
    """Keeps the trajectories of one camera's tracks, and estimates their velocities and stops.

    A track that is not observed for `forget_after_s` is forgotten. A new track that begins where a stopped one was just
    lost, and stops there too, takes over its stop: a change of id does not end a stop.

    Examples:
        >>> from vision.analytics.kinematics.ground_plane import EstimatedGround
        >>> ground = EstimatedGround(1280, 720)
        >>> estimator = KinematicsEstimator(ground, 1280, 720, forget_after_s=4.0, implausible_mps=50.0)
        >>> observations = estimator.observe(Tracks.empty(), at_s=0.0)
        >>> len(estimator.update(observations, at_s=0.0))
        0
    """

    def __init__(
        self,
        ground: GroundPlane,
        width_px: int,
        height_px: int,
        *,
        forget_after_s: float,
        implausible_mps: float,
        trajectories: TrajectoryParameters = TrajectoryParameters(),
        velocities: VelocityParameters = VelocityParameters(),
        stops: StopParameters = StopParameters(),
        truncation: TruncationParameters = TruncationParameters(),
    ) -> None:
        """`implausible_mps`: a higher speed is an error, and is not published."""
        self._ground = ground
        self._implausible_mps = implausible_mps
        self._min_interval_s = trajectories.min_interval_s
        self._velocities = velocities
        self._stops = stops
        self._observations = ObservationBuilder(
            width_px, height_px, forget_after_s=forget_after_s, parameters=truncation
        )
        self._table = TrajectoryTable.empty(trajectories.samples)
        self._matrix = ground.matrix
        """The ground plane that the table's road positions were computed with."""
        self.implausible = 0
        """Number of observations with an implausible speed."""

    def __len__(self) -> int:
        """The number of tracks that are kept."""
        return len(self._observations.rows)

    def observe(self, tracks: Tracks, at_s: float) -> Observations:
        """Take in where tracks are at `at_s`; earlier moments too, for tracks that were confirmed only now."""
        observations = self._observations.observe(tracks, at_s)
        if len(observations):
            self._add(observations, at_s)
        return observations

    def update(self, observations: Observations, at_s: float) -> TrackKinematics:
        """The kinematics of the tracks that were observed last, at `at_s`."""
        if not len(observations):
            return TrackKinematics.empty()
        box_size_px = observations.box_size_px
        estimates = VelocityEstimates.of(
            self._table, observations.row, box_size_px, at_s, parameters=self._velocities, stops=self._stops
        )
        self._update_stops(observations.row, estimates, box_size_px, at_s)
        return self._kinematics(observations, estimates)

    def ground_trajectory(self, track_id: int) -> tuple[Floats, Floats]:
        """A track's kept observations, oldest first: media times (K,), and positions on the road (K, 2), metres."""
        self._follow_ground()
        times_s, positions = self._trajectory(track_id)
        return times_s, positions[:, 2:]

    def pixel_trajectory(self, track_id: int) -> tuple[Floats, Floats]:
        """A track's kept observations, oldest first: media times (K,), and bottom centres (K, 2), pixels."""
        times_s, positions = self._trajectory(track_id)
        return times_s, positions[:, :2]

    def _trajectory(self, track_id: int) -> tuple[Floats, Floats]:
        row = self._observations.rows.row_of(track_id)
        return (np.empty(0), np.empty((0, 4))) if row is None else self._table.trajectory(row)

    def _follow_ground(self) -> None:
        """An estimated ground plane changes as it is learned."""
        if self._ground.matrix is not self._matrix:
            self._matrix = self._ground.matrix
            self._table.reproject(self._matrix)

    def _positions(self, bottom_center_px: Floats) -> Floats:
        """(N, 4): bottom centres (N, 2) in the picture, pixels, and on the road, metres."""
        positions = np.empty((len(bottom_center_px), 4))
        positions[:, :2], positions[:, 2:] = bottom_center_px, apply_homography(self._matrix, bottom_center_px)
        return positions

    def _add(self, observations: Observations, at_s: float) -> None:
        """Append an observation to each trajectory; begin those of new tracks."""
        table = self._table
        table.grow(self._observations.rows.size)
        self._ground.learn(
            observations.bottom_center_px,
            np.where(observations.is_truncated[:, None], np.nan, observations.size_px),
            observations.class_id,
        )
        self._follow_ground()
        positions = self._positions(observations.bottom_center_px)
        if observations.is_new.any():
            new = observations[observations.is_new]
            table.begin(new.row, positions[observations.is_new], at_s)
            self._find_lost_stops(new.row, new.bottom_center_px, new.box_size_px, at_s)
        is_unknown = np.isnan(observations.size_px[:, 0])
        has_no_bottom_center = (
            observations.truncated[:, 0] | observations.truncated[:, 2] | observations.truncated[:, 3]
        )
        table.restart_entered(observations.row, has_no_bottom_center & is_unknown)
        table.append(observations.row, positions, at_s, self._min_interval_s)

    def _find_lost_stops(self, rows: Ids, bottom_center_px: Floats, box_size_px: Floats, at_s: float) -> None:
        """Hand over the stops of lost tracks to new tracks that begin in their places."""
        table, stops = self._table, self._stops
        lost_s = at_s - self._observations.rows.last_seen_s[: len(table.has_moved)]
        lost = np.flatnonzero((lost_s > 0) & (lost_s <= stops.takeover_gap_s) & ~np.isnan(table.stopped_since_s))
        if not len(lost):
            return
        away_px = np.linalg.norm(bottom_center_px[:, None] - table.stop_position[lost, :2], axis=2)
        nearest = away_px.argmin(axis=1)
        successors = np.flatnonzero(away_px.min(axis=1) < stops.takeover_sizes * box_size_px)
        successors = successors[np.unique(nearest[successors], return_index=True)[1]]
        table.hand_over(lost[nearest[successors]], rows[successors])

    def _update_stops(self, rows: Ids, estimates: VelocityEstimates, box_size_px: Floats, at_s: float) -> None:
        """Find the tracks that stop and those that depart; keep whether each ever moved, and its highest speed."""
        table, stops = self._table, self._stops
        is_stopped = ~np.isnan(table.stopped_since_s[rows])
        departure_px = stops.departure_sizes * box_size_px
        departs = is_stopped & (estimates.from_stop_px > departure_px) & ~(estimates.from_stop_m < stops.departure_m)
        if departs.any():
            departs[departs] = table.stays_away(rows[departs], departure_px[departs], at_s - stops.departure_s)
        begins = estimates.is_near_zero(box_size_px, stops) & (~is_stopped | departs)
        ends = departs & ~begins
        if ends.any():
            table.stopped_since_s[rows[ends]] = np.nan
            table.stop_position[rows[ends]] = np.nan
        if begins.any():
            rest_px, rest_s = table.find_stops(rows[begins], box_size_px[begins], at_s, stops)
            table.stop(rows[begins], self._positions(rest_px), rest_s, departure_px[begins])
        table.has_moved[rows] |= (estimates.from_first_px > stops.moved_sizes * box_size_px) & (
            estimates.from_first_m > stops.moved_m
        )
        table.max_speed_mps[rows] = np.fmax(table.max_speed_mps[rows], estimates.speed_mps)

    def _kinematics(self, observations: Observations, estimates: VelocityEstimates) -> TrackKinematics:
        table, rows = self._table, observations.row
        return TrackKinematics(
            track_id=observations.track_id,
            class_id=observations.class_id,
            confidence=observations.confidence,
            xyxy=observations.xyxy,
            truncated=observations.truncated,
            bottom_center_px=observations.bottom_center_px,
            ground_m=estimates.ground_m,
            velocity_px=estimates.velocity[:, :2],
            velocity_mps=estimates.velocity[:, 2:],
            speed_mps=estimates.speed_mps,
            speed_kmh=self._speeds_kmh(estimates.speed_mps),
            scale_px_per_m=pixels_per_unit(self._ground.matrix, observations.bottom_center_px),
            first_seen_s=table.first_s[rows],
            first_px=estimates.first_position[:, :2],
            first_m=estimates.first_position[:, 2:],
            displacement_m=estimates.from_first_m,
            stopped_since_s=table.stopped_since_s[rows],
            has_moved=table.has_moved[rows],
            max_speed_mps=table.max_speed_mps[rows],
        )

    def _speeds_kmh(self, speed_mps: Floats) -> Floats:
        if not self._ground.is_calibrated:
            return np.full(len(speed_mps), np.nan)
        is_implausible = speed_mps > self._implausible_mps
        self.implausible += int(is_implausible.sum())
        return np.where(is_implausible, np.nan, speed_mps * 3.6)
