"""What became of a view's static edges, tile by tile.

Captions burned into a picture stay where they are whatever the camera does: tile by tile they cannot outvote the rest.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.image.sample import Bools
from vision.image.tampering.edges import Field

Floats = NDArray[np.float64]

ROWS, COLUMNS = 6, 8
CHANGED, LOST = 0.5, 0.25
"""A tile that shows less of its static edges than this has changed; than that, has lost them."""
BARE = 0.15
"""A tile with less static edges than this part of the median tile's tells nothing."""
FAINT = 0.004
"""Nor does one with less than this a pixel: noise alone has a fortieth of it, streets have ten times as much."""
LEAST_TILES = 8
"""Fewer that tell are no view to recognise: bare asphalt, a picture full of one lorry."""
NEW_EDGES = 0.5
"""Of the edges that tiles used to have: lost tiles with so many of others show another view, with fewer a cover."""


@dataclass(frozen=True, slots=True, eq=False)
class Tiles:
    """ROWS by COLUMNS tiles of the picture."""

    told: Bools
    """Whether the tile has static edges enough to tell."""
    shown: Floats
    """How much of them the look shows where they used to be: 1 is all."""
    new: Floats
    """All edges that the look shows there, as a part of those that used to be there."""

    @classmethod
    def compare(cls, field: Field, reference: Field, background: Bools) -> "Tiles | None":
        """A look's edges with the reference's, all (h, w); `None` where the reference has too few."""
        static = _sums(reference, reference, background)
        told = static > max(BARE * float(np.median(static)), FAINT * background.size / static.size)
        if told.sum() < LEAST_TILES:
            return None
        safe = np.where(told, static, 1)
        return cls(told, _sums(field, reference, background) / safe, _sums(field, field, background) / safe)

    @property
    def changed(self) -> Bools:
        return self.told & (self.shown < CHANGED)

    @property
    def lost(self) -> Bools:
        return self.told & (self.shown < LOST)

    @property
    def changed_part(self) -> float:
        """Of the tiles that tell."""
        return float(self.changed.sum() / self.told.sum())

    @property
    def lost_part(self) -> float:
        """Of the tiles that tell."""
        return float(self.lost.sum() / self.told.sum())

    @property
    def shows_other_edges(self) -> bool:
        """Whether the tiles that lost their edges have others instead."""
        return bool(self.lost.any()) and float(np.median(self.new[self.lost])) >= NEW_EDGES

    def explains(self, before: "Tiles") -> float:
        """The part of the tiles that had changed `before` which show their edges in this comparison."""
        asked = before.changed & self.told
        return float((asked & ~self.changed).sum() / max(1, asked.sum()))


def spread(chosen: Bools, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """(ROWS, COLUMNS) as (h, w, 1): 1 in the chosen tiles, else 0."""
    rows = np.searchsorted(_starts(shape[0], ROWS), np.arange(shape[0]), side="right") - 1
    columns = np.searchsorted(_starts(shape[1], COLUMNS), np.arange(shape[1]), side="right") - 1
    return chosen[rows[:, None], columns].astype(np.float32)[..., None]


def _sums(one: Field, other: Field, background: Bools) -> Floats:
    """The product of two fields over the background, summed tile by tile: (ROWS, COLUMNS)."""
    product = (one[..., 0] * other[..., 0] + one[..., 1] * other[..., 1]) * background
    by_rows = np.add.reduceat(product, _starts(product.shape[0], ROWS), axis=0)
    return np.add.reduceat(by_rows.astype(np.float64), _starts(product.shape[1], COLUMNS), axis=1)


def _starts(length: int, parts: int) -> NDArray[np.int64]:
    return np.linspace(0, length, parts, endpoint=False).astype(np.int64)
