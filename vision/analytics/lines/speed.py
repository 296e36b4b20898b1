"""Speeds of vehicles at counting lines, when their fronts arrive and how long their lengths take to pass."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import hypot, isnan

import numpy as np

from vision.analytics.dimensions import LENGTH_M
from vision.analytics.events import Crossing
from vision.analytics.kinematics.ground_plane import GroundPlane
from vision.analytics.kinematics.state import Floats, TrackKinematics
from vision.analytics.kinematics.trajectory_fit import TrajectoryFit
from vision.config.lines import LineConfig
from vision.geometry import apply_homography

KMH_PER_MPS = 3.6

GroundTrajectory = Callable[[int], tuple[Floats, Floats]]
"""From a track id to its recent observations: times (K,), media time in seconds, and positions (K, 2) in road
metres."""


@dataclass(frozen=True, slots=True)
class CrossingSpeedParameters:
    """When a crossing's speed is measured."""

    observe_after_s: float = 0.7
    """A crossing is reported this long after it happened, seconds, so that the fit sees both sides of the line: a
    vehicle that brakes or starts there had another speed before. Longer: more accurate speeds, later crossings. Source:
    chosen, to stay below a second together with the transport of frames."""
    min_speed_mps: float = 0.3
    """Slower vehicles get neither speed nor passage time: the time that they would take is noise. Higher: fewer wrong
    values in queues, more crossings without a speed. Source: chosen."""


class CrossingSpeedEstimator:
    """Completes crossings with speed, passage time and arrival of the front, from a fit to the vehicle's trajectory.

    The speed is that at the moment of the crossing. Passage and front refer to the vehicle's middle on the road, since
    the anchor of the box may be at either end.

    With a calibrated camera a crossing is returned `observe_after_s` after it happened; otherwise it has no speed and
    is returned at once.
    """

    def __init__(
        self,
        lines: Sequence[LineConfig],
        width_px: int,
        height_px: int,
        ground: GroundPlane,
        *,
        implausible_mps: float,
        parameters: CrossingSpeedParameters = CrossingSpeedParameters(),
    ) -> None:
        """Speeds above `implausible_mps` are dropped, and the crossing is marked (`Crossing.is_implausible`)."""
        size_px = np.array([width_px, height_px], np.float64)
        self._parameters = parameters
        self._number_of = {line.id: number for number, line in enumerate(lines)}
        self._ends_px = np.array([[line.start, line.end] for line in lines]).reshape(-1, 2, 2) * size_px
        self._ends_m: Floats = np.empty((0, 2, 2))
        self._matrix: Floats | None = None
        self._ground = ground
        self._implausible_mps = implausible_mps
        self._pending: list[tuple[Crossing, float]] = []
        """Crossings that were not returned yet, each with `_bottom_ahead` of its vehicle."""

    def __len__(self) -> int:
        """Number of crossings that were not returned yet."""
        return len(self._pending)

    def update(
        self, crossings: Sequence[Crossing], tracks: TrackKinematics, trajectory_of: GroundTrajectory, at_s: float
    ) -> list[Crossing]:
        """Take in the crossings known at `at_s`, media time; return all, of now or before, that are complete."""
        if crossings:
            self._pending += [(c, _bottom_ahead(tracks, c.track_id)) for c in crossings]
        until_s = at_s - self._parameters.observe_after_s if self._ground.is_calibrated else np.inf
        return self._completed(until_s, trajectory_of) if self._pending else []

    def close(self, trajectory_of: GroundTrajectory) -> list[Crossing]:
        """The crossings that were not returned yet, when no more frames come."""
        return self._completed(np.inf, trajectory_of)

    def _completed(self, until_s: float, trajectory_of: GroundTrajectory) -> list[Crossing]:
        ready = [(c, ahead) for c, ahead in self._pending if c.at_s <= until_s]
        self._pending = [(c, ahead) for c, ahead in self._pending if c.at_s > until_s]
        return [self._measured(c, ahead, trajectory_of(c.track_id)) for c, ahead in ready]

    def _measured(self, crossing: Crossing, bottom_ahead: float, trajectory: tuple[Floats, Floats]) -> Crossing:
        fit = TrajectoryFit.of(*trajectory, about_s=crossing.at_s)
        if fit is None:
            return crossing
        length_m = LENGTH_M[crossing.object_class]
        middle_s, speed_mps = fit.crossing(self._line_m(crossing.line_id), behind_m=bottom_ahead * length_m / 2)
        if not min(speed_mps, fit.speed_mps) >= self._parameters.min_speed_mps:
            return crossing
        is_plausible = fit.speed_mps <= self._implausible_mps
        passage_s = length_m / speed_mps
        return replace(
            crossing,
            speed_kmh=fit.speed_mps * KMH_PER_MPS if self._ground.is_calibrated and is_plausible else None,
            is_implausible=self._ground.is_calibrated and not is_plausible,
            passage_s=passage_s,
            front_at_s=middle_s - passage_s / 2,
        )

    def _line_m(self, line_id: str) -> Floats:
        """(2, 2): a line's ends on the road, metres."""
        if self._ground.matrix is not self._matrix:  # an estimated ground plane changes as it is learned
            self._matrix = self._ground.matrix
            self._ends_m = apply_homography(self._matrix, self._ends_px)
        return np.asarray(self._ends_m[self._number_of[line_id]])


def _bottom_ahead(tracks: TrackKinematics, track_id: int) -> float:
    """Where the bottom of the box is along the vehicle: 1 at its front, -1 at its rear, 0 in the middle or unknown.

    It is at the front of a vehicle that approaches the camera, and at the rear of one that recedes.
    """
    n = tracks.row_of.get(track_id)
    if n is None:
        return 0.0
    right_px, down_px = tracks.velocity_px[n].tolist()
    return 0.0 if isnan(down_px) else down_px / max(hypot(right_px, down_px), 1e-9)
