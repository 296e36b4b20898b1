"""Compares a view's static edges with its reference, tile by tile, so that burned-in captions cannot outvote the
rest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.image.sample import Bools
from vision.image.tampering.edges import Field

Floats = NDArray[np.float64]

ROWS, COLUMNS = 6, 8
"""The grid of tiles."""


@dataclass(frozen=True, slots=True)
class TileParameters:
    """When a tile has static edges, and when it has lost them."""

    min_unchanged: float = 0.5
    """A tile that shows a smaller share of its static edges has changed. Higher: more tiles count as changed. Source:
    chosen."""
    min_kept: float = 0.25
    """A tile that shows a smaller share of its static edges has lost them. Higher: more tiles count as lost. Source:
    chosen."""
    min_relative_edges: float = 0.15
    """A tile with fewer static edges than this share of the median tile's is left out. Higher: fewer tiles decide.
    Source: chosen."""
    min_edges: float = 0.004
    """A tile with fewer static edges per pixel is left out: noise alone has a fortieth of it, streets have ten times as
    much. Higher: fewer tiles decide. Source: chosen."""
    min_tiles: int = 8
    """With fewer tiles, a view cannot be recognised: bare asphalt, an image full of one lorry. More: fewer images are
    compared. Source: chosen."""
    min_new_edges: float = 0.5
    """Lost tiles with at least this share of new edges show another view, with fewer a cover. Higher: more moved
    cameras count as obscured. Source: chosen."""


DEFAULTS = TileParameters()


@dataclass(frozen=True, slots=True, eq=False)
class Tiles:
    """A comparison of an image's edges with the reference's, in ROWS by COLUMNS tiles."""

    is_static: Bools
    """Whether the tile has enough static edges to decide."""
    shown: Floats
    """Share of them that the image shows in place."""
    new: Floats
    """All edges that the image shows there, as a share of the static ones."""
    parameters: TileParameters = DEFAULTS

    @classmethod
    def compare(
        cls, field: Field, reference: Field, background: Bools, parameters: TileParameters = DEFAULTS
    ) -> "Tiles | None":
        """Compares a field with a reference, both (h, w, 2); None where the reference has too few static edges."""
        p = parameters
        static = _sums(reference, reference, background)
        is_static = static > max(
            p.min_relative_edges * float(np.median(static)), p.min_edges * background.size / static.size
        )
        if is_static.sum() < p.min_tiles:
            return None
        safe = np.where(is_static, static, 1)
        shown, new = _sums(field, reference, background) / safe, _sums(field, field, background) / safe
        return cls(is_static, shown, new, p)

    @property
    def changed(self) -> Bools:
        """Tiles that show too few of their static edges."""
        return self.is_static & (self.shown < self.parameters.min_unchanged)

    @property
    def lost(self) -> Bools:
        """Tiles that show hardly any of their static edges."""
        return self.is_static & (self.shown < self.parameters.min_kept)

    @property
    def changed_share(self) -> float:
        """Of the tiles with static edges."""
        return float(self.changed.sum() / self.is_static.sum())

    @property
    def lost_share(self) -> float:
        """Of the tiles with static edges."""
        return float(self.lost.sum() / self.is_static.sum())

    @property
    def shows_other_edges(self) -> bool:
        """Whether the tiles that lost their edges have others instead."""
        return bool(self.lost.any()) and float(np.median(self.new[self.lost])) >= self.parameters.min_new_edges

    def explained_share(self, before: "Tiles") -> float:
        """Share of the tiles that had changed `before` which show their edges in this comparison."""
        asked = before.changed & self.is_static
        return float((asked & ~self.changed).sum() / max(1, asked.sum()))


def tile_mask(chosen: Bools, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Tiles (ROWS, COLUMNS) as (h, w, 1) of `shape`: 1 in the chosen ones, else 0."""
    rows = np.searchsorted(_starts(shape[0], ROWS), np.arange(shape[0]), side="right") - 1
    columns = np.searchsorted(_starts(shape[1], COLUMNS), np.arange(shape[1]), side="right") - 1
    return chosen[rows[:, None], columns].astype(np.float32)[..., None]


def _sums(one: Field, other: Field, background: Bools) -> Floats:
    """(ROWS, COLUMNS): the product of two fields over the background, summed by tile."""
    product = (one[..., 0] * other[..., 0] + one[..., 1] * other[..., 1]) * background
    by_rows = np.add.reduceat(product, _starts(product.shape[0], ROWS), axis=0)
    return np.add.reduceat(by_rows.astype(np.float64), _starts(product.shape[1], COLUMNS), axis=1)


def _starts(length: int, parts: int) -> NDArray[np.int64]:
    return np.linspace(0, length, parts, endpoint=False).astype(np.int64)
