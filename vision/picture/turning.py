"""Where the edges of a view went when they are no longer where they were: the camera was pushed, turned or zoomed."""

import cv2
import numpy as np

from vision.picture.edges import Field, best_shift, correlation, edge_field, shifted
from vision.picture.look import Bools, Look
from vision.picture.tiles import Tiles, spread

Shift = tuple[int, int]
"""(dx, dy) in pixels of a look's small copy: right, down."""

SWAY_PART = 0.016
"""Of the picture's longer side: masts sway so far, and it is evened out."""
MOVED_PART = 0.025
"""A view that is off by more is another one."""
AGREEMENT = 0.3
BETTER_BY = 1.3
"""Edges lie elsewhere where they agree at least so well there, and so much better than here."""
EXPLAINED_PART = 0.4
"""Of the changed tiles, so many show their edges once the move is taken back: one straight edge, of something that
stands before the lens, agrees with many others."""
ZOOMS = (0.8, 0.9, 1.1, 1.22)
TURNS_DEG = (-10.0, -5.0, 5.0, 10.0)
OTHERWISE = (*((zoom, 0.0) for zoom in ZOOMS), *((1.0, turn_deg) for turn_deg in TURNS_DEG))


def where_it_went(look: Look, field: Field, reference: Field, tiles: Tiles) -> Shift | None:
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
    return shift if _explains(field, reference, shift, tiles, background) else None


def _zoomed_or_turned(look: Look, field: Field, reference: Field, tiles: Tiles) -> Shift | None:
    here, _ = best_shift(correlation(field, reference), SWAY_PART * max(field.shape))
    for zoom, turn_deg in OTHERWISE:
        back, seen = _taken_back(look, zoom, turn_deg)
        agreement, shift = best_shift(correlation(back, reference))
        if agreement >= max(AGREEMENT, BETTER_BY * here) and _explains(back, reference, shift, tiles, seen):
            return shift
    return None


def _explains(field: Field, reference: Field, shift: Shift, before: Tiles, background: Bools) -> bool:
    after = Tiles.compare(field, shifted(reference, shift), background)
    return after is not None and after.explains(before) >= EXPLAINED_PART


def _taken_back(look: Look, zoom: float, turn_deg: float) -> tuple[Field, Bools]:
    """A look's edges and background as they would be with the camera's zoom or turn taken back."""
    height, width = look.small.shape
    back = cv2.getRotationMatrix2D((width / 2, height / 2), turn_deg, zoom)
    grey = cv2.warpAffine(look.small, back, (width, height), borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.warpAffine(look.background.astype(np.uint8), back, (width, height), flags=cv2.INTER_NEAREST) > 0
    return edge_field(grey.astype(np.uint8, copy=False), seen), seen
