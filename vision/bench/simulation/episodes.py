"""What is simulated: stretches of traffic on one road, with incidents or without any."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, product
from random import Random
from typing import Any

from vision.bench.simulation.roads import ROADS, Demand, Road
from vision.bench.simulation.roads.base import Script
from vision.bench.simulation.vehicles import ROOM, SHARES, type_classes
from vision.contracts import IncidentKind

LOOK_S = 0.25
"""From one look of the camera to the next, unless another is asked for."""
LONGEST_STEP_S = 0.25
"""Of the simulation. A camera that looks more often sees it go on evenly in between."""
WARM_UP_S, BACK_UP_S = 120.0, 420.0
"""Before the camera looks: until the road is full, and until a bottleneck has backed up past the camera."""
FIRST_S, PAUSE_S = 30.0, (20.0, 50.0)
"""Before the first incident, and between what one leaves behind and the next."""
LONGEST_S = 600.0
SHORTEST_QUIET_S = 10.0
"""Without incidents: less than that is not worth the traffic that must back up before it."""
LATERAL_M = {"cars": 1.6, "motorcycles": 0.8}
"""Resolution of SUMO's sublane model: motorcycles ride side by side, and nobody jumps from lane to lane."""
DAY: dict[Demand, float] = {Demand.FREE: 0.45, Demand.DENSE: 0.35, Demand.CONGESTED: 0.12, Demand.JAMMED: 0.08}
"""Which parts of the hours without incidents have which demand."""
Setting = tuple[str, str, Demand]
"""Road, mix, demand."""


@dataclass(frozen=True, slots=True)
class Episode:
    """One run of the simulation."""

    road: str
    mix: str
    demand: Demand
    number: int
    """Different episodes of one setting differ in this."""
    seed: int
    lasts_s: float
    happenings: tuple[int, ...] = ()
    """Which of the road's happenings, in their order; none: an episode without incidents."""
    look_s: float = LOOK_S

    @property
    def name(self) -> str:
        kind = "incidents" if self.happenings else "quiet"
        return f"{self.road}-{self.mix}-{self.demand}-{kind}-{self.number}"

    @property
    def place(self) -> Road:
        return ROADS[self.road]

    def rng(self, purpose: str) -> Random:
        """Chance that is the same each time, and different for each purpose."""
        return Random(f"{self.seed} {self.name} {purpose}")  # noqa: S311  no secret

    @property
    def warm_up_s(self) -> float:
        return BACK_UP_S if self.place.throttled(self.demand) else WARM_UP_S

    @property
    def looks_a_step(self) -> int:
        """Of the simulation."""
        return max(int(LONGEST_STEP_S / self.look_s + 1e-9), 1)

    def acts(self) -> list[Script]:
        """What goes wrong, and what goes on beside the traffic, in the order of time."""
        rng = self.rng("acts")
        acts = [
            {"at_s": -self.warm_up_s, "label": ""} | script
            for script in (*self.place.throttled(self.demand), *self.place.bystanders(rng, self.lasts_s))
        ]
        at_s = FIRST_S
        for index in self.happenings:
            happening = self.place.happenings[index]
            acts.append(happening.script(rng) | {"at_s": at_s, "label": str(happening.kind)})
            at_s += happening.takes_s + rng.uniform(*PAUSE_S)
        return sorted(acts, key=lambda act: act["at_s"])

    def job(self) -> dict[str, Any]:
        """What `sumo_script.py` is told, but for its files."""
        return {
            "step_s": self.look_s * self.looks_a_step,
            "warm_up_s": self.warm_up_s,
            "lasts_s": self.lasts_s,
            "seed": self.rng("sumo").randrange(2**31),
            "lateral_m": LATERAL_M[self.mix],
            "ground": self.place.ground_m,
            "classes": type_classes(),
            "signal": self.place.signal,
            "acts": self.acts(),
        }

    def flows(self) -> str:
        """The traffic as SUMO's XML."""
        streams = self.place.streams(self.demand)
        flows = []
        for n, stream in enumerate(streams):
            shares = {c: p for c, p in SHARES[self.mix].items() if stream.only is None or c in stream.only}
            room = ROOM[self.mix] if len(shares) > 1 else 1.0
            for c, share in shares.items():
                rate_s = stream.veh_h * room * share / sum(shares.values()) / 3600
                flows.append(
                    f'<flow id="{n}-{c}" type="{c}" route="{stream.route}" begin="0" end="100000" '
                    f'period="exp({rate_s:.6f})" departLane="best" departSpeed="max" departPos="base"'
                    + (' departPosLat="random"' if self.mix == "motorcycles" else "")
                    + f">{stream.extra}</flow>"
                )
        return "\n".join(flows)


def plan(*, events: int, hours: float, seed: int, look_s: float = LOOK_S) -> list[Episode]:
    """So many incidents of each kind, on all roads, mixes and demands that know it; and so many hours without any."""
    return [replace(e, look_s=look_s) for e in (*_with_incidents(events, seed), *_quiet(hours, seed))]


def _with_incidents(events: int, seed: int) -> Iterator[Episode]:
    wanted: dict[Setting, list[int]] = {}
    for kind in sorted({h.kind for road in ROADS.values() for h in road.happenings}):
        places = cycle(_chances(kind, seed))
        made = 0.0
        while made < events:
            setting, index = next(places)
            wanted.setdefault(setting, []).append(index)
            made += ROADS[setting[0]].happenings[index].yields
    for setting, indices in wanted.items():
        Random(f"{seed} {setting}").shuffle(indices)  # noqa: S311
        yield from _episodes_of(setting, indices, seed)


def _chances(kind: IncidentKind, seed: int) -> list[tuple[Setting, int]]:
    """Where a kind can happen, in an order of chance."""
    chances = [
        ((road.name, mix, demand), index)
        for road, mix in product(ROADS.values(), SHARES)
        for index, happening in enumerate(road.happenings)
        for demand in Demand
        if happening.kind is kind and demand in happening.demands
    ]
    Random(f"{seed} {kind}").shuffle(chances)  # noqa: S311
    return chances


def _episodes_of(setting: Setting, indices: Sequence[int], seed: int) -> Iterator[Episode]:
    road, mix, demand = setting
    takes = [h.takes_s + PAUSE_S[1] for h in ROADS[road].happenings]
    chosen: list[int] = []
    number = 0
    for position, index in enumerate(indices):
        chosen.append(index)
        lasts_s = FIRST_S + sum(takes[i] for i in chosen)
        if lasts_s > LONGEST_S or position == len(indices) - 1:
            yield Episode(road, mix, demand, number, seed, lasts_s, tuple(chosen))
            chosen, number = [], number + 1


def _quiet(hours: float, seed: int) -> Iterator[Episode]:
    each_s = hours * 3600 / len(ROADS) / len(SHARES)
    for road, mix, (demand, part) in product(ROADS, SHARES, DAY.items()):
        left_s, number = each_s * part, 0
        while left_s >= SHORTEST_QUIET_S:
            yield Episode(road, mix, demand, number, seed, min(left_s, LONGEST_S))
            left_s, number = left_s - LONGEST_S, number + 1
