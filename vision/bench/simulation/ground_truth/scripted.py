"""The incidents an episode should report: those its script staged, and those its traffic caused.

An **expected** incident should be reported: it is beyond doubt from a certain time on. A **borderline** case counts
neither way: an alarm there is neither right nor wrong. Both come from the simulation's exact positions and speeds.

Expected, if it lasts for the kind's `confirm_after` plus `MARGIN_S` (else borderline):

- stopped vehicle, illegal stopping: the scripted vehicle is slower than 0.3 m/s in a zone
- wrong way, pedestrian, lane encroachment: it is in a zone where that is forbidden
- banned movement: it crosses the exit line
- collision: two vehicles touch and stop, both visible for half of the `VISIBLE_AFTER_S` after contact
- speeding: faster than limit plus tolerance by 3 %
- sudden slowdown: vehicles brake by script, three of them become that slow in the zone, and the zone's mean speed falls
  by 60 %
- queue spillback: the queue reaches the line
- congestion: a zone's mean speed is below 0.3 of free flow for `rise_after` plus 30 s; it starts after `rise_after`,
  since no sooner can it be reported
- spillbacks and congestion that return within the kind's `clear_after` plus `cool_down` are one incident
- red light: the vehicle's centre crosses the stop line after red has lasted `grace` plus 0.5 s.

Borderline, by the kind of the alarm:

- stopped vehicle, illegal stopping: an incident of the other of the two kinds, or a collision; any vehicle that stops
  for 5 s outside queues and jams
- speeding: faster than limit plus tolerance less 5 %
- sudden slowdown: the zone's mean speed falls by 35 % within 15 s
- queue spillback: the queue comes within 8 m of the line
- congestion: the mean speed is below 0.65 of free flow, or was within the last 60 s
- collision: at the edge of the zones, or one vehicle occludes the other
- red light: the centre of any other vehicle crosses the line at red.
"""

import numpy as np
from numpy.typing import NDArray

from vision.bench.simulation.ground_truth.expected import MARGIN_S, ExpectedIncident, Incidents, confirmation_time_s
from vision.bench.simulation.ground_truth.queues import Queues
from vision.bench.simulation.ground_truth.traffic_states import traffic_incidents
from vision.bench.simulation.ground_truth.truth import STOPPED_MPS, GroundTruth
from vision.bench.simulation.simulate import CompletedAct
from vision.common.object_class import CLASSES
from vision.config.zones import ZoneKind
from vision.contracts import IncidentKind as Kind

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
VISIBLE_AFTER_S = 10.0
STOP_KINDS = (Kind.STOPPED_VEHICLE, Kind.ILLEGAL_STOPPING)
ROADWAY_KINDS = {ZoneKind.CARRIAGEWAY, ZoneKind.SHOULDER, ZoneKind.BUS_LANE}


def incidents_of(truth: GroundTruth, queues: Queues) -> Incidents:
    """All expected incidents of an episode, and all borderline cases."""
    expected: list[ExpectedIncident] = []
    borderline: list[ExpectedIncident] = []
    for act in truth.recording.acts:
        if act.label:
            these, unclear = _of_act(truth, act)
            expected += these
            borderline += unclear
    these, unclear = traffic_incidents(truth, queues)
    return expected + these, borderline + unclear


def _of_act(truth: GroundTruth, act: CompletedAct) -> Incidents:
    kind = Kind(act.label)
    rows = truth.rows_of(act.actors)
    rows = rows[truth.in_view[rows]]
    if not len(rows):
        return [], []
    if kind is Kind.COLLISION:
        return _collision(truth, act, rows)
    if kind is Kind.BANNED_MOVEMENT:
        return _banned_movements(truth, act, rows), []
    violates = _violations(truth, kind, rows)
    if violates is None or not violates.any():
        return [], []
    incident = _incident(truth, kind, rows[violates])
    duration_s = _longest_s(truth, rows[violates])
    if duration_s < confirmation_time_s(truth, kind) + MARGIN_S[kind]:
        return [], [incident]
    others = [_as(incident, other) for other in STOP_KINDS if kind in STOP_KINDS and other is not kind]
    return [incident], others


def _violations(truth: GroundTruth, kind: Kind, rows: Ints) -> Bools | None:
    """(K,): at which of its rows a vehicle violates a rule; None for kinds that depend on the traffic's state."""
    zones = truth.zones
    if kind in STOP_KINDS:
        banned = kind is Kind.ILLEGAL_STOPPING
        there = _in_any(truth, rows, [z.kind in ROADWAY_KINDS and z.stopping_banned == banned for z in zones])
        stopped: Bools = there & (truth.recording.speed_mps[rows] < STOPPED_MPS)
        return stopped
    if kind is Kind.WRONG_WAY:
        return _against_traffic(truth, rows)
    if kind is Kind.PEDESTRIAN:
        on_roadway = _in_any(truth, rows, [z.kind in ROADWAY_KINDS for z in zones])
        return on_roadway & ~_in_any(truth, rows, [z.kind is ZoneKind.CROSSWALK for z in zones])
    if kind is Kind.LANE_ENCROACHMENT:
        object_class = CLASSES[truth.recording.class_id[rows[0]]]
        return _in_any(truth, rows, [object_class not in z.may_be_in for z in zones])
    return None


def _in_any(truth: GroundTruth, rows: Ints, chosen: list[bool]) -> Bools:
    """(K,): which rows are in any of the chosen zones."""
    there: Bools = np.any(truth.inside[rows][:, chosen], axis=1)
    return there


def _against_traffic(truth: GroundTruth, rows: Ints) -> Bools:
    """(K,): which rows are in a zone with a direction, heading against it."""
    wrong = np.zeros(len(rows), bool)
    for number, zone in enumerate(truth.site.zones):
        if zone.direction_m:
            direction = np.subtract(zone.direction_m[1], zone.direction_m[0])
            along = truth.recording.heading[rows] @ direction
            wrong |= truth.inside[rows, number] & (along < -0.5 * np.linalg.norm(direction))
    return wrong


def _incident(truth: GroundTruth, kind: Kind, rows: Ints, zone_id: str | None = None) -> ExpectedIncident:
    times_s = truth.times_s[truth.frame[rows]]
    places_m = truth.recording.center_m[rows]
    return ExpectedIncident(kind, float(times_s.min()), float(times_s.max()), times_s, places_m, zone_id)


def _as(incident: ExpectedIncident, kind: Kind) -> ExpectedIncident:
    """The same incident under another kind."""
    return ExpectedIncident(
        kind, incident.start_s, incident.end_s, incident.times_s, incident.places_m, incident.zone_id
    )


def _longest_s(truth: GroundTruth, rows: Ints) -> float:
    """The longest uninterrupted stretch of these rows of one vehicle."""
    frames = truth.frame[rows]
    runs = np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1)
    return max(len(run) for run in runs) * truth.recording.step_s


def _banned_movements(truth: GroundTruth, act: CompletedAct, rows: Ints) -> list[ExpectedIncident]:
    banned = [m for m in truth.camera.movements if m.banned]
    exits = [
        c for c in truth.crossings for m in banned if c.line_id == m.exit and c.vehicle in act.actors and c.goes_in
    ]
    times_s, places_m = truth.times_s[truth.frame[rows]], truth.recording.center_m[rows]
    return [ExpectedIncident(Kind.BANNED_MOVEMENT, c.at_s, c.at_s, times_s, places_m) for c in exits]


def _collision(truth: GroundTruth, act: CompletedAct, rows: Ints) -> Incidents:
    """From contact until the vehicles drive on. Vehicles stopped behind them make borderline stops."""
    if act.started_s is None or act.ended_s is None:
        return [], []
    times_s = truth.times_s[truth.frame[rows]]
    rows = rows[(times_s >= act.started_s - 5) & (times_s <= act.ended_s)]
    stopped = rows[truth.recording.speed_mps[rows] < STOPPED_MPS]
    if not len(stopped):
        return [], []
    whole = _incident(truth, Kind.COLLISION, rows)
    incident = ExpectedIncident(Kind.COLLISION, act.started_s, act.ended_s, whole.times_s, whole.places_m)
    stops = [_as(incident, kind) for kind in STOP_KINDS]
    if not truth.inside[stopped].any(axis=1).all() or not _are_visible(truth, act.started_s, act.actors):
        return [], [incident, *stops]
    return [incident], stops


def _are_visible(truth: GroundTruth, contact_s: float, actors: tuple[int, ...]) -> bool:
    """Whether each of the vehicles is visible in half of the `VISIBLE_AFTER_S` after contact."""
    window = (truth.times_s >= contact_s) & (truth.times_s < contact_s + VISIBLE_AFTER_S)
    frames = np.flatnonzero(window)[:: max(round(0.5 / truth.recording.step_s), 1)]
    seen = np.array([[actor in truth.visible_vehicles(frame) for actor in actors] for frame in frames.tolist()])
    return bool((seen.mean(axis=0) >= 0.5).all())
