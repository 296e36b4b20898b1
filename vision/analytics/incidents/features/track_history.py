"""What rules remember of a track beyond its motion: its course, its last seconds of driving, what it was taken for."""

from collections.abc import Sequence

import numpy as np

from vision.analytics.identity.standstill_transfer import Arrival, StandstillTransfer
from vision.analytics.identity.stitching import TrackLinks
from vision.analytics.incidents.features.braking import BrakingEstimate
from vision.analytics.incidents.features.track_history_table import TrackHistoryTable, forget_later, push
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.kinematics.trajectories import StopParameters
from vision.analytics.kinematics.velocity import VelocityParameters
from vision.analytics.track_table import Ids, TrackRows
from vision.geometry import off_way_px

DRIVES_MPS = 2.5
HEADING_ABOVE_MPS = 1.5
"""Slower, a heading is noise; and while a vehicle stands, however its box trembles."""
KEPT_EVERY_S, LOOKS_EVERY_S = 0.24, 0.1
"""So often velocities and looks are remembered."""
MOVED_M, MOVED_SIZES = 2.0, 1.0
"""A vehicle has moved once it was so far from where it was first seen, in metres and in its own size."""
CAME_IN_SIZES = 0.4
"""Of one that the picture's edge cut off when it was first seen: it has come in, seldom is one parked there."""
COURSE_LOOKS = 8
STEADY_LOOKS = 8
"""Over about two seconds trembling makes no way: what is left of a pace then was driven."""
KNOWN_AFTER_S = 1.2
LEAP_S, BLINK_S = 0.5, 0.3
"""A track that is older than that and whose velocity cannot be told for so long, without a longer pause between its
looks, has leapt from one vehicle to another: a box that trembles hides it for a look or two."""
STARTS_MPS2, STARTED_S, GONE_SIZES = 4.0, 1.5, 1.3
"""So has one that is faster than whoever starts so, from so long before it was last taken to stand, once it is so many
of its sizes from there: nobody starts harder, and who trembles where he is has not started."""


class TrackHistory:
    """Remembers every track that was seen within `forget_after_s`, and what a lost one hands on to a new id.

    What is told is of the newest moment's tracks, in the order of its motion.
    """

    def __init__(self, width_px: int, height_px: int, forget_after_s: float) -> None:
        self._size_px = np.array([width_px, height_px], np.float64)
        self._rows = TrackRows(forget_after_s)
        self._memory = TrackHistoryTable.blank()
        self._at: Ids = np.zeros(0, np.int64)
        self._arrivals = StandstillTransfer()

    def __len__(self) -> int:
        """How many tracks and looks are remembered."""
        return len(self._rows) + len(self._arrivals)

    @property
    def heading(self) -> Floats:
        """(N, 2): unit vectors on the road, as each moved last; NaN where one never moved."""
        return self._memory.heading.take(self._at, axis=0)

    @property
    def px_per_metre_ahead(self) -> Floats:
        """(N, 2): from its foot to a place one metre ahead, as each moved last; NaN where one never moved."""
        return self._memory.px_per_metre_ahead.take(self._at, axis=0)

    @property
    def has_moved(self) -> Bools:
        """(N,): whether each was ever seen far from where it was first, also under an id before."""
        return self._memory.has_moved[self._at]

    @property
    def max_sustained_speed_mps(self) -> Floats:
        """(N,): the highest pace that each ever kept up, straight on, for two seconds, also under an id before."""
        return self._memory.max_sustained_speed_mps[self._at]

    @property
    def sustained_speed_mps(self) -> Floats:
        """(N,): the pace that each kept up, straight on, in its last two seconds of driving; NaN: it drove for less."""
        return _steady(self._memory.velocities, self._at)

    def recent_max_speed_mps(self, rows: Ids) -> Floats:
        """(len(rows),): the highest pace of some tracks in their last seconds of driving, also under an id before."""
        velocities = self._memory.velocities[self._at[rows]]
        paces: Floats = np.fmax.reduce(_lengths(velocities), axis=1, initial=0.0)
        return paces

    def has_switched_since(self, n: int, since_s: float) -> bool:
        """Whether the track in row `n` leapt from one vehicle to another since then."""
        return bool(self._memory.leapt_s[self._at[n]] >= since_s)

    def stopped_since_s(self, n: int, stopped_since_s: float) -> float:
        """Since when the track in row `n` stands, also under an id before; under its own since `still_since_s`."""
        return float(np.fmin(self._memory.rests_s[self._at[n]], stopped_since_s))

    def began_at_image_edge(self, n: int) -> bool:
        """Whether the track in row `n` was first seen within its own size of the picture's edge."""
        row = self._at[n]
        first_px, size_px = self._memory.first_px[row], self._memory.size_px[row]
        return bool((first_px < size_px).any() or (first_px > self._size_px - size_px).any())

    def was_below_image_since(self, n: int, since_s: float) -> bool:
        """Whether the foot of the track in row `n` was below the picture since then."""
        return bool(self._memory.below_s[self._at[n]] >= since_s)

    def class_shares(self) -> Floats:
        """(N, classes): the part of its looks in which each was taken for each class."""
        taken_for = self._memory.taken_for[self._at]
        shares: Floats = taken_for / taken_for.sum(axis=1, keepdims=True)
        return shares

    def class_share(self, motion: TrackKinematics) -> Floats:
        """(N,): that for what it is taken for now."""
        return self.class_shares()[np.arange(len(motion)), motion.class_id]

    def update(self, motion: TrackKinematics, at_s: float, heirs: TrackLinks = (), leapt: Sequence[int] = ()) -> None:
        """Take in how tracks move, which of them are ones that were just lost, and which leapt while unseen."""
        self._rows.forget(at_s)
        rows, was_s = self._rows.take(motion.track_id, at_s)
        memory = self._memory
        memory.grow(self._rows.size)
        new = np.isnan(was_s)
        is_cut_below = motion.truncated[:, 3]
        if new.any():
            memory.clear(rows[new])
            memory.first_px[rows[new]], memory.first_m[rows[new]] = motion.bottom_center_px[new], motion.ground_m[new]
            memory.sure_px[rows[new]], memory.sure_px_s[rows[new]] = motion.bottom_center_px[new], 0.0
            memory.came_in[rows[new]] = motion.truncated[new].any(axis=1)
        for lost, heir in heirs:
            self._inherit(lost, heir)
        for track in leapt:
            memory.leapt_s[rows[motion.track_id == track]] = at_s
        memory.below_s[rows[is_cut_below]] = at_s
        memory.taken_for[rows, motion.class_id] += 1
        size_px = motion.xyxy[:, 2:] - motion.xyxy[:, :2]
        memory.size_px[rows] = np.sqrt(size_px[:, 0] * size_px[:, 1])
        self._note_moved(rows, motion)
        moves = ((motion.speed_mps > HEADING_ABOVE_MPS) & ~motion.is_stopped).nonzero()[0]
        at, speed_mps = rows[moves], motion.speed_mps[moves, None]
        memory.heading[at] = motion.velocity_mps.take(moves, axis=0) / speed_mps
        memory.px_per_metre_ahead[at] = motion.velocity_px.take(moves, axis=0) / speed_mps
        self._sample(rows, motion, at_s)
        is_foot_seen = ~is_cut_below | (motion.bottom_center_px[:, 1] > self._size_px[1])
        self._note_looks(rows, motion, new, is_foot_seen, at_s)
        self._note_leaps(rows, motion, at_s, was_s)
        unmoved = ~motion.has_moved & ~memory.has_moved[rows]
        for arrival in self._arrivals.update(motion, unmoved, at_s):
            self._arrive(arrival, rows, motion)
        self._at = rows

    def driving_time_s(self, rows: Ids, at_least_mps: float) -> Floats:
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

    def braking_estimate(self, n: int) -> BrakingEstimate:
        """The last seconds of driving of the track in row `n`, also under an id before."""
        memory, row = self._memory, self._at[n]
        kept, seen = ~np.isnan(memory.times_s[row]), ~np.isnan(memory.observed_s[row])
        px_m = float(np.hypot(*memory.px_per_metre_ahead[row]))
        rest_m = StopParameters().rest_sizes * float(memory.size_px[row]) / px_m if px_m > 0 else 0.0
        return BrakingEstimate(
            memory.times_s[row][kept],
            memory.velocities[row][kept],
            memory.observed_s[row][seen],
            memory.observed_m[row][seen],
            rest_m,
        )

    def _note_moved(self, rows: Ids, motion: TrackKinematics) -> None:
        memory = self._memory
        n = (~memory.has_moved[rows]).nonzero()[0]
        if not len(n):
            return
        at = rows[n]
        sizes = np.where(memory.came_in[at], CAME_IN_SIZES, MOVED_SIZES)
        is_far = _lengths(motion.bottom_center_px[n] - memory.first_px[at]) > sizes * memory.size_px[at]
        memory.has_moved[at] = is_far & (_lengths(motion.ground_m[n] - memory.first_m[at]) > MOVED_M)

    def _sample(self, rows: Ids, motion: TrackKinematics, at_s: float) -> None:
        memory = self._memory
        due = np.isfinite(motion.speed_mps) & ~motion.is_stopped & ~(at_s - memory.times_s[rows, -1] < KEPT_EVERY_S)
        n = due.nonzero()[0]
        if len(n):
            at = rows[n]
            push(memory.times_s, at, at_s)
            push(memory.velocities, at, motion.velocity_mps.take(n, axis=0))
            memory.rests_s[at] = np.nan
            sustained_speed_mps = _steady(memory.velocities, at)
            memory.max_sustained_speed_mps[at] = np.fmax(memory.max_sustained_speed_mps[at], sustained_speed_mps)

    def _note_looks(self, rows: Ids, motion: TrackKinematics, new: Bools, is_foot_seen: Bools, at_s: float) -> None:
        """A new track was seen before it was believed, too. Whose foot is below the picture seems to stay at its edge.

        `is_foot_seen` (N,): whose is not, or is known to be beyond it."""
        memory = self._memory
        goes = ~motion.is_stopped & is_foot_seen & ~(at_s - memory.observed_s[rows, -1] < LOOKS_EVERY_S)
        if new.any():
            begins = new & is_foot_seen & (at_s - motion.first_seen_s >= LOOKS_EVERY_S)
            push(memory.observed_s, rows[begins], motion.first_seen_s[begins])
            push(memory.observed_m, rows[begins], motion.first_m[begins])
        n = goes.nonzero()[0]
        if len(n):
            push(memory.observed_s, rows[n], at_s)
            push(memory.observed_m, rows[n], motion.ground_m.take(n, axis=0))

    def _note_leaps(self, rows: Ids, motion: TrackKinematics, at_s: float, was_s: Floats) -> None:
        """Who is not seen for a while (`was_s` (N,): when each was seen before) has not leapt all that time; nor has
        who is on the way that he was going, or still where he was: he trembled."""
        memory = self._memory
        is_unknown = np.isnan(motion.speed_mps) & (at_s - motion.first_seen_s > KNOWN_AFTER_S)
        since_s = np.where(at_s - was_s > BLINK_S, at_s, np.fmin(memory.leaps_since_s[rows], at_s))
        memory.leaps_since_s[rows] = since_s = np.where(is_unknown, since_s, np.nan)
        doubted = (at_s - since_s >= LEAP_S).nonzero()[0]
        if len(doubted):
            at = rows[doubted]
            ways_px = memory.sure_px_s[at] * (at_s - memory.leaps_since_s[at])[:, None]
            away_px = off_way_px(motion.bottom_center_px[doubted] - memory.sure_px[at], ways_px)
            memory.leapt_s[at[away_px > VelocityParameters().id_switch_sizes * memory.size_px[at]]] = at_s
        still = motion.is_stopped.nonzero()[0]
        memory.still_s[rows[still]] = at_s
        memory.stood_px[rows[still]] = motion.bottom_center_px.take(still, axis=0)
        is_fast = motion.speed_mps > STARTS_MPS2 * (at_s - memory.still_s[rows] + STARTED_S)
        starts = (is_fast & ~motion.is_stopped).nonzero()[0]
        if len(starts):
            at = rows[starts]
            away_px = _lengths(motion.bottom_center_px[starts] - memory.stood_px[at])
            memory.leapt_s[at[away_px > GONE_SIZES * memory.size_px[at]]] = at_s
        sure = np.isfinite(motion.speed_mps).nonzero()[0]
        memory.sure_px[rows[sure]] = motion.bottom_center_px.take(sure, axis=0)
        memory.sure_px_s[rows[sure]] = motion.velocity_px.take(sure, axis=0)

    def _arrive(self, arrival: Arrival, rows: Ids, motion: TrackKinematics) -> None:
        """It has the past of the id under which it came, until it was seen so last, and stood at its first look."""
        memory, source = self._memory, self._rows.row_of(arrival.came_as)
        if source is None or not memory.has_moved[source]:
            return
        n = int(np.flatnonzero(motion.track_id == arrival.track)[0])
        target = int(rows[n])
        memory.copy(source, target)
        for times_s, values in ((memory.times_s, memory.velocities), (memory.observed_s, memory.observed_m)):
            forget_later(times_s, values, target, arrival.seen_s)
        is_away = ~(_lengths(memory.observed_m[target] - motion.ground_m[n]) <= MOVED_M)
        rests_s = memory.observed_s[target, ~is_away[::-1].cumsum()[::-1].astype(bool)]
        memory.rests_s[target] = rests_s[0] if len(rests_s) else np.nan
        push(memory.observed_s, np.array([target]), motion.first_seen_s[n])
        push(memory.observed_m, np.array([target]), motion.ground_m[n])

    def _inherit(self, lost: int, heir: int) -> None:
        source, target = self._rows.row_of(lost), self._rows.row_of(heir)
        if source is not None and target is not None:
            self._memory.copy(source, target)


def _steady(velocities: Floats, rows: Ids) -> Floats:
    """(len(rows),): the length of the mean of the newest of velocities (R, K, 2); NaN where there are too few."""
    latest = velocities[:, -STEADY_LOOKS:].take(rows, axis=0)
    return _lengths(latest.sum(axis=1) / STEADY_LOOKS)


def _lengths(vectors: Floats) -> Floats:
    """(...,) of (..., 2): how long each is."""
    return np.hypot(vectors[..., 0], vectors[..., 1])
