"""Events and excuses that the traffic's own state makes: speeding, slowing, queues, congestion, red lights, stands."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from vision.bench.simulation.ground_truth.expected import PATIENCE_S, Event, confirm_s, runs_of
from vision.bench.simulation.ground_truth.truth import STANDS_MPS, Truth
from vision.bench.simulation.vehicles import SIZES_M
from vision.contracts import IncidentKind as Kind

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Pair = tuple[list[Event], list[Event]]

SURELY_CONGESTED, MAYBE_CONGESTED = 0.3, 0.65
"""Of free flow."""
FEW, SOME = 2.0, 4.0
"""Vehicles in a zone without which it is not, or not surely, congested."""
SMOOTH_S = 15.0
SLOWDOWN, MAYBE_SLOWDOWN = 0.6, 0.35
"""Part of its pace that a zone loses."""
SLOWED = 3
"""So many vehicles are in the zone, within the time, when they have lost that part of it."""
WITHIN_S = 15.0
NEAR_SPILLBACK_M = 8.0
STANDS_ALONE_S = 5.0


def states_of(truth: Truth) -> Pair:
    """All of them."""
    events, excuses = _none()
    for part in (_speeding, _slowdowns, _spillbacks, _congestion, _red_lights, _stands):
        due, may = part(truth)
        events += due
        excuses += may
    return events, excuses


def _none() -> Pair:
    return [], []


def _zone_event(truth: Truth, kind: Kind, zone: int, run: tuple[int, int], due: int | None = None) -> Event:
    """A zone's affair from one moment to another."""
    start_s = float(truth.times_s[run[0] if due is None else due])
    middle = np.mean(truth.site.areas[zone].outline_m, axis=0)
    spans = truth.times_s[list(run)]
    return Event(kind, start_s, float(spans[1]), spans, np.stack([middle, middle]), truth.zones[zone].id)


def _speeding(truth: Truth) -> Pair:
    due, may = _none()
    speed_kmh = truth.recording.speed_mps * 3.6
    limits = np.array([z.speed_limit_kmh or np.inf for z in truth.zones])
    limit_kmh = np.where(truth.inside & truth.in_view[:, None], limits, np.inf).min(axis=1, initial=np.inf)
    limit_kmh = limit_kmh + truth.camera.incidents.speeding.over_by_kmh
    least = round((confirm_s(truth, Kind.SPEEDING) + PATIENCE_S[Kind.SPEEDING]) / truth.recording.step_s)
    for vehicle in np.unique(truth.recording.vehicle[speed_kmh > 0.95 * limit_kmh]).tolist():
        rows = truth.rows_of((vehicle,))
        times_s, places_m = truth.times_s[truth.moment[rows]], truth.recording.middle_m[rows]
        runs = runs_of(speed_kmh[rows] > 1.03 * limit_kmh[rows], least)
        events = [Event(Kind.SPEEDING, float(times_s[a]), float(times_s[b]), times_s, places_m) for a, b in runs]
        due += events[:1]
        if not events:
            may += [_whole_way(truth, Kind.SPEEDING, vehicle)]
    return due, may


def _whole_way(truth: Truth, kind: Kind, vehicle: int) -> Event:
    rows = truth.rows_of((vehicle,))
    times_s = truth.times_s[truth.moment[rows]]
    return Event(kind, float(times_s[0]), float(times_s[-1]), times_s, truth.recording.middle_m[rows])


def _slowdowns(truth: Truth) -> Pair:
    due, may = _none()
    back = round(WITHIN_S / truth.recording.step_s)
    acts = [(d.actors, d.begun_s) for d in truth.recording.acts if d.label == Kind.SUDDEN_SLOWDOWN and d.begun_s]
    for zone in range(len(truth.zones)):
        pace = truth.smooth_pace(zone, 2.0)
        before = truth.smooth_pace(zone, SMOOTH_S)
        lost = np.full(len(pace), np.nan)
        lost[back:] = 1 - pace[back:] / np.maximum(before[:-back], 0.1)
        lost[:back] = 1 - pace[:back] / np.fmax.accumulate(np.nan_to_num(pace[:back], nan=0.1).clip(0.1))
        may += [
            _zone_event(truth, Kind.SUDDEN_SLOWDOWN, zone, (max(a - back, 0), b))
            for a, b in runs_of(np.nan_to_num(lost) > MAYBE_SLOWDOWN)
        ]
        for actors, begun_s in acts if truth.zones[zone].direction else ():
            window = (truth.times_s >= begun_s) & (truth.times_s <= begun_s + WITHIN_S)
            rows = truth.rows_of(actors)
            slow_mps = (1 - SLOWDOWN) * before[np.searchsorted(truth.times_s, begun_s)]
            is_slow_here = (
                truth.inside[rows, zone] & window[truth.moment[rows]] & (truth.recording.speed_mps[rows] <= slow_mps)
            )
            slowed = len(np.unique(truth.recording.vehicle[rows[is_slow_here]]))
            if slowed >= SLOWED and (np.nan_to_num(lost[window]) > SLOWDOWN).any():
                moments = np.flatnonzero(window)
                due.append(_zone_event(truth, Kind.SUDDEN_SLOWDOWN, zone, (int(moments[0]), int(moments[-1]))))
    return due, may


def _spillbacks(truth: Truth) -> Pair:
    due, may = _none()
    least = round((confirm_s(truth, Kind.QUEUE_SPILLBACK) + 4.0) / truth.recording.step_s)
    for number, zone in enumerate(truth.zones):
        if zone.spillback_line is None:
            continue
        to_line_m = _to_spillback_m(truth, number)
        near = _told_once(truth, Kind.QUEUE_SPILLBACK, runs_of(to_line_m <= NEAR_SPILLBACK_M))
        may += [_zone_event(truth, Kind.QUEUE_SPILLBACK, number, run) for run in near]
        for whole, (first, _) in _first_within(near, runs_of(to_line_m <= 0, least)):
            due.append(_zone_event(truth, Kind.QUEUE_SPILLBACK, number, whole, due=first))
    return due, may


def _told_once(truth: Truth, kind: Kind, runs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Runs with those made one that follow each other so soon that the kind's settings have them told as one."""
    settings = getattr(truth.camera.incidents, kind.value)
    gap = (settings.clear_after + settings.cool_down).total_seconds() / truth.recording.step_s
    joined: list[tuple[int, int]] = []
    for first, last in runs:
        if joined and first - joined[-1][1] <= gap:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def _first_within(
    wholes: Iterable[tuple[int, int]], parts: Iterable[tuple[int, int]]
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Each run with the first of the parts that lie in it; those with none are left out."""
    parts = list(parts)
    for whole in wholes:
        inner = [part for part in parts if whole[0] <= part[0] and part[1] <= whole[1]]
        if inner:
            yield whole, inner[0]


def _to_spillback_m(truth: Truth, zone: int) -> Floats:
    """(T,): how far ahead of the spillback line the rear of the queue's last vehicle is; infinite without a queue."""
    line = next(ln for ln in truth.site.lines if ln.id == truth.zones[zone].spillback_line)
    stop = next(ln for ln in truth.site.lines if ln.id == truth.zones[zone].stop_line)
    way = np.subtract(stop.start_m, line.start_m)
    way = way / np.linalg.norm(way)
    ahead_m = (truth.recording.middle_m - np.array(line.start_m)) @ way
    rear_m = ahead_m - SIZES_M[truth.recording.class_id, 0] / 2
    queues = truth.queued[truth.zones[zone].id]
    return np.array([rear_m[queue].min() if len(queue) > 1 else np.inf for queue in queues])


def _congestion(truth: Truth) -> Pair:
    due, may = _none()
    rise_s = truth.camera.measures.congestion.rise_after.total_seconds()
    step_s = truth.recording.step_s
    for number, zone in enumerate(truth.zones):
        ratio = truth.smooth_pace(number, SMOOTH_S) / truth.road.free_mps
        if zone.direction is None:
            continue
        present = truth.mean_present(number, SMOOTH_S)
        is_maybe = (np.nan_to_num(ratio, nan=1.0) < MAYBE_CONGESTED) & (present >= FEW)
        maybe = _told_once(truth, Kind.CONGESTION, runs_of(is_maybe, round(5 / step_s)))
        may += [
            _zone_event(truth, Kind.CONGESTION, number, (a, min(b + round(60 / step_s), len(ratio) - 1)))
            for a, b in maybe
        ]
        if zone.stop_line is None:
            is_sure = (np.nan_to_num(ratio, nan=1.0) < SURELY_CONGESTED) & (present >= SOME)
            sure = runs_of(is_sure, round((rise_s + 30) / step_s))
            for whole, (first, _) in _first_within(maybe, sure):
                due.append(_zone_event(truth, Kind.CONGESTION, number, whole, due=first + round(rise_s / step_s)))
    return due, may


def _red_lights(truth: Truth) -> Pair:
    due, may = _none()
    runners = {v for act in truth.recording.acts if act.label == Kind.RED_LIGHT for v in act.actors}
    for zone in truth.zones:
        signal = next((s for s in truth.camera.signals if s.id == zone.signal), None)
        if signal is None:
            continue
        grace_s = signal.grace.total_seconds()
        for c in truth.crossings:
            if c.line_id != zone.stop_line or not c.goes_in or truth.recording.lights[c.moment] != "r":
                continue
            rows = truth.rows_of((c.vehicle,))
            event = Event(
                Kind.RED_LIGHT, c.at_s, c.at_s, truth.times_s[truth.moment[rows]], truth.recording.middle_m[rows]
            )
            is_due = c.vehicle in runners and _red_for_s(truth, c.moment) > grace_s + 0.5
            (due if is_due else may).append(event)
    return due, may


def _red_for_s(truth: Truth, moment: int) -> float:
    began = truth.recording.lights.rfind("g", 0, moment), truth.recording.lights.rfind("y", 0, moment)
    return (moment - max(began)) * truth.recording.step_s


def _stands(truth: Truth) -> Pair:
    """Excuses for stopped vehicles: whoever truly stands outside queues and jams, act or no act."""
    step_s = truth.recording.step_s
    rows = np.flatnonzero((truth.recording.speed_mps < STANDS_MPS) & truth.is_vehicle & truth.inside.any(axis=1))
    in_queue = {row for queues in truth.queued.values() for queue in queues for row in queue}
    may = []
    for vehicle in np.unique(truth.recording.vehicle[rows]).tolist():
        mine = rows[truth.recording.vehicle[rows] == vehicle]
        moments = truth.moment[mine]
        for run in np.split(mine, np.flatnonzero(np.diff(moments) > 1) + 1):
            if len(run) * step_s < STANDS_ALONE_S or run[0] in in_queue or _is_in_jam(truth, int(run[len(run) // 2])):
                continue
            times_s = truth.times_s[truth.moment[run]]
            stand = (float(times_s[0]), float(times_s[-1]), times_s, truth.recording.middle_m[run])
            may += [Event(kind, *stand) for kind in (Kind.STOPPED_VEHICLE, Kind.ILLEGAL_STOPPING)]
    return [], may


def _is_in_jam(truth: Truth, row: int) -> bool:
    """Whether the other vehicles of the zones that a vehicle is in are slow."""
    moment, speed = truth.moment[row], truth.recording.speed_mps[row]
    for zone in np.flatnonzero(truth.inside[row]).tolist():
        others = truth.present[moment, zone] - 1
        if others >= FEW and (truth.speeds[moment, zone] - speed) / others < SURELY_CONGESTED * truth.road.free_mps:
            return True
    return False
