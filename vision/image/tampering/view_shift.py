"""Finds where the edges of a view went when a camera was pushed, rotated or zoomed."""

from dataclasses import dataclass

import cv2
import numpy as np

from vision.image.sample import Bools, ImageSample
from vision.image.tampering.edges import EdgeParameters, Field, best_shift, correlation, edge_field, shifted
from vision.image.tampering.tiles import Tiles, tile_mask

Shift = tuple[int, int]
"""(dx, dy) in pixels of a sample's small copy: right, down."""

ZOOMS = (0.77, 0.83, 0.9, 1.1, 1.2, 1.3)
ROTATIONS_DEG = (-10.0, -5.0, 5.0, 10.0)
CANDIDATES = (*((zoom, 0.0) for zoom in ZOOMS), *((1.0, rotation_deg) for rotation_deg in ROTATIONS_DEG))
"""Zooms and rotations to try, each with the best shift."""


@dataclass(frozen=True, slots=True)
class ViewShiftParameters:
    """When a shift, zoom or rotation explains a changed view. Agreement is the correlation of edge fields, at most
    1."""

    max_sway_share: float = 0.016
    """Masts sway up to this share of the image's longer side, which is compensated. Larger: more sway is compensated,
    small moves are missed. Source: chosen."""
    min_move_share: float = 0.025
    """A view shifted by this share of the image's longer side is another one. Larger: smaller moves are missed. Source:
    chosen."""
    min_agreement: float = 0.3
    """Lowest agreement at a zoom or rotation. Higher: fewer moves are found, less noise is taken for one. Source:
    chosen."""
    min_gain: float = 1.3
    """Agreement at another shift, zoom or rotation exceeds the one in place by this factor. Higher: fewer moves are
    found, less noise is taken for one. Source: chosen."""
    min_explained_share: float = 0.4
    """Share of the changed tiles that show their edges once the move is undone; a single straight edge close to the
    lens agrees with many others. Higher: fewer moves are found. Source: chosen."""
    min_slight_gain: float = 1.15
    """The gain in agreement that a zoom needs if it explains most tiles: it keeps lines towards the vanishing point in
    place. Higher: fewer zooms are found. Source: chosen."""
    min_mostly_explained_share: float = 0.7
    """Share of the changed tiles that counts as most of them. Higher: fewer zooms are found. Source: chosen."""


DEFAULTS, EDGES = ViewShiftParameters(), EdgeParameters()


def find_shift(
    sample: ImageSample,
    field: Field,
    reference: Field,
    tiles: Tiles,
    parameters: ViewShiftParameters = DEFAULTS,
    *,
    edges: EdgeParameters = EDGES,
) -> Shift | None:
    """How far the view moved, where the changed `tiles` show that it did; None where no move explains them.

    A zoom or rotation is returned by the shift that goes with it, which may be zero.
    """
    shift = _pushed(field, reference, tiles, sample.background, parameters)
    if shift is not None:
        return shift
    return _zoomed_or_rotated(sample, field, reference, tiles, parameters, edges=edges)


def _pushed(field: Field, reference: Field, tiles: Tiles, background: Bools, p: ViewShiftParameters) -> Shift | None:
    changed = tile_mask(tiles.changed, field.shape)
    agreement = correlation(field * changed, reference)
    in_place, _ = best_shift(agreement, p.max_sway_share * max(field.shape))
    elsewhere, shift = best_shift(agreement)
    if np.hypot(*shift) < p.min_move_share * max(field.shape) or elsewhere < p.min_gain * in_place:
        return None
    explained = _explained_share(field, reference, shift, tiles, background)
    return shift if explained >= p.min_explained_share else None


def _zoomed_or_rotated(
    sample: ImageSample,
    field: Field,
    reference: Field,
    tiles: Tiles,
    p: ViewShiftParameters,
    *,
    edges: EdgeParameters,
) -> Shift | None:
    in_place, _ = best_shift(correlation(field, reference), p.max_sway_share * max(field.shape))
    for zoom, rotation_deg in CANDIDATES:
        undone, background = _undone(sample, zoom, rotation_deg, edges)
        agreement, shift = best_shift(correlation(undone, reference))
        if agreement < max(p.min_agreement, p.min_slight_gain * in_place):
            continue
        is_clear = agreement >= p.min_gain * in_place
        required = p.min_explained_share if is_clear else p.min_mostly_explained_share
        if _explained_share(undone, reference, shift, tiles, background) >= required:
            return shift
    return None


def _explained_share(field: Field, reference: Field, shift: Shift, before: Tiles, background: Bools) -> float:
    """Share of the tiles that had changed `before` which show their edges with this shift."""
    after = Tiles.compare(field, shifted(reference, shift), background, before.parameters)
    return 0.0 if after is None else after.explained_share(before)


def _undone(sample: ImageSample, zoom: float, rotation_deg: float, edges: EdgeParameters) -> tuple[Field, Bools]:
    """A sample's edges and background with a zoom or rotation of the camera undone."""
    height, width = sample.small.shape
    back = cv2.getRotationMatrix2D((width / 2, height / 2), rotation_deg, zoom)
    grey = cv2.warpAffine(sample.small, back, (width, height), borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpAffine(sample.background.astype(np.uint8), back, (width, height), flags=cv2.INTER_NEAREST) > 0
    return edge_field(grey.astype(np.uint8, copy=False), mask, edges), mask
