"""Sides of a directed line and crossings of a segment, for many points at once.

Everything here is a pure function of arrays in one picture's pixels (x right, y down).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def signed_distance_px(points_px: Floats, starts_px: Floats, ends_px: Floats) -> Floats:
    """How far N points lie from L directed lines (taken as endless), shape (N, L).

    Positive on the right-hand side of somebody who stands at the start and looks towards the end, negative on the left.
    `points_px` is (N, 2) or, where each line looks at its own point, (N, L, 2); `starts_px` and `ends_px` are (L, 2).
    """
    along = ends_px - starts_px
    to_point = _per_line(points_px) - starts_px
    cross = along[:, 0] * to_point[..., 1] - along[:, 1] * to_point[..., 0]
    distance_px: Floats = cross / np.hypot(along[:, 0], along[:, 1])
    return distance_px


def place_on_line(points_px: Floats, starts_px: Floats, ends_px: Floats) -> Floats:
    """Where N points project onto L lines: 0 at the start, 1 at the end, beyond them outside; shape (N, L)."""
    along = ends_px - starts_px
    to_point = _per_line(points_px) - starts_px
    place: Floats = (to_point * along).sum(axis=-1) / (along**2).sum(axis=-1)
    return place


def room_across(starts_px: Floats, ends_px: Floats) -> Floats:
    """(2, L): how much of a box's width, and of its height, lies across each of L lines: (N, 2) sizes times this are
    the room that boxes take up across the lines, (N, L)."""
    along = ends_px - starts_px
    room: Floats = np.abs(along[:, ::-1]) / np.hypot(along[:, 0], along[:, 1])[:, None]
    return np.ascontiguousarray(room.T)


def zero_crossing(before: Floats, after: Floats) -> Floats:
    """The part of the way from `before` to `after`, 0 to 1, at which a value that moves evenly is zero.

    Values of one sign, or two zeros, have no such place: NaN.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        part = before / (before - after)
    return np.where((part >= 0) & (part <= 1), part, np.nan)


def off_way_px(places_px: Floats, ways_px: Floats) -> Floats:
    """(...,): how far (..., 2) places are from the nearest point of (..., 2) straight ways; both as seen from where the
    ways begin.

    One that brakes does not come as far as it was going, and is on its way none the less.
    """
    (x, y), (way_x, way_y) = np.moveaxis(places_px, -1, 0), np.moveaxis(ways_px, -1, 0)
    part = (x * way_x + y * way_y) / np.maximum(way_x * way_x + way_y * way_y, 1e-9)
    part = np.minimum(np.maximum(part, 0.0), 1.0)
    away_px: Floats = np.hypot(x - part * way_x, y - part * way_y)
    return away_px


def _per_line(points_px: Floats) -> Floats:
    return points_px if points_px.ndim == 3 else points_px[:, None, :]
