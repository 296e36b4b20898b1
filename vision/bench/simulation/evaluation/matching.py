"""Beside what happened, what was said: which incidents were noticed, when, and which alarms were false."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from vision.bench.simulation.ground_truth.expected import Event
from vision.bench.simulation.system_under_test import Raised

EARLY_S, LATE_S = 2.0, 30.0
"""An incident is noticed from this long before it begins, for a beginning is a matter of definition, until this long
after it ends."""
REACH_M = 15.0
REACH_PART = 0.15
"""How far off it may be told: so much, and so much of the distance from the camera, where a pixel is many metres."""
BEHIND_M = 45.0
"""One more alarm of the same kind this near to an event already noticed is told twice, not false."""


@dataclass(slots=True)
class Matches:
    """What became of events and alarms of one episode."""

    noticed: list[tuple[Event, Raised]] = field(default_factory=list)
    missed: list[Event] = field(default_factory=list)
    repeated: list[Raised] = field(default_factory=list)
    """Of an event that was noticed already."""
    excused: list[Raised] = field(default_factory=list)
    false: list[Raised] = field(default_factory=list)


def match(
    events: Sequence[Event], excuses: Sequence[Event], raised: Sequence[Raised], camera_m: tuple[float, float]
) -> Matches:
    """Each event takes the first alarm that fits it; what is left is repeated, excused or false."""
    result = Matches()
    left = sorted(raised, key=lambda r: r.at_s)
    for event in sorted(events, key=lambda e: e.start_s):
        fitting = [r for r in left if fits(event, r, camera_m, REACH_M)]
        if fitting:
            result.noticed.append((event, fitting[0]))
            left.remove(fitting[0])
        else:
            result.missed.append(event)
    for alarm in left:
        if any(fits(event, alarm, camera_m, BEHIND_M) for event, _ in result.noticed):
            result.repeated.append(alarm)
        elif any(fits(excuse, alarm, camera_m, REACH_M) for excuse in [*excuses, *result.missed]):
            result.excused.append(alarm)
        else:
            result.false.append(alarm)
    return result


def fits(event: Event, alarm: Raised, camera_m: tuple[float, float], reach_m: float) -> bool:
    """Whether an alarm is about an event: its kind, its time, its place."""
    early_s = EARLY_S if event.zone_id is None else max(EARLY_S, event.start_s - event.times_s[0])
    if alarm.kind is not event.kind or not event.start_s - early_s <= alarm.at_s <= event.end_s + LATE_S:
        return False
    if event.zone_id is not None:
        return alarm.zone_id == event.zone_id
    if alarm.place_m is None:
        return False
    reach_m = reach_m + REACH_PART * float(np.hypot(*np.subtract(alarm.place_m, camera_m)))
    away_m = np.linalg.norm(event.place_at(alarm.at_s) - np.array(alarm.place_m), axis=1)
    return bool(away_m.min() <= reach_m)
