"""Line counting: which vehicle crossed which line, in which direction, when and where."""

from collections.abc import Sequence
from math import sqrt

import numpy as np

from vision.analytics.events import Crossing
from vision.analytics.identity.id_switch import TrajectoryOf, Verdict, classify_step
from vision.analytics.kinematics.observations import Observations
from vision.analytics.lines.crossing_state import (
    CrossingParameters,
    CrossingState,
    after_crossing,
    has_crossed,
    has_entered_frame,
    reset_switched,
    resting_side_of,
    settle_stopped,
)
from vision.analytics.lines.geometry import Bools, Floats, LineGeometry, LinePositions
from vision.analytics.track_table import FIRST_ROWS
from vision.common.object_class import CLASSES
from vision.config.lines import LineConfig
from vision.contracts import Direction
from vision.geometry import position_along, zero_crossing

DEFAULTS = CrossingParameters()


class LineCounter:
    """Counts each vehicle at most once per line and direction.

    A crossing is a change of sign of the anchor's distance from the line, inside the segment, and dated to that change.
    `CrossingParameters` say how far a vehicle must move from one side to the other: a little for a first crossing, half
    its size on both sides for a return or a stopped vehicle. A slow vehicle is counted for the first time also when it
    has settled on one side and then on the other. After an ID switch across a line nothing is counted, and the track
    restarts as the other vehicle.

    At the picture's edge a box shows only a part of its vehicle. A box that leaves is extrapolated to its former size;
    one that enters over the line, and moves off it on the side of its anchor, has crossed the line.

    Examples:
        >>> from vision.analytics.kinematics.observations import ObservationBuilder
        >>> from vision.common.object_class import ObjectClass
        >>> from vision.core import Tracks
        >>> counter = LineCounter([LineConfig(id="north", start=(0.0, 0.5), end=(1.0, 0.5))], 100, 100)
        >>> builder = ObservationBuilder(100, 100, forget_after_s=4)
        >>> one, car = np.ones(1, np.int64), np.array([ObjectClass.CAR.class_id])
        >>> for at_s, y in enumerate([20.0, 60.0]):
        ...     box = np.array([[40.0, y, 60.0, y + 20.0]], np.float32)
        ...     tracks = Tracks(box, confidence=np.ones(1, np.float32), class_id=car, track_id=one, age=one)
        ...     for crossing in counter.update(builder.observe(tracks, at_s), at_s):
        ...         print(crossing.line_id, crossing.direction.value, crossing.at_s)
        north in 0.5
    """

    def __init__(
        self,
        lines: Sequence[LineConfig],
        width_px: int,
        height_px: int,
        parameters: CrossingParameters = DEFAULTS,
    ) -> None:
        self._lines = tuple(lines)
        self._parameters = parameters
        self._geometry = LineGeometry(lines, width_px, height_px)
        self._counts_class = np.array([[c in line.classes for line in lines] for c in CLASSES], bool)
        self._state = CrossingState.empty(FIRST_ROWS, len(lines))
        """By row of `Observations.row`."""

    def update(
        self,
        observations: Observations,
        at_s: float,
        *,
        is_stopped: Bools | None = None,
        trajectory_of: TrajectoryOf | None = None,
    ) -> list[Crossing]:
        """Take in the observations of `at_s`, media time; return the crossings since each track's previous observation.

        `is_stopped` (N,) defaults to none. `trajectory_of` returns a track's recent trajectory, this moment included;
        without it ID switches are not recognised.
        """
        if not len(observations) or not self._lines:
            return []
        rows = observations.row
        self._grow(int(rows.max()) + 1)
        positions = self._geometry.locate(observations)
        is_new = observations.is_new
        if is_new.any():
            self._start(observations[is_new], positions[is_new], at_s)
        is_resting = positions.distance_px * self._state.resting_side.take(rows, axis=0) > 0
        active = np.flatnonzero(~is_resting.all(axis=1))
        if not len(active):
            self._state.extend_rest(rows, positions, at_s)
            return []
        before = self._state[rows[active]]
        self._state.extend_rest(rows, positions, at_s)
        observations, positions = observations[active], positions[active]
        stopped = np.zeros(len(active), bool) if is_stopped is None else is_stopped[active]
        now = settle_stopped(self._advance(before, positions, at_s), positions, stopped, self._parameters)
        crossed = has_crossed(now, positions, stopped, self._parameters)
        if trajectory_of is not None:
            switched, undecided = self._id_switches(now, before.observed_s, observations, crossed, trajectory_of)
            now, crossed = reset_switched(switched, now, positions), crossed & ~undecided & ~switched[:, None]
        return self._count(observations, positions, now, crossed)

    def _count(
        self, observations: Observations, positions: LinePositions, now: CrossingState, crossed: Bools
    ) -> list[Crossing]:
        """Update the state of active tracks and return their new crossings; `crossed` is (N, L)."""
        entered = has_entered_frame(now, positions, self._parameters)
        if not (crossed | entered).any():
            self._state.write(observations.row, now)
            return []
        directions = self._directions(now, positions.distance_px, crossed | entered)
        counts = directions & ~now.counted & self._counts_class[observations.class_id][..., None]
        self._state.write(observations.row, after_crossing(now, positions, crossed, entered, directions))
        return [self._crossing(now, observations, *where) for where in np.argwhere(counts).tolist()]

    def _grow(self, rows: int) -> None:
        """Make room for at least this many rows."""
        if rows > len(self._state):
            self._state = self._state.joined(CrossingState.empty(rows, len(self._lines)))

    def _start(self, observations: Observations, positions: LinePositions, at_s: float) -> None:
        """Settle new tracks where they are first observed; those that enter over a line may be crossing it."""
        is_entering = self._geometry.is_entering_over(observations, positions)
        side = np.sign(positions.distance_px)
        self._state.write(
            observations.row,
            CrossingState(
                observed_s=np.full(len(observations), at_s),
                full_box_px=positions.full_box_px,
                side=side,
                resting_side=np.where(is_entering, 0.0, side),
                side_depth=positions.depth,
                side_duration_s=np.zeros(side.shape),
                crossed_s=np.where(is_entering, at_s, np.nan),
                crossed_px=self._geometry.anchors_px(positions.full_box_px),
                gap_s=np.zeros(side.shape),
                entry_px=np.where(is_entering, positions.distance_px, np.nan),
                counted=np.zeros((*is_entering.shape, 2), bool),
            ),
        )

    def _advance(self, before: CrossingState, positions: LinePositions, at_s: float) -> CrossingState:
        """The state at the new positions, before anything is counted."""
        before_px, distance_px = self._geometry.distances_px(before.full_box_px), positions.distance_px
        side = np.where(before.side == 0, np.sign(distance_px), before.side)
        on_side, is_beyond = distance_px * side > 0, distance_px * side < 0
        leaves = is_beyond & (before_px * side >= 0)
        entry_px = np.where(is_beyond, np.nan, before.entry_px)
        crossed_s = np.where(on_side & np.isnan(entry_px), np.nan, before.crossed_s)
        crossed_px, gap_s = before.crossed_px, before.gap_s
        if leaves.any():
            fraction = zero_crossing(before_px, distance_px)
            left_s = before.observed_s[:, None] + fraction * (at_s - before.observed_s)[:, None]
            left_px = self._interpolated_anchors(before.full_box_px, positions.full_box_px, fraction)
            crossed_s, crossed_px = (
                np.where(leaves, left_s, crossed_s),
                np.where(leaves[..., None], left_px, crossed_px),
            )
            gap_s = np.where(leaves, (at_s - before.observed_s)[:, None], gap_s)
        return CrossingState(
            observed_s=np.full(len(before), at_s),
            full_box_px=positions.full_box_px,
            side=side,
            resting_side=resting_side_of(side, crossed_s, entry_px),
            side_depth=np.maximum(before.side_depth, np.where(on_side, positions.depth, 0.0)),
            side_duration_s=before.side_duration_s + np.where(on_side, (at_s - before.observed_s)[:, None], 0.0),
            crossed_s=crossed_s,
            crossed_px=crossed_px,
            gap_s=gap_s,
            entry_px=entry_px,
            counted=before.counted,
        )

    def _interpolated_anchors(self, before_px: Floats, now_px: Floats, fraction: Floats) -> Floats:
        """(N, L, 2): anchors at a fraction (N, L) of the step from one box (N, 4) to the next."""
        anchor_px, before_anchor_px = self._geometry.anchors_px(now_px), self._geometry.anchors_px(before_px)
        return before_anchor_px + fraction[..., None] * (anchor_px - before_anchor_px)

    def _directions(self, now: CrossingState, distance_px: Floats, crossed: Bools) -> Bools:
        """(N, L, 2): which tracks crossed inside the segment, in and out."""
        along = position_along(now.crossed_px, self._geometry.starts_px, self._geometry.ends_px)
        inside = crossed & (along >= 0) & (along <= 1)
        directions = np.empty((*inside.shape, 2), bool)
        directions[..., 0], directions[..., 1] = inside & (distance_px > 0), inside & (distance_px < 0)
        return directions

    def _crossing(self, now: CrossingState, observations: Observations, n: int, line: int, is_out: int) -> Crossing:
        x, y = now.crossed_px[n, line] / self._geometry.size_px
        came_from_side = now.side[n, line] == (1 if is_out else -1)
        return Crossing(
            line_id=self._lines[line].id,
            direction=Direction.OUT if is_out else Direction.IN,
            object_class=CLASSES[observations.class_id[n]],
            track_id=int(observations.track_id[n]),
            at_s=float(now.crossed_s[n, line]),
            place=(float(x), float(y)),
            confidence=float(observations.confidence[n]),
            observed_before_s=float(now.side_duration_s[n, line]) if came_from_side else 0.0,
            gap_s=float(now.gap_s[n, line]),
        )

    def _id_switches(
        self,
        now: CrossingState,
        before_s: Floats,
        observations: Observations,
        crossed: Bools,
        trajectory_of: TrajectoryOf,
    ) -> tuple[Bools, Bools]:
        """(N,) which ids switched to a vehicle across a line, and (N, L) where that is still undecided.

        A track that has not crossed, but stays beyond the line, is examined once: when it has settled there.
        """
        settle_s = self._parameters.settle_s
        switched, undecided = np.zeros(len(now), bool), np.zeros(crossed.shape, bool)
        beyond_s, was_beyond_s = now.observed_s[:, None] - now.crossed_s, before_s[:, None] - now.crossed_s
        examined = crossed | ((beyond_s > settle_s) & (was_beyond_s <= settle_s))
        for n, line in zip(*(examined & np.isnan(now.entry_px)).nonzero(), strict=True):
            times_s, positions_px = trajectory_of(int(observations.track_id[n]))
            left, top, right, bottom = observations.xyxy[n].tolist()
            size_px = sqrt((right - left) * (bottom - top))
            at_s = float(now.observed_s[n])
            verdict = classify_step(
                times_s, positions_px, crossed_s=float(now.crossed_s[n, line]), at_s=at_s, size_px=size_px
            )
            switched[n] |= verdict is Verdict.ID_SWITCH
            undecided[n, line] = verdict is Verdict.UNDECIDED
        return switched, undecided
