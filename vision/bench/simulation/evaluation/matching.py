"""Matches alarms with expected incidents: detected, missed, repeated, excused or false."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from vision.bench.simulation.ground_truth.expected import ExpectedIncident
from vision.bench.simulation.system_under_test import Alarm

EARLY_S, LATE_S = 2.0, 30.0
"""An alarm matches from this long before an incident starts, since a start is a matter of definition, until this long
after it ends."""
MAX_DISTANCE_M = 15.0
DISTANCE_SHARE = 0.15
"""Maximum distance between alarm and incident: `MAX_DISTANCE_M` plus this share of the distance to the camera, where a
pixel is many metres."""
REPEAT_DISTANCE_M = 45.0
"""Another alarm of the same kind this near to a detected incident is a repetition, not false."""


@dataclass(slots=True)
class Matches:
    """The outcome of an episode's incidents and alarms."""

    detected: list[tuple[ExpectedIncident, Alarm]] = field(default_factory=list)
    missed: list[ExpectedIncident] = field(default_factory=list)
    repeated: list[Alarm] = field(default_factory=list)
    """Further alarms of a detected incident."""
    excused: list[Alarm] = field(default_factory=list)
    """Alarms of a borderline case, or of an incident that no alarm matched closely enough."""
    false: list[Alarm] = field(default_factory=list)


def match(
    expected: Sequence[ExpectedIncident],
    borderline: Sequence[ExpectedIncident],
    alarms: Sequence[Alarm],
    camera_m: tuple[float, float],
) -> Matches:
    """Give each expected incident the first alarm that fits it; the other alarms are repeated, excused or false."""
    result = Matches()
    left = sorted(alarms, key=lambda alarm: alarm.at_s)
    for incident in sorted(expected, key=lambda i: i.start_s):
        fitting = [alarm for alarm in left if fits(incident, alarm, camera_m, MAX_DISTANCE_M)]
        if fitting:
            result.detected.append((incident, fitting[0]))
            left.remove(fitting[0])
        else:
            result.missed.append(incident)
    for alarm in left:
        if any(fits(incident, alarm, camera_m, REPEAT_DISTANCE_M) for incident, _ in result.detected):
            result.repeated.append(alarm)
        elif any(fits(incident, alarm, camera_m, MAX_DISTANCE_M) for incident in [*borderline, *result.missed]):
            result.excused.append(alarm)
        else:
            result.false.append(alarm)
    return result


def fits(incident: ExpectedIncident, alarm: Alarm, camera_m: tuple[float, float], max_distance_m: float) -> bool:
    """Whether kind, time and place of an alarm are those of an incident."""
    early_s = EARLY_S if incident.zone_id is None else max(EARLY_S, incident.start_s - incident.times_s[0])
    if alarm.kind is not incident.kind or not incident.start_s - early_s <= alarm.at_s <= incident.end_s + LATE_S:
        return False
    if incident.zone_id is not None:
        return alarm.zone_id == incident.zone_id
    if alarm.place_m is None:
        return False
    max_distance_m = max_distance_m + DISTANCE_SHARE * float(np.hypot(*np.subtract(alarm.place_m, camera_m)))
    distance_m = np.linalg.norm(incident.place_at(alarm.at_s) - np.array(alarm.place_m), axis=1)
    return bool(distance_m.min() <= max_distance_m)
