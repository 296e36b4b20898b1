"""Scores episodes: detection rates, delays and false alarms per kind; errors of speeds, queues and counts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from statistics import median
from typing import Any

import numpy as np

from vision.bench.simulation.evaluation.matching import Matches, match
from vision.bench.simulation.ground_truth.queues import Queues, queues_by_zone
from vision.bench.simulation.ground_truth.scripted import incidents_of
from vision.bench.simulation.ground_truth.truth import GroundTruth, TrueCrossing
from vision.bench.simulation.system_under_test import CountedCrossing, SystemOutput
from vision.contracts import Direction
from vision.contracts import IncidentKind as Kind

SCORED_KINDS: tuple[Kind, ...] = (
    Kind.STOPPED_VEHICLE, Kind.WRONG_WAY, Kind.PEDESTRIAN, Kind.ILLEGAL_STOPPING, Kind.LANE_ENCROACHMENT,
    Kind.BANNED_MOVEMENT, Kind.SPEEDING, Kind.SUDDEN_SLOWDOWN, Kind.QUEUE_SPILLBACK, Kind.CONGESTION, Kind.COLLISION,
    Kind.RED_LIGHT,
)  # fmt: skip
SAME_CROSSING_S = 3.0
SAME_CROSSING_ALONG = 0.35
"""A counted crossing matches a true one of the same line and direction within this time and this share of the line."""
MIN_SPEED_KMH = 5.0
"""Below this true speed a relative error says nothing."""


@dataclass(slots=True)
class Score:
    """Sums over the episodes of one noise level; scores add up by `+=`.

    Examples:
        >>> score = Score(hours=1, flows=[(98, 100)])
        >>> score += Score(hours=2, flows=[(51, 50)])
        >>> score.hours, score.flows
        (3, [(98, 100), (51, 50)])
    """

    hours: float = 0.0
    quiet_hours: float = 0.0
    """Hours without a scripted incident."""
    detection_delays_s: dict[str, list[float]] = field(default_factory=dict)
    """By kind: of each detected incident, from its start to the alarm."""
    missed: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    excused: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    quiet_false: Counter[str] = field(default_factory=Counter)
    speed_errors: list[float] = field(default_factory=list)
    """Relative to the true speed, signed."""
    missing_speeds: int = 0
    """Matched crossings without a measured speed."""
    queue_errors: list[tuple[int, int]] = field(default_factory=list)
    """Measured and true vehicles in the queue, at each sampled time with either."""
    flows: list[tuple[int, int]] = field(default_factory=list)
    """Counted and true crossings of each line and direction in each episode."""
    frames: int = 0
    tracks: int = 0
    analytics_s: float = 0.0

    def __iadd__(self, other: "Score") -> "Score":
        for name in ("hours", "quiet_hours", "missing_speeds", "frames", "tracks", "analytics_s"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("missed", "repeated", "excused", "false", "quiet_false"):
            getattr(self, name).update(getattr(other, name))
        for name in ("speed_errors", "queue_errors", "flows"):
            getattr(self, name).extend(getattr(other, name))
        for kind, delays_s in other.detection_delays_s.items():
            self.detection_delays_s.setdefault(kind, []).extend(delays_s)
        return self


def score(truth: GroundTruth, output: SystemOutput, *, is_quiet: bool) -> tuple[Score, Matches]:
    """Score one episode at one site."""
    queues = queues_by_zone(truth)
    expected, borderline = incidents_of(truth, queues)
    matches = match(expected, borderline, output.alarms, truth.site.camera.position_m)
    hours = len(truth.recording) * truth.recording.step_s / 3600
    result = Score(
        hours=hours, quiet_hours=hours if is_quiet else 0.0, frames=output.frames, tracks=output.tracks,
        analytics_s=output.analytics_s,
    )  # fmt: skip
    for incident, alarm in matches.detected:
        delay_s = max(alarm.at_s - incident.start_s, 0.0)
        result.detection_delays_s.setdefault(incident.kind.value, []).append(delay_s)
    result.missed.update(i.kind.value for i in matches.missed)
    result.repeated.update(a.kind.value for a in matches.repeated)
    result.excused.update(a.kind.value for a in matches.excused)
    result.false.update(a.kind.value for a in matches.false)
    if is_quiet:
        result.quiet_false.update(result.false)
    _score_lines(truth, output.crossings, result)
    _score_queues(truth, queues, output, result)
    return result, matches


def _score_lines(truth: GroundTruth, counted: Sequence[CountedCrossing], result: Score) -> None:
    """Counts and speeds, without the first and last seconds: a crossing there may be counted outside the episode."""
    end_s = float(truth.times_s[-1]) - SAME_CROSSING_S
    for line, direction in product(truth.site.lines, Direction):
        is_in = direction is Direction.IN
        true = [c for c in truth.bottom_center_crossings if c.line_id == line.id and c.goes_in == is_in]
        measured = [c for c in counted if c.line_id == line.id and c.direction is direction]
        pairs, unmatched = _paired(true, measured)
        scored = {id(c) for c in true if SAME_CROSSING_S <= c.at_s <= end_s}
        total = sum(id(one) in scored for one, _ in pairs) + sum(SAME_CROSSING_S <= c.at_s <= end_s for c in unmatched)
        if scored or total:
            result.flows.append((total, len(scored)))
        for one, best in pairs:
            if best.speed_kmh is None:
                result.missing_speeds += 1
            else:
                result.speed_errors += _speed_error(truth, one.vehicle, best.at_s, best.speed_kmh)


def _paired(
    true: Sequence[TrueCrossing], counted: Sequence[CountedCrossing]
) -> tuple[list[tuple[TrueCrossing, CountedCrossing]], list[CountedCrossing]]:
    """Match each true crossing with the counted one nearest in time and place; also the unmatched counted ones.

    The nearest pairs are matched first, so that a missed crossing does not take another one's match.
    """
    apart_s = np.abs(np.subtract.outer([one.at_s for one in true], [c.at_s for c in counted]))
    apart = np.abs(np.subtract.outer([one.along for one in true], [c.along for c in counted]))
    rows, columns = np.nonzero((apart_s < SAME_CROSSING_S) & (apart < SAME_CROSSING_ALONG))
    order = np.argsort(apart_s[rows, columns] / SAME_CROSSING_S + apart[rows, columns], kind="stable")
    paired: dict[int, int] = {}
    taken: set[int] = set()
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in paired and column not in taken:
            paired[row] = column
            taken.add(column)
    pairs = [(true[row], counted[column]) for row, column in sorted(paired.items())]
    return pairs, [c for column, c in enumerate(counted) if column not in taken]


def _speed_error(truth: GroundTruth, vehicle: int, at_s: float, measured_kmh: float) -> list[float]:
    """The relative error against the vehicle's true speed at the measured time of crossing."""
    rows = truth.rows_of((vehicle,))
    true_kmh = 3.6 * float(np.interp(at_s, truth.times_s[truth.frame[rows]], truth.recording.speed_mps[rows]))
    return [measured_kmh / true_kmh - 1] if true_kmh > MIN_SPEED_KMH else []


def _score_queues(truth: GroundTruth, queues: Queues, output: SystemOutput, result: Score) -> None:
    frames = np.rint(np.array(output.sampled_s) / truth.recording.step_s).astype(int) - 1
    for zone_id, by_frame in queues.items():
        for frame, measured in zip(frames.tolist(), output.queue_lengths[zone_id], strict=True):
            true = len(by_frame[frame])
            if true or measured:
                result.queue_errors.append((measured, true))


def kinds_json(score: Score) -> dict[str, Any]:
    """Each kind's incidents, rates and delays."""
    days = score.hours / 24
    quiet_days = score.quiet_hours / 24
    rows = {}
    for kind in (k.value for k in SCORED_KINDS):
        delays_s = score.detection_delays_s.get(kind, [])
        events = len(delays_s) + score.missed[kind]
        rows[kind] = {
            "events": events,
            "detection_rate": round(len(delays_s) / events, 4) if events else None,
            "false_alarms_per_camera_day": round(score.quiet_false[kind] / quiet_days, 3) if quiet_days else None,
            "median_ttd_s": round(median(delays_s), 2) if delays_s else None,
            "false_alarms_beside_incidents_per_camera_day":
                round((score.false[kind] - score.quiet_false[kind]) / (days - quiet_days), 3)
                if days > quiet_days else None,
            "repeated": score.repeated[kind],
            "excused": score.excused[kind],
        }  # fmt: skip
    return rows


def measures_json(score: Score) -> dict[str, Any]:
    """The errors of speeds, queue lengths and counts."""
    measured, true = (np.array(side) for side in zip(*(score.queue_errors or [(0, 0)]), strict=True))
    off = np.abs(measured - true)
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
    """Everything that the benchmark reports of a score."""
    return {
        "kinds": kinds_json(score),
        "measures": measures_json(score),
        "camera_hours": round(score.hours, 2),
        "quiet_camera_hours": round(score.quiet_hours, 2),
        "analytics_ms_a_frame": round(1000 * score.analytics_s / max(score.frames, 1), 3),
        "tracks_a_frame": round(score.tracks / max(score.frames, 1), 1),
    }


def total(scores: Iterable[Score]) -> Score:
    """The sum of scores."""
    whole = Score()
    for one in scores:
        whole += one
    return whole
