"""Counts vehicles over directed lines: who crossed which line, which way, when and where."""

from collections.abc import Sequence
from math import sqrt

import numpy as np

from vision.analytics.events import Crossing
from vision.analytics.identity.id_switch import TrajectoryOf, Verdict, classify_step
from vision.analytics.kinematics.observations import Observations
from vision.analytics.lines.crossing_state import (
    SETTLES_S,
    CrossingState,
    has_entered_frame,
    has_passed,
    reset_switched,
    settle_stopped,
    settled,
    side_at_rest,
)
from vision.analytics.lines.geometry import Bools, Floats, LineGeometry, LinePositions
from vision.analytics.track_table import FIRST_ROWS
from vision.common.object_class import CLASSES
from vision.config.lines import LineConfig
from vision.contracts import Direction
from vision.geometry import place_on_line, zero_crossing


class LineCounter:
    """Follows where each track is relative to L lines, and says once per track and direction that it crossed.

    A crossing is the change of sign of the anchor's distance from the line, inside the segment. It counts when the
    anchor has moved `FIRST_DEPTH` of the vehicle's extent from one side to the other, so that a box that trembles on
    the line counts nothing, and is dated back to the change of sign. Counting the same track the other way, or one that
    stands, takes `RETURN_DEPTH` on both sides; for the first time it is enough to have been for `SETTLES_S` on one side
    and then on the other, as who creeps in a jam. A track that leaps over a line from one vehicle to another crosses
    nothing, and from then on counts as the other (see `leaps`). Whatever happens, a vehicle counts at most once per
    line and direction.

    At the picture's edge a box shows a part of its vehicle only. One that leaves is completed to the size it had; one
    that comes into sight over the line and moves off it on the side where its anchor is, has crossed it.
    """

    def __init__(self, lines: Sequence[LineConfig], width_px: int, height_px: int) -> None:
        self._lines = tuple(lines)
        self._ruler = LineGeometry(lines, width_px, height_px)
        self._counts_class = np.array([[c in line.classes for line in lines] for c in CLASSES], bool)
        self._memory = CrossingState.blank(FIRST_ROWS, len(lines))
        """By the rows of `SightBook`."""

    def update(
        self, seen: Observations, at_s: float, *, stands: Bools | None = None, trajectory_of: TrajectoryOf | None = None
    ) -> list[Crossing]:
        """Take in where tracks were at `at_s`; return what they have crossed since they were seen before.

        `stands` (N,): who is known to stand. Unset: nobody is. `trajectory_of` gives recent trajectories, this moment
        included; without it no ID switch is noticed.
        """
        if not len(seen) or not self._lines:
            return []
        rows = seen.row
        self._grow(int(rows.max()) + 1)
        places = self._ruler.places(seen)
        if seen.is_new.any():
            self._begin(seen[seen.is_new], places[seen.is_new], at_s)
        rests = np.asarray((places.distance_px * self._memory.rest.take(rows, axis=0) > 0).all(axis=1), bool)
        moves = (~rests).nonzero()[0]
        if not len(moves):
            self._memory.stay(rows, places, at_s)
            return []
        was = self._memory[rows[moves]]
        self._memory.stay(rows, places, at_s)
        seen, places = seen[moves], places[moves]
        stands = np.zeros(len(seen), bool) if stands is None else stands[moves]
        now = settle_stopped(self._moved(was, places, at_s), places, stands)
        passed = has_passed(now, places, stands)
        if trajectory_of is not None:
            leapt, is_open = _leaps(now, was.seen_s, seen, passed, trajectory_of)
            now, passed = reset_switched(leapt, now, places), passed & ~is_open & ~leapt[:, None]
        return self._follow(seen, places, now, passed)

    def _follow(self, seen: Observations, places: LinePositions, now: CrossingState, passed: Bools) -> list[Crossing]:
        """Those that are crossing a line, or may be; `passed` (N, L): who has for certain."""
        came_in = has_entered_frame(now, places)
        if not (passed | came_in).any():
            self._memory.put(seen.row, now)
            return []
        ways = self._ways(now, places.distance_px, passed | came_in)
        counts = ways & ~now.counted & self._counts_class[seen.class_id][..., None]
        self._memory.put(seen.row, settled(now, places, passed, came_in, ways))
        return [self._crossing(now, seen, *where) for where in np.argwhere(counts).tolist()]

    def _grow(self, rows: int) -> None:
        """Room for so many rows at least."""
        if rows > len(self._memory):
            self._memory = self._memory.joined(CrossingState.blank(rows, len(self._lines)))

    def _begin(self, seen: Observations, places: LinePositions, at_s: float) -> None:
        """New tracks are at home where they are first seen, and may be on their way if they come in over a line."""
        enters = self._ruler.lies_over(seen, places)
        home = np.sign(places.distance_px)
        self._memory.put(
            seen.row,
            CrossingState(
                seen_s=np.full(len(seen), at_s),
                whole_px=places.whole_px,
                home=home,
                rest=np.where(enters, 0.0, home),
                home_depth=places.depth,
                home_for_s=np.zeros(home.shape),
                left_s=np.where(enters, at_s, np.nan),
                left_px=self._ruler.anchors_px(places.whole_px),
                unseen_s=np.zeros(home.shape),
                entry_px=np.where(enters, places.distance_px, np.nan),
                counted=np.zeros((*enters.shape, 2), bool),
            ),
        )

    def _moved(self, was: CrossingState, places: LinePositions, at_s: float) -> CrossingState:
        """The memory of tracks that are at `places` now, before anything is counted."""
        was_px, distance_px = self._ruler.distances_px(was.whole_px), places.distance_px
        home = np.where(was.home == 0, np.sign(distance_px), was.home)
        is_home, is_beyond = distance_px * home > 0, distance_px * home < 0
        depth = np.where(is_home, places.depth, 0.0)
        leaves = is_beyond & (was_px * home >= 0)
        entry_px = np.where(is_beyond, np.nan, was.entry_px)
        left_s, left_px = np.where(is_home & np.isnan(entry_px), np.nan, was.left_s), was.left_px
        unseen_s = was.unseen_s
        if leaves.any():
            part = zero_crossing(was_px, distance_px)
            crossed_s = was.seen_s[:, None] + part * (at_s - was.seen_s)[:, None]
            anchor_px, was_anchor_px = self._ruler.anchors_px(places.whole_px), self._ruler.anchors_px(was.whole_px)
            crossed_px = was_anchor_px + part[..., None] * (anchor_px - was_anchor_px)
            left_s, left_px = np.where(leaves, crossed_s, left_s), np.where(leaves[..., None], crossed_px, left_px)
            unseen_s = np.where(leaves, (at_s - was.seen_s)[:, None], unseen_s)
        return CrossingState(
            seen_s=np.full(len(was), at_s),
            whole_px=places.whole_px,
            home=home,
            rest=side_at_rest(home, left_s, entry_px),
            home_depth=np.maximum(was.home_depth, depth),
            home_for_s=was.home_for_s + np.where(is_home, (at_s - was.seen_s)[:, None], 0.0),
            left_s=left_s,
            left_px=left_px,
            unseen_s=unseen_s,
            entry_px=entry_px,
            counted=was.counted,
        )

    def _ways(self, now: CrossingState, distance_px: Floats, crossed: Bools) -> Bools:
        """(N, L, 2): who has crossed inside the segment, in and out."""
        along = place_on_line(now.left_px, self._ruler.starts_px, self._ruler.ends_px)
        inside = crossed & (along >= 0) & (along <= 1)
        ways = np.empty((*inside.shape, 2), bool)
        ways[..., 0], ways[..., 1] = inside & (distance_px > 0), inside & (distance_px < 0)
        return ways

    def _crossing(self, now: CrossingState, seen: Observations, n: int, line: int, way: int) -> Crossing:
        x, y = now.left_px[n, line] / self._ruler.size_px
        came_over = now.home[n, line] == (1 if way else -1)
        return Crossing(
            line_id=self._lines[line].id,
            direction=Direction.OUT if way else Direction.IN,
            object_class=CLASSES[seen.class_id[n]],
            track_id=int(seen.track_id[n]),
            at_s=float(now.left_s[n, line]),
            place=(float(x), float(y)),
            confidence=float(seen.confidence[n]),
            observed_before_s=float(now.home_for_s[n, line]) if came_over else 0.0,
            unseen_s=float(now.unseen_s[n, line]),
        )


def _leaps(
    now: CrossingState, was_seen_s: Floats, seen: Observations, passed: Bools, trajectory_of: TrajectoryOf
) -> tuple[Bools, Bools]:
    """(N,) which tracks leapt over a line to another vehicle, and (N, L) where nobody knows yet how they came over it.

    Who has not passed, but stays beyond the line, is asked once.
    """
    leapt, is_open = np.zeros(len(now), bool), np.zeros(passed.shape, bool)
    away_s, was_away_s = now.seen_s[:, None] - now.left_s, was_seen_s[:, None] - now.left_s
    asks = passed | ((away_s > SETTLES_S) & (was_away_s <= SETTLES_S))
    for n, line in zip(*(asks & np.isnan(now.entry_px)).nonzero(), strict=True):
        times_s, feet_px = trajectory_of(int(seen.track_id[n]))
        left, top, right, bottom = seen.xyxy[n].tolist()
        size_px = sqrt((right - left) * (bottom - top))
        at_s = float(now.seen_s[n])
        verdict = classify_step(times_s, feet_px, left_s=float(now.left_s[n, line]), at_s=at_s, size_px=size_px)
        leapt[n] |= verdict is Verdict.ID_SWITCH
        is_open[n, line] = verdict is Verdict.UNDECIDED
    return leapt, is_open
