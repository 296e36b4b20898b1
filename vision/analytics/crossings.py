"""Counts vehicles over directed lines: who crossed which line, which way, when and where."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.analytics.memory import Memory
from vision.classes import CLASSES, ObjectClass
from vision.config.camera import Anchor, LineConfig
from vision.contracts import Direction
from vision.core import Tracks
from vision.geometry import extent_across_px, place_on_line, signed_distance_px, zero_crossing

FIRST_DEPTH = 0.1
"""How far a vehicle must go from one side of a line to the other to be counted, in its own extent across the line."""
RETURN_DEPTH = 0.5
"""How far behind the line, and how far back again, to be counted in the other direction as well."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """One vehicle crossed one line, once.

    `at_s` and `place` are interpolated between the two sightings on either side of the line: media time in seconds, and
    (x, y) as fractions of the frame. `confidence` is that of the sighting that settled it.
    """

    line_id: str
    direction: Direction
    object_class: ObjectClass
    track_id: int
    at_s: float
    place: tuple[float, float]
    confidence: float


class LineCounter:
    """Follows where each track is relative to L lines, and says once per track and direction that it crossed.

    A crossing is the change of sign of the anchor's distance from the line, inside the segment. It counts when the
    anchor has moved `FIRST_DEPTH` of the vehicle's extent from one side to the other, so that a box that trembles on
    the line counts nothing, and is dated back to the change of sign. Counting the same track the other way takes
    `RETURN_DEPTH` on both sides. Whatever happens, a track counts at most once per line and direction.
    """

    def __init__(self, lines: Sequence[LineConfig], width_px: int, height_px: int, *, forget_after_s: float) -> None:
        self._lines = tuple(lines)
        self._size_px = np.array([width_px, height_px], np.float64)
        self._starts_px = _points([line.start for line in lines]) * self._size_px
        self._ends_px = _points([line.end for line in lines]) * self._size_px
        self._at_bottom = np.array([line.anchor is Anchor.BOTTOM_CENTER for line in lines], bool)
        self._counts_class = np.array([[c in line.classes for line in lines] for c in CLASSES], bool)
        self._memory = Memory(_columns(len(lines)), forget_after_s=forget_after_s)

    def update(self, tracks: Tracks, at_s: float) -> list[Crossing]:
        """Take in where the tracks were at `at_s`; return what they have crossed since they were seen before."""
        self._memory.forget(at_s)
        if not len(tracks) or not self._lines:
            return []
        rows, is_new = self._memory.rows_of(tracks.track_id, at_s)
        anchor_px = self._anchors_px(tracks.xyxy.astype(np.float64))
        distance_px = signed_distance_px(anchor_px, self._starts_px, self._ends_px)
        sizes_px = (tracks.xyxy[:, 2:] - tracks.xyxy[:, :2]).astype(np.float64)
        extent_px = np.maximum(extent_across_px(sizes_px, self._starts_px, self._ends_px), 1.0)

        m = self._memory
        before_px = np.where(is_new[:, None], distance_px, m["distance_px"][rows])
        before_at_s = np.where(is_new, at_s, m["at_s"][rows])
        before_anchor_px = np.where(is_new[:, None, None], anchor_px, m["anchor_px"][rows])
        home = m["home"][rows]
        home = np.where(home == 0, np.sign(distance_px), home)
        depth = np.abs(distance_px) / extent_px
        beyond = distance_px * home < 0
        at_home = distance_px * home > 0
        home_depth = np.where(at_home, np.maximum(m["home_depth"][rows], depth), m["home_depth"][rows])

        # where it left its side
        leaves = beyond & (before_px * home >= 0) & ~is_new[:, None]
        part = zero_crossing(before_px, distance_px)
        left_at_s = before_at_s[:, None] + part * (at_s - before_at_s)[:, None]
        left_px = before_anchor_px + part[..., None] * (anchor_px - before_anchor_px)
        left_at_s = np.where(leaves, left_at_s, np.where(at_home, np.nan, m["left_at_s"][rows]))
        left_px = np.where(leaves[..., None], left_px, m["left_px"][rows])

        returned = m["counted"][rows].any(axis=-1)
        deep_enough = np.where(
            returned,
            (home_depth >= RETURN_DEPTH) & (depth >= RETURN_DEPTH),
            home_depth + depth >= FIRST_DEPTH,
        )
        settles = beyond & deep_enough & ~np.isnan(left_at_s)
        along = place_on_line(left_px, self._starts_px, self._ends_px)
        inside = (along >= 0) & (along <= 1)
        way = (distance_px < 0).astype(np.int64)
        counted = m["counted"][rows]
        fresh = ~np.take_along_axis(counted, way[..., None], axis=-1)[..., 0]
        counts = settles & inside & fresh & self._counts_class[tracks.class_id]
        for way_index in (0, 1):
            counted[..., way_index] |= settles & inside & (way == way_index)

        m["distance_px"][rows] = distance_px
        m["at_s"][rows] = at_s
        m["anchor_px"][rows] = anchor_px
        m["home"][rows] = np.where(settles, np.sign(distance_px), home)
        m["home_depth"][rows] = np.where(settles, depth, home_depth)
        m["left_at_s"][rows] = np.where(settles, np.nan, left_at_s)
        m["left_px"][rows] = left_px
        m["counted"][rows] = counted
        return [
            Crossing(
                line_id=self._lines[line].id,
                direction=Direction.OUT if way[n, line] else Direction.IN,
                object_class=CLASSES[tracks.class_id[n]],
                track_id=int(tracks.track_id[n]),
                at_s=float(left_at_s[n, line]),
                place=tuple((left_px[n, line] / self._size_px).tolist()),
                confidence=float(tracks.confidence[n]),
            )
            for n, line in np.argwhere(counts)
        ]

    def _anchors_px(self, xyxy: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, L, 2): the point of each box that each line looks at."""
        x = (xyxy[:, 0] + xyxy[:, 2]) / 2
        centre_y = (xyxy[:, 1] + xyxy[:, 3]) / 2
        y = np.where(self._at_bottom, xyxy[:, 3, None], centre_y[:, None])
        return np.stack([np.broadcast_to(x[:, None], y.shape), y], axis=-1)


def _points(points: list[tuple[float, float]]) -> NDArray[np.float64]:
    return np.array(points, np.float64).reshape(-1, 2)


def _columns(lines: int) -> dict[str, NDArray[np.generic]]:
    return {
        "at_s": np.float64(np.nan) * np.ones(()),
        "anchor_px": np.full((lines, 2), np.nan),
        "distance_px": np.full(lines, np.nan),
        "home": np.zeros(lines),
        "home_depth": np.zeros(lines),
        "left_at_s": np.full(lines, np.nan),
        "left_px": np.full((lines, 2), np.nan),
        "counted": np.zeros((lines, 2), bool),
    }
