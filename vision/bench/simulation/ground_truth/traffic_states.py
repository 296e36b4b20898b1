"""Expected incidents that the traffic causes: speeding, slowdowns, spillbacks, congestion, red lights, stops."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from vision.bench.simulation.ground_truth.expected import (
    MARGIN_S,
    ExpectedIncident,
    Incidents,
    confirmation_time_s,
    consecutive_runs,
)
from vision.bench.simulation.ground_truth.queues import Queues
from vision.bench.simulation.ground_truth.truth import STOPPED_MPS, GroundTruth
from vision.bench.simulation.vehicles import SIZES_M
from vision.contracts import IncidentKind as Kind

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Run = tuple[int, int]
"""First and last frame."""

CONGESTED, MAYBE_CONGESTED = 0.3, 0.65
"""Mean speed as a fraction of free flow: below the first it is congested, between the two it is borderline."""
FEW_VEHICLES, SOME_VEHICLES = 2.0, 4.0
"""Fewer vehicles than the first are no congestion; fewer than the second are borderline."""
SMOOTHING_S = 15.0
SLOWDOWN, MAYBE_SLOWDOWN = 0.6, 0.35
"""Fraction of its mean speed that a zone loses in a sudden slowdown, and in a borderline case."""
MIN_SLOWED = 3
"""Vehicles that must lose that fraction in the zone."""
SLOWDOWN_WITHIN_S = 15.0
NEAR_SPILLBACK_M = 8.0
LONE_STOP_S = 5.0


def traffic_incidents(truth: GroundTruth, queues: Queues) -> Incidents:
    """The expected incidents and the borderline cases of all these kinds."""
    parts: tuple[Incidents, ...] = (
        _speeding(truth),
        _slowdowns(truth),
        _spillbacks(truth, queues),
        _congestion(truth),
        _red_lights(truth),
        ([], _lone_stops(truth, queues)),
    )
    return [i for expected, _ in parts for i in expected], [i for _, borderline in parts for i in borderline]


def _zone_incident(truth: GroundTruth, kind: Kind, zone: int, run: Run, start: int | None = None) -> ExpectedIncident:
    """An incident of a whole zone during a run of frames; `start`: the frame from which it is expected."""
    start_s = float(truth.times_s[run[0] if start is None else start])
    middle = np.mean(truth.site.zones[zone].outline_m, axis=0)
    spans = truth.times_s[list(run)]
    return ExpectedIncident(kind, start_s, float(spans[1]), spans, np.stack([middle, middle]), truth.zones[zone].id)


def _speeding(truth: GroundTruth) -> Incidents:
    expected: list[ExpectedIncident] = []
    borderline: list[ExpectedIncident] = []
    speed_kmh = truth.recording.speed_mps * 3.6
    limits = np.array([z.speed_limit_kmh or np.inf for z in truth.zones])
    limit_kmh = np.where(truth.inside & truth.in_view[:, None], limits, np.inf).min(axis=1, initial=np.inf)
    limit_kmh = limit_kmh + truth.camera.incidents.speeding.over_by_kmh
    min_frames = round((confirmation_time_s(truth, Kind.SPEEDING) + MARGIN_S[Kind.SPEEDING]) / truth.recording.step_s)
    for vehicle in np.unique(truth.recording.vehicle[speed_kmh > 0.95 * limit_kmh]).tolist():
        rows = truth.rows_of((vehicle,))
        times_s, places_m = truth.times_s[truth.frame[rows]], truth.recording.center_m[rows]
        runs = consecutive_runs(speed_kmh[rows] > 1.03 * limit_kmh[rows], min_frames)
        these = [
            ExpectedIncident(Kind.SPEEDING, float(times_s[a]), float(times_s[b]), times_s, places_m) for a, b in runs
        ]
        expected += these[:1]
        if not these:
            borderline.append(ExpectedIncident(Kind.SPEEDING, float(times_s[0]), float(times_s[-1]), times_s, places_m))
    return expected, borderline


def _slowdowns(truth: GroundTruth) -> Incidents:
    expected: list[ExpectedIncident] = []
    borderline: list[ExpectedIncident] = []
    back = round(SLOWDOWN_WITHIN_S / truth.recording.step_s)
    acts = [(a.actors, a.started_s) for a in truth.recording.acts if a.label == Kind.SUDDEN_SLOWDOWN and a.started_s]
    for zone in range(len(truth.zones)):
        before = truth.mean_speed_mps(zone, SMOOTHING_S)
        lost = _lost_speed(truth.mean_speed_mps(zone, 2.0), before, back)
        borderline += [
            _zone_incident(truth, Kind.SUDDEN_SLOWDOWN, zone, (max(a - back, 0), b))
            for a, b in consecutive_runs(np.nan_to_num(lost) > MAYBE_SLOWDOWN)
        ]
        for actors, started_s in acts if truth.zones[zone].direction else ():
            window = (truth.times_s >= started_s) & (truth.times_s <= started_s + SLOWDOWN_WITHIN_S)
            slow_mps = (1 - SLOWDOWN) * before[np.searchsorted(truth.times_s, started_s)]
            slowed = _slowed_vehicles(truth, zone, actors, window, slow_mps)
            if slowed >= MIN_SLOWED and (np.nan_to_num(lost[window]) > SLOWDOWN).any():
                frames = np.flatnonzero(window)
                expected.append(_zone_incident(truth, Kind.SUDDEN_SLOWDOWN, zone, (int(frames[0]), int(frames[-1]))))
    return expected, borderline


def _lost_speed(speed_mps: Floats, before_mps: Floats, back: int) -> Floats:
    """(T,): the fraction of a zone's mean speed that was lost within the last `back` frames."""
    lost = np.full(len(speed_mps), np.nan)
    lost[back:] = 1 - speed_mps[back:] / np.maximum(before_mps[:-back], 0.1)
    first = speed_mps[:back]
    lost[:back] = 1 - first / np.fmax.accumulate(np.nan_to_num(first, nan=0.1).clip(0.1))
    return lost


def _slowed_vehicles(truth: GroundTruth, zone: int, actors: tuple[int, ...], window: Bools, slow_mps: float) -> int:
    """How many of the actors are that slow in the zone within the window (T,) of frames."""
    rows = truth.rows_of(actors)
    is_slow_here = truth.inside[rows, zone] & window[truth.frame[rows]] & (truth.recording.speed_mps[rows] <= slow_mps)
    return len(np.unique(truth.recording.vehicle[rows[is_slow_here]]))


def _spillbacks(truth: GroundTruth, queues: Queues) -> Incidents:
    expected: list[ExpectedIncident] = []
    borderline: list[ExpectedIncident] = []
    min_frames = round((confirmation_time_s(truth, Kind.QUEUE_SPILLBACK) + 4.0) / truth.recording.step_s)
    for number, zone in enumerate(truth.zones):
        if zone.spillback_line is None:
            continue
        to_line_m = _to_spillback_line_m(truth, number, queues)
        near = _merged_runs(truth, Kind.QUEUE_SPILLBACK, consecutive_runs(to_line_m <= NEAR_SPILLBACK_M))
        borderline += [_zone_incident(truth, Kind.QUEUE_SPILLBACK, number, run) for run in near]
        for whole, (first, _) in _first_within(near, consecutive_runs(to_line_m <= 0, min_frames)):
            expected.append(_zone_incident(truth, Kind.QUEUE_SPILLBACK, number, whole, start=first))
    return expected, borderline


def _merged_runs(truth: GroundTruth, kind: Kind, runs: Iterable[Run]) -> list[Run]:
    """Merge runs that follow each other within `clear_after` plus `cool_down`: they are reported as one incident."""
    settings = getattr(truth.camera.incidents, kind.value)
    gap = (settings.clear_after + settings.cool_down).total_seconds() / truth.recording.step_s
    merged: list[Run] = []
    for first, last in runs:
        if merged and first - merged[-1][1] <= gap:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return merged


def _first_within(wholes: Iterable[Run], parts: Iterable[Run]) -> Iterator[tuple[Run, Run]]:
    """Each run with the first of the parts inside it; runs without one are left out."""
    parts = list(parts)
    for whole in wholes:
        inner = [part for part in parts if whole[0] <= part[0] and part[1] <= whole[1]]
        if inner:
            yield whole, inner[0]


def _to_spillback_line_m(truth: GroundTruth, zone: int, queues: Queues) -> Floats:
    """(T,): from the spillback line to the rear of the queue's last vehicle; infinite without a queue of two."""
    line = next(ln for ln in truth.site.lines if ln.id == truth.zones[zone].spillback_line)
    stop = next(ln for ln in truth.site.lines if ln.id == truth.zones[zone].stop_line)
    direction = np.subtract(stop.start_m, line.start_m)
    direction = direction / np.linalg.norm(direction)
    ahead_m = (truth.recording.center_m - np.array(line.start_m)) @ direction
    rear_m = ahead_m - SIZES_M[truth.recording.class_id, 0] / 2
    return np.array([rear_m[queue].min() if len(queue) > 1 else np.inf for queue in queues[truth.zones[zone].id]])


def _congestion(truth: GroundTruth) -> Incidents:
    expected: list[ExpectedIncident] = []
    borderline: list[ExpectedIncident] = []
    rise_s = truth.camera.measures.congestion.rise_after.total_seconds()
    step_s = truth.recording.step_s
    for number, zone in enumerate(truth.zones):
        ratio = truth.mean_speed_mps(number, SMOOTHING_S) / truth.road.free_flow_mps
        if zone.direction is None:
            continue
        present = truth.mean_count(number, SMOOTHING_S)
        is_maybe = (np.nan_to_num(ratio, nan=1.0) < MAYBE_CONGESTED) & (present >= FEW_VEHICLES)
        maybe = _merged_runs(truth, Kind.CONGESTION, consecutive_runs(is_maybe, round(5 / step_s)))
        borderline += [
            _zone_incident(truth, Kind.CONGESTION, number, (a, min(b + round(60 / step_s), len(ratio) - 1)))
            for a, b in maybe
        ]
        if zone.stop_line is None:
            is_sure = (np.nan_to_num(ratio, nan=1.0) < CONGESTED) & (present >= SOME_VEHICLES)
            sure = consecutive_runs(is_sure, round((rise_s + 30) / step_s))
            for whole, (first, _) in _first_within(maybe, sure):
                start = first + round(rise_s / step_s)
                expected.append(_zone_incident(truth, Kind.CONGESTION, number, whole, start=start))
    return expected, borderline


def _red_lights(truth: GroundTruth) -> Incidents:
    expected: list[ExpectedIncident] = []
    borderline: list[ExpectedIncident] = []
    runners = {v for act in truth.recording.acts if act.label == Kind.RED_LIGHT for v in act.actors}
    for zone in truth.zones:
        signal = next((s for s in truth.camera.signals if s.id == zone.signal), None)
        if signal is None:
            continue
        grace_s = signal.grace.total_seconds()
        for c in truth.crossings:
            if c.line_id != zone.stop_line or not c.goes_in or truth.recording.lights[c.frame] != "r":
                continue
            rows = truth.rows_of((c.vehicle,))
            times_s, places_m = truth.times_s[truth.frame[rows]], truth.recording.center_m[rows]
            incident = ExpectedIncident(Kind.RED_LIGHT, c.at_s, c.at_s, times_s, places_m)
            is_sure = c.vehicle in runners and _red_for_s(truth, c.frame) > grace_s + 0.5
            (expected if is_sure else borderline).append(incident)
    return expected, borderline


def _red_for_s(truth: GroundTruth, frame: int) -> float:
    began = truth.recording.lights.rfind("g", 0, frame), truth.recording.lights.rfind("y", 0, frame)
    return (frame - max(began)) * truth.recording.step_s


def _lone_stops(truth: GroundTruth, queues: Queues) -> list[ExpectedIncident]:
    """Borderline stops: any vehicle that stops outside queues and jams, scripted or not."""
    step_s = truth.recording.step_s
    rows = np.flatnonzero((truth.recording.speed_mps < STOPPED_MPS) & truth.is_vehicle & truth.inside.any(axis=1))
    in_queue = {row for by_frame in queues.values() for queue in by_frame for row in queue}
    stops: list[ExpectedIncident] = []
    for vehicle in np.unique(truth.recording.vehicle[rows]).tolist():
        own = rows[truth.recording.vehicle[rows] == vehicle]
        for run in np.split(own, np.flatnonzero(np.diff(truth.frame[own]) > 1) + 1):
            if len(run) * step_s < LONE_STOP_S or run[0] in in_queue or _is_in_jam(truth, int(run[len(run) // 2])):
                continue
            times_s, places_m = truth.times_s[truth.frame[run]], truth.recording.center_m[run]
            stops += [
                ExpectedIncident(kind, float(times_s[0]), float(times_s[-1]), times_s, places_m)
                for kind in (Kind.STOPPED_VEHICLE, Kind.ILLEGAL_STOPPING)
            ]
    return stops


def _is_in_jam(truth: GroundTruth, row: int) -> bool:
    """Whether the other vehicles in the vehicle's zones are slow."""
    frame, speed = truth.frame[row], truth.recording.speed_mps[row]
    for zone in np.flatnonzero(truth.inside[row]).tolist():
        others = truth.counts[frame, zone] - 1
        if others >= FEW_VEHICLES:
            mean_mps = (truth.speed_sums_mps[frame, zone] - speed) / others
            if mean_mps < CONGESTED * truth.road.free_flow_mps:
                return True
    return False
