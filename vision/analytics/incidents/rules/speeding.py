"""Speeding: vehicles faster than their zone's limit, by two independent estimates of their speed."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

import numpy as np

from vision.analytics.incidents.conditions import SustainedConditionParameters
from vision.analytics.incidents.evidence import display_name, evidence_for, is_vehicle, with_article
from vision.analytics.incidents.lifecycle import SUSTAINED, Evidence
from vision.analytics.kinematics.state import Floats
from vision.analytics.scene import Scene
from vision.common.object_class import CLASSES
from vision.config.incidents import SpeedingConfig
from vision.config.zones import ZoneConfig
from vision.contracts import IncidentKind


@dataclass(frozen=True, slots=True)
class SpeedingParameters:
    """How a vehicle's speed over its recent trajectory is estimated, beside the filtered speed, and when it is sure."""

    min_observations: int = 5
    """Observations from which a speed is estimated. More: surer speeds, later alarms. Source: chosen."""
    min_trajectory_s: float = 0.9
    """Shortest trajectory from which a speed is estimated, seconds. Longer: surer speeds, later alarms. Source:
    chosen."""
    max_trajectory_s: float = 4.0
    """Longest trajectory, seconds; older positions are dropped. Longer: surer speeds, speed peaks are averaged out.
    Source: chosen."""
    max_positions: int = 64
    """Positions kept of one trajectory. More: surer speeds at high frame rates, more memory. Source: chosen."""
    follow_share: float = 0.5
    """A vehicle is followed from this share of the tolerated speed: a bottom centre that is placed too near for a while
    is too fast when it returns, and the slow part belongs to the trajectory. Higher: less computation, more alarms from
    such boxes. Source: chosen."""
    error_factor: float = 2.0
    """The speed must exceed the limit by this many standard errors, beside the margin of the config. Higher: fewer
    wrong speeds, later alarms. Source: chosen, 95 % confidence of a normal distribution."""
    max_relative_error: float = 1 / 15
    """A speed is reported only if its relative standard error is below this. Higher: earlier alarms, less sure speeds.
    Source: chosen."""
    max_relative_error_short: float = 1 / 40
    """The same for trajectories shorter than twice `min_trajectory_s`: the jitter of an occluded vehicle, metres large
    and correlated, does not show in them. Higher: earlier alarms, less sure speeds. Source: chosen."""
    max_autocorrelation: float = 0.8
    """Largest correlation of successive errors that a short trajectory can show. Higher: less sure speeds where errors
    are correlated, later alarms. Source: chosen."""
    min_acceleration_s: float = 2.0
    """Shortest trajectory in which acceleration is distinguished from a drift within the box, seconds. Longer:
    accelerating vehicles are reported later. Source: chosen."""
    max_acceleration_residual_m: float = 0.6
    """Standard deviation of the positions from a parabola up to which a vehicle accelerates, metres; a drifting box is
    further off. Larger: more accelerating vehicles reported, more alarms from drifting boxes. Source: chosen."""
    max_acceleration_mps2: float = 4.0
    """Largest acceleration of a vehicle, m/s2; a drifting box has more. Higher: as for `max_acceleration_residual_m`.
    Source: chosen, beyond that of most cars."""
    incident_radius_m: float = 3.0
    """A new track within this distance of the expected position may be the same vehicle, metres. Larger: fewer repeated
    alarms after ID switches, more vehicles mistaken for one that was lost. Source: chosen."""


class RecentTrajectory:
    """The recent ground positions of a vehicle that may be speeding: (s, x m, y m), oldest first.

    Examples:
        >>> trajectory = RecentTrajectory(SpeedingParameters())
        >>> for n in range(20):
        ...     trajectory.add((n / 10, 20 * n / 10, 0.0))
        >>> round(trajectory.min_speed_kmh())
        72
    """

    def __init__(self, parameters: SpeedingParameters = SpeedingParameters()) -> None:
        self._parameters = parameters
        self.positions: deque[tuple[float, float, float]] = deque(maxlen=parameters.max_positions)

    def add(self, position: tuple[float, float, float]) -> None:
        """Append the newest position; drop those older than `max_trajectory_s`."""
        self.positions.append(position)
        while position[0] - self.positions[0][0] > self._parameters.max_trajectory_s:
            self.positions.popleft()

    def min_speed_kmh(self) -> float:
        """Lower bound of the speed; 0 for a trajectory that is too short or too noisy.

        By a straight line in time over the whole trajectory (constant speed), or by a parabola (constant acceleration)
        where that is higher and plausible. Both are bounded by the median speed from one position to the next.
        """
        p = self._parameters
        duration_s = self.positions[-1][0] - self.positions[0][0]
        if len(self.positions) < p.min_observations or duration_s < p.min_trajectory_s:
            return 0.0
        positions = np.array(self.positions)
        steps = positions[1:] - positions[:-1]
        steps_mps = np.hypot(steps[:, 1], steps[:, 2]) / steps[:, 0]
        constant_mps: float = min(_Fit.of(positions, p, degree=1).min_speed_mps, median(steps_mps.tolist()))
        if duration_s < p.min_acceleration_s:
            return 3.6 * constant_mps
        parabola = _Fit.of(positions, p, degree=2)
        is_plausible = 0 < parabola.min_acceleration_mps2 <= p.max_acceleration_mps2
        if not (is_plausible and parabola.residual_m <= p.max_acceleration_residual_m):
            return 3.6 * constant_mps
        latest = positions[1:, 0] > positions[-1, 0] - p.min_trajectory_s
        accelerating_mps: float = min(parabola.min_speed_mps, median(steps_mps[latest].tolist()))
        return 3.6 * max(constant_mps, accelerating_mps)


@dataclass(frozen=True, slots=True)
class _Fit:
    """A polynomial in time through a trajectory, evaluated in the middle of its last `min_trajectory_s`."""

    min_speed_mps: float
    """Speed less its error; 0 where the relative error is too large."""
    min_acceleration_mps2: float
    """Acceleration less its error, for degree 2."""
    residual_m: float
    """Standard deviation of the positions from the polynomial."""

    @classmethod
    def of(cls, positions: Floats, p: SpeedingParameters, *, degree: int) -> Self:
        """Least squares through (K, 3) positions, with standard errors widened by the errors' autocorrelation."""
        times_s = positions[:, 0] - positions[-1, 0] + p.min_trajectory_s / 2
        powers = np.vander(times_s, degree + 1, increasing=True)
        covariance = np.linalg.inv(powers.T @ powers)
        coefficients = covariance @ powers.T @ positions[:, 1:]
        residuals_m = positions[:, 1:] - powers @ coefficients
        residual_m = float(np.sqrt((residuals_m**2).sum() / (len(positions) - degree - 1)))
        values = np.hypot(*coefficients.T).tolist()
        widening = _autocorrelation_factor(residuals_m, p.max_autocorrelation)
        errors = (p.error_factor * residual_m * np.sqrt(covariance.diagonal()) * widening).tolist()
        is_long = positions[-1, 0] - positions[0, 0] >= 2 * p.min_trajectory_s
        max_relative_error = p.max_relative_error if is_long else p.max_relative_error_short
        is_sure = errors[1] <= p.error_factor * max_relative_error * values[1]
        return cls(values[1] - errors[1] if is_sure else 0.0, 2 * (values[-1] - errors[-1]), residual_m)


def _autocorrelation_factor(residuals_m: Floats, max_autocorrelation: float) -> float:
    """By what the standard error grows when successive errors (K, 2) follow a first-order autoregression."""
    sum_of_squares = max(float((residuals_m**2).sum()), 1e-9)
    autocorrelation = float((residuals_m[1:] * residuals_m[:-1]).sum() / sum_of_squares)
    autocorrelation = min(max(autocorrelation, 0.0), max_autocorrelation)
    return float(np.sqrt((1 + autocorrelation) / (1 - autocorrelation)))


class SpeedingRule:
    """Reports vehicles that exceed a zone's limit by a margin, where the camera is calibrated.

    The filtered speed and the speed over the recent trajectory must both exceed it; the lower one is reported.
    """

    kind = IncidentKind.SPEEDING

    def __init__(
        self,
        zones: Sequence[ZoneConfig],
        settings: SpeedingConfig,
        *,
        parameters: SpeedingParameters = SpeedingParameters(),
        condition_parameters: SustainedConditionParameters = SUSTAINED,
    ) -> None:
        self._parameters = parameters
        self._max_gap_s = condition_parameters.max_gap_s
        limits = [np.inf if zone.speed_limit_kmh is None else zone.speed_limit_kmh for zone in zones]
        self._is_limited = np.isfinite(limits)
        self._tolerated_kmh = np.array(limits, np.float64) + settings.over_by_kmh
        self._follow_kmh = np.where(self._is_limited, parameters.follow_share * self._tolerated_kmh, np.inf)
        self._trajectories: dict[int, RecentTrajectory] = {}

    def __len__(self) -> int:
        return len(self._trajectories)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        """Evidence for each vehicle that exceeds the lowest limit of its zones."""
        self._forget(scene.at_s)
        tracks = scene.tracks
        may_speed = scene.inside & self._is_limited & ~(tracks.speed_kmh[:, None] < self._follow_kmh)
        rows = np.asarray(may_speed.any(axis=1)).nonzero()[0]
        if not len(rows):
            return []
        rows = rows[is_vehicle(tracks.class_id[rows]) & np.isfinite(tracks.ground_m[rows]).all(axis=1)]
        strictest = np.where(scene.inside[rows], self._tolerated_kmh, np.inf).argmin(axis=1)
        columns = (rows, strictest, tracks.track_id[rows], tracks.ground_m[rows], tracks.speed_kmh[rows])
        evidence: list[Evidence] = []
        for n, z, track, (x, y), now_kmh in zip(*(column.tolist() for column in columns), strict=True):
            trajectory = self._follow(track, (scene.at_s, x, y))
            tolerated_kmh = self._tolerated_kmh[z]
            if not now_kmh <= tolerated_kmh and (speed_kmh := min(trajectory.min_speed_kmh(), now_kmh)) > tolerated_kmh:
                evidence.append(self._evidence(scene, n, scene.zones[z].zone, speed_kmh, trajectory.positions[0][0]))
        return evidence

    def _forget(self, at_s: float) -> None:
        if self._trajectories:
            self._trajectories = {
                track: trajectory
                for track, trajectory in self._trajectories.items()
                if at_s - trajectory.positions[-1][0] <= self._max_gap_s
            }

    def _follow(self, track: int, position: tuple[float, float, float]) -> RecentTrajectory:
        """The track's trajectory with its newest position."""
        trajectory = self._trajectories.get(track)
        if trajectory is None:
            trajectory = self._trajectories[track] = RecentTrajectory(self._parameters)
        trajectory.add(position)
        return trajectory

    def _evidence(self, scene: Scene, n: int, zone: ZoneConfig, speed_kmh: float, since_s: float) -> Evidence:
        object_class, limit_kmh = CLASSES[scene.tracks.class_id[n]], zone.speed_limit_kmh or 0.0
        return evidence_for(
            scene,
            n,
            zone,
            confidence=0.7 + 0.25 * min(1.0, (speed_kmh - limit_kmh) / limit_kmh),
            reason=f"{with_article(object_class)} drives {speed_kmh:.0f} km/h in zone '{display_name(zone)}', "
            f"where the limit is {limit_kmh:.0f} km/h",
            facts={
                "class": object_class,
                "zone": display_name(zone),
                "speed_kmh": round(speed_kmh),
                "limit_kmh": round(limit_kmh),
            },
            radius_m=self._parameters.incident_radius_m,
            since_s=since_s,
        )
