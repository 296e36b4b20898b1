"""Levels of congestion: what the traffic of one moment amounts to, and how long it must last to be told."""

from dataclasses import dataclass
from math import isnan

import numpy as np

from vision.config.measures import CongestionConfig
from vision.contracts import CongestionLevel

LEVELS = tuple(CongestionLevel)
"""From free to jammed; here a level is its number."""
FREE, DENSE, CONGESTED, JAMMED = range(4)

CRITICAL_FILL = 0.065
"""Of a road's surface, taken up at the density beyond which flow falls: 28 cars/km/lane (HCM 2000, chapter 23, at
capacity), as many as 150 motorcycles/km, on 3.5 m."""
UNSURE = 1.5
"""Where neither metres nor the road's own free flow are known, a relative speed may be wrong by half: the road must be
so many times as full before slow means congested."""
FULL = 2.5 * CRITICAL_FILL
"""So full a road is dense even where it flows."""
CROWD = 5.0
ALL_STAND = 0.8
"""Where so many vehicles came and so many of them stand, or they are as slow as in a jam, it is a queue, however little
of the road they fill."""
RECOVERY = 1.1
"""To be told better, traffic has to be better than the threshold by this factor."""
FIRST_AFTER_S = 5.0
"""The first level is told when it has been watched for so long ..."""
AGREES_FOR_S = 2.0
"""... and was the same at the end for so long ..."""
FIRST_AT_LAST_S = 10.0
"""... or when it wavers, after so long. Until `rise_after` has passed it is provisional: it becomes another one that
agrees for `FIRST_AFTER_S`."""
BLIND_S = 2.0
"""After so long without a frame what was seen before says nothing of how long a level has held."""


@dataclass(frozen=True, slots=True)
class TrafficState:
    """How a zone's traffic is, averaged over some seconds."""

    relative_speed: float
    """Part of the free-flow pace; NaN where nobody moves or stands whose pace is known."""
    filled: float
    """Part of the road's surface that vehicles stand on, 0 to 1."""
    vehicles: float
    """How many are in it that take part in traffic."""
    standing: float = 0.0
    """The part of them that stands, 0 to 1."""


def level_of(
    traffic: TrafficState, settings: CongestionConfig, few: float, critical_fill: float = CRITICAL_FILL
) -> int:
    """The level that traffic amounts to, as a number. With fewer than `few` vehicles a road is free.

    Slow alone is dense at most: it takes a road that is full beyond its critical density as well; the slower, the less
    full, and where nearly all stand or creep however little: a detector sees few of those that stand far away. Half of
    the free-flow pace is that of traffic at capacity (Greenshields, "A study of traffic capacity", 1935).
    """
    if traffic.vehicles < few or isnan(traffic.relative_speed):
        return FREE
    slow = FREE
    for level, below in (
        (DENSE, settings.dense_below),
        (CONGESTED, settings.congested_below),
        (JAMMED, settings.jammed_below),
    ):
        slow = level if traffic.relative_speed < below else slow
    creeps = traffic.relative_speed * critical_fill / CRITICAL_FILL < settings.jammed_below
    if traffic.vehicles >= CROWD and (creeps or traffic.standing >= ALL_STAND):
        return max(slow, CONGESTED)
    if traffic.filled < _needed_fill(traffic, settings, critical_fill):
        return min(slow, DENSE)
    return max(slow, DENSE if traffic.filled >= FULL else FREE)


def _needed_fill(traffic: TrafficState, settings: CongestionConfig, critical_fill: float) -> float:
    """How full a road must be for its slow traffic to be congested: from nothing where a crowd is about to creep to
    its critical density where traffic is only just slow, or nobody knows how slow."""
    if traffic.vehicles < CROWD or critical_fill > CRITICAL_FILL:
        return critical_fill
    above_creeping = max(traffic.relative_speed - settings.jammed_below, 0.0)
    return critical_fill * min(above_creeping / max(settings.congested_below - settings.jammed_below, 1e-6), 1.0)


def improved(traffic: TrafficState) -> TrafficState:
    """As if it were a little worse: what must be better than a threshold, to be told better than it."""
    return TrafficState(
        relative_speed=traffic.relative_speed / RECOVERY,
        filled=traffic.filled * RECOVERY,
        vehicles=traffic.vehicles,
        standing=traffic.standing,
    )


class CongestionHysteresis:
    """Tells a level only when it has held: a worse one for `rise_after`, a better one for `fall_after`."""

    def __init__(self, settings: CongestionConfig) -> None:
        self._rise_after_s = settings.rise_after.total_seconds()
        self._fall_after_s = settings.fall_after.total_seconds()
        self.level: CongestionLevel | None = None
        self.since_s = 0.0
        self._began_s = self._seen_s = np.nan
        self._provisional_until_s = np.nan
        self._first: int | None = None
        self._first_s = 0.0
        self._at_least_since_s: list[float] = []
        self._at_most_since_s: list[float] = []

    @property
    def is_provisional(self) -> bool:
        """Whether the level is a first one, which may become another without the patience that changes take."""
        return bool(self._seen_s < self._provisional_until_s)

    def update(self, level: int, cautious: int, at_s: float) -> None:
        """Take in the level of a moment, and the one that it has when a threshold must be passed by a margin."""
        if not at_s - self._seen_s <= BLIND_S:
            self._begin(at_s)
        self._seen_s = at_s
        for n in range(len(LEVELS)):
            self._at_least_since_s[n] = self._at_least_since_s[n] if level >= n else at_s
            self._at_most_since_s[n] = self._at_most_since_s[n] if cautious <= n else at_s
        if self.level is None or at_s < self._provisional_until_s:
            self._settle(level, at_s)
        else:
            self._change(LEVELS.index(self.level), at_s)

    def _begin(self, at_s: float) -> None:
        self._began_s = at_s
        if self.level is None:
            self._provisional_until_s = at_s + self._rise_after_s
        self._at_least_since_s = [at_s] * len(LEVELS)
        self._at_most_since_s = [at_s] * len(LEVELS)

    def _settle(self, level: int, at_s: float) -> None:
        if level != self._first:
            self._first, self._first_s = level, at_s
        watched_s, agreed_s = at_s - self._began_s, at_s - self._first_s
        if self.level is None:
            is_sure = (watched_s >= FIRST_AFTER_S and agreed_s >= AGREES_FOR_S) or watched_s >= FIRST_AT_LAST_S
        else:
            is_sure = agreed_s >= FIRST_AFTER_S and level != LEVELS.index(self.level)
        if is_sure:
            self._tell(level, at_s)

    def _change(self, told: int, at_s: float) -> None:
        worse = [n for n in range(told + 1, len(LEVELS)) if at_s - self._at_least_since_s[n] >= self._rise_after_s]
        better = [n for n in range(told) if at_s - self._at_most_since_s[n] >= self._fall_after_s]
        if worse:
            self._tell(worse[-1], at_s)
        elif better:
            self._tell(better[0], at_s)

    def _tell(self, level: int, at_s: float) -> None:
        self.level, self.since_s = LEVELS[level], at_s
