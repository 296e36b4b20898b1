"""Detects objects left on the road: what appeared, stays, and is no road user, no shadow and no light."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.config.zones import ZoneConfig, ZoneKind
from vision.core import RoadObject
from vision.geometry import pixels_per_unit
from vision.image.road_objects.patches import Patch, PatchParameters, find_patches, is_compact, is_light, is_new
from vision.image.road_objects.road_surface import Planes, RoadSurface, RoadSurfaceParameters, planes_of
from vision.image.road_objects.stationary_boxes import StationaryBoxes, StationaryBoxParameters
from vision.image.sample import Bools, Boxes, Image, background_mask

ROAD = frozenset({ZoneKind.CARRIAGEWAY, ZoneKind.BUS_LANE, ZoneKind.SHOULDER})


@dataclass(frozen=True, slots=True)
class RoadObjectParameters:
    """When something on the road is reported as an object."""

    side_px: int = 480
    """Longer side of the small copy in which objects are detected, pixels. Larger: smaller objects, more time. Source:
    chosen."""
    box_margin: float = 0.15
    """Road users' boxes grow by this share of their size on each side, for shadows and the tracker's lag. Larger: fewer
    shadows look like objects, objects near road users are found later. Source: chosen."""
    min_age_s: float = 4.0
    """What shows the same for this long stays, seconds. Longer: fewer false alarms, later ones. Source: chosen."""
    after_road_user_s: float = 45.0
    """A patch is ignored this long after a road user was stationary on it, seconds: it is likely a missed detection.
    Longer: fewer false alarms, objects that fell from vehicles are found later. Source: chosen."""
    max_road_user_share: float = 0.3
    """Share of a patch on which a road user may have been stationary; less is the edge of a neighbour's box. Higher:
    more false alarms by missed detections. Source: chosen."""
    queue_hold_s: float = 4.0
    """A patch belongs to a queue this long after others were stationary around it, seconds; it waits until traffic
    flows. Longer: fewer false alarms in queues, later ones. Source: chosen."""
    min_jam_share: float = 0.1
    """Share of a zone on which road users are stationary that makes a jam, in which more vehicles are missed. Higher:
    more false alarms in jams. Source: chosen."""
    min_flow_s: float = 2.0
    """An object is reported once it was seen for this long while traffic around it flowed, seconds. Longer: fewer false
    alarms, later ones. Source: chosen."""
    max_unseen_s: float = 3.0
    """An object that is not occluded and not seen for this long is gone, seconds. Longer: fewer interruptions, later
    ends. Source: chosen."""
    absorb_after_s: float = 120.0
    """What is no object and stays for this long, such as a parked shadow, becomes road, seconds. Longer: more patches
    to check. Source: chosen."""
    absorb_object_after_s: float = 3600.0
    """An object that nobody removes for this long becomes road, seconds. Longer: it is reported for longer. Source:
    chosen."""
    min_width_m: float = 0.25
    """Narrowest object, metres. Larger: small obstacles are missed. Source: chosen."""
    max_width_m: float = 4.0
    """Widest object, metres. Larger: more vehicles look like objects. Source: chosen."""
    max_zone_share: float = 0.1
    """Largest object, as a share of its zone: more is weather, or the camera. Larger: more false alarms by weather.
    Source: chosen."""
    max_objects: int = 8
    """Objects that are followed at a time; more patches than this are none. More: more false alarms by weather. Source:
    chosen."""


DEFAULTS, PATCH = RoadObjectParameters(), PatchParameters()
SURFACE, BOXES = RoadSurfaceParameters(), StationaryBoxParameters()


@dataclass(slots=True)
class _Candidate:
    """Something that may be an object, in pixels of the small copy."""

    patch: Patch
    since_s: float
    last_seen_s: float
    zone: int
    flow_s: float = 0.0
    """How long it was seen while traffic around it flowed."""


class RoadObjectDetector:
    """Detects objects on the carriageways, bus lanes and shoulders of one camera, in constant memory.

    `road_objects = detector.update(frame.image, at_s, tracks.xyxy)` about twice a second, and only while the camera
    sees well and shows its usual view."""

    def __init__(
        self,
        zones: Sequence[ZoneConfig],
        width_px: int,
        height_px: int,
        parameters: RoadObjectParameters = DEFAULTS,
        *,
        patch: PatchParameters = PATCH,
        surface: RoadSurfaceParameters = SURFACE,
        boxes: StationaryBoxParameters = BOXES,
    ) -> None:
        self._parameters, self._patch = parameters, patch
        self._scale = parameters.side_px / max(width_px, height_px)
        self._zones = [zone for zone in zones if zone.kind in ROAD]
        shape = (round(height_px * self._scale), round(width_px * self._scale))
        self._zone_map = _zone_map(self._zones, shape)
        self._surface = RoadSurface(shape, surface)
        self._stationary = StationaryBoxes(boxes)
        self._occupied_s = np.full(shape, -np.inf)
        """(h, w): when a stationary road user was last on each pixel."""
        self._candidates: list[_Candidate] = []
        self._at_s: float | None = None

    def update(
        self,
        image: Image,
        at_s: float,
        boxes_px: Boxes,
        *,
        to_road: NDArray[np.float64] | None = None,
        shift_px: tuple[float, float] = (0.0, 0.0),
    ) -> tuple[RoadObject, ...]:
        """The objects in an image (BGR) of this media time, with the boxes (N, 4) of its road users.

        `to_road` (3, 3) maps pixels to metres, where that is known or estimated; `shift_px` is the sway of the image,
        right and down.
        """
        if not self._zones:
            return ()
        passed_s = 0.0 if self._at_s is None else min(max(at_s - self._at_s, 0.0), 2.0)
        self._at_s = at_s
        steady_boxes_px = np.asarray(boxes_px, np.float64) - np.tile(shift_px, 2)
        background = self._background(steady_boxes_px)
        stationary_boxes_px = self._stationary.update(steady_boxes_px, at_s)
        self._occupied_s[~self._background(stationary_boxes_px)] = at_s
        self._surface.update(self._small(image, shift_px), background, passed_s)
        self._follow(self._find(at_s, to_road), background, at_s, passed_s)
        is_reported = (candidate for candidate in self._candidates if candidate.flow_s >= self._parameters.min_flow_s)
        return tuple(self._road_object(candidate) for candidate in is_reported)

    def _background(self, boxes_px: Boxes) -> Bools:
        return background_mask(boxes_px, self._scale, self._zone_map.shape, self._parameters.box_margin)

    def _small(self, image: Image, shift_px: tuple[float, float]) -> Planes:
        """The small copy, with the sway compensated."""
        height, width = self._zone_map.shape
        every = max(1, max(image.shape) // (2 * self._parameters.side_px))
        small = cv2.resize(image[::every, ::every], (width, height), interpolation=cv2.INTER_AREA)
        dx, dy = (round(-shift * self._scale) for shift in shift_px)
        if dx or dy:
            back = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
            small = cv2.warpAffine(small, back, (width, height), borderMode=cv2.BORDER_REPLICATE)
        return planes_of(small.astype(np.uint8, copy=False))

    def _find(self, at_s: float, to_road: NDArray[np.float64] | None) -> list[Patch]:
        """The patches that are objects. What only looks like one, and stays, becomes road."""
        p, surface, found = self._parameters, self._surface, []
        for patch in find_patches(surface, self._zone_map >= 0, p.min_age_s):
            has_outline = is_new(patch, surface, self._patch)
            is_object = has_outline and is_compact(patch, self._patch) and not is_light(patch, surface, self._patch)
            if is_object and self._has_object_size(patch, to_road) and not self._is_missed_road_user(patch, at_s):
                found.append(patch)
            elif not has_outline or patch.age_s >= p.absorb_after_s:
                self._absorb(patch)
        return found if len(found) <= p.max_objects else []

    def _is_missed_road_user(self, patch: Patch, at_s: float) -> bool:
        """Whether a road user was stationary there lately; one in front of a known object only occludes it."""
        p = self._parameters
        occupied = at_s - self._occupied_s[patch.slices][patch.pixels] < p.after_road_user_s
        is_known = any(candidate.patch.overlaps(patch) for candidate in self._candidates)
        return bool(occupied.mean() > p.max_road_user_share) and not is_known

    def _absorb(self, patch: Patch) -> None:
        where = np.zeros(self._zone_map.shape, bool)
        where[patch.slices] = patch.pixels
        self._surface.absorb(where)

    def _has_object_size(self, patch: Patch, to_road: NDArray[np.float64] | None) -> bool:
        p, zone = self._parameters, self._zone_under(patch)
        if zone is None or patch.pixels.sum() > p.max_zone_share * (self._zone_map == zone).sum():
            return False
        if to_road is None:
            return True
        bottom_center_px = np.array([[(patch.left + patch.right) / 2, patch.bottom]]) / self._scale
        width_m = (patch.right - patch.left) / self._scale / float(pixels_per_unit(to_road, bottom_center_px)[0])
        return not np.isfinite(width_m) or p.min_width_m <= width_m <= p.max_width_m

    def _zone_under(self, patch: Patch) -> int | None:
        """The zone of its lower edge."""
        row = min(patch.bottom, self._zone_map.shape[0]) - 1
        under = self._zone_map[row, patch.left : patch.right]
        zones = under[under >= 0]
        return int(np.bincount(zones).argmax()) if len(zones) else None

    def _follow(self, found: Sequence[Patch], background: Bools, at_s: float, passed_s: float) -> None:
        p = self._parameters
        for patch in found:
            candidate = self._candidate_of(patch, at_s)
            candidate.patch, candidate.last_seen_s = patch, at_s
            if not self._is_in_queue(patch, at_s) and not self._is_jammed(candidate.zone, at_s):
                candidate.flow_s += passed_s
        for candidate in self._candidates:
            if not background[candidate.patch.slices].all():
                candidate.last_seen_s = at_s
            elif at_s - candidate.since_s > p.absorb_object_after_s:
                self._absorb(candidate.patch)
        seen = [candidate for candidate in self._candidates if at_s - candidate.last_seen_s <= p.max_unseen_s]
        self._candidates = seen[: p.max_objects]

    def _candidate_of(self, patch: Patch, at_s: float) -> _Candidate:
        """The candidate that a patch overlaps, or a new one."""
        candidate = next((c for c in self._candidates if c.patch.overlaps(patch)), None)
        if candidate is None:
            zone = self._zone_under(patch)
            candidate = _Candidate(patch, at_s - patch.age_s, at_s, 0 if zone is None else zone)
            self._candidates.append(candidate)
        return candidate

    def _is_in_queue(self, patch: Patch, at_s: float) -> bool:
        """Whether others are stationary around it, or were a moment ago."""
        height, width = patch.pixels.shape
        rows = slice(max(0, patch.top - height), patch.bottom + height)
        columns = slice(max(0, patch.left - width), patch.right + width)
        return bool((at_s - self._occupied_s[rows, columns] < self._parameters.queue_hold_s).any())

    def _is_jammed(self, zone: int, at_s: float) -> bool:
        p, occupied_s = self._parameters, self._occupied_s[self._zone_map == zone]
        return bool((at_s - occupied_s < p.queue_hold_s).mean() > p.min_jam_share)

    def _road_object(self, candidate: _Candidate) -> RoadObject:
        patch = candidate.patch
        left, top, right, bottom = (edge / self._scale for edge in (patch.left, patch.top, patch.right, patch.bottom))
        return RoadObject(
            box_px=(left, top, right, bottom),
            since_s=candidate.since_s,
            confidence=_confidence(patch),
            zone_id=self._zones[candidate.zone].id,
        )


def _confidence(patch: Patch) -> float:
    """From 0.5 to 0.9, higher for larger patches with more contrast; a rule of thumb."""
    size = min(1.0, float(patch.pixels.sum()) / 200)
    contrast = min(1.0, patch.contrast / 60)
    return 0.5 + 0.4 * (size + contrast) / 2


def _zone_map(zones: Sequence[ZoneConfig], shape: tuple[int, int]) -> NDArray[np.int32]:
    """(h, w): index of the zone at each pixel, -1 where there is none; of overlapping zones the last."""
    zone_map = np.full(shape, -1, np.int32)
    for index, zone in enumerate(zones):
        corners = np.array(zone.polygon) * (shape[1], shape[0])
        cv2.fillPoly(zone_map, [corners.round().astype(np.int32)], [index])
    return zone_map
