"""Hand-made recordings of simple traffic."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from vision.bench.simulation.simulate import CompletedAct, Recording
from vision.common.object_class import ObjectClass

STEP_S = 0.25


@dataclass(frozen=True, slots=True)
class Driver:
    """Moves straight ahead, at speeds that apply from given times on: `((0, 20), (5, 0))` stops at 5 s."""

    start_m: tuple[float, float]
    heading: tuple[float, float]
    speeds_mps: tuple[tuple[float, float], ...]
    object_class: ObjectClass = ObjectClass.CAR
    from_s: float = 0.0
    until_s: float = np.inf

    def speed_at(self, at_s: float) -> float:
        return [mps for since_s, mps in self.speeds_mps if since_s <= at_s][-1]


def recording(
    drivers: Iterable[Driver], duration_s: float, *, acts: tuple[CompletedAct, ...] = (), lights: str | None = None
) -> Recording:
    """The recording of these drivers; vehicle n is the n-th driver."""
    frames = round(duration_s / STEP_S)
    rows: list[tuple[int, int, int, float, float, float, float, float]] = []
    for number, driver in enumerate(drivers):
        place = np.array(driver.start_m, np.float64)
        for frame in range(frames):
            at_s = (frame + 1) * STEP_S
            if not driver.from_s <= at_s <= driver.until_s:
                continue
            speed_mps = driver.speed_at(at_s)
            place = place + np.array(driver.heading) * speed_mps * STEP_S
            rows.append((frame, number, driver.object_class.class_id, *place, *driver.heading, speed_mps))
    table = np.array(sorted(rows), np.float64).reshape(-1, 8)
    counts = np.bincount(table[:, 0].astype(int), minlength=frames)
    return Recording(
        step_s=STEP_S,
        starts=np.concatenate([[0], np.cumsum(counts)]),
        vehicle=table[:, 1].astype(np.int64),
        class_id=table[:, 2].astype(np.int64),
        center_m=table[:, 3:5],
        heading=table[:, 5:7],
        speed_mps=table[:, 7],
        lights=lights or "-" * frames,
        acts=acts,
    )
