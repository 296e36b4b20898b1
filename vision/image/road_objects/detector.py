"""Objects that lie on the road: what came, stays, and is no road user, no shadow and no light."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.config.zones import ZoneConfig, ZoneKind
from vision.core import RoadObject
from vision.geometry import pixels_per_unit
from vision.image.road_objects.patches import Patch, has_come, is_light, is_solid, patches
from vision.image.road_objects.road_surface import Planes, RoadSurface, planes_of
from vision.image.road_objects.stationary_boxes import StationaryBoxes
from vision.image.sample import Bools, Boxes, Image, free_of

ROAD = frozenset({ZoneKind.CARRIAGEWAY, ZoneKind.BUS_LANE, ZoneKind.SHOULDER})
SIDE_PX = 480
"""The longer side of the small copy that objects are looked for in."""
GROWN_BY = 0.15
"""Of a road user's box on each side: its shadow, and the tracker's lag."""
LIES_AFTER_S = 4.0
"""What shows the same for so long lies there."""
STOOD_S = 45.0
"""For so long after a road user stood there, what is seen there is he, lost by the detector."""
STOOD_PART = 0.3
"""Of a patch: less of it is the edge of a neighbour's box."""
QUEUE_S = 4.0
"""So soon after others stood around it, a thing is one of a queue: it waits until traffic flows."""
JAM_PART = 0.1
"""Of a zone that is stood on: traffic jams, and what stands there is traffic that the detector did not see."""
FLOWS_FOR_S = 2.0
"""A thing is told once it was seen for so long while traffic around it flowed."""
UNSEEN_S = 3.0
"""A thing that is not hidden by road users and not seen for so long has gone."""
TAKEN_IN_AFTER_S = 120.0
"""What is no object and stays (a parked shadow, a kerb that was painted) belongs to the road from then on."""
LAID_DOWN_S = 3600.0
"""An object that nobody took away in an hour belongs to the road too."""
SMALLEST_M, LARGEST_M = 0.25, 4.0
"""Width of what is an obstacle and no vehicle."""
LARGEST_PART = 0.1
"""Of its zone: more is weather, or the camera."""
MOST = 8
"""Objects that are followed at a time: more are no objects."""


@dataclass(slots=True)
class _Thing:
    """Something that lies there, in pixels of the small copy."""

    patch: Patch
    since_s: float
    seen_s: float
    zone: int
    flows_s: float = 0.0
    """How long it was seen while traffic around it flowed."""


class RoadObjectDetector:
    """Looks for objects on the carriageways, bus lanes and shoulders of one camera. In constant memory.

    `lying = objects.update(frame.image, at_s, tracks.xyxy)` about twice a second, and only while the camera sees well
    and looks where it used to look.
    """

    def __init__(self, zones: Sequence[ZoneConfig], width_px: int, height_px: int) -> None:
        self._scale = SIDE_PX / max(width_px, height_px)
        self._zones = [zone for zone in zones if zone.kind in ROAD]
        shape = (round(height_px * self._scale), round(width_px * self._scale))
        self._zone_of = _painted(self._zones, shape)
        self._surface = RoadSurface(shape)
        self._standing = StationaryBoxes()
        self._stood_at_s = np.full(shape, -np.inf)
        self._things: list[_Thing] = []
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
        """What lies on the road in a picture (BGR) of `at_s`, media time, with the boxes (N, 4) of its road users.

        `to_road` (3, 3) maps pixels to metres, where that is known or estimated; `shift_px` is how far the picture
        sways, right and down.
        """
        if not self._zones:
            return ()
        passed_s = 0.0 if self._at_s is None else min(max(at_s - self._at_s, 0.0), 2.0)
        self._at_s = at_s
        steady_boxes = np.asarray(boxes_px, np.float64) - np.tile(shift_px, 2)
        free = free_of(steady_boxes, self._scale, self._zone_of.shape, GROWN_BY)
        standing = self._standing.update(steady_boxes, at_s)
        self._stood_at_s[~free_of(standing, self._scale, self._zone_of.shape, GROWN_BY)] = at_s
        self._surface.update(self._small(image, shift_px), free, passed_s)
        found = self._find(at_s, to_road)
        self._follow(found, free, at_s, passed_s)
        return tuple(self._told(thing) for thing in self._things if thing.flows_s >= FLOWS_FOR_S)

    def _small(self, image: Image, shift_px: tuple[float, float]) -> Planes:
        """Small, and shifted back by the sway."""
        height, width = self._zone_of.shape
        every = max(1, max(image.shape) // (2 * SIDE_PX))
        small = cv2.resize(image[::every, ::every], (width, height), interpolation=cv2.INTER_AREA)
        dx, dy = (round(-shift * self._scale) for shift in shift_px)
        if dx or dy:
            back = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
            small = cv2.warpAffine(small, back, (width, height), borderMode=cv2.BORDER_REPLICATE)
        return planes_of(small.astype(np.uint8, copy=False))

    def _find(self, at_s: float, to_road: NDArray[np.float64] | None) -> list[Patch]:
        """The patches that are objects; what only looks like one and stays, is taken for the road."""
        surface, found = self._surface, []
        for patch in patches(surface, self._zone_of >= 0, LIES_AFTER_S):
            has_outline = has_come(patch, surface)
            is_object = has_outline and is_solid(patch) and not is_light(patch, surface)
            if is_object and self._has_a_things_size(patch, to_road) and not self._stood_there(patch, at_s):
                found.append(patch)
            elif not has_outline or patch.age_s >= TAKEN_IN_AFTER_S:
                self._take_in(patch)
        return found if len(found) <= MOST else []

    def _stood_there(self, patch: Patch, at_s: float) -> bool:
        """Whether it is rather a road user that stood there lately. Who stands before a known thing hides it only."""
        stood = at_s - self._stood_at_s[patch.place][patch.pixels] < STOOD_S
        return stood.mean() > STOOD_PART and not any(_overlap(thing.patch, patch) for thing in self._things)

    def _take_in(self, patch: Patch) -> None:
        where = np.zeros(self._zone_of.shape, bool)
        where[patch.place] = patch.pixels
        self._surface.take_in(where)

    def _has_a_things_size(self, patch: Patch, to_road: NDArray[np.float64] | None) -> bool:
        zone = self._zone_under(patch)
        if zone is None or patch.pixels.sum() > LARGEST_PART * (self._zone_of == zone).sum():
            return False
        if to_road is None:
            return True
        bottom_center_px = np.array([[(patch.left + patch.right) / 2, patch.bottom]]) / self._scale
        width_m = (patch.right - patch.left) / self._scale / float(pixels_per_unit(to_road, bottom_center_px)[0])
        return not np.isfinite(width_m) or SMALLEST_M <= width_m <= LARGEST_M

    def _zone_under(self, patch: Patch) -> int | None:
        """The zone that its lower edge stands in."""
        row = min(patch.bottom, self._zone_of.shape[0]) - 1
        under = self._zone_of[row, patch.left : patch.right]
        zones = under[under >= 0]
        return int(np.bincount(zones).argmax()) if len(zones) else None

    def _follow(self, found: Sequence[Patch], free: Bools, at_s: float, passed_s: float) -> None:
        for patch in found:
            thing = next((t for t in self._things if _overlap(t.patch, patch)), None)
            if thing is None:
                zone = self._zone_under(patch)
                thing = _Thing(patch, at_s - patch.age_s, at_s, 0 if zone is None else zone)
                self._things.append(thing)
            thing.patch, thing.seen_s = patch, at_s
            if not self._queues_around(patch, at_s) and not self._is_jammed(thing.zone, at_s):
                thing.flows_s += passed_s
        for thing in self._things:
            if not free[thing.patch.place].all():
                thing.seen_s = at_s
            elif at_s - thing.since_s > LAID_DOWN_S:
                self._take_in(thing.patch)
        self._things = [t for t in self._things if at_s - t.seen_s <= UNSEEN_S][:MOST]

    def _queues_around(self, patch: Patch, at_s: float) -> bool:
        """Whether others stand around it, or did just now."""
        height, width = patch.pixels.shape
        rows = slice(max(0, patch.top - height), patch.bottom + height)
        columns = slice(max(0, patch.left - width), patch.right + width)
        return bool((at_s - self._stood_at_s[rows, columns] < QUEUE_S).any())

    def _is_jammed(self, zone: int, at_s: float) -> bool:
        stood_at_s = self._stood_at_s[self._zone_of == zone]
        return bool((at_s - stood_at_s < QUEUE_S).mean() > JAM_PART)

    def _told(self, thing: _Thing) -> RoadObject:
        patch = thing.patch
        left, top, right, bottom = (edge / self._scale for edge in (patch.left, patch.top, patch.right, patch.bottom))
        return RoadObject(
            box_px=(left, top, right, bottom),
            since_s=thing.since_s,
            confidence=_confidence(patch),
            zone_id=self._zones[thing.zone].id,
        )


def _confidence(patch: Patch) -> float:
    """From .5 for what hardly stands out to .9: larger and with more contrast is surer. A rule of thumb."""
    size = min(1.0, float(patch.pixels.sum()) / 200)
    contrast = min(1.0, patch.contrast / 60)
    return 0.5 + 0.4 * (size + contrast) / 2


def _overlap(one: Patch, other: Patch) -> bool:
    return min(one.right, other.right) > max(one.left, other.left) and min(one.bottom, other.bottom) > max(
        one.top, other.top
    )


def _painted(zones: Sequence[ZoneConfig], shape: tuple[int, int]) -> NDArray[np.int32]:
    """(h, w): the number of the zone at each pixel, -1 where there is none; of overlapping ones the last."""
    painted = np.full(shape, -1, np.int32)
    for number, zone in enumerate(zones):
        corners = np.array(zone.polygon) * (shape[1], shape[0])
        cv2.fillPoly(painted, [corners.round().astype(np.int32)], [number])
    return painted
