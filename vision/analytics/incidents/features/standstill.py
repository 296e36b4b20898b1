"""Finds stopped vehicles that neither a queue, a leader nor congestion explains."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from vision.analytics.dimensions import LENGTHS_M
from vision.analytics.incidents.evidence import is_vehicle
from vision.analytics.incidents.features.braking import BrakingParameters
from vision.analytics.incidents.features.creep import CreepDetector, CreepParameters
from vision.analytics.incidents.features.surroundings import (
    Surroundings,
    SurroundingsParameters,
    is_slow_zone,
    is_stopping_banned,
    same_position_m,
)
from vision.analytics.incidents.features.track_history import TrackHistory, TrackHistoryParameters
from vision.analytics.kinematics.state import Bools, Floats
from vision.analytics.scene import Scene
from vision.analytics.track_table import Ids
from vision.config.zones import ZoneConfig, ZoneKind
from vision.geometry import Polygons


@dataclass(frozen=True, slots=True)
class StandstillParameters:
    """When nothing explains a stop."""

    beside_m: float = 12.0
    """Vehicles stopped this near to each other may wait for the same thing, metres. Larger: more stops are explained.
    Source: chosen."""
    blocked_hold_s: float = 3.0
    """A stop stays explained this long after its cause was last observed, seconds: tracks flicker. Longer: fewer false
    alarms in queues, later alarms. Source: chosen."""
    pass_within_s: float = 5.0
    """A vehicle passes if it was behind and is ahead within this time, seconds. Longer: slower passing counts, more
    tracks are kept. Source: chosen."""
    creep_past_within_s: float = 20.0
    """The same where stopping is banned. Longer: slower passing counts, more tracks are kept. Source: chosen."""
    min_passing: int = 2
    """After this many vehicles have passed, traffic does not explain the stop. More: later alarms, fewer false ones.
    Source: chosen."""
    visible_ahead_m: float = 8.0
    """The road must be visible this far ahead of a vehicle to say that nothing blocks it, metres. Larger: stops near a
    zone's end are reported later or not at all. Source: chosen."""
    settle_after_s: float = 6.0
    """A stop that stayed unexplained this long stays unexplained, seconds: a jam that forms around it may be its
    consequence. Longer: fewer false alarms at the tail of a queue, more ends too soon. Source: chosen."""
    forget_after_s: float = 5.0
    """A vehicle not observed for this long is forgotten, seconds. Longer: more standstills survive an occlusion.
    Source: chosen."""
    forget_settled_after_s: float = 15.0
    """The same for a settled standstill. Longer: more standstills survive an occlusion, others end later. Source:
    chosen."""
    position_window: int = 50
    """A resting position is the mean of about this many observations. More: less jitter, slower to follow a correction.
    Source: chosen."""


DEFAULTS, SURROUNDINGS = StandstillParameters(), SurroundingsParameters()
CREEP, HISTORY, BRAKING = CreepParameters(), TrackHistoryParameters(), BrakingParameters()


@dataclass(frozen=True, slots=True)
class StoppedVehicle:
    """A vehicle with an unexplained stop."""

    row: int
    """In the scene's tracks."""
    since_s: float
    """Media time since when it is stopped and nothing explains it."""
    is_passed: bool
    """Whether others drove past it since."""


@dataclass(slots=True)
class Standstill:
    """The state of one stopped vehicle. Media time in seconds."""

    since_s: float
    last_seen_s: float
    parameters: StandstillParameters = DEFAULTS
    stopped_since_s: float = -np.inf
    """Since when its current track is stopped: later than the standstill itself where the vehicle got a new track."""
    position_m: Floats = field(default_factory=lambda: np.zeros(2))
    """(2,): on the road, the mean of its observations."""
    observations: int = 0
    blocked_s: float = -np.inf
    """When something was last observed that explains the stop."""
    undecided_s: float = -np.inf
    """When it was last undecided whether something does."""
    was_queued: bool = False
    """Whether it was in the queue when one was last measured where it is. A queued vehicle that creeps over the stop
    line still waits."""
    settled_since_s: float | None = None
    """Since when the stop is unexplained, once that is settled."""
    behind: dict[int, float] = field(default_factory=dict)
    """By track: when a moving vehicle was last behind it."""
    passed_by: set[int] = field(default_factory=set)
    """Tracks that have passed it."""
    creep: CreepDetector = field(default_factory=CreepDetector)

    @property
    def is_passed(self) -> bool:
        """Whether so many vehicles passed it that traffic does not explain the stop."""
        return len(self.passed_by) >= self.parameters.min_passing

    @property
    def unexplained_since_s(self) -> float:
        """Since when nothing explains the stop."""
        if self.settled_since_s is not None:
            return self.settled_since_s
        since_s = max(self.since_s, self.blocked_s)
        return since_s if self.is_passed else max(since_s, self.undecided_s)

    @property
    def forget_after_s(self) -> float:
        """How long it is kept without an observation."""
        p = self.parameters
        return p.forget_after_s if self.settled_since_s is None else p.forget_settled_after_s

    def is_settled_at(self, position_m: Floats, within_m: float) -> bool:
        """Whether it is settled and within this distance of a position (2,)."""
        return self.settled_since_s is not None and float(np.hypot(*(self.position_m - position_m))) <= within_m

    def update_explanation(self, at_s: float) -> bool:
        """Whether the stop is unexplained now; settles it when that has lasted for long enough."""
        p = self.parameters
        is_blocked = at_s - self.blocked_s <= p.blocked_hold_s or not self.creep.has_enough_history
        is_unexplained = not is_blocked and (self.is_passed or self.undecided_s < at_s)
        if self.settled_since_s is None and is_unexplained and at_s - self.unexplained_since_s >= p.settle_after_s:
            self.settled_since_s = self.unexplained_since_s
        return is_unexplained or self.settled_since_s is not None

    def observe(self, position_m: Floats, at_s: float) -> None:
        """Adds an observation; the mean evens out jitter."""
        self.last_seen_s = at_s
        self.observations += 1
        window = min(self.observations, self.parameters.position_window)
        self.position_m = self.position_m + (position_m - self.position_m) / window

    def observe_passing(self, behind: list[int], ahead: list[int], at_s: float, *, within_s: float) -> None:
        """Adds the moving tracks behind and ahead of it; one that was behind within the time has passed."""
        self.passed_by.update(track for track in ahead if track in self.behind)
        self.behind |= dict.fromkeys(behind, at_s)
        self.behind = {track: s for track, s in self.behind.items() if at_s - s <= within_s}


class StandstillTracker:
    """Follows the stopped vehicles of one camera and finds the unexplained stops.

    A queue or a slow leader explains a stop, and a vehicle that creeps on is not stopped. Vehicles stopped side by
    side, a road that is not visible ahead, and congestion may explain one: then it counts as unexplained only after
    others have passed in one of the vehicle's own zones (beside a queue on a slip road, the motorway flows). On a hard
    shoulder nothing explains a stop. A vehicle that was parked before the analysis began is ignored.
    """

    def __init__(
        self,
        zones: Sequence[ZoneConfig],
        width_px: int,
        height_px: int,
        parameters: StandstillParameters = DEFAULTS,
        *,
        surroundings: SurroundingsParameters = SURROUNDINGS,
        creep: CreepParameters = CREEP,
        history: TrackHistoryParameters = HISTORY,
        braking: BrakingParameters = BRAKING,
    ) -> None:
        size_px = np.array([width_px, height_px], np.float64)
        self._polygons = Polygons.in_picture([zone.polygon for zone in zones], size_px)
        self._parameters, self._creep = parameters, creep
        self.surroundings = surroundings
        """The thresholds of its surroundings, which rules share."""
        self.history = TrackHistory(width_px, height_px, parameters.forget_after_s, history, braking=braking)
        self._standstills: dict[int, Standstill] = {}
        self.rows: Ids = np.zeros(0, np.int64)
        """(S,): the rows of the scene's vehicles that drove before and are stopped."""
        self.standstills: tuple[Standstill, ...] = ()
        """(S,)"""
        self.is_queued: Bools = np.zeros(0, bool)
        """(S,)"""
        self.blocked_by: Bools = np.zeros((0, 0), bool)
        """(S, N): slow vehicles just ahead of each; or nearby, where its heading is unknown."""
        self.unexplained: tuple[StoppedVehicle, ...] = ()
        """The vehicles with an unexplained stop."""

    def __len__(self) -> int:
        """Number of tracks and standstills that are kept."""
        return len(self.history) + len(self._standstills)

    def update(self, scene: Scene) -> None:
        """Updates the standstills and `unexplained` from one frame's scene."""
        self._standstills = {
            t: s for t, s in self._standstills.items() if scene.at_s - s.last_seen_s <= s.forget_after_s
        }
        tracks = scene.tracks
        self.history.update(tracks, scene.at_s, scene.stitched, scene.switched)
        stopped = np.flatnonzero(tracks.is_stopped & is_vehicle(tracks.class_id) & scene.inside.any(axis=1))
        found = [(n, standstill) for n in stopped.tolist() if (standstill := self._observe(scene, n)) is not None]
        self.rows = np.array([n for n, _ in found], np.int64)
        self.standstills = tuple(standstill for _, standstill in found)
        if self.standstills:
            self._update_surroundings(scene)
        self.unexplained = tuple(self._find_unexplained(scene))

    def _observe(self, scene: Scene, n: int) -> Standstill | None:
        """The standstill of the vehicle in row `n`; None for one that was never seen to stop."""
        tracks = scene.tracks
        track, since_s = int(tracks.track_id[n]), float(tracks.stopped_since_s[n])
        x_px, y_px = tracks.bottom_center_px[n].tolist()
        standstill = self._standstills.get(track)
        if standstill is None or standstill.stopped_since_s != since_s:
            previous, standstill = standstill, self._begin(scene, n, standstill)
            if standstill is None:
                return None
            self._standstills[track] = standstill
            if previous is not None and scene.at_s - previous.last_seen_s <= self._parameters.blocked_hold_s:
                standstill.creep = previous.creep
            else:
                standstill.creep.continue_at(x_px, y_px)
        standstill.stopped_since_s = since_s
        standstill.observe(tracks.ground_m[n], scene.at_s)
        standstill.creep.update(x_px, y_px, scene.at_s)
        return standstill

    def _begin(self, scene: Scene, n: int, previous: Standstill | None) -> Standstill | None:
        """A lost track's standstill that row `n` continues, or a new one if the vehicle has moved before."""
        tracks = scene.tracks
        has_moved = tracks.has_moved[n] or self.history.has_moved[n]
        continued = self._continued(scene, n)
        if continued is not None or not has_moved:
            return continued
        was_queued = previous is not None and previous.was_queued
        since_s = float(tracks.stopped_since_s[n])
        creep = CreepDetector(self._creep)
        return Standstill(since_s, scene.at_s, self._parameters, was_queued=was_queued, creep=creep)

    def _continued(self, scene: Scene, n: int) -> Standstill | None:
        """A lost track's standstill that is the same by its kinematics, or a settled one at this position."""
        tracks, at_s = scene.tracks, scene.at_s
        within_m = float(same_position_m(tracks.class_id[n], self.surroundings))
        for track, standstill in self._standstills.items():
            is_same = standstill.stopped_since_s == tracks.stopped_since_s[n]
            is_lost = standstill.last_seen_s < at_s
            if is_lost and (is_same or standstill.is_settled_at(tracks.ground_m[n], within_m)):
                return self._standstills.pop(track)
        return None

    def _update_surroundings(self, scene: Scene) -> None:
        """Updates which vehicles are queued, blocked by a leader, or passed."""
        around = Surroundings.of(scene, self.history, self.rows, self.surroundings)
        queued: set[int] = set().union(*(zone.queue_track_ids for zone in scene.zones))
        self.blocked_by = around.blocked_by
        self.is_queued = np.array([t in queued for t in scene.tracks.track_id[self.rows].tolist()], bool)
        measures_queue = np.array([zone.zone.stop_line is not None for zone in scene.zones], bool)
        for i in np.flatnonzero(scene.inside[self.rows][:, measures_queue].any(axis=1)).tolist():
            self.standstills[i].was_queued = bool(self.is_queued[i])
        was_queued = np.array([standstill.was_queued for standstill in self.standstills], bool)
        is_blocked = (around.blocked_by.any(axis=1) | was_queued) & ~_on_shoulder(scene, self.rows)
        px_per_metre_ahead = self.history.px_per_metre_ahead[self.rows].tolist()
        for standstill, blocked, (x_px, y_px) in zip(self.standstills, is_blocked, px_per_metre_ahead, strict=True):
            if blocked or standstill.creep.is_creeping((x_px, y_px)):
                standstill.blocked_s = scene.at_s
        self._update_passing(scene, around)

    def _update_passing(self, scene: Scene, around: Surroundings) -> None:
        p, track_id = self._parameters, scene.tracks.track_id
        behind = around.behind & (scene.inside[self.rows] @ scene.inside.T)
        is_banned = is_stopping_banned(scene, self.rows)
        for i, standstill in enumerate(self.standstills):
            if not standstill.is_passed:
                standstill.observe_passing(
                    track_id[behind[i]].tolist(),
                    track_id[around.ahead[i]].tolist(),
                    scene.at_s,
                    within_s=p.creep_past_within_s if is_banned[i] else p.pass_within_s,
                )

    def _find_unexplained(self, scene: Scene) -> list[StoppedVehicle]:
        undecided = [i for i, s in enumerate(self.standstills) if s.settled_since_s is None and not s.is_passed]
        if undecided:
            for i in np.array(undecided)[self._may_be_explained(scene, self.rows[undecided])].tolist():
                self.standstills[i].undecided_s = scene.at_s
        return [
            StoppedVehicle(n, standstill.unexplained_since_s, standstill.is_passed)
            for n, standstill in zip(self.rows.tolist(), self.standstills, strict=True)
            if standstill.update_explanation(scene.at_s)
        ]

    def _may_be_explained(self, scene: Scene, rows: Ids) -> Bools:
        """(len(rows),): for which stopped vehicles something that is not visible may explain the stop."""
        p, tracks = self._parameters, scene.tracks
        away_m = tracks.ground_m[rows][:, None] - tracks.ground_m[self.rows]
        beside = np.hypot(away_m[..., 0], away_m[..., 1]) < p.beside_m
        slow = np.array([is_slow_zone(scene, z, self.surroundings) for z in range(len(scene.zones))], bool)
        half_m = LENGTHS_M[tracks.class_id[rows]] / 2
        ahead_m = (p.visible_ahead_m + half_m)[:, None]
        ahead_px = tracks.bottom_center_px[rows] + self.history.px_per_metre_ahead[rows] * ahead_m
        is_visible_ahead = self._polygons.contain(ahead_px).any(axis=1)
        is_undecided: Bools = (beside.sum(axis=1) > 1) | scene.inside[rows][:, slow].any(axis=1) | ~is_visible_ahead
        return is_undecided & ~_on_shoulder(scene, rows)


def _on_shoulder(scene: Scene, rows: Ids) -> Bools:
    """(len(rows),): which vehicles are on a hard shoulder."""
    is_shoulder = np.array([zone.zone.kind is ZoneKind.SHOULDER for zone in scene.zones], bool)
    return np.asarray(scene.inside[rows][:, is_shoulder].any(axis=1), bool)
