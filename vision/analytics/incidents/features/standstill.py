"""Who stands on the road for a reason of his own: not in a queue, not behind somebody, not where everybody waits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Self

import numpy as np

from vision.analytics.dimensions import LENGTHS_M
from vision.analytics.incidents.evidence import is_congested, is_vehicle
from vision.analytics.incidents.features.creep import CreepDetector
from vision.analytics.incidents.features.track_history import TrackHistory
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.scene import Scene
from vision.analytics.track_table import Ids
from vision.config.zones import ZoneConfig, ZoneKind
from vision.geometry import Polygons

SLOW_MPS = 1.5
"""Who is slower stands, or crawls in a queue."""
BEHIND_M = 12.0
"""Who stands this near behind somebody slow, his length not counted, stands because of him."""
CORRIDOR_M = 2.2
"""Half the width of the way ahead of a vehicle."""
BESIDE_M = 12.0
"""Vehicles that stand side by side so near wait for the same thing."""
HELD_S = 3.0
"""What held a vehicle back is believed to be there for so long after it was seen last: tracks blink."""
PASS_M = (30.0, 10.0)
"""Who was so far behind, and so far to the side at most, and is ahead now, has passed."""
PASSING_MPS = 2.0
FLOWING = 0.4
"""Part of its zone's free pace at which traffic flows, and a vehicle passes another rather than creeps by."""
CREEPING_MPS, WHOLLY_M = 0.5, 2.0
"""Where stopping is banned, in a jam too, whoever creeps past counts: if he was so far behind the whole vehicle, and is
so far ahead of it."""
PASSES_WITHIN_S, CREEPS_PAST_WITHIN_S = 5.0, 20.0
KEPT_UP = 0.7
"""Who passes has kept up this part of that pace for two seconds: in a jam a track that leaps seems fast for one."""
PASSED_BY = 2
"""When so many others drove past since it stands, it is not traffic that holds it."""
AHEAD_M = 8.0
"""The road is to be seen so far ahead of a vehicle to say that nothing holds it."""
SETTLED_S = 6.0
"""What stood free for so long goes on to, whatever jam forms around it: it may be its cause."""
CRAWLERS = 2
"""Where so many others move, and do not flow, a jam forms or dissolves."""
FORGET_AFTER_S, FORGET_SETTLED_AFTER_S = 5.0, 15.0
SAME_PLACE_M = 1.5
"""A vehicle that stands so near, and a quarter of its length, to where a settled stand was lost is that one."""
PLACE_LOOKS = 50
"""A place is the mean of about so many looks."""


@dataclass(frozen=True, slots=True)
class StoppedVehicle:
    """A vehicle that stands for a reason of its own."""

    row: int
    """In the scene's motion."""
    since_s: float
    """Since when it stands and nothing holds it back; media time."""
    is_passed: bool
    """Whether others drove past it since."""


@dataclass(slots=True)
class Standstill:
    """What is remembered of one standing vehicle. Media time in seconds."""

    since_s: float
    seen_s: float
    stopped_since_s: float = -np.inf
    """Since when its newest track stands: later than the stand itself where it got a new one."""
    position_m: Floats = field(default_factory=lambda: np.zeros(2))
    """(2,): on the road, the mean of where it was seen standing."""
    looks: int = 0
    held_s: float = -np.inf
    """When something was last seen that holds it back."""
    doubted_s: float = -np.inf
    """When it last could not be told whether something does."""
    queues: bool = False
    """Whether it was in the queue when it was last where one is measured: who creeps over the stop line waits on."""
    settled_since_s: float | None = None
    """Since when it stands free, once that is settled."""
    behind: dict[int, float] = field(default_factory=dict)
    """Tracks that were behind it and move, and when."""
    passers: set[int] = field(default_factory=set)
    creep: CreepDetector = field(default_factory=CreepDetector)

    @property
    def is_passed(self) -> bool:
        return len(self.passers) >= PASSED_BY

    @property
    def free_since_s(self) -> float:
        if self.settled_since_s is not None:
            return self.settled_since_s
        since_s = max(self.since_s, self.held_s)
        return since_s if self.is_passed else max(since_s, self.doubted_s)

    @property
    def forget_after_s(self) -> float:
        return FORGET_AFTER_S if self.settled_since_s is None else FORGET_SETTLED_AFTER_S

    def is_at(self, position_m: Floats, near_m: float) -> bool:
        """Whether it is settled and stands there."""
        return self.settled_since_s is not None and float(np.hypot(*(self.position_m - position_m))) <= near_m

    def is_free(self, at_s: float) -> bool:
        """Whether nothing holds it back, and it is known not to creep. What has stood free for long goes on to."""
        is_held = at_s - self.held_s <= HELD_S or not self.creep.has_enough_history
        is_free = not is_held and (self.is_passed or self.doubted_s < at_s)
        if self.settled_since_s is None and is_free and at_s - self.free_since_s >= SETTLED_S:
            self.settled_since_s = self.free_since_s
        return is_free or self.settled_since_s is not None

    def stand_at(self, position_m: Floats, at_s: float) -> None:
        """It is seen once more; trembling averages out."""
        self.seen_s = at_s
        self.looks += 1
        self.position_m = self.position_m + (position_m - self.position_m) / min(self.looks, PLACE_LOOKS)

    def see_passing(self, behind: list[int], ahead: list[int], at_s: float, *, within_s: float) -> None:
        self.passers.update(track for track in ahead if track in self.behind)
        self.behind |= dict.fromkeys(behind, at_s)
        self.behind = {track: s for track, s in self.behind.items() if at_s - s <= within_s}


class StandstillTracker:
    """Follows the standing vehicles of one camera, and tells which of them stand for reasons of their own.

    A vehicle is held back in a queue and behind somebody slow, and one that creeps on does not stand. It may be held
    back where others stand beside it, where its road is not seen further on, and where traffic is congested or jammed:
    then it counts only once others drove past it, in one of its own zones: beside a queue on a slip road the motorway
    flows. On a hard shoulder nothing holds a vehicle back. What was parked when the camera came on stands for no
    reason that anybody saw, and is passed over.
    """

    def __init__(
        self, zones: Sequence[ZoneConfig], width_px: int, height_px: int, *, forget_after_s: float = FORGET_AFTER_S
    ) -> None:
        size_px = np.array([width_px, height_px], np.float64)
        self._polygons = Polygons([np.array(zone.polygon) * size_px for zone in zones])
        self.history = TrackHistory(width_px, height_px, forget_after_s)
        self._stands: dict[int, Standstill] = {}
        self.rows: Ids = np.zeros(0, np.int64)
        """(S,): the rows of the newest moment's vehicles that drove and stand."""
        self.is_queued: Bools = np.zeros(0, bool)
        """(S,)"""
        self.blocked_by: Bools = np.zeros((0, 0), bool)
        """(S, N): who is slow and just ahead of each, or near by where it is not known where it was heading."""
        self.standstills: tuple[Standstill, ...] = ()
        """(S,)"""
        self.unexplained: tuple[StoppedVehicle, ...] = ()
        """Those that nothing holds back."""

    def __len__(self) -> int:
        """How many tracks, and how many stands, are remembered."""
        return len(self.history) + len(self._stands)

    def update(self, scene: Scene) -> None:
        """Take in one moment."""
        self._stands = {t: s for t, s in self._stands.items() if scene.at_s - s.seen_s <= s.forget_after_s}
        motion = scene.tracks
        self.history.update(motion, scene.at_s, scene.stitched, scene.switched)
        still = np.flatnonzero(motion.is_stopped & is_vehicle(motion.class_id) & scene.inside.any(axis=1))
        known = [(n, stand) for n in still.tolist() if (stand := self._recall(scene, n)) is not None]
        self.rows = np.array([n for n, _ in known], np.int64)
        self.standstills = tuple(stand for _, stand in known)
        if self.standstills:
            self._note_around(scene)
        self.unexplained = tuple(self._find_unexplained(scene))

    def _recall(self, scene: Scene, n: int) -> Standstill | None:
        """What is known of a stand; `None` for one that was never seen to begin."""
        motion = scene.tracks
        track, since_s = int(motion.track_id[n]), float(motion.stopped_since_s[n])
        stand = self._stands.get(track)
        drove = motion.has_moved[n] or self.history.has_moved[n]
        x_px, y_px = motion.bottom_center_px[n].tolist()
        if stand is None or stand.stopped_since_s != since_s:
            was, queued = stand, stand is not None and stand.queues
            stand = self._left_by(scene, n) or (Standstill(since_s, scene.at_s, queues=queued) if drove else None)
            if stand is None:
                return None
            self._stands[track] = stand
            if was is not None and scene.at_s - was.seen_s <= HELD_S:
                stand.creep = was.creep
            else:
                stand.creep.continue_at(x_px, y_px)
        stand.stopped_since_s = since_s
        stand.stand_at(motion.ground_m[n], scene.at_s)
        stand.creep.update(x_px, y_px, scene.at_s)
        return stand

    def _left_by(self, scene: Scene, n: int) -> Standstill | None:
        """The stand of an unseen track that this one takes over: the same by `MotionBook`, or one settled here."""
        motion, at_s = scene.tracks, scene.at_s
        near_m = SAME_PLACE_M + float(LENGTHS_M[motion.class_id[n]]) / 4
        for track, stand in self._stands.items():
            is_same = stand.stopped_since_s == motion.stopped_since_s[n]
            if stand.seen_s < at_s and (is_same or stand.is_at(motion.ground_m[n], near_m)):
                return self._stands.pop(track)
        return None

    def _note_around(self, scene: Scene) -> None:
        """Note who queues, who stands behind somebody slow, and who is passed by whom."""
        is_banned = _where_banned(scene, self.rows)
        half_m = LENGTHS_M[scene.tracks.class_id[self.rows]] / 2
        beyond_m = np.where(is_banned, half_m + WHOLLY_M, 0.0)
        around = _Around.of(scene.tracks, self.history, self.rows, _passing_mps(scene, self.rows), beyond_m)
        queued: set[int] = set().union(*(zone.queue_track_ids for zone in scene.zones))
        track_id = scene.tracks.track_id
        self.blocked_by = around.blocked_by
        self.is_queued = np.array([track in queued for track in track_id[self.rows].tolist()], bool)
        shoulders = np.array([zone.zone.kind is ZoneKind.SHOULDER for zone in scene.zones], bool)
        measured = np.array([zone.zone.stop_line is not None for zone in scene.zones], bool)
        inside = scene.inside[self.rows]
        is_measured = inside[:, measured].any(axis=1)
        for i in np.flatnonzero(is_measured).tolist():
            self.standstills[i].queues = bool(self.is_queued[i])
        waits = np.array([stand.queues for stand in self.standstills], bool)
        is_held = (around.blocked_by.any(axis=1) | waits) & ~inside[:, shoulders].any(axis=1)
        comes_up = around.behind & (inside @ scene.inside.T)
        px_per_metre_ahead = self.history.px_per_metre_ahead[self.rows].tolist()
        for i, (stand, (x_px, y_px)) in enumerate(zip(self.standstills, px_per_metre_ahead, strict=True)):
            if is_held[i] or stand.creep.is_creeping((x_px, y_px)):
                stand.held_s = scene.at_s
            if not stand.is_passed:
                stand.see_passing(
                    track_id[comes_up[i]].tolist(),
                    track_id[around.ahead[i]].tolist(),
                    scene.at_s,
                    within_s=CREEPS_PAST_WITHIN_S if is_banned[i] else PASSES_WITHIN_S,
                )

    def _find_unexplained(self, scene: Scene) -> list[StoppedVehicle]:
        open_i = [i for i, s in enumerate(self.standstills) if s.settled_since_s is None and not s.is_passed]
        if open_i:
            for i in np.array(open_i)[self._is_doubtful(scene, self.rows[open_i])].tolist():
                self.standstills[i].doubted_s = scene.at_s
        return [
            StoppedVehicle(n, stand.free_since_s, stand.is_passed)
            for n, stand in zip(self.rows.tolist(), self.standstills, strict=True)
            if stand.is_free(scene.at_s)
        ]

    def _is_doubtful(self, scene: Scene, rows: Ids) -> Bools:
        """Of some standing vehicles: whether something that is not seen may hold them."""
        inside = scene.inside[rows]
        places = scene.tracks.ground_m[rows]
        others = scene.tracks.ground_m[self.rows]
        away_m = places[:, None] - others
        beside = np.hypot(away_m[..., 0], away_m[..., 1]) < BESIDE_M
        slow = np.array([is_slow_zone(scene, z) for z in range(len(scene.zones))], bool)
        shoulder = np.array([zone.zone.kind is ZoneKind.SHOULDER for zone in scene.zones], bool)
        half_m = LENGTHS_M[scene.tracks.class_id[rows]] / 2
        ahead_px = (
            scene.tracks.bottom_center_px[rows] + self.history.px_per_metre_ahead[rows] * (AHEAD_M + half_m)[:, None]
        )
        sees_ahead = self._polygons.hold(ahead_px).any(axis=1)
        doubtful: Bools = (beside.sum(axis=1) > 1) | inside[:, slow].any(axis=1) | ~sees_ahead
        return doubtful & ~inside[:, shoulder].any(axis=1)


def _passing_mps(scene: Scene, rows: Ids) -> Floats:
    """(len(rows),): how fast who passes some standing vehicles must be: he may creep where stopping is banned."""
    free_mps = np.array([zone.free_flow_speed_mps for zone in scene.zones])
    flowing_mps: Floats = FLOWING * np.where(scene.inside[rows], free_mps, 0.0).max(axis=1)
    return np.where(_where_banned(scene, rows), CREEPING_MPS, np.maximum(flowing_mps, PASSING_MPS))


def _where_banned(scene: Scene, rows: Ids) -> Bools:
    """(len(rows),): which of some vehicles are where stopping is banned."""
    is_banned = np.array([zone.zone.stopping_banned for zone in scene.zones], bool)
    return np.asarray(scene.inside[rows][:, is_banned].any(axis=1), bool)


def is_slow_zone(scene: Scene, z: int) -> bool:
    """Whether traffic queues or jams in a zone, or is about to: those who move there crawl."""
    zone, motion = scene.zones[z], scene.tracks
    moves = scene.inside[:, z] & is_vehicle(motion.class_id) & ~motion.is_stopped & (motion.speed_mps > 0)
    paces_mps = motion.speed_mps[moves]
    crawls = len(paces_mps) >= CRAWLERS and median(paces_mps.tolist()) < FLOWING * zone.free_flow_speed_mps
    return is_congested(zone.congestion) or crawls


@dataclass(frozen=True, slots=True, eq=False)
class _Around:
    """What is around S standing vehicles, among N tracks."""

    blocked_by: Bools
    """(S, N): who is slow and just ahead."""
    behind: Bools
    """(S, N): who drives towards it from behind."""
    ahead: Bools
    """(S, N): who drives away ahead of it."""

    @classmethod
    def of(cls, motion: TrackKinematics, past: TrackHistory, rows: Ids, passing_mps: Floats, beyond_m: Floats) -> Self:
        """`passing_mps`, `beyond_m` (S,): how fast who passes each is at least, and how far behind or ahead of it."""
        away_m = motion.ground_m[None] - motion.ground_m[rows, None]
        heading = past.heading[rows, None]
        along_m = away_m[..., 0] * heading[..., 0] + away_m[..., 1] * heading[..., 1]
        aside_m = np.abs(away_m[..., 0] * heading[..., 1] - away_m[..., 1] * heading[..., 0])
        vehicle = is_vehicle(motion.class_id)
        others = vehicle[None] & (np.arange(len(motion))[None] != rows[:, None])
        slow = others & ((motion.speed_mps < SLOW_MPS) | motion.is_stopped) & ~(motion.is_stopped & ~motion.has_moved)
        room_m = BEHIND_M + LENGTHS_M[motion.class_id]
        is_ahead = (along_m > 0.5) & (along_m < room_m) & (aside_m < CORRIDOR_M)
        is_near = np.isnan(along_m) & (np.hypot(away_m[..., 0], away_m[..., 1]) < room_m)
        vx, vy = motion.velocity_mps.T
        speed_along = vx * heading[..., 0] + vy * heading[..., 1]
        passing = others & (speed_along > passing_mps[:, None]) & (aside_m < PASS_M[1]) & (np.abs(along_m) < PASS_M[0])
        passing &= past.sustained_speed_mps >= KEPT_UP * passing_mps[:, None]
        behind, ahead = along_m < -beyond_m[:, None], along_m > beyond_m[:, None]
        return cls(slow & (is_ahead | is_near), passing & behind, passing & ahead)
