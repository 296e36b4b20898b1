"""Learns a camera's usual view, and detects when it is obscured or moved."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.image.sample import Bools, ImageSample
from vision.image.tampering.edges import EdgeParameters, Field, best_shift, correlation, edge_field, shifted
from vision.image.tampering.tiles import TileParameters, Tiles
from vision.image.tampering.view_shift import ViewShiftParameters, find_shift


@dataclass(frozen=True, slots=True)
class ViewParameters:
    """How a view is learned, and when it has changed."""

    min_samples: int = 7
    """Samples that make a reference. More: a cleaner reference, known later. Source: chosen."""
    max_samples: int = 1000
    """The reference is a running mean of about this many samples: ten minutes. More: it follows the light more slowly.
    Source: chosen."""
    min_changed_share: float = 0.3
    """Share of changed tiles from which a move is looked for, and samples are learned slowly, as when night falls.
    Higher: smaller moves are missed. Source: chosen."""
    min_lost_share: float = 0.6
    """Share of lost tiles from which the view is obscured, or another one. Higher: partial covers are missed. Source:
    chosen."""


DEFAULTS, SHIFT = ViewParameters(), ViewShiftParameters()
EDGES, TILES = EdgeParameters(), TileParameters()


@dataclass(frozen=True, slots=True)
class ViewMatch:
    """How a sample compares with the usual view."""

    lost_share: float
    """Share of the tiles with static edges that show none of them in place."""
    shift_px: tuple[float, float]
    """Shift of the view, right and down, in pixels of the frame: sway, or a move."""
    has_moved: bool
    """Whether the edges are elsewhere, or others are in their place."""
    is_obscured: bool
    """Whether the edges are gone, and nothing is in their place."""

    @property
    def is_usual(self) -> bool:
        """Whether it shows the usual view."""
        return not self.has_moved and not self.is_obscured


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceView:
    """The static edges of a view, as they were learned."""

    reference: Field
    counts: NDArray[np.float32]
    """(h, w): number of samples in which each pixel was visible, at most `max_samples`."""


class ViewMatcher:
    """Learns the static edges of a camera's view, and compares each sample with them.

    The reference follows slow changes of light, never a move: samples are aligned with the reference before they are
    learned, and one that does not match is not learned at all.

    A reference from before is trusted once samples show its edges, in place or elsewhere. If the first ones show none
    of it, that may be the light of another hour as well as another view: then the reference is learned again."""

    def __init__(
        self,
        reference: ReferenceView | None = None,
        parameters: ViewParameters = DEFAULTS,
        *,
        shift: ViewShiftParameters = SHIFT,
        edges: EdgeParameters = EDGES,
        tiles: TileParameters = TILES,
    ) -> None:
        self._parameters, self._shift, self._edges, self._tiles = parameters, shift, edges, tiles
        self._reference = reference.reference.copy() if reference else None
        self._counts = reference.counts.copy() if reference else None
        self._samples = parameters.min_samples if reference else 0
        self._is_trusted = reference is None

    @property
    def reference(self) -> ReferenceView | None:
        """A copy of what is learned, once it is enough to compare with."""
        if self._reference is None or self._counts is None or self._samples < self._parameters.min_samples:
            return None
        return ReferenceView(self._reference.copy(), self._counts.copy())

    def update(self, sample: ImageSample) -> ViewMatch | None:
        """Compares a sample with the view, then learns from it; None while there is no view yet, or no edges in it."""
        field = edge_field(sample.small, sample.background, self._edges)
        if self._reference is None or self._counts is None or self._reference.shape != field.shape:
            self._reference = np.zeros_like(field)
            self._counts = np.zeros(sample.small.shape, np.float32)
            self._samples, self._is_trusted = 0, True
        if self._samples < self._parameters.min_samples:
            self._learn(field, sample.background, (0, 0))
            return None
        return self._compare(sample, field, self._reference)

    def _compare(self, sample: ImageSample, field: Field, reference: Field) -> ViewMatch | None:
        p = self._parameters
        _, sway = best_shift(correlation(field, reference), self._shift.max_sway_share * max(sample.small.shape))
        tiles = Tiles.compare(field, shifted(reference, sway), sample.background, self._tiles)
        if tiles is None:
            return None
        has_changed = tiles.changed_share >= p.min_changed_share
        shift = None
        if has_changed:
            shift = find_shift(sample, field, reference, tiles, self._shift, edges=self._edges)
        is_lost = shift is None and tiles.lost_share >= p.min_lost_share
        if is_lost and not self._is_trusted:
            self._reference = None
            return self.update(sample)
        self._is_trusted = self._is_trusted or not has_changed
        if shift is None and not is_lost:
            self._learn(field, sample.background, sway, slowly=has_changed)
        dx, dy = shift or sway
        return ViewMatch(
            lost_share=tiles.lost_share,
            shift_px=(dx * sample.px_per_small, dy * sample.px_per_small),
            has_moved=shift is not None or (is_lost and tiles.shows_other_edges),
            is_obscured=is_lost and not tiles.shows_other_edges,
        )

    def _learn(self, field: Field, background: Bools, sway: tuple[int, int], *, slowly: bool = False) -> None:
        """Updates the running mean of each pixel that no road user covers."""
        if self._reference is None or self._counts is None:
            return
        max_samples = self._parameters.max_samples
        back = (-sway[0], -sway[1])
        visible = shifted(background.astype(np.float32), back) > 0
        self._counts[visible] = np.minimum(self._counts[visible] + 1, max_samples)
        counts = np.full_like(self._counts, max_samples) if slowly else np.maximum(self._counts, 1)
        self._reference += np.where(visible, 1 / counts, 0)[..., None] * (shifted(field, back) - self._reference)
        self._samples += 1
