"""Who truly waits at a stop line."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from vision.bench.simulation.ground_truth.truth import Truth

from vision.bench.simulation.vehicles import SIZES_M

GAP_M = 15.0
"""From the rear of one waiting vehicle to the front of the next, at most, and from the first to the line."""
START_S = 10.0
WAVE_MPS = 4.0
"""A queue whose head has started dissolves from there backwards: its first vehicle starts within so long, and the start
runs back at least so fast (at saturation flow one starts every 2 s or sooner, some 7 m behind the other, and the wave
runs at 4 to 6 m/s: Highway Capacity Manual 2000, chapters 7 and 16)."""


def queues(truth: "Truth", zone: int) -> list[list[int]]:
    """For each moment the rows of the vehicles in a zone's queue, nearest to its stop line first.

    By the measure's definition, on the simulation's own speeds: a vehicle waits from when it is slower than
    `queued_below_kmh` in the zone until it is faster than `moving_above_kmh`, and belongs to the queue while no greater
    gap than `GAP_M` parts it from the line or from others that do; or, when those before it have started, until its
    turn to start has come (`START_S`, `WAVE_MPS`).
    """
    recording, measures = truth.recording, truth.camera.measures
    slow_mps, fast_mps = measures.queued_below_kmh / 3.6, measures.moving_above_kmh / 3.6
    line = next(ln for ln in truth.site.lines if ln.id == truth.zones[zone].stop_line)
    start, end = np.array(line.start_m), np.array(line.end_m)
    normal = np.array([-(end - start)[1], (end - start)[0]]) / np.linalg.norm(end - start)
    away_m = np.abs((recording.middle_m - start) @ normal)
    half_m = SIZES_M[recording.class_id, 0] / 2
    waiting: set[int] = set()
    reached_s: dict[int, float] = {}
    told = []
    for moment, at_s in enumerate(truth.times_s.tolist()):
        rows = np.arange(recording.starts[moment], recording.starts[moment + 1])
        rows = rows[truth.inside[rows, zone] & truth.is_vehicle[rows]]
        speed, who = recording.speed_mps[rows], recording.vehicle[rows]
        was = np.isin(who, list(waiting))
        waits = (speed < slow_mps) | (was & (speed <= fast_mps))
        waiting = set(who[waits].tolist())
        reached_s = {vehicle: s for vehicle, s in reached_s.items() if vehicle in waiting}
        queue: list[int] = []
        for n, stretch in enumerate(_stretches(rows[waits], away_m, half_m)):
            vehicles = recording.vehicle[stretch].tolist()
            is_at_line = n == 0 and away_m[stretch[0]] - half_m[stretch[0]] <= GAP_M
            begun_s = at_s if is_at_line else max(reached_s.get(vehicle, -np.inf) for vehicle in vehicles)
            reached_s |= dict.fromkeys(vehicles, begun_s)
            queue += [row for row in stretch if at_s - begun_s <= START_S + away_m[row] / WAVE_MPS]
        told.append(queue)
    return told


def _stretches(rows: np.ndarray, away_m: np.ndarray, half_m: np.ndarray) -> list[list[int]]:
    """Waiting vehicles from the stop line backwards, cut where a gap parts them."""
    stretches: list[list[int]] = []
    reach_m = -np.inf
    for row in rows[np.argsort(away_m[rows])].tolist():
        if away_m[row] - half_m[row] > reach_m + GAP_M:
            stretches.append([])
        reach_m = max(reach_m, away_m[row] + half_m[row])
        stretches[-1].append(row)
    return stretches
