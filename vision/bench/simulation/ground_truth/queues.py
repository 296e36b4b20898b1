"""The true queues at stop lines, from the simulation's exact positions and speeds."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from vision.bench.simulation.ground_truth.truth import GroundTruth
from vision.bench.simulation.vehicles import SIZES_M

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Queues = Mapping[str, list[list[int]]]
"""By zone, for each frame: the rows of the vehicles in its queue, nearest to the stop line first."""

MAX_GAP_M = 15.0
"""Maximum gap between two queued vehicles, and between the first one and the stop line."""
START_S = 10.0
WAVE_MPS = 4.0
"""A queue discharges from its head: the first vehicle starts within `START_S`, and the start wave runs back at
`WAVE_MPS` or faster. At saturation flow a vehicle starts every 2 s, some 7 m behind the one before it, and the wave
runs at 4 to 6 m/s (Highway Capacity Manual 2000, chapters 7 and 16)."""


def queues_by_zone(truth: GroundTruth) -> Queues:
    """The queues of all zones that have a stop line."""
    return {zone.id: _queues(truth, n) for n, zone in enumerate(truth.zones) if zone.stop_line is not None}


def _queues(truth: GroundTruth, zone: int) -> list[list[int]]:
    """The rows of one zone's queue in each frame, nearest to its stop line first.

    As the published measure defines it: a vehicle queues from when it is slower than `queued_below_kmh` until it is
    faster than `moving_above_kmh`. It belongs to the queue while no gap above `MAX_GAP_M` separates it from the stop
    line or from other queued vehicles, or, when those ahead have started, until its own turn (`START_S`, `WAVE_MPS`).
    """
    recording, measures = truth.recording, truth.camera.measures
    slow_mps, fast_mps = measures.queued_below_kmh / 3.6, measures.moving_above_kmh / 3.6
    distance_m, half_m = _distance_to_stop_line(truth, zone), SIZES_M[recording.class_id, 0] / 2
    queued: set[int] = set()
    reached_line_s: dict[int, float] = {}
    queues = []
    for frame, at_s in enumerate(truth.times_s.tolist()):
        rows = np.arange(recording.starts[frame], recording.starts[frame + 1])
        rows = rows[truth.inside[rows, zone] & truth.is_vehicle[rows]]
        speed, vehicles = recording.speed_mps[rows], recording.vehicle[rows]
        was_queued = np.isin(vehicles, list(queued))
        is_queued = (speed < slow_mps) | (was_queued & (speed <= fast_mps))
        queued = set(vehicles[is_queued].tolist())
        reached_line_s = {vehicle: s for vehicle, s in reached_line_s.items() if vehicle in queued}
        queue: list[int] = []
        for n, platoon in enumerate(_platoons(rows[is_queued], distance_m, half_m)):
            members = recording.vehicle[platoon].tolist()
            is_at_line = n == 0 and distance_m[platoon[0]] - half_m[platoon[0]] <= MAX_GAP_M
            since_s = at_s if is_at_line else max(reached_line_s.get(vehicle, -np.inf) for vehicle in members)
            reached_line_s |= dict.fromkeys(members, since_s)
            queue += [row for row in platoon if at_s - since_s <= START_S + distance_m[row] / WAVE_MPS]
        queues.append(queue)
    return queues


def _distance_to_stop_line(truth: GroundTruth, zone: int) -> Floats:
    """(R,): of the vehicles' centres, in metres, on either side of the line."""
    line = next(ln for ln in truth.site.lines if ln.id == truth.zones[zone].stop_line)
    start, end = np.array(line.start_m), np.array(line.end_m)
    normal = np.array([-(end - start)[1], (end - start)[0]]) / np.linalg.norm(end - start)
    distance_m: Floats = np.abs((truth.recording.center_m - start) @ normal)
    return distance_m


def _platoons(rows: Ints, distance_m: Floats, half_m: Floats) -> list[list[int]]:
    """Queued vehicles from the stop line backwards, split at gaps above `MAX_GAP_M`."""
    platoons: list[list[int]] = []
    rear_m = -np.inf
    for row in rows[np.argsort(distance_m[rows])].tolist():
        if distance_m[row] - half_m[row] > rear_m + MAX_GAP_M:
            platoons.append([])
        rear_m = max(rear_m, distance_m[row] + half_m[row])
        platoons[-1].append(row)
    return platoons
