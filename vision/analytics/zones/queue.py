"""Queues at stop lines: who waits, how far back, for how long, and whether it spills back."""

from dataclasses import dataclass
from math import dist

import numpy as np

from vision.analytics.dimensions import IS_VEHICLE, LENGTHS_M
from vision.analytics.identity.occlusion import OcclusionTracker
from vision.analytics.kinematics.ground_plane import GroundPlane
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.track_table import Ids
from vision.config.measures import MeasuresConfig
from vision.geometry import apply_homography

GAP_M = 12.0
"""From the rear of one waiting vehicle to the front of the next, at most, and from the first to the stop line: room for
one car between them that was not detected."""
WAVE_MPS = 4.0
"""At least so fast does the start of a queue run back from its head (5 to 6 m/s is usual)."""
START_S = 10.0
"""So long may the first one take to start."""
TOUCHES_M = 2.0
"""A queue whose last vehicle stands so near a line has reached it: nobody would squeeze in between."""
SMALLEST = 2
"""One vehicle alone is no queue that could spill back."""
SAME_PLACE = 0.25
"""Of a vehicle's length: where one is lost and another found this near, it is the same one."""
HOLD_SPILLBACK_S = 2.0
"""A spillback that is not seen for less than this goes on while anybody waits: tracks blink."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue just now."""

    track_ids: frozenset[int]
    """Who waits, those among them that are out of sight behind others."""
    length_m: float
    """From the stop line to the rear of the last one in sight; 0 where nobody waits."""
    reaches_spillback: bool
    waited_s: tuple[float, ...]
    """How long each has waited since it first joined, in no order."""


NOBODY = Queue(track_ids=frozenset(), length_m=0.0, reaches_spillback=False, waited_s=())


@dataclass(slots=True)
class _QueuedVehicle:
    """A vehicle that waits, or might."""

    track_id: int
    bottom_center_px: tuple[float, float]
    along_m: float
    """From the stop line to where its foot is, against the traffic."""
    rear_m: float
    """To its rear."""
    to_spillback_m: float
    """From its rear on to the spillback line; infinite where there is none."""
    reach_px: float
    """Another vehicle's foot this near is the same vehicle under another id."""
    seen_s: float
    anchored_s: float
    """When the queue that it is part of was last seen to begin at the stop line; -inf for one in no queue."""


class StopLine:
    """A line across the road from which vehicles are measured, on the side of a given point."""

    def __init__(self, ends_px: Floats, side_px: Floats, ground: GroundPlane) -> None:
        self._marks_px = np.concatenate([ends_px, side_px[None]])
        self._ground = ground
        self._matrix: Floats | None = None
        self._origin_m = self._towards = np.zeros(2)

    def distance_m(self, points_m: Floats) -> Floats:
        """(N,): how far points on the road (N, 2) are from the line, negative beyond it; NaN where not known."""
        if self._ground.matrix is not self._matrix:  # an estimated ground changes as it is learnt
            self._matrix = self._ground.matrix
            self._origin_m, self._towards = _origin_and_normal(apply_homography(self._matrix, self._marks_px))
        distance_m: Floats = (points_m - self._origin_m) @ self._towards
        return distance_m


def _origin_and_normal(marks_m: Floats) -> tuple[Floats, Floats]:
    """Of a line through the first two marks: a point on it, and the unit vector across it towards the third mark."""
    start, end, side = marks_m
    along = (end - start) / np.hypot(*(end - start))
    normal = np.array([-along[1], along[0]])
    return start, normal * np.sign((side - start) @ normal)


class QueueEstimator:
    """The queue of one zone.

    A vehicle joins it when it is slower than `queued_below_kmh` inside the zone and near enough behind the stop line or
    behind one that waits; it leaves when it is faster than `moving_above_kmh`, leaves the zone, or still stands long
    after all before it have gone. Who stands has no speed, however his box trembles. One that is lost from sight is
    kept for `hold_s`, but no longer than it was seen to wait; one that went out of sight behind another waits while
    that one does.
    """

    def __init__(
        self,
        polygon_px: Floats,
        stop_line_px: Floats,
        spillback_line_px: Floats | None,
        ground: GroundPlane,
        settings: MeasuresConfig,
        *,
        hold_s: float,
    ) -> None:
        middle_px, stop_px = polygon_px.mean(axis=0), stop_line_px.mean(axis=0)
        self._stop_line = StopLine(stop_line_px, middle_px, ground)
        self._spillback = None if spillback_line_px is None else StopLine(spillback_line_px, stop_px, ground)
        self._rear_behind_foot = _rear_behind_foot(stop_px - middle_px)
        self._joins_mps = settings.queued_below_kmh / 3.6
        self._leaves_mps = settings.moving_above_kmh / 3.6
        self._hold_s = hold_s
        self._waiting: dict[int, _QueuedVehicle] = {}
        self._first_joined: dict[int, float] = {}
        self._spilt_s = -np.inf
        self._hidden = OcclusionTracker(hold_s)

    def __len__(self) -> int:
        """How many tracks are remembered."""
        return len(self._first_joined) + len(self._hidden)

    def update(self, motion: TrackKinematics, present: Bools, at_s: float) -> Queue:
        """Take in who is where. `present` (N,): who is in the zone."""
        here = present & IS_VEHICLE[motion.class_id]
        speed_mps = np.where(motion.is_stopped, 0.0, motion.speed_mps)
        slow = self._slow(motion, speed_mps, (here & ~(speed_mps > self._leaves_mps)).nonzero()[0], at_s)
        waiting = _connected(slow + self._lost(motion, slow, at_s), at_s)
        self._waiting = {waiter.track_id: waiter for waiter in waiting}
        self._hidden.update(motion, here, at_s)
        if self._waiting or self._first_joined:
            self._remember(motion.track_id[here].tolist(), at_s)
        if len(waiting) >= SMALLEST and min(waiter.to_spillback_m for waiter in waiting) <= TOUCHES_M:
            self._spilt_s = at_s
        return Queue(
            track_ids=frozenset([*self._waiting, *self._hidden.behind(self._waiting)]),
            length_m=max([0.0, *(waiter.rear_m for waiter in waiting)]),
            reaches_spillback=bool(waiting) and at_s - self._spilt_s <= HOLD_SPILLBACK_S,
            waited_s=tuple(at_s - self._first_joined[track] for track in self._waiting),
        )

    def _slow(self, motion: TrackKinematics, speed_mps: Floats, rows: Ids, at_s: float) -> list[_QueuedVehicle]:
        """Of the vehicles in the zone that are no faster than the queue may be, those that are slow enough to wait."""
        joins = speed_mps[rows] < self._joins_mps
        if not len(rows):
            return []
        waits = [track in self._waiting for track in motion.track_id[rows].tolist()]
        along_m = self._stop_line.distance_m(motion.ground_m[rows])
        kept = (joins | np.array(waits, bool)) & np.isfinite(along_m)
        return self._waiters(motion, rows[kept], along_m[kept], at_s) if kept.any() else []

    def _waiters(self, motion: TrackKinematics, rows: Ids, along_m: Floats, at_s: float) -> list[_QueuedVehicle]:
        length_m = LENGTHS_M[motion.class_id[rows]]
        behind_m = length_m * self._rear_behind_foot
        on_m = np.inf if self._spillback is None else self._spillback.distance_m(motion.ground_m[rows])
        reach_px = SAME_PLACE * length_m * motion.scale_px_per_m[rows]
        columns = (motion.bottom_center_px[rows], along_m, along_m + behind_m, on_m - behind_m, reach_px)
        told = zip(motion.track_id[rows].tolist(), *(column.tolist() for column in columns), strict=True)
        return [
            _QueuedVehicle(
                track_id=track,
                bottom_center_px=(x, y),
                along_m=along,
                rear_m=rear,
                to_spillback_m=to_spillback,
                reach_px=reach,
                seen_s=at_s,
                anchored_s=self._waiting[track].anchored_s if track in self._waiting else -np.inf,
            )
            for track, (x, y), along, rear, to_spillback, reach in told
        ]

    def _lost(self, motion: TrackKinematics, slow: list[_QueuedVehicle], at_s: float) -> list[_QueuedVehicle]:
        """Those that waited and are not seen, but for whom another id has been given: it stands in the same place."""
        if not self._waiting:
            return []
        others = [waiter for waiter in slow if waiter.track_id not in self._waiting]
        return [
            was
            for was in self._waiting.values()
            if was.track_id not in motion.row_of
            and at_s - was.seen_s <= min(self._hold_s, was.seen_s - self._first_joined[was.track_id])
            and not any(dist(was.bottom_center_px, other.bottom_center_px) <= was.reach_px for other in others)
        ]

    def _remember(self, here: list[int], at_s: float) -> None:
        """Since when each has waited; who drives on a little and halts again before he leaves the zone, waits on."""
        kept = {*here, *self._waiting}
        self._first_joined = {track: since_s for track, since_s in self._first_joined.items() if track in kept}
        for track in self._waiting:
            self._first_joined.setdefault(track, at_s)


def _rear_behind_foot(ahead_px: Floats) -> float:
    """How much of a vehicle's length lies behind its foot, where traffic goes this way in the picture.

    The lower edge of a box is at the front of a vehicle that comes towards the camera, and at the rear of one that goes
    away from it.
    """
    return float(1 + ahead_px[1] / max(float(np.hypot(*ahead_px)), 1e-9)) / 2


def _connected(waiters: list[_QueuedVehicle], at_s: float) -> list[_QueuedVehicle]:
    """Those that wait at the stop line or behind others that do, or did when the first of them started."""
    waiting: list[_QueuedVehicle] = []
    for n, stretch in enumerate(_stretches(sorted(waiters, key=lambda w: w.along_m))):
        is_first = n == 0 and stretch[0].along_m <= GAP_M
        anchored_s = at_s if is_first else max(waiter.anchored_s for waiter in stretch)
        for waiter in stretch:
            waiter.anchored_s = anchored_s
            if at_s - anchored_s <= START_S + max(waiter.along_m, 0.0) / WAVE_MPS:
                waiting.append(waiter)
    return waiting


def _stretches(ordered: list[_QueuedVehicle]) -> list[list[_QueuedVehicle]]:
    """The waiters from the stop line backwards, cut where nobody stands for longer than a gap."""
    stretches: list[list[_QueuedVehicle]] = []
    rear_m = -np.inf
    for waiter in ordered:
        if waiter.along_m - rear_m > GAP_M:
            stretches.append([])
        stretches[-1].append(waiter)
        rear_m = max(rear_m, waiter.rear_m)
    return stretches
