"""On which side of each line every track is, and when a change of side is a crossing."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from vision.analytics.lines.geometry import Bools, Floats, LinePositions
from vision.analytics.track_table import Ids
from vision.core.columns import Columns, columns_of


@dataclass(frozen=True, slots=True)
class CrossingParameters:
    """When a change of side is a crossing. Depths are in units of the vehicle's size across the line."""

    min_depth: float = 0.1
    """Depths on both sides of the line must add up to this. Larger: less double counting from box jitter, later counts,
    short tracks at the line are missed. Source: chosen."""
    first_depth: float = 0.05
    """Depth beyond the line that is required to count a track for the first time: what waits before the line jitters
    over it. Larger: fewer counts from jitter, tracks that end at the line are missed. Source: chosen."""
    return_depth: float = 0.5
    """Depth beyond the line that is required to count a track again in the other direction, or to count a stopped
    vehicle; the depths on both sides must add up to twice this. A box jitters by more than a tenth of its height when
    half occluded. Larger: less double counting, vehicles that turn around close to the line are counted later. Source:
    chosen."""
    settle_s: float = 1.5
    """A vehicle that stays on one side this long, seconds, is settled there. Longer: fewer crossings from jitter, slow
    vehicles in a jam are counted later or not. Source: chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class CrossingState(Columns):
    """State of M tracks relative to L lines. A side is 1 for right-hand, -1 for left-hand, 0 for unknown."""

    observed_s: Floats
    """(M,): time of the last observation; NaN for an unused row."""
    full_box_px: Floats
    """(M, 4): the last box, extrapolated beyond the picture's edge."""
    side: Floats
    """(M, L): the side on which the track is settled."""
    resting_side: Floats
    """(M, L): `side` while the track is there and no crossing is in progress; else 0."""
    side_depth: Floats
    """(M, L): the largest depth that the track reached on that side."""
    side_duration_s: Floats
    """(M, L): how long the track was observed on that side."""
    crossed_s: Floats
    """(M, L): when the anchor left that side, interpolated; NaN while it is there."""
    crossed_px: Floats
    """(M, L, 2): where the anchor left that side."""
    gap_s: Floats
    """(M, L): time between the observations before and after the anchor left that side."""
    entry_px: Floats
    """(M, L): signed distance at which the track entered the frame over the line; NaN if it did not."""
    counted: Bools
    """(M, L, 2): whether the track was counted in, and out."""

    @classmethod
    def empty(cls, tracks: int, lines: int) -> Self:
        """State of `tracks` unused rows."""
        return cls(
            observed_s=np.full(tracks, np.nan),
            full_box_px=np.full((tracks, 4), np.nan),
            side=np.zeros((tracks, lines)),
            resting_side=np.zeros((tracks, lines)),
            side_depth=np.zeros((tracks, lines)),
            side_duration_s=np.zeros((tracks, lines)),
            crossed_s=np.full((tracks, lines), np.nan),
            crossed_px=np.full((tracks, lines, 2), np.nan),
            gap_s=np.zeros((tracks, lines)),
            entry_px=np.full((tracks, lines), np.nan),
            counted=np.zeros((tracks, lines, 2), bool),
        )

    def write(self, rows: Ids, newer: Self) -> None:
        """Overwrite these rows in place."""
        for column, values in zip(columns_of(self), columns_of(newer), strict=True):
            column[rows] = values

    def extend_rest(self, rows: Ids, positions: LinePositions, at_s: float) -> None:
        """Update in place tracks that are still on their resting side of every line."""
        self.side_duration_s[rows] += (at_s - self.observed_s[rows])[:, None]
        self.observed_s[rows] = at_s
        self.full_box_px[rows] = positions.full_box_px
        self.side_depth[rows] = np.maximum(self.side_depth.take(rows, axis=0), positions.depth)

    def joined(self, other: Self) -> Self:
        """These rows, followed by the other's."""
        return type(self)(*map(np.concatenate, zip(columns_of(self), columns_of(other), strict=True)))


def settle_stopped(
    now: CrossingState, positions: LinePositions, is_stopped: Bools, parameters: CrossingParameters
) -> CrossingState:
    """Move stopped tracks to the side on which they have settled, if jitter alone put them on the other side before.

    Otherwise a track that began on the wrong side by jitter would count as soon as it is observed on the right one.
    """
    settles = (
        is_stopped[:, None]
        & (now.side_depth < parameters.return_depth)
        & _is_settled_beyond(now, parameters)
        & (now.side_duration_s < parameters.settle_s)
    )
    if not settles.any():
        return now
    side, crossed_s = (
        np.where(settles, np.sign(positions.distance_px), now.side),
        np.where(settles, np.nan, now.crossed_s),
    )
    return replace(
        now,
        side=side,
        side_depth=np.where(settles, positions.depth, now.side_depth),
        side_duration_s=np.where(settles, 0.0, now.side_duration_s),
        crossed_s=crossed_s,
        resting_side=resting_side_of(side, crossed_s, now.entry_px),
    )


def has_crossed(
    now: CrossingState, positions: LinePositions, is_stopped: Bools, parameters: CrossingParameters
) -> Bools:
    """(N, L): whether the track has certainly changed sides."""
    candidates = (positions.distance_px * now.side < 0) & ~np.isnan(now.crossed_s)
    if not candidates.any():
        return candidates
    p, depth = parameters, positions.depth
    was_counted = now.counted.any(axis=-1)
    is_clear = np.minimum(now.side_depth, depth) >= p.min_depth
    settled_on_both = is_clear & (now.side_duration_s >= p.settle_s) & _is_settled_beyond(now, p)
    is_deep_enough = np.where(
        was_counted | (is_stopped[:, None] & ~settled_on_both),
        (depth >= p.return_depth) & (now.side_depth + depth >= 2 * p.return_depth),
        (depth >= p.first_depth) & (now.side_depth + depth >= p.min_depth),
    )
    return candidates & is_deep_enough


def reset_switched(switched: Bools, now: CrossingState, positions: LinePositions) -> CrossingState:
    """Restart the tracks (N,) that switched to another vehicle: settled where they are, counted nowhere."""
    if not switched.any():
        return now
    is_switched = switched[:, None]
    side = np.where(is_switched, np.sign(positions.distance_px), now.side)
    crossed_s = np.where(is_switched, np.nan, now.crossed_s)
    return replace(
        now,
        side=side,
        resting_side=resting_side_of(side, crossed_s, now.entry_px),
        side_depth=np.where(is_switched, positions.depth, now.side_depth),
        side_duration_s=np.where(is_switched, 0.0, now.side_duration_s),
        crossed_s=crossed_s,
        counted=now.counted & ~is_switched[..., None],
    )


def has_entered_frame(now: CrossingState, positions: LinePositions, parameters: CrossingParameters) -> Bools:
    """(N, L): whether the track entered the frame over the line and has moved off it since."""
    moved_px = (positions.distance_px - now.entry_px) * now.side
    return moved_px >= parameters.min_depth * positions.size_across_px


def after_crossing(
    now: CrossingState, positions: LinePositions, crossed: Bools, entered: Bools, counted: Bools
) -> CrossingState:
    """The state after counting: tracks that crossed are settled on their new side.

    `crossed` and `entered` are (N, L), `counted` is (N, L, 2).
    """
    side = np.where(crossed, np.sign(positions.distance_px), now.side)
    crossed_s = np.where(crossed | entered, np.nan, now.crossed_s)
    entry_px = np.where(entered, np.nan, now.entry_px)
    return replace(
        now,
        side=side,
        resting_side=resting_side_of(side, crossed_s, entry_px),
        side_depth=np.where(crossed, positions.depth, now.side_depth),
        side_duration_s=np.where(crossed, 0.0, now.side_duration_s),
        crossed_s=crossed_s,
        entry_px=entry_px,
        counted=now.counted | counted,
    )


def resting_side_of(side: Floats, crossed_s: Floats, entry_px: Floats) -> Floats:
    """(N, L): the side of tracks that are not in the middle of a crossing; 0 for the others."""
    return np.where(np.isnan(crossed_s) & np.isnan(entry_px), side, 0.0)


def _is_settled_beyond(now: CrossingState, parameters: CrossingParameters) -> Bools:
    """(N, L): whether the track has stayed on the other side for long enough to be settled there."""
    return np.asarray(now.observed_s[:, None] - now.crossed_s >= parameters.settle_s)
