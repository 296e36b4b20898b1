"""From one episode's truth and what was said of it to numbers that add up over episodes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from statistics import median
from typing import Any

import numpy as np

from vision.bench.simulation.evaluation.matching import Matches, match
from vision.bench.simulation.ground_truth.scripted import events_of
from vision.bench.simulation.ground_truth.truth import TrueCrossing, Truth
from vision.bench.simulation.system_under_test import Crossed, Watched
from vision.contracts import Direction
from vision.contracts import IncidentKind as Kind

TRAJECTORY_KINDS: tuple[Kind, ...] = (
    Kind.STOPPED_VEHICLE, Kind.WRONG_WAY, Kind.PEDESTRIAN, Kind.ILLEGAL_STOPPING, Kind.LANE_ENCROACHMENT,
    Kind.BANNED_MOVEMENT, Kind.SPEEDING, Kind.SUDDEN_SLOWDOWN, Kind.QUEUE_SPILLBACK, Kind.CONGESTION, Kind.COLLISION,
    Kind.RED_LIGHT,
)  # fmt: skip
SAME_CROSSING_S = 3.0
SAME_CROSSING_ALONG = 0.35
"""A counted crossing is that of a vehicle that crossed the same line at most this much earlier or later, and this part
of the line away."""
SLOWEST_KMH = 5.0
"""Below this a part of a speed says nothing."""


@dataclass(slots=True)
class Score:
    """Sums over episodes of one level of noise."""

    hours: float = 0.0
    quiet_hours: float = 0.0
    noticed_s: dict[str, list[float]] = field(default_factory=dict)
    """By kind: of each noticed event, the time to detect it."""
    missed: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    excused: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    quiet_false: Counter[str] = field(default_factory=Counter)
    speed_errors: list[float] = field(default_factory=list)
    """Parts of the true speed, signed."""
    speeds_untold: int = 0
    queue_errors: list[tuple[int, int]] = field(default_factory=list)
    """Vehicles told, vehicles true, at each sampled moment at which there was either."""
    flows: list[tuple[int, int]] = field(default_factory=list)
    """Crossings counted, crossings true, of each line in each episode."""
    frames: int = 0
    tracks: int = 0
    analytics_s: float = 0.0

    def __iadd__(self, other: "Score") -> "Score":
        for name in ("hours", "quiet_hours", "speeds_untold", "frames", "tracks", "analytics_s"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("missed", "repeated", "excused", "false", "quiet_false"):
            getattr(self, name).update(getattr(other, name))
        for name in ("speed_errors", "queue_errors", "flows"):
            getattr(self, name).extend(getattr(other, name))
        for kind, times_s in other.noticed_s.items():
            self.noticed_s.setdefault(kind, []).extend(times_s)
        return self


def score(truth: Truth, watched: Watched, *, is_quiet: bool) -> tuple[Score, Matches]:
    """One episode, seen from one site."""
    events, excuses = events_of(truth)
    matches = match(events, excuses, watched.raised, truth.site.camera.at_m)
    hours = len(truth.recording) * truth.recording.step_s / 3600
    result = Score(
        hours=hours, quiet_hours=hours if is_quiet else 0.0, frames=watched.frames, tracks=watched.tracks,
        analytics_s=watched.analytics_s,
    )  # fmt: skip
    for event, alarm in matches.noticed:
        result.noticed_s.setdefault(event.kind.value, []).append(max(alarm.at_s - event.start_s, 0.0))
    result.missed.update(e.kind.value for e in matches.missed)
    result.repeated.update(r.kind.value for r in matches.repeated)
    result.excused.update(r.kind.value for r in matches.excused)
    result.false.update(r.kind.value for r in matches.false)
    if is_quiet:
        result.quiet_false.update(result.false)
    _score_lines(truth, watched.crossed, result)
    _score_queues(truth, watched, result)
    return result, matches


def _score_lines(truth: Truth, crossed: Sequence[Crossed], result: Score) -> None:
    """Counts and speeds, without the first and last seconds: what crosses at an end may be told beyond it."""
    ends_s = float(truth.times_s[-1]) - SAME_CROSSING_S
    for line, way in product(truth.site.lines, Direction):
        true = [c for c in truth.seen_crossings if c.line_id == line.id and c.goes_in == (way is Direction.IN)]
        told = [c for c in crossed if c.line_id == line.id and c.direction is way]
        pairs, alone = _paired(true, told)
        amid = {id(c) for c in true if SAME_CROSSING_S <= c.at_s <= ends_s}
        counted = sum(id(one) in amid for one, _ in pairs) + sum(SAME_CROSSING_S <= t.at_s <= ends_s for t in alone)
        if amid or counted:
            result.flows.append((counted, len(amid)))
        for one, best in pairs:
            if best.speed_kmh is None:
                result.speeds_untold += 1
            else:
                result.speed_errors += _speed_error(truth, one.vehicle, best.at_s, best.speed_kmh)


def _paired(
    true: Sequence[TrueCrossing], told: Sequence[Crossed]
) -> tuple[list[tuple[TrueCrossing, Crossed]], list[Crossed]]:
    """Each true crossing with the counted one nearest in time and place, if any; and the counted ones left over.

    The nearest pairs come first: a crossing that was not counted takes nobody else's.
    """
    apart_s = np.abs(np.subtract.outer([one.at_s for one in true], [t.at_s for t in told]))
    apart = np.abs(np.subtract.outer([one.along for one in true], [t.along for t in told]))
    rows, columns = np.nonzero((apart_s < SAME_CROSSING_S) & (apart < SAME_CROSSING_ALONG))
    order = np.argsort(apart_s[rows, columns] / SAME_CROSSING_S + apart[rows, columns], kind="stable")
    paired: dict[int, int] = {}
    taken: set[int] = set()
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in paired and column not in taken:
            paired[row] = column
            taken.add(column)
    pairs = [(true[row], told[column]) for row, column in sorted(paired.items())]
    return pairs, [t for column, t in enumerate(told) if column not in taken]


def _speed_error(truth: Truth, vehicle: int, at_s: float, told_kmh: float) -> list[float]:
    """Against the vehicle's true speed when it was told to cross."""
    rows = truth.rows_of((vehicle,))
    true_kmh = 3.6 * float(np.interp(at_s, truth.times_s[truth.moment[rows]], truth.recording.speed_mps[rows]))
    return [told_kmh / true_kmh - 1] if true_kmh > SLOWEST_KMH else []


def _score_queues(truth: Truth, watched: Watched, result: Score) -> None:
    moments = np.rint(np.array(watched.sampled_s) / truth.recording.step_s).astype(int) - 1
    for zone_id, queues in truth.queued.items():
        for moment, told in zip(moments.tolist(), watched.queued[zone_id], strict=True):
            true = len(queues[moment])
            if true or told:
                result.queue_errors.append((told, true))


def kinds_json(score: Score) -> dict[str, Any]:
    """Each kind's events, rates and times."""
    days = score.hours / 24
    quiet_days = score.quiet_hours / 24
    rows = {}
    for kind in (k.value for k in TRAJECTORY_KINDS):
        times_s = score.noticed_s.get(kind, [])
        events = len(times_s) + score.missed[kind]
        rows[kind] = {
            "events": events,
            "detection_rate": round(len(times_s) / events, 4) if events else None,
            "false_alarms_per_camera_day": round(score.quiet_false[kind] / quiet_days, 3) if quiet_days else None,
            "median_ttd_s": round(median(times_s), 2) if times_s else None,
            "false_alarms_beside_incidents_per_camera_day":
                round((score.false[kind] - score.quiet_false[kind]) / (days - quiet_days), 3)
                if days > quiet_days else None,
            "repeated": score.repeated[kind],
            "excused": score.excused[kind],
        }  # fmt: skip
    return rows


def measures_json(score: Score) -> dict[str, Any]:
    """How true measures are."""
    told, true = (np.array(side) for side in zip(*(score.queue_errors or [(0, 0)]), strict=True))
    off = np.abs(told - true)
    counted, passed = (np.array(side) for side in zip(*(score.flows or [(0, 0)]), strict=True))
    speeds = np.abs(score.speed_errors)
    return {
        "speed_mae_pct": round(float(speeds.mean()) * 100, 2) if len(speeds) else None,
        "speed_bias_pct": round(float(np.mean(score.speed_errors)) * 100, 2) if len(speeds) else None,
        "speeds": len(speeds),
        "queue_mae_veh": round(float(off.mean()), 2) if score.queue_errors else None,
        "queue_mean_veh": round(float(true.mean()), 2) if score.queue_errors else None,
        "queue_within_1_or_10_pct": round(float((off <= np.maximum(1, 0.1 * true)).mean()), 3)
        if score.queue_errors else None,
        "flow_error_pct": round(100 * float(np.abs(counted - passed).sum() / max(passed.sum(), 1)), 2),
        "crossings": int(passed.sum()),
    }  # fmt: skip


def report_json(score: Score) -> dict[str, Any]:
    """All that one part of the benchmark shows."""
    return {
        "kinds": kinds_json(score),
        "measures": measures_json(score),
        "camera_hours": round(score.hours, 2),
        "quiet_camera_hours": round(score.quiet_hours, 2),
        "analytics_ms_a_frame": round(1000 * score.analytics_s / max(score.frames, 1), 3),
        "tracks_a_frame": round(score.tracks / max(score.frames, 1), 1),
    }


def total(scores: Iterable[Score]) -> Score:
    """All of them together."""
    whole = Score()
    for one in scores:
        whole += one
    return whole
