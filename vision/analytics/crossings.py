"""Counts vehicles over directed lines: who crossed which line, which way, when and where."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from vision.analytics.anchors import Bools, Floats, Places, Ruler
from vision.analytics.leaps import SightingsOf, Verdict, how_it_came
from vision.analytics.rows import Ids, Rows
from vision.classes import CLASSES, ObjectClass
from vision.config.lines import LineConfig
from vision.contracts import Direction
from vision.core import Tracks
from vision.core.columns import Columns, column_names
from vision.geometry import place_on_line, zero_crossing

FIRST_DEPTH = 0.1
"""How far a vehicle must go from one side of a line to the other to be counted, in its own extent across the line."""
RETURN_DEPTH = 0.5
"""How far behind the line, and how far back again, to be counted in the other direction as well; and how far on both
sides is one who stands: half hidden, his box trembles by more than a tenth of its height."""
SETTLES_S = 1.5
"""Who stands and is seen on one side only for so long is at home there: it was on another before, for less, because its
box trembled; who was at home there too has crossed."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """One vehicle crossed one line, once.

    `at_s` and `place` are interpolated between the two sightings on either side of the line: media time in seconds, and
    (x, y) as fractions of the frame. `confidence` is that of the sighting that settled it. What a counter leaves open,
    `LinePassages` fills in when it is known.
    """

    line_id: str
    direction: Direction
    object_class: ObjectClass
    track_id: int
    at_s: float
    place: tuple[float, float]
    confidence: float
    speed_kmh: float | None = None
    """At the line; `None` without calibration, for a track too new to tell, and where implausible."""
    is_implausible: bool = False
    """Whether a speed was dropped."""
    passage_s: float | None = None
    """How long the vehicle takes to pass over a point with its whole length; `None` where its pace is not known."""
    front_at_s: float | None = None
    """When its front reached the line, media time."""


@dataclass(frozen=True, slots=True, eq=False)
class _Memory(Columns):
    """What is remembered of M tracks relative to L lines. NaN: nothing."""

    seen_s: Floats
    size_px: Floats
    """(M, 2): width and height when last seen whole."""
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
    entry_px: Floats
    """(M, L): the distance at which it came into the picture, if it lay over the line then."""
    counted: Bools
    """(M, L, 2): whether it was counted in, and out."""

    @classmethod
    def blank(cls, tracks: int, lines: int) -> Self:
        return cls(
            seen_s=np.full(tracks, np.nan),
            size_px=np.full((tracks, 2), np.nan),
            whole_px=np.full((tracks, 4), np.nan),
            home=np.zeros((tracks, lines)),
            rest=np.zeros((tracks, lines)),
            home_depth=np.zeros((tracks, lines)),
            home_for_s=np.zeros((tracks, lines)),
            left_s=np.full((tracks, lines), np.nan),
            left_px=np.full((tracks, lines, 2), np.nan),
            entry_px=np.full((tracks, lines), np.nan),
            counted=np.zeros((tracks, lines, 2), bool),
        )

    def put(self, rows: Ids, newer: Self) -> None:
        """Write these rows anew, in place."""
        for name in column_names(type(self)):
            getattr(self, name)[rows] = getattr(newer, name)

    def stay(self, rows: Ids, places: Places, at_s: float) -> None:
        """These tracks are on the sides where they rested: nothing but where they are is new."""
        self.home_for_s[rows] += (at_s - self.seen_s[rows])[:, None]
        self.seen_s[rows] = at_s
        self.size_px[rows], self.whole_px[rows] = places.size_px, places.whole_px
        depth = np.abs(places.distance_px) / places.extent_px
        self.home_depth[rows] = np.maximum(self.home_depth[rows], depth)

    def joined(self, other: Self) -> Self:
        """These rows, then the other's."""
        names = column_names(type(self))
        return type(self)(**{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in names})


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

    A track not seen for `forget_after_s` is forgotten.
    """

    def __init__(self, lines: Sequence[LineConfig], width_px: int, height_px: int, *, forget_after_s: float) -> None:
        self._lines = tuple(lines)
        self._ruler = Ruler(lines, width_px, height_px)
        self._counts_class = np.array([[c in line.classes for line in lines] for c in CLASSES], bool)
        self._rows = Rows(forget_after_s)
        self._memory = _Memory.blank(self._rows.size, len(lines))

    def __len__(self) -> int:
        """How many tracks are remembered."""
        return len(self._rows)

    def update(
        self, tracks: Tracks, at_s: float, *, stands: Bools | None = None, sightings_of: SightingsOf | None = None
    ) -> list[Crossing]:
        """Take in where the tracks were at `at_s`; return what they have crossed since they were seen before.

        `stands` (N,): who is known to stand. Unset: nobody is. `sightings_of` tells the recent way of each, this moment
        included; without it no leap is noticed.
        """
        self._rows.forget(at_s)
        if not len(tracks) or not self._lines:
            return []
        rows, is_new = self._take(tracks.track_id, at_s)
        places = self._ruler.places(tracks.xyxy.astype(np.float64), self._memory.size_px[rows])
        if is_new.any():
            self._begin(rows[is_new], places[is_new], at_s)
        rests = np.asarray((places.distance_px * self._memory.rest[rows] > 0).all(axis=1), bool)
        if rests.all():
            self._memory.stay(rows, places, at_s)
            return []
        self._memory.stay(rows[rests], places[rests], at_s)
        stands = np.zeros(len(tracks), bool) if stands is None else stands
        tracks, rows, places, stands = tracks[~rests], rows[~rests], places[~rests], stands[~rests]
        was = self._memory[rows]
        now = _at_home_where_they_stand(self._moved(was, places, at_s), places, stands)
        passed = _has_passed(now, places, stands)
        if sightings_of is not None:
            leapt, is_open = _leaps(now, was.seen_s, tracks, passed, sightings_of)
            now, passed = _another_where(leapt, now, places), passed & ~is_open & ~leapt[:, None]
        return self._follow(tracks, rows, places, now, passed)

    def _follow(self, tracks: Tracks, rows: Ids, places: Places, now: _Memory, passed: Bools) -> list[Crossing]:
        """Those that are crossing a line, or may be; `passed` (N, L): who has for certain."""
        came_in = _has_come_in(now, places)
        if not (passed | came_in).any():
            self._memory.put(rows, now)
            return []
        ways = self._ways(now, places.distance_px, passed | came_in)
        counts = ways & ~now.counted & self._counts_class[tracks.class_id][..., None]
        self._memory.put(rows, _settled(now, places, passed, came_in, ways))
        return [self._crossing(now, tracks, *where) for where in np.argwhere(counts).tolist()]

    def _take(self, track_id: Ids, at_s: float) -> tuple[Ids, Bools]:
        """The rows of these tracks, and which are new; of those no size is known."""
        rows, was_s = self._rows.take(track_id, at_s)
        missing = self._rows.size - len(self._memory)
        if missing:
            self._memory = self._memory.joined(_Memory.blank(missing, len(self._lines)))
        is_new = np.isnan(was_s)
        self._memory.size_px[rows[is_new]] = np.nan
        return rows, is_new

    def _begin(self, rows: Ids, places: Places, at_s: float) -> None:
        """New tracks are at home where they are first seen, and may be on their way if they come in over a line."""
        enters = self._ruler.lies_over(places)
        home = np.sign(places.distance_px)
        self._memory.put(
            rows,
            _Memory(
                seen_s=np.full(len(rows), at_s),
                size_px=places.size_px,
                whole_px=places.whole_px,
                home=home,
                rest=np.where(enters, 0.0, home),
                home_depth=np.abs(places.distance_px) / places.extent_px,
                home_for_s=np.zeros(home.shape),
                left_s=np.where(enters, at_s, np.nan),
                left_px=self._ruler.anchors_px(places.whole_px),
                entry_px=np.where(enters, places.distance_px, np.nan),
                counted=np.zeros((*enters.shape, 2), bool),
            ),
        )

    def _moved(self, was: _Memory, places: Places, at_s: float) -> _Memory:
        """The memory of tracks that are at `places` now, before anything is counted."""
        was_px, distance_px = self._ruler.distances_px(was.whole_px), places.distance_px
        home = np.where(was.home == 0, np.sign(distance_px), was.home)
        is_home, is_beyond = distance_px * home > 0, distance_px * home < 0
        depth = np.where(is_home, np.abs(distance_px) / places.extent_px, 0.0)
        leaves = is_beyond & (was_px * home >= 0)
        entry_px = np.where(is_beyond, np.nan, was.entry_px)
        left_s, left_px = np.where(is_home & np.isnan(entry_px), np.nan, was.left_s), was.left_px
        if leaves.any():
            part = zero_crossing(was_px, distance_px)
            crossed_s = was.seen_s[:, None] + part * (at_s - was.seen_s)[:, None]
            anchor_px, was_anchor_px = self._ruler.anchors_px(places.whole_px), self._ruler.anchors_px(was.whole_px)
            crossed_px = was_anchor_px + part[..., None] * (anchor_px - was_anchor_px)
            left_s, left_px = np.where(leaves, crossed_s, left_s), np.where(leaves[..., None], crossed_px, left_px)
        return _Memory(
            seen_s=np.full(len(was), at_s),
            size_px=places.size_px,
            whole_px=places.whole_px,
            home=home,
            rest=_rest(home, left_s, entry_px),
            home_depth=np.maximum(was.home_depth, depth),
            home_for_s=was.home_for_s + np.where(is_home, (at_s - was.seen_s)[:, None], 0.0),
            left_s=left_s,
            left_px=left_px,
            entry_px=entry_px,
            counted=was.counted,
        )

    def _ways(self, now: _Memory, distance_px: Floats, crossed: Bools) -> Bools:
        """(N, L, 2): who has crossed inside the segment, in and out."""
        along = place_on_line(now.left_px, self._ruler.starts_px, self._ruler.ends_px)
        inside = crossed & (along >= 0) & (along <= 1)
        return np.stack([inside & (distance_px > 0), inside & (distance_px < 0)], axis=-1)

    def _crossing(self, now: _Memory, tracks: Tracks, n: int, line: int, way: int) -> Crossing:
        x, y = now.left_px[n, line] / self._ruler.size_px
        return Crossing(
            line_id=self._lines[line].id,
            direction=Direction.OUT if way else Direction.IN,
            object_class=CLASSES[tracks.class_id[n]],
            track_id=int(tracks.track_id[n]),
            at_s=float(now.left_s[n, line]),
            place=(float(x), float(y)),
            confidence=float(tracks.confidence[n]),
        )


def _at_home_where_they_stand(now: _Memory, places: Places, stands: Bools) -> _Memory:
    """The memory in which those who stand, and were never well on the side that they were first seen on, are at home on
    the other one when they have been there for `SETTLES_S`: a box that trembled began there."""
    settles = stands[:, None] & (now.home_depth < RETURN_DEPTH) & _has_settled(now) & (now.home_for_s < SETTLES_S)
    if not settles.any():
        return now
    home, left_s = np.where(settles, np.sign(places.distance_px), now.home), np.where(settles, np.nan, now.left_s)
    depth = np.where(settles, np.abs(places.distance_px) / places.extent_px, now.home_depth)
    for_s = np.where(settles, 0.0, now.home_for_s)
    rest = _rest(home, left_s, now.entry_px)
    return replace(now, home=home, home_depth=depth, home_for_s=for_s, left_s=left_s, rest=rest)


def _has_settled(now: _Memory) -> Bools:
    """(N, L): who has been on the other side for so long without coming back."""
    return np.asarray(now.seen_s[:, None] - now.left_s >= SETTLES_S)


def _has_passed(now: _Memory, places: Places, stands: Bools) -> Bools:
    """(N, L): whose anchor is for certain on the other side than before."""
    depth = np.abs(places.distance_px) / places.extent_px
    was_counted = now.counted.any(axis=-1)
    is_clear = np.minimum(now.home_depth, depth) >= FIRST_DEPTH
    has_moved_over = is_clear & (now.home_for_s >= SETTLES_S) & _has_settled(now)
    deep_enough = np.where(
        was_counted | (stands[:, None] & ~has_moved_over),
        (now.home_depth >= RETURN_DEPTH) & (depth >= RETURN_DEPTH),
        now.home_depth + depth >= FIRST_DEPTH,
    )
    return (places.distance_px * now.home < 0) & ~np.isnan(now.left_s) & deep_enough


def _leaps(
    now: _Memory, was_seen_s: Floats, tracks: Tracks, passed: Bools, sightings_of: SightingsOf
) -> tuple[Bools, Bools]:
    """(N,) which tracks leapt over a line to another vehicle, and (N, L) where nobody knows yet how they came over it.

    Who has not passed, but stays beyond the line, is asked once.
    """
    leapt, is_open = np.zeros(len(now), bool), np.zeros(passed.shape, bool)
    away_s, was_away_s = now.seen_s[:, None] - now.left_s, was_seen_s[:, None] - now.left_s
    asks = passed | ((away_s > SETTLES_S) & (was_away_s <= SETTLES_S))
    for n, line in np.argwhere(asks & np.isnan(now.entry_px)).tolist():
        times_s, feet_px = sightings_of(int(tracks.track_id[n]))
        size_px = float(np.sqrt((tracks.xyxy[n, 2:] - tracks.xyxy[n, :2]).prod()))
        at_s = float(now.seen_s[n])
        verdict = how_it_came(times_s, feet_px, left_s=float(now.left_s[n, line]), at_s=at_s, size_px=size_px)
        leapt[n] |= verdict is Verdict.LEAPT
        is_open[n, line] = verdict is Verdict.OPEN
    return leapt, is_open


def _another_where(leapt: Bools, now: _Memory, places: Places) -> _Memory:
    """The memory in which who leapt is another vehicle, at home where it is, that has been counted nowhere."""
    if not leapt.any():
        return now
    here, depth = np.sign(places.distance_px), np.abs(places.distance_px) / places.extent_px
    each = leapt[:, None]
    home, left_s = np.where(each, here, now.home), np.where(each, np.nan, now.left_s)
    return replace(
        now,
        home=home,
        rest=_rest(home, left_s, now.entry_px),
        home_depth=np.where(each, depth, now.home_depth),
        home_for_s=np.where(each, 0.0, now.home_for_s),
        left_s=left_s,
        counted=now.counted & ~each[..., None],
    )


def _has_come_in(now: _Memory, places: Places) -> Bools:
    """(N, L): who came into sight over the line and has moved off it."""
    return (places.distance_px - now.entry_px) * now.home >= FIRST_DEPTH * places.extent_px


def _settled(now: _Memory, places: Places, passed: Bools, came_in: Bools, ways: Bools) -> _Memory:
    """The memory after counting: who has passed is at home where it is."""
    depth = np.abs(places.distance_px) / places.extent_px
    home = np.where(passed, np.sign(places.distance_px), now.home)
    left_s = np.where(passed | came_in, np.nan, now.left_s)
    entry_px = np.where(came_in, np.nan, now.entry_px)
    return replace(
        now,
        home=home,
        rest=_rest(home, left_s, entry_px),
        home_depth=np.where(passed, depth, now.home_depth),
        home_for_s=np.where(passed, 0.0, now.home_for_s),
        left_s=left_s,
        entry_px=entry_px,
        counted=now.counted | ways,
    )


def _rest(home: Floats, left_s: Floats, entry_px: Floats) -> Floats:
    """(N, L): where tracks rest, if they do."""
    return np.where(np.isnan(left_s) & np.isnan(entry_px), home, 0.0)
