"""Who truly waits at a stop line."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from vision.bench.incidents.truth import Truth

from vision.bench.incidents.vehicles import SIZES_M

GAP_M = 15.0
"""From the rear of one waiting vehicle to the front of the next, at most, and from the first to the line."""


def queues(truth: "Truth", zone: int) -> list[list[int]]:
    """For each moment the rows of the vehicles in a zone's queue, nearest to its stop line first.

    By the measure's definition, on the simulation's own speeds: a vehicle waits from when it is slower than
    `queued_below_kmh` in the zone until it is faster than `moving_above_kmh`, and belongs to the queue while no greater
    gap than `GAP_M` parts it from the line or from others that do.
    """
    recording, measures = truth.recording, truth.camera.measures
    slow_mps, fast_mps = measures.queued_below_kmh / 3.6, measures.moving_above_kmh / 3.6
    line = next(ln for ln in truth.site.lines if ln.id == truth.zones[zone].stop_line)
    start, end = np.array(line.start_m), np.array(line.end_m)
    normal = np.array([-(end - start)[1], (end - start)[0]]) / np.linalg.norm(end - start)
    away_m = np.abs((recording.middle_m - start) @ normal)
    half_m = SIZES_M[recording.class_id, 0] / 2
    waiting: set[int] = set()
    told = []
    for moment in range(len(recording)):
        rows = np.arange(recording.starts[moment], recording.starts[moment + 1])
        rows = rows[truth.inside[rows, zone] & truth.is_vehicle[rows]]
        speed, who = recording.speed_mps[rows], recording.vehicle[rows]
        was = np.isin(who, list(waiting))
        waits = (speed < slow_mps) | (was & (speed <= fast_mps))
        waiting = set(who[waits].tolist())
        told.append(_contiguous(rows[waits], away_m, half_m))
    return told


def _contiguous(rows: np.ndarray, away_m: np.ndarray, half_m: np.ndarray) -> list[int]:
    reach_m, queue = 0.0, []
    for row in rows[np.argsort(away_m[rows])].tolist():
        if away_m[row] - half_m[row] > reach_m + GAP_M:
            break
        reach_m = max(reach_m, away_m[row] + half_m[row])
        queue.append(row)
    return queue
