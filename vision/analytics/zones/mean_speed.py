"""Mean speed, vehicle count and occupancy of each zone over the last seconds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics

NEGLIGIBLE_S = 1e-3
"""Smaller sums, in vehicle-seconds, are rounding errors."""


@dataclass(frozen=True, slots=True)
class FrameTimeParameters:
    """How much time one frame represents."""

    max_step_s: float = 1.0
    """A frame represents the time since the previous one, but at most this, seconds: what happened during a longer gap
    was not measured. Longer: gaps are filled with what was observed after them. Source: chosen."""


@dataclass(frozen=True, slots=True)
class MeanSpeedParameters:
    """Over which time and which vehicles a zone's speed is averaged."""

    time_constant_s: float = 5.0
    """Averages decay exponentially with this time constant, seconds: what is as old counts 37 %. Longer: steadier
    averages that react later. Source: chosen."""
    upper_share: float = 0.25
    """The upper speed is that of the slowest vehicle in this fastest part. Larger: a lower upper speed, hence more
    congestion where one picture holds several roads. Source: chosen, the upper quartile."""


@dataclass(frozen=True, slots=True)
class ZoneMeans:
    """One zone's traffic, averaged over the last seconds."""

    speed_mps: float
    """Mean over vehicles and time (Edie 1963); NaN without vehicles."""
    upper_speed_mps: float
    """The speed that the fastest quarter of the vehicles reaches; NaN without vehicles, and where it is not
    computed."""
    vehicles: float
    """Mean number of vehicles that take part in traffic."""
    stopped_share: float
    """The part of them that is stopped, 0 to 1; 0 without vehicles."""
    occupancy: float
    """The part of the zone's surface that vehicles occupy, 0 to 1."""


class ZoneMeanSpeed:
    """Exponentially decaying sums over time of the traffic in each of Z zones.

    Examples:
        >>> mean_speed = ZoneMeanSpeed(1, with_upper_speed=False)
        >>> [means] = mean_speed.update(TrackKinematics.empty(), np.zeros((0, 1), bool), np.zeros(1), at_s=0.0)
        >>> means.vehicles
        0.0
    """

    def __init__(
        self,
        zones: int,
        *,
        with_upper_speed: bool,
        parameters: MeanSpeedParameters = MeanSpeedParameters(),
        frame_time: FrameTimeParameters = FrameTimeParameters(),
    ) -> None:
        """`with_upper_speed`: whether `ZoneMeans.upper_speed_mps` is computed, which sorts the speeds of each frame."""
        self._with_upper_speed = with_upper_speed
        self._parameters = parameters
        self._max_step_s = frame_time.max_step_s
        self._updated_s = np.nan
        self._watched_s = 0.0
        self._sums: Floats = np.zeros((6, zones))
        """(6, Z): sums over time of what `_sample` returns."""

    def update(self, tracks: TrackKinematics, takes_part: Bools, occupancy: Floats, at_s: float) -> list[ZoneMeans]:
        """Take in a frame: which tracks take part in which zone's traffic (N, Z), how full the zones are (Z,)."""
        elapsed_s = at_s - self._updated_s if at_s >= self._updated_s else 0.0
        self._updated_s = at_s
        decay = float(np.exp(-elapsed_s / self._parameters.time_constant_s))
        step_s = min(elapsed_s, self._max_step_s)
        self._watched_s = decay * self._watched_s + step_s
        self._sums = decay * self._sums + step_s * self._sample(tracks, takes_part, occupancy)
        return [self._means(sums) for sums in self._sums.T.tolist()]

    def _means(self, sums: Sequence[float]) -> ZoneMeans:
        vehicles, stopped, occupancy, measured, speeds, upper = sums
        watched_s = max(self._watched_s, NEGLIGIBLE_S)
        is_known = measured > NEGLIGIBLE_S
        return ZoneMeans(
            speed_mps=speeds / measured if is_known else np.nan,
            upper_speed_mps=upper / measured if is_known else np.nan,
            vehicles=vehicles / watched_s,
            stopped_share=stopped / vehicles if vehicles > NEGLIGIBLE_S else 0.0,
            occupancy=occupancy / watched_s,
        )

    def _sample(self, tracks: TrackKinematics, takes_part: Bools, occupancy: Floats) -> Floats:
        """(6, Z) of one frame: vehicles, stopped ones, occupancy, vehicles with a speed, their speeds, and their number
        times the upper speed."""
        is_measured = takes_part & ~np.isnan(tracks.speed_mps)[:, None]
        speeds = np.where(is_measured, tracks.speed_mps[:, None], 0.0)
        measured = is_measured.sum(axis=0)
        stopped = (takes_part & tracks.is_stopped[:, None]).sum(axis=0)
        upper = np.full(len(measured), np.nan)
        if self._with_upper_speed:
            upper = measured * self._upper_speeds(speeds, measured)
        return np.array([takes_part.sum(axis=0), stopped, occupancy, measured, speeds.sum(axis=0), upper], np.float64)

    def _upper_speeds(self, speeds: Floats, measured: Floats) -> Floats:
        """(Z,): of each column of (N, Z), the speed that the fastest `upper_share` of its `measured` vehicles
        reaches."""
        if not len(speeds):
            return np.zeros(len(measured))
        descending = -np.sort(-speeds, axis=0)
        last = np.maximum(np.ceil(self._parameters.upper_share * measured).astype(np.int64) - 1, 0)
        return descending[last, np.arange(len(last))]
