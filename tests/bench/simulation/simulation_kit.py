"""Recordings of traffic made by hand, where it is known what happens."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from vision.bench.simulation.simulate import Done, Recording
from vision.common.object_class import ObjectClass

STEP_S = 0.25


@dataclass(frozen=True, slots=True)
class Driver:
    """Goes straight from a place, at speeds that hold from given seconds on: `((0, 20), (5, 0))` stops at 5 s."""

    start_m: tuple[float, float]
    heading: tuple[float, float]
    speeds_mps: tuple[tuple[float, float], ...]
    object_class: ObjectClass = ObjectClass.CAR
    from_s: float = 0.0
    until_s: float = np.inf

    def speed_at(self, at_s: float) -> float:
        return [mps for since_s, mps in self.speeds_mps if since_s <= at_s][-1]


def recording(
    drivers: Iterable[Driver], lasts_s: float, *, acts: tuple[Done, ...] = (), lights: str | None = None
) -> Recording:
    """What the drivers did, as the simulation would tell it; vehicle n is the n-th driver."""
    moments = round(lasts_s / STEP_S)
    rows: list[tuple[int, int, int, float, float, float, float, float]] = []
    for number, driver in enumerate(drivers):
        place = np.array(driver.start_m, np.float64)
        for moment in range(moments):
            at_s = (moment + 1) * STEP_S
            if not driver.from_s <= at_s <= driver.until_s:
                continue
            speed_mps = driver.speed_at(at_s)
            place = place + np.array(driver.heading) * speed_mps * STEP_S
            rows.append((moment, number, driver.object_class.class_id, *place, *driver.heading, speed_mps))
    table = np.array(sorted(rows), np.float64).reshape(-1, 8)
    counts = np.bincount(table[:, 0].astype(int), minlength=moments)
    return Recording(
        step_s=STEP_S,
        starts=np.concatenate([[0], np.cumsum(counts)]),
        vehicle=table[:, 1].astype(np.int64),
        class_id=table[:, 2].astype(np.int64),
        middle_m=table[:, 3:5],
        heading=table[:, 5:7],
        speed_mps=table[:, 7],
        lights=lights or "-" * moments,
        acts=acts,
    )
