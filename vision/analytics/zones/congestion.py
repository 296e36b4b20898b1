"""Congestion levels of zones by relative speed and occupancy, with hysteresis."""

from dataclasses import dataclass
from math import isnan

import numpy as np

from vision.config.measures import CongestionConfig
from vision.contracts import CongestionLevel

LEVELS = tuple(CongestionLevel)
"""From free to jammed; in this module a level is its index here."""
FREE, DENSE, CONGESTED, JAMMED = range(4)


@dataclass(frozen=True, slots=True)
class CongestionParameters:
    """Which traffic is congested, apart from the relative speeds that the camera's configuration sets."""

    critical_occupancy: float = 0.065
    """Part of a road's surface that vehicles occupy at the density beyond which flow falls; a slow road is congested
    from here on. Higher: fewer and later alarms, slow roads stay dense. Source: 28 cars/km/lane (HCM 2000, chapter 23,
    at capacity), or as many as 150 motorcycles/km, on 3.5 m."""
    uncertainty_factor: float = 1.5
    """The critical occupancy is raised by this factor where neither metres nor the zone's own free flow are known,
    since a relative speed may then be wrong by half. Higher: fewer false alarms on new cameras, more missed congestion.
    Source: chosen."""
    full_factor: float = 2.5
    """A road this many times as full as the critical occupancy is dense even where it flows. Higher: fewer flowing
    roads are called dense. Source: chosen."""
    min_crowd: float = 5.0
    """With this many vehicles, a crowd that creeps or is stopped is congested even if little of the road appears
    occupied, since a detector misses distant stopped vehicles. Higher: fewer alarms from short queues, distant queues
    are missed. Source: chosen."""
    min_stopped_share: float = 0.8
    """A crowd is stopped if this part of it is stopped. Higher: fewer, later alarms from queues. Source: chosen."""
    min_vehicles: float = 4.0
    """A zone with fewer vehicles is free. Higher: fewer alarms from a few slow vehicles. Source: chosen, half of the
    eight cars that 100 m of three lanes hold at capacity."""
    min_vehicles_in_frame: float = 8.0
    """A whole picture, of a camera without zones, with fewer vehicles is free. Higher: fewer alarms from a few slow
    vehicles. Source: chosen, the eight cars that 100 m of three lanes hold at capacity."""
    max_red_s: float = 120.0
    """No red light lasts longer than this, seconds: a queue at a stop line is congestion only if it spills back, or if
    vehicles wait longer. Longer: fewer alarms at signals, later alarms. Source: chosen."""
    min_long_waits: int = 2
    """This many vehicles must wait longer than `max_red_s`. More: fewer alarms from single broken-down vehicles.
    Source: chosen."""
    recovery_factor: float = 1.1
    """A level improves only when traffic is better than the threshold by this factor. Higher: fewer alternations,
    later recoveries. Source: chosen."""


@dataclass(frozen=True, slots=True)
class HysteresisParameters:
    """When the first level is published; later changes take `rise_after` and `fall_after` of the configuration."""

    first_after_s: float = 5.0
    """The first level takes this many seconds of video; a provisional level is replaced after as many seconds of
    another one. Longer: later, more certain first levels. Source: chosen."""
    min_agreement_s: float = 2.0
    """The first level must have been the same for this long, seconds. Longer: more certain first levels. Source:
    chosen."""
    first_at_latest_s: float = 10.0
    """After this many seconds of video the first level is published even if it varies. Longer: later first levels on
    unsteady roads. Source: chosen."""
    max_gap_s: float = 2.0
    """After a longer gap between frames, seconds, earlier levels no longer count towards how long a level has lasted.
    Longer: levels persist across longer outages. Source: chosen."""


@dataclass(frozen=True, slots=True)
class TrafficState:
    """A zone's traffic, averaged over some seconds."""

    relative_speed: float
    """Mean speed as a part of the free-flow speed; NaN where no speed is known."""
    occupancy: float
    """Part of the road's surface that vehicles occupy, 0 to 1."""
    vehicles: float
    """Mean number of vehicles that take part in traffic."""
    stopped_share: float = 0.0
    """The part of them that is stopped, 0 to 1."""


CONGESTION = CongestionParameters()
HYSTERESIS = HysteresisParameters()


def level_of(
    traffic: TrafficState,
    settings: CongestionConfig,
    min_vehicles: float,
    *,
    critical_occupancy: float | None = None,
    parameters: CongestionParameters = CONGESTION,
) -> int:
    """Index in `LEVELS` of the traffic's level; with fewer than `min_vehicles` a road is free.

    Slow traffic alone is dense at most: congestion also takes a road beyond its critical density. The slower traffic
    is, the lower the occupancy that it takes, down to any occupancy where nearly all vehicles creep or are stopped.
    Half of the free-flow speed is that of traffic at capacity (Greenshields, "A study of traffic capacity", 1935).

    Examples:
        >>> slow_and_full = TrafficState(relative_speed=0.3, occupancy=0.2, vehicles=20)
        >>> LEVELS[level_of(slow_and_full, CongestionConfig(), min_vehicles=4)].value
        'congested'
    """
    p = parameters
    critical = p.critical_occupancy if critical_occupancy is None else critical_occupancy
    if traffic.vehicles < min_vehicles or isnan(traffic.relative_speed):
        return FREE
    by_speed = _level_by_speed(traffic, settings)
    creeps = traffic.relative_speed * critical / p.critical_occupancy < settings.jammed_below
    if traffic.vehicles >= p.min_crowd and (creeps or traffic.stopped_share >= p.min_stopped_share):
        return max(by_speed, CONGESTED)
    if traffic.occupancy < _required_occupancy(traffic, settings, critical, p):
        return min(by_speed, DENSE)
    return max(by_speed, DENSE if traffic.occupancy >= p.full_factor * p.critical_occupancy else FREE)


def _level_by_speed(traffic: TrafficState, settings: CongestionConfig) -> int:
    level = FREE
    for slower, below in (
        (DENSE, settings.dense_below),
        (CONGESTED, settings.congested_below),
        (JAMMED, settings.jammed_below),
    ):
        level = slower if traffic.relative_speed < below else level
    return level


def _required_occupancy(
    traffic: TrafficState, settings: CongestionConfig, critical: float, parameters: CongestionParameters
) -> float:
    """How full a road must be for its slow traffic to be congested.

    It rises with speed: from zero for a crowd that is about to creep to the critical occupancy where traffic is only
    just slow, or where its speed is uncertain.
    """
    if traffic.vehicles < parameters.min_crowd or critical > parameters.critical_occupancy:
        return critical
    above_creeping = max(traffic.relative_speed - settings.jammed_below, 0.0)
    return critical * min(above_creeping / max(settings.congested_below - settings.jammed_below, 1e-6), 1.0)


def with_recovery_margin(traffic: TrafficState, parameters: CongestionParameters = CONGESTION) -> TrafficState:
    """The same traffic made a little worse: a level improves only when this is better than the threshold as well."""
    return TrafficState(
        relative_speed=traffic.relative_speed / parameters.recovery_factor,
        occupancy=traffic.occupancy * parameters.recovery_factor,
        vehicles=traffic.vehicles,
        stopped_share=traffic.stopped_share,
    )


class CongestionHysteresis:
    """Publishes a level only when it has lasted: a worse one for `rise_after`, a better one for `fall_after`.

    The first level is published after some seconds. Until `rise_after` has passed it is provisional, and may change
    sooner.

    Examples:
        >>> hysteresis = CongestionHysteresis(CongestionConfig())
        >>> for second in range(6):
        ...     hysteresis.update(FREE, FREE, float(second))
        >>> (hysteresis.level.value, hysteresis.is_provisional)
        ('free', True)
    """

    def __init__(self, settings: CongestionConfig, parameters: HysteresisParameters = HYSTERESIS) -> None:
        self._rise_after_s = settings.rise_after.total_seconds()
        self._fall_after_s = settings.fall_after.total_seconds()
        self._parameters = parameters
        self.level: CongestionLevel | None = None
        self.since_s = 0.0
        self._began_s = self._updated_s = np.nan
        self._provisional_until_s = np.nan
        self._candidate: int | None = None
        self._candidate_since_s = 0.0
        self._at_least_since_s: list[float] = []
        self._at_most_since_s: list[float] = []

    @property
    def is_provisional(self) -> bool:
        """Whether the level is a first one, which may change without the usual delay."""
        return bool(self._updated_s < self._provisional_until_s)

    def update(self, level: int, level_with_margin: int, at_s: float) -> None:
        """Take in the level of one moment, and its level with the recovery margin, as indices in `LEVELS`."""
        if not at_s - self._updated_s <= self._parameters.max_gap_s:
            self._begin(at_s)
        self._updated_s = at_s
        for n in range(len(LEVELS)):
            self._at_least_since_s[n] = self._at_least_since_s[n] if level >= n else at_s
            self._at_most_since_s[n] = self._at_most_since_s[n] if level_with_margin <= n else at_s
        if self.level is None or at_s < self._provisional_until_s:
            self._update_first(level, at_s)
        else:
            self._update_lasting(LEVELS.index(self.level), at_s)

    def _begin(self, at_s: float) -> None:
        self._began_s = at_s
        if self.level is None:
            self._provisional_until_s = at_s + self._rise_after_s
        self._at_least_since_s = [at_s] * len(LEVELS)
        self._at_most_since_s = [at_s] * len(LEVELS)

    def _update_first(self, level: int, at_s: float) -> None:
        """Publish the first level, or replace it while it is provisional."""
        p = self._parameters
        if level != self._candidate:
            self._candidate, self._candidate_since_s = level, at_s
        watched_s, agreed_s = at_s - self._began_s, at_s - self._candidate_since_s
        if self.level is None:
            agrees = watched_s >= p.first_after_s and agreed_s >= p.min_agreement_s
            is_certain = agrees or watched_s >= p.first_at_latest_s
        else:
            is_certain = agreed_s >= p.first_after_s and level != LEVELS.index(self.level)
        if is_certain:
            self._publish(level, at_s)

    def _update_lasting(self, published: int, at_s: float) -> None:
        """Replace a level by a worse or better one that has lasted."""
        worse = [n for n in range(published + 1, len(LEVELS)) if at_s - self._at_least_since_s[n] >= self._rise_after_s]
        better = [n for n in range(published) if at_s - self._at_most_since_s[n] >= self._fall_after_s]
        if worse:
            self._publish(worse[-1], at_s)
        elif better:
            self._publish(better[0], at_s)

    def _publish(self, level: int, at_s: float) -> None:
        self.level, self.since_s = LEVELS[level], at_s
