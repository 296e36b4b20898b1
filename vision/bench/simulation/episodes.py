"""Episodes: stretches of simulated traffic on one road, with scripted incidents or without any."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, product
from random import Random
from typing import Any

from vision.bench.simulation.roads import ROADS, Demand, Road
from vision.bench.simulation.roads.base import Script
from vision.bench.simulation.vehicles import DEMAND_FACTOR, SHARES, type_classes
from vision.contracts import IncidentKind

FRAME_INTERVAL_S = 0.25
"""Default time between two frames of the camera."""
MAX_STEP_S = 0.25
"""Longest simulation step; the frames of a faster camera are interpolated."""
WARM_UP_S, CONGESTED_WARM_UP_S = 120.0, 420.0
"""Simulated before the recording starts: until the road is full, or a bottleneck's queue has passed the camera."""
FIRST_INCIDENT_S, PAUSE_S = 30.0, (20.0, 50.0)
"""Time before the first incident, and shortest and longest time between incidents."""
MAX_EPISODE_S = 600.0
MIN_QUIET_S = 10.0
"""Shortest episode without incidents: a shorter one is not worth its warm-up."""
LATERAL_M = {"cars": 1.6, "motorcycles": 0.8}
"""Resolution of SUMO's sublane model: motorcycles ride side by side, and vehicles change lanes gradually."""
DEMAND_SHARES: dict[Demand, float] = {
    Demand.FREE: 0.45,
    Demand.DENSE: 0.35,
    Demand.CONGESTED: 0.12,
    Demand.JAMMED: 0.08,
}
"""Shares of the hours without incidents, by demand."""
Setting = tuple[str, str, Demand]
"""Road, vehicle mix, demand."""


@dataclass(frozen=True, slots=True)
class Episode:
    """One run of the simulation; the same fields give the same traffic.

    Examples:
        >>> Episode("motorway", "cars", Demand.FREE, number=0, seed=1, duration_s=60).name
        'motorway-cars-free-quiet-0'
    """

    road: str
    mix: str
    demand: Demand
    number: int
    """Distinguishes the episodes of one setting."""
    seed: int
    duration_s: float
    incidents: tuple[int, ...] = ()
    """Indices of the road's scripted incidents, in order; empty: a quiet episode."""
    frame_interval_s: float = FRAME_INTERVAL_S

    @property
    def name(self) -> str:
        kind = "incidents" if self.incidents else "quiet"
        return f"{self.road}-{self.mix}-{self.demand}-{kind}-{self.number}"

    @property
    def place(self) -> Road:
        return ROADS[self.road]

    def rng(self, purpose: str) -> Random:
        """A random generator of its own for each purpose, the same in each run."""
        return Random(f"{self.seed} {self.name} {purpose}")  # noqa: S311  no secret

    @property
    def warm_up_s(self) -> float:
        return CONGESTED_WARM_UP_S if self.place.bottlenecks(self.demand) else WARM_UP_S

    @property
    def frames_per_step(self) -> int:
        """Frames of the camera per simulation step."""
        return max(int(MAX_STEP_S / self.frame_interval_s + 1e-9), 1)

    def acts(self) -> list[Script]:
        """Scripted incidents, bottlenecks and bystanders, by time."""
        rng = self.rng("acts")
        acts = [
            {"at_s": -self.warm_up_s, "label": ""} | script
            for script in (*self.place.bottlenecks(self.demand), *self.place.bystanders(rng, self.duration_s))
        ]
        at_s = FIRST_INCIDENT_S
        for index in self.incidents:
            incident = self.place.incidents[index]
            acts.append(incident.script(rng) | {"at_s": at_s, "label": str(incident.kind)})
            at_s += incident.occupies_s + rng.uniform(*PAUSE_S)
        return sorted(acts, key=lambda act: act["at_s"])

    def job(self) -> dict[str, Any]:
        """The job of `sumo/script.py`, without its files."""
        return {
            "step_s": self.frame_interval_s * self.frames_per_step,
            "warm_up_s": self.warm_up_s,
            "duration_s": self.duration_s,
            "seed": self.rng("sumo").randrange(2**31),
            "lateral_m": LATERAL_M[self.mix],
            "ground": self.place.ground_m,
            "classes": type_classes(),
            "signal": self.place.signal,
            "acts": self.acts(),
        }

    def flows(self) -> str:
        """The traffic flows as SUMO's XML."""
        streams = self.place.streams(self.demand)
        flows = []
        for n, stream in enumerate(streams):
            shares = {c: p for c, p in SHARES[self.mix].items() if stream.only is None or c in stream.only}
            factor = DEMAND_FACTOR[self.mix] if len(shares) > 1 else 1.0
            for c, share in shares.items():
                rate_s = stream.veh_h * factor * share / sum(shares.values()) / 3600
                flows.append(
                    f'<flow id="{n}-{c}" type="{c}" route="{stream.route}" begin="0" end="100000" '
                    f'period="exp({rate_s:.6f})" departLane="best" departSpeed="max" departPos="base"'
                    + (' departPosLat="random"' if self.mix == "motorcycles" else "")
                    + f">{stream.extra}</flow>"
                )
        return "\n".join(flows)


def plan(*, events: int, hours: float, seed: int, frame_interval_s: float = FRAME_INTERVAL_S) -> list[Episode]:
    """Plan episodes with `events` incidents of each kind on all roads, mixes and demands, and `hours` without any.

    The same seed gives the same plan.
    """
    return [
        replace(e, frame_interval_s=frame_interval_s) for e in (*_with_incidents(events, seed), *_quiet(hours, seed))
    ]


def _with_incidents(events: int, seed: int) -> Iterator[Episode]:
    planned: dict[Setting, list[int]] = {}
    for kind in sorted({i.kind for road in ROADS.values() for i in road.incidents}):
        options = cycle(_options(kind, seed))
        expected = 0.0
        while expected < events:
            setting, index = next(options)
            planned.setdefault(setting, []).append(index)
            expected += ROADS[setting[0]].incidents[index].success_rate
    for setting, indices in planned.items():
        Random(f"{seed} {setting}").shuffle(indices)  # noqa: S311
        yield from _episodes_of(setting, indices, seed)


def _options(kind: IncidentKind, seed: int) -> list[tuple[Setting, int]]:
    """The settings and scripted incidents of a kind, in random order."""
    options = [
        ((road.name, mix, demand), index)
        for road, mix in product(ROADS.values(), SHARES)
        for index, incident in enumerate(road.incidents)
        for demand in Demand
        if incident.kind is kind and demand in incident.demands
    ]
    Random(f"{seed} {kind}").shuffle(options)  # noqa: S311
    return options


def _episodes_of(setting: Setting, indices: Sequence[int], seed: int) -> Iterator[Episode]:
    road, mix, demand = setting
    occupies_s = [i.occupies_s + PAUSE_S[1] for i in ROADS[road].incidents]
    chosen: list[int] = []
    number = 0
    for position, index in enumerate(indices):
        chosen.append(index)
        duration_s = FIRST_INCIDENT_S + sum(occupies_s[i] for i in chosen)
        if duration_s > MAX_EPISODE_S or position == len(indices) - 1:
            yield Episode(road, mix, demand, number, seed, duration_s, tuple(chosen))
            chosen, number = [], number + 1


def _quiet(hours: float, seed: int) -> Iterator[Episode]:
    each_s = hours * 3600 / len(ROADS) / len(SHARES)
    for road, mix, (demand, part) in product(ROADS, SHARES, DEMAND_SHARES.items()):
        left_s, number = each_s * part, 0
        while left_s >= MIN_QUIET_S:
            yield Episode(road, mix, demand, number, seed, min(left_s, MAX_EPISODE_S))
            left_s, number = left_s - MAX_EPISODE_S, number + 1
