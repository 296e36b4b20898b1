"""On which side of each line tracks are, and were, and when that is a crossing."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from vision.analytics.lines.geometry import Bools, Floats, LinePositions
from vision.analytics.track_table import Ids
from vision.core.columns import Columns, columns_of

FIRST_DEPTH = 0.1
"""How far a vehicle must go from one side of a line to the other to be counted, in its own extent across the line."""
RETURN_DEPTH = 0.5
"""How far behind the line, and how far back again, to be counted in the other direction as well; and how far on both
sides is one who stands: half hidden, his box trembles by more than a tenth of its height."""
SETTLES_S = 1.5
"""Who stands and is seen on one side only for so long is at home there: it was on another before, for less, because its
box trembled; who was at home there too has crossed."""


@dataclass(frozen=True, slots=True, eq=False)
class CrossingState(Columns):
    """What is remembered of M tracks relative to L lines. NaN: nothing."""

    seen_s: Floats
    whole_px: Floats
    """(M, 4): its box, with what the picture's edge hid of it."""
    home: Floats
    """(M, L): the side it was settled on: 1 right-hand, -1 left-hand, 0 not known yet."""
    rest: Floats
    """(M, L): that side too, while it is there and not on its way over the line; else 0."""
    home_depth: Floats
    """(M, L): how far from the line it has been on that side, in its own extent."""
    home_for_s: Floats
    """(M, L): for how long it has been seen on that side."""
    left_s: Floats
    """(M, L): when its anchor left that side, if it is away."""
    left_px: Floats
    """(M, L, 2): where."""
    unseen_s: Floats
    """(M, L): for how long it was not seen then."""
    entry_px: Floats
    """(M, L): the distance at which it came into the picture, if it lay over the line then."""
    counted: Bools
    """(M, L, 2): whether it was counted in, and out."""

    @classmethod
    def blank(cls, tracks: int, lines: int) -> Self:
        return cls(
            seen_s=np.full(tracks, np.nan),
            whole_px=np.full((tracks, 4), np.nan),
            home=np.zeros((tracks, lines)),
            rest=np.zeros((tracks, lines)),
            home_depth=np.zeros((tracks, lines)),
            home_for_s=np.zeros((tracks, lines)),
            left_s=np.full((tracks, lines), np.nan),
            left_px=np.full((tracks, lines, 2), np.nan),
            unseen_s=np.zeros((tracks, lines)),
            entry_px=np.full((tracks, lines), np.nan),
            counted=np.zeros((tracks, lines, 2), bool),
        )

    def put(self, rows: Ids, newer: Self) -> None:
        """Write these rows anew, in place."""
        for column, values in zip(columns_of(self), columns_of(newer), strict=True):
            column[rows] = values

    def stay(self, rows: Ids, places: LinePositions, at_s: float) -> None:
        """These tracks are on the sides where they rested: nothing but where they are is new."""
        self.home_for_s[rows] += (at_s - self.seen_s[rows])[:, None]
        self.seen_s[rows] = at_s
        self.whole_px[rows] = places.whole_px
        self.home_depth[rows] = np.maximum(self.home_depth.take(rows, axis=0), places.depth)

    def joined(self, other: Self) -> Self:
        """These rows, then the other's."""
        return type(self)(*map(np.concatenate, zip(columns_of(self), columns_of(other), strict=True)))


def settle_stopped(now: CrossingState, places: LinePositions, stands: Bools) -> CrossingState:
    """The memory in which those who stand, and were never well on the side that they were first seen on, are at home on
    the other one when they have been there for `SETTLES_S`: a box that trembled began there."""
    settles = stands[:, None] & (now.home_depth < RETURN_DEPTH) & _has_settled(now) & (now.home_for_s < SETTLES_S)
    if not settles.any():
        return now
    home, left_s = np.where(settles, np.sign(places.distance_px), now.home), np.where(settles, np.nan, now.left_s)
    depth = np.where(settles, places.depth, now.home_depth)
    for_s = np.where(settles, 0.0, now.home_for_s)
    rest = side_at_rest(home, left_s, now.entry_px)
    return replace(now, home=home, home_depth=depth, home_for_s=for_s, left_s=left_s, rest=rest)


def _has_settled(now: CrossingState) -> Bools:
    """(N, L): who has been on the other side for so long without coming back."""
    return np.asarray(now.seen_s[:, None] - now.left_s >= SETTLES_S)


def has_passed(now: CrossingState, places: LinePositions, stands: Bools) -> Bools:
    """(N, L): whose anchor is for certain on the other side than before."""
    may_have = (places.distance_px * now.home < 0) & ~np.isnan(now.left_s)
    if not may_have.any():
        return may_have
    depth = places.depth
    was_counted = now.counted.any(axis=-1)
    is_clear = np.minimum(now.home_depth, depth) >= FIRST_DEPTH
    has_moved_over = is_clear & (now.home_for_s >= SETTLES_S) & _has_settled(now)
    deep_enough = np.where(
        was_counted | (stands[:, None] & ~has_moved_over),
        (now.home_depth >= RETURN_DEPTH) & (depth >= RETURN_DEPTH),
        now.home_depth + depth >= FIRST_DEPTH,
    )
    return may_have & deep_enough


def reset_switched(leapt: Bools, now: CrossingState, places: LinePositions) -> CrossingState:
    """The memory in which who leapt is another vehicle, at home where it is, that has been counted nowhere."""
    if not leapt.any():
        return now
    here = np.sign(places.distance_px)
    each = leapt[:, None]
    home, left_s = np.where(each, here, now.home), np.where(each, np.nan, now.left_s)
    return replace(
        now,
        home=home,
        rest=side_at_rest(home, left_s, now.entry_px),
        home_depth=np.where(each, places.depth, now.home_depth),
        home_for_s=np.where(each, 0.0, now.home_for_s),
        left_s=left_s,
        counted=now.counted & ~each[..., None],
    )


def has_entered_frame(now: CrossingState, places: LinePositions) -> Bools:
    """(N, L): who came into sight over the line and has moved off it."""
    return (places.distance_px - now.entry_px) * now.home >= FIRST_DEPTH * places.extent_px


def settled(now: CrossingState, places: LinePositions, passed: Bools, came_in: Bools, ways: Bools) -> CrossingState:
    """The memory after counting: who has passed is at home where it is."""
    home = np.where(passed, np.sign(places.distance_px), now.home)
    left_s = np.where(passed | came_in, np.nan, now.left_s)
    entry_px = np.where(came_in, np.nan, now.entry_px)
    return replace(
        now,
        home=home,
        rest=side_at_rest(home, left_s, entry_px),
        home_depth=np.where(passed, places.depth, now.home_depth),
        home_for_s=np.where(passed, 0.0, now.home_for_s),
        left_s=left_s,
        entry_px=entry_px,
        counted=now.counted | ways,
    )


def side_at_rest(home: Floats, left_s: Floats, entry_px: Floats) -> Floats:
    """(N, L): where tracks rest, if they do."""
    return np.where(np.isnan(left_s) & np.isnan(entry_px), home, 0.0)
