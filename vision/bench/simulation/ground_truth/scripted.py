"""From what truly happened to what ought to be raised, and what may be.

An **event** ought to be raised: an incident of a kind, beyond doubt, from a moment on. An **excuse** is a stretch of
time in which an alarm of a kind is neither right nor wrong: what a policeman would call one too, though no event was
made of it, or a borderline case. Both come from the simulation's own positions and speeds.

Events, each as long as the kind's `confirm_after` and a little more (`PATIENCE_S`), else it is an excuse:

- stopped vehicle, illegal stopping: its vehicle stands (under 0.3 m/s) in a zone
- wrong way, pedestrian, lane encroachment: its actor is in a zone where that is wrong
- banned movement: its vehicle crosses the exit line
- collision: two vehicles meet, and stand; both are in sight for half of the `SEEN_OVER_S` after they met
- speeding: faster than limit and tolerance by 3 %
- sudden slowdown: all brake as told, three of them come to be that slow within their zone, and its pace falls by 60 %
- queue spillback: the queue reaches the line
- congestion: a zone's pace is under 0.3 of free flow for `rise_after` and 30 s more; due once it has been for
  `rise_after`, since that is when it is to be told
- spillbacks and congestions that follow each other within the kind's `clear_after` and `cool_down` are one
- red light: its vehicle's middle crosses the stop line, red for `grace` and 0.5 s more.

Excuses, by the kind of the alarm:

- stopped vehicle, illegal stopping: an event of the other of the two, or a collision; a vehicle near the place that
  truly stands for 5 s outside queue and jam
- speeding: faster than limit and tolerance less 5 %
- sudden slowdown: the zone's pace falls by 35 % within 15 s
- queue spillback: the queue comes within 8 m of the line
- congestion: the pace is, or was in the last 60 s, under 0.65 of free flow
- collision: one at the edge of what is watched, or of which one vehicle hides the other
- red light: any other vehicle's middle crosses the line at red.
"""

import numpy as np
from numpy.typing import NDArray

from vision.bench.simulation.ground_truth.expected import PATIENCE_S, Event, confirm_s
from vision.bench.simulation.ground_truth.traffic_states import states_of
from vision.bench.simulation.ground_truth.truth import STANDS_MPS, Truth
from vision.bench.simulation.simulate import Done
from vision.common.object_class import CLASSES
from vision.config.zones import ZoneKind
from vision.contracts import IncidentKind as Kind

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
SEEN_OVER_S = 10.0
STOPS = (Kind.STOPPED_VEHICLE, Kind.ILLEGAL_STOPPING)
ROAD_KINDS = {ZoneKind.CARRIAGEWAY, ZoneKind.SHOULDER, ZoneKind.BUS_LANE}


def events_of(truth: Truth) -> tuple[list[Event], list[Event]]:
    """What ought to be raised, and the excuses."""
    events: list[Event] = []
    excuses: list[Event] = []
    for done in truth.recording.acts:
        if done.label:
            due, may = _of_act(truth, done)
            events += due
            excuses += may
    due, may = states_of(truth)
    return events + due, excuses + may


def _of_act(truth: Truth, done: Done) -> tuple[list[Event], list[Event]]:
    kind = Kind(done.label)
    rows = truth.rows_of(done.actors)
    rows = rows[truth.in_view[rows]]
    if not len(rows):
        return [], []
    if kind is Kind.COLLISION:
        return _collision(truth, done, rows)
    if kind is Kind.BANNED_MOVEMENT:
        return _banned(truth, done, rows), []
    wrong = _where_wrong(truth, kind, rows)
    if wrong is None or not wrong.any():
        return [], []
    event = _event(truth, kind, rows[wrong])
    lasts_s = _longest_s(truth, rows[wrong])
    if lasts_s < confirm_s(truth, kind) + PATIENCE_S[kind]:
        return [], [event]
    others = [_as(event, other) for other in STOPS if kind in STOPS and other is not kind]
    return [event], others


def _where_wrong(truth: Truth, kind: Kind, rows: Ints) -> Bools | None:
    """(K,): at which of an actor's rows it does what it may not; None for kinds that the traffic's state tells."""
    zones = truth.zones
    if kind in STOPS:
        banned = kind is Kind.ILLEGAL_STOPPING
        there = _in_any(truth, rows, [z.kind in ROAD_KINDS and z.stopping_banned == banned for z in zones])
        stands: Bools = there & (truth.recording.speed_mps[rows] < STANDS_MPS)
        return stands
    if kind is Kind.WRONG_WAY:
        return _against(truth, rows)
    if kind is Kind.PEDESTRIAN:
        on_road = _in_any(truth, rows, [z.kind in ROAD_KINDS for z in zones])
        return on_road & ~_in_any(truth, rows, [z.kind is ZoneKind.CROSSWALK for z in zones])
    if kind is Kind.LANE_ENCROACHMENT:
        object_class = CLASSES[truth.recording.class_id[rows[0]]]
        return _in_any(truth, rows, [object_class not in z.may_be_in for z in zones])
    return None


def _in_any(truth: Truth, rows: Ints, chosen: list[bool]) -> Bools:
    """(K,): which rows are in any of the chosen zones."""
    there: Bools = np.any(truth.inside[rows][:, chosen], axis=1)
    return there


def _against(truth: Truth, rows: Ints) -> Bools:
    """(K,): in a zone with a direction, and against it."""
    wrong = np.zeros(len(rows), bool)
    for number, area in enumerate(truth.site.areas):
        if area.heading_m:
            way = np.subtract(area.heading_m[1], area.heading_m[0])
            wrong |= truth.inside[rows, number] & (truth.recording.heading[rows] @ way < -0.5 * np.linalg.norm(way))
    return wrong


def _event(truth: Truth, kind: Kind, rows: Ints, zone_id: str | None = None) -> Event:
    times_s = truth.times_s[truth.moment[rows]]
    places_m = truth.recording.middle_m[rows]
    return Event(kind, float(times_s.min()), float(times_s.max()), times_s, places_m, zone_id)


def _as(event: Event, kind: Kind) -> Event:
    return Event(kind, event.start_s, event.end_s, event.times_s, event.places_m, event.zone_id)


def _longest_s(truth: Truth, rows: Ints) -> float:
    """The longest stretch of these rows of one actor without a break."""
    moments = truth.moment[rows]
    runs = np.split(moments, np.flatnonzero(np.diff(moments) > 1) + 1)
    return max(len(run) for run in runs) * truth.recording.step_s


def _banned(truth: Truth, done: Done, rows: Ints) -> list[Event]:
    banned = [m for m in truth.camera.movements if m.banned]
    passed = [
        c for c in truth.crossings for m in banned if c.line_id == m.exit and c.vehicle in done.actors and c.goes_in
    ]
    times_s, places_m = truth.times_s[truth.moment[rows]], truth.recording.middle_m[rows]
    return [Event(Kind.BANNED_MOVEMENT, c.at_s, c.at_s, times_s, places_m) for c in passed]


def _collision(truth: Truth, done: Done, rows: Ints) -> tuple[list[Event], list[Event]]:
    """From contact until they are led away; who waits behind is stopped because of it."""
    if done.begun_s is None or done.ended_s is None:
        return [], []
    times_s = truth.times_s[truth.moment[rows]]
    rows = rows[(times_s >= done.begun_s - 5) & (times_s <= done.ended_s)]
    stand = rows[truth.recording.speed_mps[rows] < STANDS_MPS]
    if not len(stand):
        return [], []
    whole = _event(truth, Kind.COLLISION, rows)
    event = Event(Kind.COLLISION, done.begun_s, done.ended_s, whole.times_s, whole.places_m)
    stops = [_as(event, kind) for kind in STOPS]
    if not truth.inside[stand].any(axis=1).all() or not _are_in_sight(truth, done):
        return [], [event, *stops]
    return [event], stops


def _are_in_sight(truth: Truth, done: Done) -> bool:
    """Whether each of those who met is seen in half of the time after it."""
    assert done.begun_s is not None  # noqa: S101  they met
    window = (truth.times_s >= done.begun_s) & (truth.times_s < done.begun_s + SEEN_OVER_S)
    moments = np.flatnonzero(window)[:: max(round(0.5 / truth.recording.step_s), 1)]
    seen = np.array([[actor in truth.in_sight(moment) for actor in done.actors] for moment in moments.tolist()])
    return bool((seen.mean(axis=0) >= 0.5).all())
