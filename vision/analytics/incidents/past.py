"""What rules remember of a track beyond its motion: its course, its last seconds of driving, what it was taken for."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import degrees
from typing import Self

import numpy as np

from vision.analytics.edges import cut_sides
from vision.analytics.heirs import Heirs
from vision.analytics.incidents.arrivals import Arrival, Arrivals
from vision.analytics.motion import Bools, Floats, Motion
from vision.analytics.rows import Ids, Rows, grown
from vision.analytics.way_memory import REST_SIZES
from vision.classes import CLASSES

HEADING_ABOVE_MPS = 1.5
"""Slower, a heading is noise; and while a vehicle stands, however its box trembles."""
SWERVE_ABOVE_MPS = 4.0
KEPT = 20
KEPT_EVERY_S = 0.24
"""Velocities of about the last five seconds before now or, of a vehicle that stands, before it stood."""
APART_S = (0.5, 1.3)
"""Swerving is told from velocities so far apart."""
MOVED_M, MOVED_SIZES = 2.0, 1.0
"""A vehicle has moved once it was so far from where it was first seen, in metres and in its own size."""
CAME_IN_SIZES = 0.4
"""Of one that the picture's edge cut off when it was first seen: it has come in, seldom is one parked there."""
DRIVES_MPS = 2.5
COURSE_LOOKS = 8
STEADY_LOOKS = 8
"""Over about two seconds trembling makes no way: what is left of a pace then was driven."""
FEWEST = 3
"""Velocities from which a pace of driving is told."""
VELOCITY_LAG_S = 0.6
SHORTEST_BRAKING_S = 0.4
FAST_PART, SLOW_PART = 0.7, 0.25
"""A vehicle brakes from the first part of the pace at which it drove to the second, as its pace tells."""
SHORTEST_FALL_S = 0.1
UNSEEN_S = 0.45
"""Who drove, was not seen for so long, and stood by then came to stand unseen."""
KNOWN_AFTER_S = 1.2
LEAP_S = 0.5
"""A track that is older than that and whose velocity cannot be told for so long has leapt from one vehicle to another:
a box that trembles hides it for a look or two."""


@dataclass(slots=True, eq=False)
class _Memory:
    """By row (see `Rows`)."""

    size_px: Floats
    """(R,): the square root of the box's area."""
    first_px: Floats
    first_m: Floats
    """(R, 2): where it was seen first, in the picture and on the road."""
    came_in: Bools
    """Whether the picture's edge cut it off when it was seen first."""
    has_moved: Bools
    heading: Floats
    """(R, 2): unit vector on the road, as it moved last; NaN where it never moved."""
    stride_px: Floats
    """(R, 2): from its foot to a place one metre ahead, as it moved last; NaN where it never moved."""
    times_s: Floats
    """(R, KEPT): the newest last; NaN: none."""
    velocities: Floats
    """(R, KEPT, 2): metres a second."""
    places_m: Floats
    """(R, KEPT, 2): on the road."""
    swiftest_mps: Floats
    """(R,): the highest pace that it kept up, straight on, over `STEADY_LOOKS`."""
    taken_for: Floats
    """(R, classes): how many looks it was taken for each class."""
    leaps_since_s: Floats
    """Since when its velocity cannot be told; NaN: it can."""
    leapt_s: Floats
    """When it last was amid a leap; NaN: never."""
    below_s: Floats
    """When its foot was last below the picture; NaN: never."""

    @classmethod
    def blank(cls) -> Self:
        pairs, kept, counts = np.zeros((0, 2)), np.zeros((0, KEPT)), np.zeros((0, len(CLASSES)))
        flags, ways, times = np.zeros(0, bool), np.zeros((0, KEPT, 2)), np.zeros(0)
        return cls(
            size_px=times,
            first_px=pairs,
            first_m=pairs,
            came_in=flags,
            has_moved=flags,
            heading=pairs,
            stride_px=pairs,
            times_s=kept,
            velocities=ways,
            places_m=ways,
            swiftest_mps=times,
            taken_for=counts,
            leaps_since_s=times,
            leapt_s=times,
            below_s=times,
        )

    def grow(self, size: int) -> None:
        if size > len(self.heading):
            for f in fields(self):
                setattr(self, f.name, grown(getattr(self, f.name), size))

    def clear(self, rows: Ids) -> None:
        for column in (self.heading, self.stride_px, self.times_s, self.velocities, self.places_m):
            column[rows] = np.nan
        self.taken_for[rows] = 0.0
        self.has_moved[rows] = False
        self.swiftest_mps[rows] = 0.0
        self.leaps_since_s[rows] = self.leapt_s[rows] = self.below_s[rows] = np.nan

    def copy(self, source: int, target: int) -> None:
        for f in fields(self):
            column = getattr(self, f.name)
            column[target] = column[source]


class Past:
    """Remembers every track that was seen within `forget_after_s`, and what a lost one hands on to a new id.

    What is told is of the newest moment's tracks, in the order of its motion.
    """

    def __init__(self, width_px: int, height_px: int, forget_after_s: float) -> None:
        self._size_px = np.array([width_px, height_px], np.float64)
        self._rows = Rows(forget_after_s)
        self._memory = _Memory.blank()
        self._at: Ids = np.zeros(0, np.int64)
        self._arrivals = Arrivals()

    def __len__(self) -> int:
        """How many tracks and looks are remembered."""
        return len(self._rows) + len(self._arrivals)

    @property
    def heading(self) -> Floats:
        """(N, 2): unit vectors on the road, as each moved last; NaN where one never moved."""
        return self._memory.heading[self._at]

    @property
    def stride_px(self) -> Floats:
        """(N, 2): from its foot to a place one metre ahead, as each moved last; NaN where one never moved."""
        return self._memory.stride_px[self._at]

    @property
    def has_moved(self) -> Bools:
        """(N,): whether each was ever seen far from where it was first, also under an id before."""
        return self._memory.has_moved[self._at]

    @property
    def swiftest_mps(self) -> Floats:
        """(N,): the highest pace that each ever kept up, straight on, for two seconds, also under an id before."""
        return self._memory.swiftest_mps[self._at]

    @property
    def steady_mps(self) -> Floats:
        """(N,): the pace that each kept up, straight on, in its last two seconds of driving; NaN: it drove for less."""
        return _lengths(self._memory.velocities[self._at, -STEADY_LOOKS:].mean(axis=1))

    def fastest_mps(self, rows: Ids) -> Floats:
        """(len(rows),): the highest pace of some tracks in their last seconds of driving, also under an id before."""
        velocities = self._memory.velocities[self._at[rows]]
        paces: Floats = np.fmax.reduce(_lengths(velocities), axis=1, initial=0.0)
        return paces

    def has_leapt_since(self, n: int, since_s: float) -> bool:
        """Whether the track in row `n` leapt from one vehicle to another since then."""
        return bool(self._memory.leapt_s[self._at[n]] >= since_s)

    def went_below_since(self, n: int, since_s: float) -> bool:
        """Whether the foot of the track in row `n` was below the picture since then."""
        return bool(self._memory.below_s[self._at[n]] >= since_s)

    def class_share(self, motion: Motion) -> Floats:
        """(N,): the part of its looks in which each was taken for what it is taken for now."""
        taken_for = self._memory.taken_for[self._at]
        share: Floats = taken_for[np.arange(len(motion)), motion.class_id] / taken_for.sum(axis=1)
        return share

    def update(self, motion: Motion, at_s: float, heirs: Heirs = (), leapt: Sequence[int] = ()) -> None:
        """Take in how tracks move, which of them are ones that were just lost, and which leapt while unseen."""
        self._rows.forget(at_s)
        rows, was_s = self._rows.take(motion.track_id, at_s)
        memory = self._memory
        memory.grow(self._rows.size)
        new = np.isnan(was_s)
        cut = cut_sides(motion.xyxy, self._size_px)
        if new.any():
            memory.clear(rows[new])
            memory.first_px[rows[new]], memory.first_m[rows[new]] = motion.foot_px[new], motion.ground_m[new]
            memory.came_in[rows[new]] = cut[new].any(axis=1)
        for lost, heir in heirs:
            self._inherit(lost, heir)
        for track in leapt:
            memory.leapt_s[rows[motion.track_id == track]] = at_s
        memory.below_s[rows[cut[:, 3]]] = at_s
        memory.taken_for[rows, motion.class_id] += 1
        width_px, height_px = (motion.xyxy[:, 2:] - motion.xyxy[:, :2]).T
        memory.size_px[rows] = np.sqrt(width_px * height_px)
        self._note_moved(rows, motion)
        moves = (motion.pace_mps > HEADING_ABOVE_MPS) & ~motion.is_still
        pace_mps = motion.pace_mps[moves, None]
        memory.heading[rows[moves]] = motion.velocity_mps[moves] / pace_mps
        memory.stride_px[rows[moves]] = motion.velocity_px[moves] / pace_mps
        self._sample(rows, motion, at_s)
        self._note_leaps(rows, motion, at_s)
        unmoved = ~motion.moved_before & ~memory.has_moved[rows]
        for arrival in self._arrivals.update(motion, unmoved, at_s):
            self._arrive(arrival, rows, motion)
        self._at = rows

    def drove_s(self, rows: Ids, at_least_mps: float) -> Floats:
        """(len(rows),): for how long of their last seconds of driving some tracks were so fast."""
        paces = _lengths(self._memory.velocities[self._at[rows]])
        return np.asarray(KEPT_EVERY_S * (paces >= at_least_mps).sum(axis=1), np.float64)

    def courses(self, rows: Ids) -> Floats:
        """(len(rows), 2): where some tracks were heading in their last two seconds of driving; NaN: one never drove."""
        velocities = self._memory.velocities[self._at[rows]]
        drives = _lengths(velocities) >= DRIVES_MPS
        drives &= drives[:, ::-1].cumsum(axis=1)[:, ::-1] <= COURSE_LOOKS
        total = np.where(drives[..., None], velocities, 0.0).sum(axis=1)
        with np.errstate(invalid="ignore"):
            return np.asarray(total / np.hypot(total[:, :1], total[:, 1:]), np.float64)

    def braked_mps2(self, n: int, still_since_s: float, place_m: Floats) -> float:
        """How hard the track in row `n` braked before it stood at `place_m`, at least; 0 where that is not known.

        It is told in two ways, by when it came to its place and by how fast its pace fell (`slowed_mps2`): the one errs
        where a box trembles or creeps, the other where a track leaps, and what both say is believed.

        By its place it braked from 70 % of the pace at which it drove to standstill: a box that trembles gives no
        steady pace from look to look, but the upper quartile of some seconds, and when it was last so fast, are told
        well enough. It is taken to stand from when it is as near to its place as a standing one trembles: braking
        evenly it needs a while for that last piece.

        Of who came to stand unseen neither is known, but where and how fast it was last: it had that way left.
        """
        unseen_mps2 = self._braked_unseen_mps2(n, place_m)
        if unseen_mps2 is not None:
            return unseen_mps2
        times_s, paces = self._paces(n)
        # A velocity is told from the last 1.2 s: it was so half of that ago.
        was_s = times_s - VELOCITY_LAG_S
        driving = (paces >= DRIVES_MPS) & (was_s < still_since_s)
        if driving.sum() < FEWEST:
            return 0.0
        part_mps = FAST_PART * float(np.percentile(paces[driving], 75))
        last_fast_s = float(was_s[paces >= part_mps].max())
        braking_s = max(still_since_s - last_fast_s, SHORTEST_BRAKING_S)
        return min(_evenly_mps2(part_mps, braking_s, self._rest_m(n)), self.slowed_mps2(n))

    def _braked_unseen_mps2(self, n: int, place_m: Floats) -> float | None:
        """How hard it braked to stand at `place_m`, if it was not seen for a while after it was last fast."""
        times_s, paces = self._paces(n)
        driving = paces >= DRIVES_MPS
        if driving.sum() < FEWEST:
            return None
        last = int(np.flatnonzero(paces >= FAST_PART * float(np.percentile(paces[driving], 75)))[-1])
        if not (times_s[last + 1 : last + 2] - times_s[last] >= UNSEEN_S).any():
            return None
        was_m = self._memory.places_m[self._at[n], last - len(paces)]
        # A velocity is told from the last 1.2 s: half of that it may have braked.
        return _evenly_mps2(float(paces[last]), VELOCITY_LAG_S, float(np.hypot(*(place_m - was_m))))

    def slowed_mps2(self, n: int) -> float:
        """How fast the pace of the track in row `n` fell when it was last fast; 0 where that is not known.

        From 70 % of the pace at which it drove to 25 %. A velocity is told from 1.2 s, in which braking looks softer
        than it is, and never harder: what stops dead seems to need 0.4 s for that.
        """
        times_s, paces = self._paces(n)
        driving = paces >= DRIVES_MPS
        if driving.sum() < FEWEST:
            return 0.0
        drove_mps = float(np.percentile(paces[driving], 75))
        fast_mps, slow_mps = FAST_PART * drove_mps, SLOW_PART * drove_mps
        last = int(np.flatnonzero(paces >= fast_mps)[-1])
        slow = last + np.flatnonzero(paces[last:] < slow_mps)
        if not len(slow):
            return 0.0
        fell = slice(last, int(slow[0]) + 1)
        falling_s = np.interp([-fast_mps, -slow_mps], -np.minimum.accumulate(paces[fell]), times_s[fell])
        return (fast_mps - slow_mps) / max(float(falling_s[1] - falling_s[0]), SHORTEST_FALL_S)

    def _rest_m(self, n: int) -> float:
        """How far from its place the vehicle in row `n` is already taken to stand there, along its way."""
        row = self._at[n]
        px_m = float(np.hypot(*self._memory.stride_px[row]))
        return REST_SIZES * float(self._memory.size_px[row]) / px_m if px_m > 0 else 0.0

    def swerved_deg(self, n: int) -> float:
        """How much the heading of the track in row `n` changed at most within about a second of its last driving."""
        times_s, velocities = self._last(n)
        fast = _lengths(velocities) > SWERVE_ABOVE_MPS
        times_s, velocities = times_s[fast], velocities[fast]
        angles = np.arctan2(velocities[:, 1], velocities[:, 0])
        turned = np.abs((angles[None] - angles[:, None] + np.pi) % (2 * np.pi) - np.pi)
        return degrees(float(np.where(_comparable(times_s[None] - times_s[:, None]), turned, 0.0).max(initial=0.0)))

    def _paces(self, n: int) -> tuple[Floats, Floats]:
        """When the track in row `n` was how fast in its last seconds of driving; one odd look is left out."""
        times_s, velocities = self._last(n)
        paces = _lengths(velocities)
        before, after = np.append(paces[:1], paces[:-1]), np.append(paces[1:], paces[-1:])
        return times_s, np.asarray(np.median([before, paces, after], axis=0), np.float64)

    def _last(self, n: int) -> tuple[Floats, Floats]:
        row = self._at[n]
        kept = ~np.isnan(self._memory.times_s[row])
        return self._memory.times_s[row][kept], self._memory.velocities[row][kept]

    def _note_moved(self, rows: Ids, motion: Motion) -> None:
        memory = self._memory
        n = np.flatnonzero(~memory.has_moved[rows])
        if not len(n):
            return
        at = rows[n]
        sizes = np.where(memory.came_in[at], CAME_IN_SIZES, MOVED_SIZES)
        is_far = _lengths(motion.foot_px[n] - memory.first_px[at]) > sizes * memory.size_px[at]
        memory.has_moved[at] = is_far & (_lengths(motion.ground_m[n] - memory.first_m[at]) > MOVED_M)

    def _sample(self, rows: Ids, motion: Motion, at_s: float) -> None:
        memory = self._memory
        due = np.isfinite(motion.pace_mps) & ~motion.is_still & ~(at_s - memory.times_s[rows, -1] < KEPT_EVERY_S)
        at = rows[due]
        if len(at):
            for column in (memory.times_s, memory.velocities, memory.places_m):
                column[at, :-1] = column[at, 1:]
            memory.times_s[at, -1], memory.velocities[at, -1] = at_s, motion.velocity_mps[due]
            memory.places_m[at, -1] = motion.ground_m[due]
            steady_mps = _lengths(memory.velocities[at, -STEADY_LOOKS:].mean(axis=1))
            memory.swiftest_mps[at] = np.fmax(memory.swiftest_mps[at], steady_mps)

    def _note_leaps(self, rows: Ids, motion: Motion, at_s: float) -> None:
        memory = self._memory
        is_unknown = np.isnan(motion.pace_mps) & (at_s - motion.first_seen_s > KNOWN_AFTER_S)
        memory.leaps_since_s[rows] = np.where(is_unknown, np.fmin(memory.leaps_since_s[rows], at_s), np.nan)
        leaps = rows[at_s - memory.leaps_since_s[rows] >= LEAP_S]
        memory.leapt_s[leaps] = at_s

    def _arrive(self, arrival: Arrival, rows: Ids, motion: Motion) -> None:
        """It has the past of the id under which it came, until it was seen so last, and stood at its first look."""
        memory, source = self._memory, self._rows.row_of(arrival.came_as)
        if source is None or not memory.has_moved[source]:
            return
        n = int(np.flatnonzero(motion.track_id == arrival.track)[0])
        target = int(rows[n])
        memory.copy(source, target)
        later = min(int((memory.times_s[source] > arrival.seen_s).sum()), KEPT - 1)
        for column, now in (
            (memory.times_s, motion.first_seen_s[n]),
            (memory.velocities, np.zeros(2)),
            (memory.places_m, motion.ground_m[n]),
        ):
            column[target, later:-1] = column[source, 1 : KEPT - later]
            column[target, :later] = np.nan
            column[target, -1] = now

    def _inherit(self, lost: int, heir: int) -> None:
        source, target = self._rows.row_of(lost), self._rows.row_of(heir)
        if source is not None and target is not None:
            self._memory.copy(source, target)


def _evenly_mps2(pace_mps: float, braking_s: float, rest_m: float) -> float:
    """How hard who drove so fast brakes evenly to a stand, for so long and then over the rest of its way."""
    # pace = a (braking + sqrt(2 rest / a))
    root = np.sqrt(2 * rest_m)
    return float((np.sqrt(root**2 + 4 * braking_s * pace_mps) - root) / (2 * braking_s)) ** 2


def _lengths(vectors: Floats) -> Floats:
    """(...,) of (..., 2): how long each is."""
    return np.hypot(vectors[..., 0], vectors[..., 1])


def _comparable(apart_s: Floats) -> Bools:
    return (apart_s >= APART_S[0]) & (apart_s <= APART_S[1])
