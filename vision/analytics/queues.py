"""Queues at stop lines: who waits, how far back, for how long, and whether it spills back."""

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.analytics.ground import Ground
from vision.analytics.motion import Bools, Floats, Motion
from vision.analytics.sizes import IS_VEHICLE, LENGTHS_M
from vision.config.measures import MeasuresConfig
from vision.core.columns import Columns
from vision.geometry import apply_homography, signed_distance_px

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
"""A spillback that is not seen for less than this goes on: tracks blink."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue just now."""

    track_ids: frozenset[int]
    length_m: float
    """From the stop line to the rear of the last; 0 where nobody waits."""
    reaches_spillback: bool
    waited_s: tuple[float, ...]
    """How long each has waited since it first joined, in no order."""


NOBODY = Queue(track_ids=frozenset(), length_m=0.0, reaches_spillback=False, waited_s=())


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting(Columns):
    """The K vehicles that wait, or might."""

    track_id: NDArray[np.int64]
    foot_px: Floats
    along_m: Floats
    """(K,): from the stop line to where its foot is, against the traffic."""
    rear_m: Floats
    """(K,): to its rear."""
    to_spillback_m: Floats
    """(K,): from its rear on to the spillback line; infinite where there is none."""
    reach_px: Floats
    """(K,): another vehicle's foot this near is the same vehicle under another id."""
    anchored_s: Floats
    """(K,): when the queue that it is part of was last seen to begin at the stop line; -inf for one in no queue."""
    seen_s: Floats

    @classmethod
    def none(cls) -> Self:
        ids, numbers = np.empty(0, np.int64), np.empty(0)
        return cls(ids, np.empty((0, 2)), *(6 * [numbers]))

    def joined(self, other: Self) -> Self:
        """These rows, then the other's."""
        columns = {f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)}
        return type(self)(**columns)


class RoadLine:
    """A line across the road from which vehicles are measured, on the side of a given point."""

    def __init__(self, ends_px: Floats, side_px: Floats, ground: Ground) -> None:
        self._marks_px = np.concatenate([ends_px, side_px[None]])
        self._ground = ground

    def distance_m(self, motion: Motion) -> Floats:
        """(N,): how far each vehicle's foot is from the line, negative beyond it; NaN where the ground is not known."""
        marks_m = apply_homography(self._ground.matrix, self._marks_px)  # an estimated ground changes as it is learnt
        points_m = np.concatenate([marks_m[2:], motion.ground_m])
        distance_m = signed_distance_px(points_m, marks_m[:1], marks_m[1:2])[:, 0]
        upstream_m: Floats = distance_m[1:] * np.sign(distance_m[0])
        return upstream_m


class QueueWatch:
    """The queue of one zone.

    A vehicle joins it when it is slower than `queued_below_kmh` inside the zone and near enough behind the stop line or
    behind one that waits; it leaves when it is faster than `moving_above_kmh`, leaves the zone, or still stands long
    after all before it have gone. One that is lost from sight is kept for `hold_s`.
    """

    def __init__(
        self,
        polygon_px: Floats,
        stop_line_px: Floats,
        spillback_line_px: Floats | None,
        ground: Ground,
        settings: MeasuresConfig,
        *,
        hold_s: float,
    ) -> None:
        middle_px, stop_px = polygon_px.mean(axis=0), stop_line_px.mean(axis=0)
        self._stop_line = RoadLine(stop_line_px, middle_px, ground)
        self._spillback = None if spillback_line_px is None else RoadLine(spillback_line_px, stop_px, ground)
        self._rear_behind_foot = _rear_behind_foot(stop_px - middle_px)
        self._joins_mps = settings.queued_below_kmh / 3.6
        self._leaves_mps = settings.moving_above_kmh / 3.6
        self._hold_s = hold_s
        self._waiting = _Waiting.none()
        self._first_joined: dict[int, float] = {}
        self._spilt_s = -np.inf

    def __len__(self) -> int:
        """How many tracks are remembered."""
        return len(self._first_joined)

    def update(self, motion: Motion, present: Bools, at_s: float) -> Queue:
        """Take in who is where. `present` (N,): who is in the zone."""
        here = motion[present & IS_VEHICLE[motion.class_id]]
        slow = self._slow(here, at_s)
        lost = self._lost(motion, slow, at_s)
        self._waiting = _connected(slow.joined(lost), at_s)
        self._remember(here.track_id.tolist(), at_s)
        if len(self._waiting) >= SMALLEST and self._waiting.to_spillback_m.min() <= TOUCHES_M:
            self._spilt_s = at_s
        ids = self._waiting.track_id.tolist()
        return Queue(
            track_ids=frozenset(ids),
            length_m=float(self._waiting.rear_m.max(initial=0.0)),
            reaches_spillback=at_s - self._spilt_s <= HOLD_SPILLBACK_S,
            waited_s=tuple(at_s - self._first_joined[track] for track in ids),
        )

    def _slow(self, here: Motion, at_s: float) -> _Waiting:
        """Of the vehicles in the zone, those that are slow enough to wait."""
        was = self._waiting
        row_of = {track: row for row, track in enumerate(was.track_id.tolist())}
        row = np.array([row_of.get(track, -1) for track in here.track_id.tolist()], np.int64)
        along_m = self._stop_line.distance_m(here)
        length_m = LENGTHS_M[here.class_id]
        rear_m = along_m + length_m * self._rear_behind_foot
        found = _Waiting(
            track_id=here.track_id,
            foot_px=here.foot_px,
            along_m=along_m,
            rear_m=rear_m,
            to_spillback_m=self._to_spillback_m(here) - (rear_m - along_m),
            reach_px=SAME_PLACE * length_m * here.scale_px_m,
            anchored_s=np.append(was.anchored_s, -np.inf)[row],
            seen_s=np.full(len(here), at_s),
        )
        is_slow = np.where(row >= 0, ~(here.pace_mps > self._leaves_mps), here.pace_mps < self._joins_mps)
        return found[is_slow & np.isfinite(along_m)]

    def _to_spillback_m(self, here: Motion) -> Floats:
        return np.full(len(here), np.inf) if self._spillback is None else self._spillback.distance_m(here)

    def _lost(self, motion: Motion, slow: _Waiting, at_s: float) -> _Waiting:
        """Those that waited and are not seen, but for whom another id has been given: it stands in the same place."""
        was = self._waiting
        unseen = was[~np.isin(was.track_id, motion.track_id) & (at_s - was.seen_s <= self._hold_s)]
        others = slow[~np.isin(slow.track_id, was.track_id)]
        if not len(unseen) or not len(others):
            return unseen
        apart_px = np.hypot(*(unseen.foot_px[:, None] - others.foot_px).transpose(2, 0, 1))
        return unseen[(apart_px > unseen.reach_px[:, None]).all(axis=1)]

    def _remember(self, here: list[int], at_s: float) -> None:
        """Since when each has waited; who drives on a little and halts again before he leaves the zone, waits on."""
        kept = {*here, *self._waiting.track_id.tolist()}
        self._first_joined = {track: since_s for track, since_s in self._first_joined.items() if track in kept}
        for track in self._waiting.track_id.tolist():
            self._first_joined.setdefault(track, at_s)


def _rear_behind_foot(ahead_px: Floats) -> float:
    """How much of a vehicle's length lies behind its foot, where traffic goes this way in the picture.

    The lower edge of a box is at the front of a vehicle that comes towards the camera, and at the rear of one that goes
    away from it.
    """
    return float(1 + ahead_px[1] / max(float(np.hypot(*ahead_px)), 1e-9)) / 2


def _connected(waiting: _Waiting, at_s: float) -> _Waiting:
    """Those that wait at the stop line or behind others that do, or did when the first of them started."""
    ordered = waiting[np.argsort(waiting.along_m, kind="stable")]
    before_m = np.concatenate([[0.0], np.maximum.accumulate(ordered.rear_m)[:-1]]) if len(ordered) else np.empty(0)
    group = np.cumsum(ordered.along_m - before_m > GAP_M)
    """0: connected to the stop line; then one number for each stretch without a gap."""
    anchored_s = np.full(int(group.max(initial=0)) + 1, -np.inf)
    np.maximum.at(anchored_s, group, ordered.anchored_s)
    anchored_s[0] = at_s
    waits = at_s - anchored_s[group] <= START_S + np.maximum(ordered.along_m, 0) / WAVE_MPS
    return replace(ordered, anchored_s=anchored_s[group])[waits]
