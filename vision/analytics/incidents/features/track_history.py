"""What rules need of a track's past: course, last seconds of driving, ID switches and detected classes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.analytics.identity.standstill_transfer import Arrival, StandstillTransfer
from vision.analytics.identity.stitching import TrackLinks
from vision.analytics.incidents.features.braking import BrakingEstimate, BrakingParameters
from vision.analytics.incidents.features.track_history_table import TrackHistoryTable, drop_later, push
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.kinematics.trajectories import StopParameters
from vision.analytics.kinematics.velocity import VelocityParameters
from vision.analytics.track_table import Ids, TrackRows
from vision.geometry import distance_to_path_px


@dataclass(frozen=True, slots=True)
class TrackHistoryParameters:
    """What is kept of a track's past, and when a track has moved or switched to another vehicle."""

    min_heading_mps: float = 1.5
    """Headings are kept above this speed, metres per second: a slower heading is noise. Higher: less noise, more
    vehicles without a heading. Source: chosen."""
    velocity_interval_s: float = 0.24
    """A velocity is kept this often, seconds. Longer: the kept ones reach further back. Source: chosen."""
    position_interval_s: float = 0.1
    """A position is kept this often, seconds. Longer: the kept ones reach further back. Source: chosen."""
    moved_m: float = 2.0
    """A vehicle has moved once it was this far from its first position, metres. Larger: less jitter is taken for
    motion, short trips are missed. Source: chosen."""
    moved_sizes: float = 1.0
    """The same in the image, in sizes of its box: both must hold. Larger: less jitter is taken for motion, short trips
    are missed. Source: chosen."""
    entered_sizes: float = 0.4
    """The same for a box that was truncated at first: it entered the image, and few vehicles park there. Larger: less
    jitter is taken for motion. Source: chosen."""
    min_driving_mps: float = 2.5
    """A vehicle that drives is at least this fast, metres per second, for its course. Higher: less noise, more vehicles
    without a course. Source: chosen."""
    course_velocities: int = 8
    """Velocities that make up a course: about two seconds. More: less noise, slower to follow a bend. Source:
    chosen."""
    sustained_velocities: int = 8
    """Velocities that make up a sustained speed: about two seconds, over which jitter cancels out. More: less jitter is
    taken for speed, short accelerations are missed. Source: chosen."""
    min_switch_age_s: float = 1.2
    """A track this old has a velocity unless it jumps, seconds. Longer: fewer ID switches of new tracks are noticed.
    Source: chosen."""
    switch_s: float = 0.5
    """A track without a velocity for this long has jumped, seconds: jitter hides the velocity for an observation or
    two. Longer: fewer boxes that jitter count as ID switches, more ID switches are missed. Source: chosen."""
    max_gap_s: float = 0.3
    """That time counts without gaps longer than this, seconds. Longer: more tracks that were occluded count as
    switched. Source: chosen."""
    max_start_mps2: float = 4.0
    """No vehicle starts harder than this, metres per second squared. Higher: fewer ID switches of stopped vehicles are
    noticed. Source: chosen."""
    start_lead_s: float = 1.5
    """It may have started this long before it was last seen stopped, seconds. Longer: fewer ID switches of stopped
    vehicles are noticed. Source: chosen."""
    start_sizes: float = 1.3
    """A vehicle that seems to start harder must be this far away, in sizes of its box: jitter stays in place. Larger:
    fewer ID switches of stopped vehicles are noticed. Source: chosen."""


DEFAULTS, BRAKING = TrackHistoryParameters(), BrakingParameters()
STOP, VELOCITY = StopParameters(), VelocityParameters()


class TrackHistory:
    """The history of every track that was observed within `forget_after_s`; a stitched track continues the lost one's.

    Properties describe the tracks of the newest frame: N rows in the order of its kinematics.
    """

    def __init__(
        self,
        width_px: int,
        height_px: int,
        forget_after_s: float,
        parameters: TrackHistoryParameters = DEFAULTS,
        *,
        braking: BrakingParameters = BRAKING,
        stop: StopParameters = STOP,
        velocity: VelocityParameters = VELOCITY,
    ) -> None:
        self._size_px = np.array([width_px, height_px], np.float64)
        self._parameters, self._braking = parameters, braking
        self._rest_sizes, self._switch_sizes = stop.rest_sizes, velocity.id_switch_sizes
        self._rows = TrackRows(forget_after_s)
        self._table = TrackHistoryTable.blank()
        self._at: Ids = np.zeros(0, np.int64)
        """(N,): the table's rows of the newest frame's tracks."""
        self._transfer = StandstillTransfer()

    def __len__(self) -> int:
        """Number of tracks and frames that are kept."""
        return len(self._rows) + len(self._transfer)

    @property
    def heading(self) -> Floats:
        """(N, 2): unit vectors on the road, from each one's last motion; NaN for one that never moved."""
        return self._table.heading.take(self._at, axis=0)

    @property
    def px_per_metre_ahead(self) -> Floats:
        """(N, 2): image vectors of one metre ahead, from each one's last motion; NaN for one that never moved."""
        return self._table.px_per_metre_ahead.take(self._at, axis=0)

    @property
    def has_moved(self) -> Bools:
        """(N,): whether each was ever far from its first position, under any of its IDs."""
        return self._table.has_moved[self._at]

    @property
    def max_sustained_speed_mps(self) -> Floats:
        """(N,): the highest speed that each sustained, straight on, for two seconds, under any of its IDs."""
        return self._table.max_sustained_speed_mps[self._at]

    @property
    def sustained_speed_mps(self) -> Floats:
        """(N,): the speed that each sustained, straight on, in its last two seconds of driving; NaN if it drove
        less."""
        return _sustained(self._table.velocities, self._at, self._parameters.sustained_velocities)

    @property
    def class_shares(self) -> Floats:
        """(N, classes): the share of each track's observations in which it was detected as each class."""
        counts = self._table.class_counts[self._at]
        shares: Floats = counts / counts.sum(axis=1, keepdims=True)
        return shares

    def recent_max_speed_mps(self, rows: Ids) -> Floats:
        """(len(rows),): the highest speed in the last seconds of driving, under any of its IDs."""
        velocities = self._table.velocities[self._at[rows]]
        speeds: Floats = np.fmax.reduce(_lengths(velocities), axis=1, initial=0.0)
        return speeds

    def driving_time_s(self, rows: Ids, min_speed_mps: float) -> Floats:
        """(len(rows),): how much of the last seconds of driving was at least this fast."""
        speeds = _lengths(self._table.velocities[self._at[rows]])
        is_fast = (speeds >= min_speed_mps).sum(axis=1)
        return np.asarray(self._parameters.velocity_interval_s * is_fast, np.float64)

    def courses(self, rows: Ids) -> Floats:
        """(len(rows), 2): unit vectors of the last two seconds of driving; NaN for a track that never drove."""
        velocities = self._table.velocities[self._at[rows]]
        drives = _lengths(velocities) >= self._parameters.min_driving_mps
        drives &= drives[:, ::-1].cumsum(axis=1)[:, ::-1] <= self._parameters.course_velocities
        total = np.where(drives[..., None], velocities, 0.0).sum(axis=1)
        with np.errstate(invalid="ignore"):
            return np.asarray(total / np.hypot(total[:, :1], total[:, 1:]), np.float64)

    def braking_estimate(self, n: int) -> BrakingEstimate:
        """The last seconds of driving of the track in row `n`, under any of its IDs."""
        table, row = self._table, self._at[n]
        has_velocity, has_position = ~np.isnan(table.times_s[row]), ~np.isnan(table.observed_s[row])
        px_per_m = float(np.hypot(*table.px_per_metre_ahead[row]))
        stop_tolerance_m = self._rest_sizes * float(table.size_px[row]) / px_per_m if px_per_m > 0 else 0.0
        return BrakingEstimate(
            table.times_s[row][has_velocity],
            table.velocities[row][has_velocity],
            table.observed_s[row][has_position],
            table.observed_m[row][has_position],
            stop_tolerance_m,
            self._braking,
        )

    def class_share(self, tracks: TrackKinematics) -> Floats:
        """(N,): the share of each track's observations in which it was detected as its class of now."""
        return self.class_shares[np.arange(len(tracks)), tracks.class_id]

    def has_switched_since(self, n: int, since_s: float) -> bool:
        """Whether the track in row `n` switched from one vehicle to another since then."""
        return bool(self._table.switched_s[self._at[n]] >= since_s)

    def stopped_since_s(self, n: int, stopped_since_s: float) -> float:
        """Since when the vehicle in row `n` is stopped, under any of its IDs; `stopped_since_s` under its current
        one."""
        return float(np.fmin(self._table.transferred_stop_s[self._at[n]], stopped_since_s))

    def began_at_image_edge(self, n: int) -> bool:
        """Whether the track in row `n` began within its own size of the image's edge."""
        row = self._at[n]
        first_px, size_px = self._table.first_px[row], self._table.size_px[row]
        return bool((first_px < size_px).any() or (first_px > self._size_px - size_px).any())

    def was_below_image_since(self, n: int, since_s: float) -> bool:
        """Whether the bottom of the track in row `n` was below the image since then."""
        return bool(self._table.below_image_s[self._at[n]] >= since_s)

    def update(
        self, tracks: TrackKinematics, at_s: float, links: TrackLinks = (), switched: Sequence[int] = ()
    ) -> None:
        """Adds one frame. `links`: stitched tracks; `switched`: tracks that came back as another vehicle."""
        self._rows.forget(at_s)
        rows, previous_s = self._rows.take(tracks.track_id, at_s)
        table = self._table
        table.grow(self._rows.size)
        new = np.isnan(previous_s)
        if new.any():
            self._begin(rows, tracks, new)
        for lost, successor in links:
            self._continue(lost, successor)
        for track in switched:
            table.switched_s[rows[tracks.track_id == track]] = at_s
        is_below = tracks.truncated[:, 3]
        table.below_image_s[rows[is_below]] = at_s
        table.class_counts[rows, tracks.class_id] += 1
        size_px = tracks.xyxy[:, 2:] - tracks.xyxy[:, :2]
        table.size_px[rows] = np.sqrt(size_px[:, 0] * size_px[:, 1])
        self._update_moved(rows, tracks)
        self._update_heading(rows, tracks)
        self._keep_velocities(rows, tracks, at_s)
        # A position that truncation hides seems to rest at the image's edge, unless it is extrapolated beyond.
        has_position = ~is_below | (tracks.bottom_center_px[:, 1] > self._size_px[1])
        self._keep_positions(rows, tracks, new, has_position, at_s)
        self._detect_switches(rows, tracks, at_s, previous_s)
        unmoved = ~tracks.has_moved & ~table.has_moved[rows]
        for arrival in self._transfer.update(tracks, unmoved, at_s):
            self._transfer_stop(arrival, rows, tracks)
        self._at = rows

    def _begin(self, rows: Ids, tracks: TrackKinematics, new: Bools) -> None:
        table, at = self._table, rows[new]
        table.clear(at)
        table.first_px[at], table.first_m[at] = tracks.bottom_center_px[new], tracks.ground_m[new]
        table.defined_px[at], table.defined_velocity_px[at] = tracks.bottom_center_px[new], 0.0
        table.began_truncated[at] = tracks.truncated[new].any(axis=1)

    def _update_moved(self, rows: Ids, tracks: TrackKinematics) -> None:
        p, table = self._parameters, self._table
        n = (~table.has_moved[rows]).nonzero()[0]
        if not len(n):
            return
        at = rows[n]
        sizes = np.where(table.began_truncated[at], p.entered_sizes, p.moved_sizes)
        is_far = _lengths(tracks.bottom_center_px[n] - table.first_px[at]) > sizes * table.size_px[at]
        table.has_moved[at] = is_far & (_lengths(tracks.ground_m[n] - table.first_m[at]) > p.moved_m)

    def _update_heading(self, rows: Ids, tracks: TrackKinematics) -> None:
        moves = ((tracks.speed_mps > self._parameters.min_heading_mps) & ~tracks.is_stopped).nonzero()[0]
        at, speed_mps = rows[moves], tracks.speed_mps[moves, None]
        self._table.heading[at] = tracks.velocity_mps.take(moves, axis=0) / speed_mps
        self._table.px_per_metre_ahead[at] = tracks.velocity_px.take(moves, axis=0) / speed_mps

    def _keep_velocities(self, rows: Ids, tracks: TrackKinematics, at_s: float) -> None:
        p, table = self._parameters, self._table
        is_recent = at_s - table.times_s[rows, -1] < p.velocity_interval_s
        n = (np.isfinite(tracks.speed_mps) & ~tracks.is_stopped & ~is_recent).nonzero()[0]
        if len(n):
            at = rows[n]
            push(table.times_s, at, at_s)
            push(table.velocities, at, tracks.velocity_mps.take(n, axis=0))
            table.transferred_stop_s[at] = np.nan
            sustained_mps = _sustained(table.velocities, at, p.sustained_velocities)
            table.max_sustained_speed_mps[at] = np.fmax(table.max_sustained_speed_mps[at], sustained_mps)

    def _keep_positions(self, rows: Ids, tracks: TrackKinematics, new: Bools, has_position: Bools, at_s: float) -> None:
        """`has_position` (N,): where the position is visible or extrapolated. New tracks began before this frame."""
        p, table = self._parameters, self._table
        is_recent = at_s - table.observed_s[rows, -1] < p.position_interval_s
        moves = ~tracks.is_stopped & has_position & ~is_recent
        if new.any():
            began = new & has_position & (at_s - tracks.first_seen_s >= p.position_interval_s)
            push(table.observed_s, rows[began], tracks.first_seen_s[began])
            push(table.observed_m, rows[began], tracks.first_m[began])
        n = moves.nonzero()[0]
        if len(n):
            push(table.observed_s, rows[n], at_s)
            push(table.observed_m, rows[n], tracks.ground_m.take(n, axis=0))

    def _detect_switches(self, rows: Ids, tracks: TrackKinematics, at_s: float, previous_s: Floats) -> None:
        """`previous_s` (N,): when each track was last observed; NaN for a new one."""
        self._detect_jumps(rows, tracks, at_s, previous_s)
        self._detect_impossible_starts(rows, tracks, at_s)
        is_defined = np.isfinite(tracks.speed_mps).nonzero()[0]
        self._table.defined_px[rows[is_defined]] = tracks.bottom_center_px.take(is_defined, axis=0)
        self._table.defined_velocity_px[rows[is_defined]] = tracks.velocity_px.take(is_defined, axis=0)

    def _detect_jumps(self, rows: Ids, tracks: TrackKinematics, at_s: float, previous_s: Floats) -> None:
        """A track with a velocity that stays undefined switched, unless it was occluded or is where it should be."""
        p, table = self._parameters, self._table
        is_undefined = np.isnan(tracks.speed_mps) & (at_s - tracks.first_seen_s > p.min_switch_age_s)
        since_s = np.where(at_s - previous_s > p.max_gap_s, at_s, np.fmin(table.no_velocity_since_s[rows], at_s))
        table.no_velocity_since_s[rows] = since_s = np.where(is_undefined, since_s, np.nan)
        suspects = (at_s - since_s >= p.switch_s).nonzero()[0]
        if len(suspects):
            at = rows[suspects]
            expected_px = table.defined_velocity_px[at] * (at_s - table.no_velocity_since_s[at])[:, None]
            away_px = distance_to_path_px(tracks.bottom_center_px[suspects] - table.defined_px[at], expected_px)
            table.switched_s[at[away_px > self._switch_sizes * table.size_px[at]]] = at_s

    def _detect_impossible_starts(self, rows: Ids, tracks: TrackKinematics, at_s: float) -> None:
        """A stopped track that is faster than any vehicle starts, and away from its position, switched."""
        p, table = self._parameters, self._table
        stopped = tracks.is_stopped.nonzero()[0]
        table.stopped_s[rows[stopped]] = at_s
        table.stopped_px[rows[stopped]] = tracks.bottom_center_px.take(stopped, axis=0)
        is_fast = tracks.speed_mps > p.max_start_mps2 * (at_s - table.stopped_s[rows] + p.start_lead_s)
        starts = (is_fast & ~tracks.is_stopped).nonzero()[0]
        if len(starts):
            at = rows[starts]
            away_px = _lengths(tracks.bottom_center_px[starts] - table.stopped_px[at])
            table.switched_s[at[away_px > p.start_sizes * table.size_px[at]]] = at_s

    def _transfer_stop(self, arrival: Arrival, rows: Ids, tracks: TrackKinematics) -> None:
        """Gives a track that was stopped from its first observation the history of the ID under which it came."""
        table, source = self._table, self._rows.row_of(arrival.previous_id)
        if source is None or not table.has_moved[source]:
            return
        n = int(np.flatnonzero(tracks.track_id == arrival.track_id)[0])
        target = int(rows[n])
        table.copy(source, target)
        for times_s, values in ((table.times_s, table.velocities), (table.observed_s, table.observed_m)):
            drop_later(times_s, values, target, arrival.last_seen_s)
        is_away = ~(_lengths(table.observed_m[target] - tracks.ground_m[n]) <= self._parameters.moved_m)
        stopped_s = table.observed_s[target, ~is_away[::-1].cumsum()[::-1].astype(bool)]
        table.transferred_stop_s[target] = stopped_s[0] if len(stopped_s) else np.nan
        push(table.observed_s, np.array([target]), tracks.first_seen_s[n])
        push(table.observed_m, np.array([target]), tracks.ground_m[n])

    def _continue(self, lost: int, successor: int) -> None:
        source, target = self._rows.row_of(lost), self._rows.row_of(successor)
        if source is not None and target is not None:
            self._table.copy(source, target)


def _sustained(velocities: Floats, rows: Ids, count: int) -> Floats:
    """(len(rows),): length of the mean of the newest `count` velocities (R, K, 2); NaN where there are fewer."""
    latest = velocities[:, -count:].take(rows, axis=0)
    return _lengths(latest.sum(axis=1) / count)


def _lengths(vectors: Floats) -> Floats:
    """(...,): lengths of vectors (..., 2)."""
    return np.hypot(vectors[..., 0], vectors[..., 1])
