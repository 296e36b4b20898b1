"""Where the edges of a view went when they are no longer where they were: the camera was pushed, turned or zoomed."""

import cv2
import numpy as np

from vision.image.sample import Bools, ImageSample
from vision.image.tampering.edges import Field, best_shift, correlation, edge_field, shifted
from vision.image.tampering.tiles import Tiles, spread

Shift = tuple[int, int]
"""(dx, dy) in pixels of a look's small copy: right, down."""

SWAY_PART = 0.016
"""Of the picture's longer side: masts sway so far, and it is evened out."""
MOVED_PART = 0.025
"""A view that is off by more is another one."""
AGREEMENT = 0.3
BETTER_BY = 1.3
"""Edges lie elsewhere where they agree so much better than here; with a zoom or a turn at least so well, too."""
EXPLAINED_PART = 0.4
"""Of the changed tiles, so many show their edges once the move is taken back: one straight edge, of something that
stands before the lens, agrees with many others."""
SLIGHTLY_BETTER, MOSTLY_EXPLAINED = 1.15, 0.7
"""A zoom keeps in their place all lines that run towards the vanishing point: taken back, it agrees little better, but
explains most tiles."""
ZOOMS = (0.77, 0.83, 0.9, 1.1, 1.2, 1.3)
TURNS_DEG = (-10.0, -5.0, 5.0, 10.0)
OTHERWISE = (*((zoom, 0.0) for zoom in ZOOMS), *((1.0, turn_deg) for turn_deg in TURNS_DEG))


def where_it_went(look: ImageSample, field: Field, reference: Field, tiles: Tiles) -> Shift | None:
    """How far the view lies off, where the changed `tiles` show that it does; `None` where it is not found.

    A zoom or a turn is found with the shift that goes with it, which may be none.
    """
    shift = _pushed(field, reference, tiles, look.background)
    return _zoomed_or_turned(look, field, reference, tiles) if shift is None else shift


def _pushed(field: Field, reference: Field, tiles: Tiles, background: Bools) -> Shift | None:
    changed = spread(tiles.changed, field.shape)
    agreement = correlation(field * changed, reference)
    here, _ = best_shift(agreement, SWAY_PART * max(field.shape))
    there, shift = best_shift(agreement)
    if np.hypot(*shift) < MOVED_PART * max(field.shape) or there < BETTER_BY * here:
        return None
    return shift if _explained(field, reference, shift, tiles, background) >= EXPLAINED_PART else None


def _zoomed_or_turned(look: ImageSample, field: Field, reference: Field, tiles: Tiles) -> Shift | None:
    here, _ = best_shift(correlation(field, reference), SWAY_PART * max(field.shape))
    for zoom, turn_deg in OTHERWISE:
        back, seen = _taken_back(look, zoom, turn_deg)
        agreement, shift = best_shift(correlation(back, reference))
        if agreement < max(AGREEMENT, SLIGHTLY_BETTER * here):
            continue
        enough = EXPLAINED_PART if agreement >= BETTER_BY * here else MOSTLY_EXPLAINED
        if _explained(back, reference, shift, tiles, seen) >= enough:
            return shift
    return None


def _explained(field: Field, reference: Field, shift: Shift, before: Tiles, background: Bools) -> float:
    """The part of the tiles that had changed `before` which show their edges with this shift."""
    after = Tiles.compare(field, shifted(reference, shift), background)
    return 0.0 if after is None else after.explains(before)


def _taken_back(look: ImageSample, zoom: float, turn_deg: float) -> tuple[Field, Bools]:
    """A look's edges and background as they would be with the camera's zoom or turn taken back."""
    height, width = look.small.shape
    back = cv2.getRotationMatrix2D((width / 2, height / 2), turn_deg, zoom)
    grey = cv2.warpAffine(look.small, back, (width, height), borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.warpAffine(look.background.astype(np.uint8), back, (width, height), flags=cv2.INTER_NEAREST) > 0
    return edge_field(grey.astype(np.uint8, copy=False), seen), seen
