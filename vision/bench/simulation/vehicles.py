"""The simulated road users: their sizes, the vehicle mixes, and SUMO's vehicle types."""

from dataclasses import dataclass

import numpy as np

from vision.common.object_class import CLASSES, ObjectClass

C = ObjectClass


@dataclass(frozen=True, slots=True)
class Body:
    """The size of a road user as a box."""

    length_m: float
    width_m: float
    height_m: float


BODIES: dict[ObjectClass, Body] = {
    C.BICYCLE: Body(1.7, 0.6, 1.6),
    C.MOTORCYCLE: Body(1.9, 0.8, 1.6),
    C.CAR: Body(4.4, 1.8, 1.5),
    C.BUS: Body(11.0, 2.5, 3.1),
    C.TRUCK: Body(8.0, 2.4, 3.1),
    C.PERSON: Body(0.5, 0.6, 1.7),
}
"""Two-wheelers include their riders."""
SIZES_M = np.array([(b.length_m, b.width_m, b.height_m) for b in (BODIES[c] for c in CLASSES)])
"""(classes, 3): length, width, height."""

SHARES: dict[str, dict[ObjectClass, float]] = {
    "cars": {C.CAR: 0.86, C.TRUCK: 0.09, C.BUS: 0.05},
    "motorcycles": {C.MOTORCYCLE: 0.8, C.BICYCLE: 0.01, C.CAR: 0.15, C.TRUCK: 0.025, C.BUS: 0.015},
}
"""Vehicle mixes: without two-wheelers, and 80 % motorcycles as at Hanoi's quieter approaches."""
DEMAND_FACTOR: dict[str, float] = {"cars": 1.0, "motorcycles": 2.0}
"""Factor on the traffic volume: the same demand is more vehicles where most of them are small."""

_DRIVING: dict[ObjectClass, str] = {
    C.BICYCLE: 'vClass="bicycle" maxSpeed="5.5" minGap="0.8" minGapLat="0.3" latAlignment="right"',
    C.MOTORCYCLE: 'vClass="motorcycle" accel="3" minGap="0.9" minGapLat="0.3" latAlignment="arbitrary" lcPushy="0.5"',
    C.CAR: 'vClass="passenger" accel="2.4" minGap="2" minGapLat="0.5"',
    C.BUS: 'vClass="bus" accel="1.2" minGap="2.5" minGapLat="0.5"',
    C.TRUCK: 'vClass="truck" accel="1.3" minGap="2.5" minGapLat="0.5"',
}
COMPLIANT = 'speedFactor="normc(0.93,0.07,0.75,1.06)"'
"""Desired speed as a fraction of the limit: only a scripted vehicle is fast enough to be an incident."""

ACTORS: dict[str, tuple[ObjectClass, str]] = {
    "actor_car": (C.CAR, 'vClass="passenger" accel="2.6" speedFactor="1"'),
    "actor_truck": (C.TRUCK, 'vClass="truck" accel="1.5" speedFactor="0.9"'),
    "actor_motorcycle": (C.MOTORCYCLE, 'vClass="motorcycle" accel="3" speedFactor="1" latAlignment="arbitrary"'),
    "edge_car": (C.CAR, 'vClass="custom1" accel="2.6" speedFactor="1"'),
    "edge_motorcycle": (C.MOTORCYCLE, 'vClass="custom2" accel="3" speedFactor="1"'),
}
"""Vehicle types of scripted acts only. The `edge` types may use lanes that are closed to their class."""


def type_classes() -> dict[str, int]:
    """Class id by SUMO vehicle type, and by class name for what moves by script."""
    return {str(c): c.class_id for c in CLASSES} | {name: c.class_id for name, (c, _) in ACTORS.items()}


def vehicle_types() -> str:
    """The vehicle types as SUMO's XML."""
    ordinary = [(str(c), c, f"{driving} {COMPLIANT}") for c, driving in _DRIVING.items()]
    actors = [(name, c, driving) for name, (c, driving) in ACTORS.items()]
    return "\n".join(
        f'<vType id="{name}" length="{BODIES[c].length_m}" width="{BODIES[c].width_m}" {driving}/>'
        for name, c, driving in ordinary + actors
    )
