"""Whether a camera still sees the view that it used to: covered, or turned elsewhere."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.image.sample import Bools, ImageSample
from vision.image.tampering.edges import Field, best_shift, correlation, edge_field, shifted
from vision.image.tampering.tiles import Tiles
from vision.image.tampering.view_shift import SWAY_PART, where_it_went

FIRST_LOOKS = 7
"""So many make a reference that can be compared with."""
REMEMBERED_LOOKS = 1000
"""How slowly the reference follows the light: ten minutes of looks."""
SUSPICIOUS_PART = 0.3
"""Of the tiles changed: then it is looked where their edges went, and such looks are learnt slowly, as light is that
changes while night falls."""
ELSEWHERE_PART = 0.6
"""Of the tiles lost without a trace: then the view is covered or quite another."""


@dataclass(frozen=True, slots=True)
class ViewMatch:
    """How a look compares with the view that the camera is used to."""

    lost_part: float
    """Of the tiles that have static edges: these show none of them where they used to be."""
    shift_px: tuple[float, float]
    """How far the view lies off, right and down, in pixels of the picture: sway, or a move."""
    has_moved: bool
    """The edges are there, but elsewhere; or quite other ones are there."""
    is_obscured: bool
    """The edges are gone, and nothing is in their place."""

    @property
    def is_as_usual(self) -> bool:
        return not self.has_moved and not self.is_obscured


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceView:
    """The static edges of a view, as they were learnt."""

    reference: Field
    counts: NDArray[np.float32]
    """(h, w): how many looks each pixel of the reference was seen in, at most `REMEMBERED_LOOKS`."""


class ViewMatcher:
    """Learns the static edges of a camera's view, and compares each look with them.

    The reference follows slow changes of light, never a move: each look is put where the reference is before it is
    learnt, and one that does not coincide with it is not learnt at all.

    A view that was known before is believed where looks show its edges, here or elsewhere. Where the first of them show
    nothing of it, it may be another hour's light as well as another view: then it is learnt anew.
    """

    def __init__(self, known: ReferenceView | None = None) -> None:
        self._reference = known.reference.copy() if known else None
        self._looks = known.counts.copy() if known else None
        self._count = FIRST_LOOKS if known else 0
        self._is_believed = known is None

    @property
    def known(self) -> ReferenceView | None:
        """What was learnt so far, enough to compare with."""
        if self._reference is None or self._looks is None or self._count < FIRST_LOOKS:
            return None
        return ReferenceView(self._reference.copy(), self._looks.copy())

    def update(self, look: ImageSample) -> ViewMatch | None:
        """Compare a look with the view, then learn from it; `None` while there is no view yet, or no edges in it."""
        field = edge_field(look.small, look.background)
        if self._reference is None or self._looks is None or self._reference.shape != field.shape:
            self._reference = np.zeros_like(field)
            self._looks = np.zeros(look.small.shape, np.float32)
            self._count, self._is_believed = 0, True
        if self._count < FIRST_LOOKS:
            self._learn(field, look.background, (0, 0))
            return None
        return self._compare(look, field, self._reference)

    def _compare(self, look: ImageSample, field: Field, reference: Field) -> ViewMatch | None:
        _, sway = best_shift(correlation(field, reference), SWAY_PART * max(look.small.shape))
        tiles = Tiles.compare(field, shifted(reference, sway), look.background)
        if tiles is None:
            return None
        is_suspicious = tiles.changed_part >= SUSPICIOUS_PART
        shift = where_it_went(look, field, reference, tiles) if is_suspicious else None
        is_gone = shift is None and tiles.lost_part >= ELSEWHERE_PART
        if is_gone and not self._is_believed:
            self._reference = None
            return self.update(look)
        self._is_believed = self._is_believed or not is_suspicious
        if shift is None and not is_gone:
            self._learn(field, look.background, sway, slowly=is_suspicious)
        dx, dy = shift or sway
        return ViewMatch(
            lost_part=tiles.lost_part,
            shift_px=(dx * look.px_per_small, dy * look.px_per_small),
            has_moved=shift is not None or (is_gone and tiles.shows_other_edges),
            is_obscured=is_gone and not tiles.shows_other_edges,
        )

    def _learn(self, field: Field, background: Bools, sway: tuple[int, int], *, slowly: bool = False) -> None:
        """A running mean of what was seen at each pixel; where road users are, nothing was seen."""
        if self._reference is None or self._looks is None:
            return
        back = (-sway[0], -sway[1])
        seen = shifted(background.astype(np.float32), back) > 0
        self._looks[seen] = np.minimum(self._looks[seen] + 1, REMEMBERED_LOOKS)
        looks = np.full_like(self._looks, REMEMBERED_LOOKS) if slowly else np.maximum(self._looks, 1)
        self._reference += np.where(seen, 1 / looks, 0)[..., None] * (shifted(field, back) - self._reference)
        self._count += 1
