"""How vehicles pass lines: how fast, when their fronts arrive, how long their lengths take."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import hypot, isnan

import numpy as np

from vision.analytics.dimensions import LENGTH_M
from vision.analytics.events import Crossing
from vision.analytics.kinematics.ground_plane import GroundPlane
from vision.analytics.kinematics.state import Floats, TrackKinematics
from vision.analytics.kinematics.trajectory_fit import TrajectoryFit
from vision.config.lines import LineConfig
from vision.geometry import apply_homography

GOES_ON_S = 0.7
"""A vehicle's speed at a line is told when it has gone on for so long: who brakes or starts there had another one
before, and what comes after tells of the moment as much as what was before it. With what frames take to reach people it
stays below a second."""
SLOWEST_MPS = 0.3
"""Slower than this nobody is said to pass: the time that it would take him says nothing."""
KMH_PER_MPS = 3.6

WayOf = Callable[[int], tuple[Floats, Floats]]
"""From a track to its remembered sightings: when (K,), and where its foot was on the road (K, 2), metres."""


class CrossingSpeedEstimator:
    """Fills in crossings what the ways of their vehicles say, and tells them then.

    A crossing is counted by a point of the box, as its line has it, and speed is told of that moment: who starts at the
    stop line is faster with each metre. Passage and front are told of when its own middle passes the line on the road.

    Where the camera is calibrated a crossing is told `GOES_ON_S` after it happened; elsewhere it has no speed, and is
    told at once.
    """

    def __init__(
        self, lines: Sequence[LineConfig], width_px: int, height_px: int, ground: GroundPlane, *, implausible_mps: float
    ) -> None:
        size_px = np.array([width_px, height_px], np.float64)
        self._number_of = {line.id: number for number, line in enumerate(lines)}
        self._ends_px = np.array([[line.start, line.end] for line in lines]).reshape(-1, 2, 2) * size_px
        self._ends_m: Floats = np.empty((0, 2, 2))
        self._matrix: Floats | None = None
        self._ground = ground
        self._implausible_mps = implausible_mps
        self._wait: list[tuple[Crossing, float]] = []
        """Crossings that are not told yet, and where the vehicle's foot is along it (see `_foot_ahead`)."""

    def __len__(self) -> int:
        """How many crossings are not told yet."""
        return len(self._wait)

    def update(
        self, crossings: Sequence[Crossing], motion: TrackKinematics, ground_trajectory: WayOf, at_s: float
    ) -> list[Crossing]:
        """Take in the crossings known at `at_s`; return those, of now or before, of which all is known."""
        if crossings:
            self._wait += [(c, _foot_ahead(motion, c.track_id)) for c in crossings]
        until_s = at_s - GOES_ON_S if self._ground.is_calibrated else np.inf
        return self._told(until_s, ground_trajectory) if self._wait else []

    def close(self, ground_trajectory: WayOf) -> list[Crossing]:
        """Nothing more will be seen: what is not told yet."""
        return self._told(np.inf, ground_trajectory)

    def _told(self, until_s: float, ground_trajectory: WayOf) -> list[Crossing]:
        ready = [(c, ahead) for c, ahead in self._wait if c.at_s <= until_s]
        self._wait = [(c, ahead) for c, ahead in self._wait if c.at_s > until_s]
        return [self._measured(c, ahead, ground_trajectory(c.track_id)) for c, ahead in ready]

    def _measured(self, crossing: Crossing, foot_ahead: float, way: tuple[Floats, Floats]) -> Crossing:
        curve = TrajectoryFit.of(*way, about_s=crossing.at_s)
        if curve is None:
            return crossing
        length_m = LENGTH_M[crossing.object_class]
        middle_s, speed_mps = curve.over(self._line_m(crossing.line_id), behind_m=foot_ahead * length_m / 2)
        if not min(speed_mps, curve.speed_mps) >= SLOWEST_MPS:
            return crossing
        is_plausible = curve.speed_mps <= self._implausible_mps
        passage_s = length_m / speed_mps
        return replace(
            crossing,
            speed_kmh=curve.speed_mps * KMH_PER_MPS if self._ground.is_calibrated and is_plausible else None,
            is_implausible=self._ground.is_calibrated and not is_plausible,
            passage_s=passage_s,
            front_at_s=middle_s - passage_s / 2,
        )

    def _line_m(self, line_id: str) -> Floats:
        """(2, 2): a line's ends on the road, metres."""
        if self._ground.matrix is not self._matrix:  # an estimated ground changes as it is learnt
            self._matrix = self._ground.matrix
            self._ends_m = apply_homography(self._matrix, self._ends_px)
        return np.asarray(self._ends_m[self._number_of[line_id]])


def _foot_ahead(motion: TrackKinematics, track_id: int) -> float:
    """Where the foot is along a vehicle: 1 at its front, 0 in its middle, or where that is not known, -1 at its rear.

    The lower edge of a box is at the front of a vehicle that comes towards the camera, at the rear of one that goes
    away from it.
    """
    n = motion.row_of.get(track_id)
    if n is None:
        return 0.0
    right_px, down_px = motion.velocity_px[n].tolist()
    return 0.0 if isnan(down_px) else down_px / max(hypot(right_px, down_px), 1e-9)
