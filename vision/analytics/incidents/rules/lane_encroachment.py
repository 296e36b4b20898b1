"""A vehicle in a zone that is not for its class: a car on a bus lane, anything on a pavement."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vision.analytics.dimensions import IS_VEHICLE
from vision.analytics.incidents.conditions import SustainedCondition, SustainedConditions
from vision.analytics.incidents.evidence import (
    PERSON,
    TWO_WHEELERS,
    RidingParameters,
    display_name,
    evidence_for,
    with_article,
)
from vision.analytics.incidents.features.track_history import TrackHistory
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.scene import Scene
from vision.analytics.track_table import Ids
from vision.common.object_class import CLASSES, ObjectClass
from vision.config.zones import ZoneConfig
from vision.contracts import IncidentKind
from vision.geometry import Polygons

WELL_INSIDE = (0.3, 0.15)
"""So much of the box's width to both sides of its foot, and of its height before and behind, lies in the zone too: the
foot of a long vehicle seen obliquely may lie so far beside it, and who only grazes a zone is not in it."""
CLASS_SHARE = 0.75
"""The part of all its looks in which it was taken for what it is taken for now, or another that may not be there."""
_AROUND = np.array([[-1, 0], [1, 0], [0, -1], [0, 1]], np.float64)
STEADY_SHARE = 0.75
"""The part of the looks in which it is inside and of a class that may not be: classes flip, boxes tremble."""
SHORTEST_M = 5.0
"""Who goes along in it; who crosses a pavement to a gateway stays in it for less."""
WALKS_MPS, SHORTEST_RIDE_M = 2.2, 10.0
"""Who is no faster pushes his two-wheeler, or is a person taken for one with it; a far box that trembles seems fast for
a shorter way."""
LOOKALIKES = frozenset({ObjectClass.BUS, ObjectClass.TRUCK})
LOOKS_ALIKE_S = 4.0
ALIKE_COUNTS = 0.5
"""A bus is taken for a truck at first, or a truck for a bus: where one may be, the other is told after so long, and a
look at which a car was taken for the other counts so much against it."""
STANDS_S = 5.0
"""Who stands in it does not go along."""


class LaneEncroachmentRule:
    """Goes along, or stands, well inside a zone that does not allow its class. Persons are another kind's business.

    Who pushes a two-wheeler walks; a person who is faster than anybody walks rides one, and one who stands does not.
    """

    kind = IncidentKind.LANE_ENCROACHMENT

    def __init__(self, zones: Sequence[ZoneConfig], width_px: int, height_px: int, past: TrackHistory) -> None:
        size_px = np.array([width_px, height_px], np.float64)
        self._polygons = Polygons([np.array(zone.polygon) * size_px for zone in zones])
        is_foreign = np.array([[c not in zone.may_be_in for zone in zones] for c in CLASSES], bool)
        self._is_told = is_foreign & IS_VEHICLE[:, None]
        """(classes, Z): whose being there is told of."""
        self._least_s = np.array([[_least_s(c, zone) for zone in zones] for c in CLASSES])
        """(classes, Z): how long a class must have been there."""
        self._counts = np.where(self._least_s > 0, ALIKE_COUNTS, 1.0) * is_foreign
        """(classes, Z): how much a look counts at which a vehicle was taken for a class."""
        self._past = past
        self._runs = SustainedConditions()

    def __len__(self) -> int:
        return len(self._runs)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        motion = scene.tracks
        rides = (motion.class_id == PERSON) & (self._past.max_sustained_speed_mps > RidingParameters().min_riding_mps)
        class_id = np.where(rides, ObjectClass.MOTORCYCLE.class_id, motion.class_id)
        foreign = scene.inside & self._is_told.take(class_id, axis=0)
        rows = (foreign.any(axis=1) & motion.has_moved).nonzero()[0]
        if not len(rows) and not len(self._runs):
            return []
        holds = np.zeros(len(motion), bool)
        if len(rows):
            foreign[rows] &= self._well_inside(motion, rows)
        zone = foreign.argmax(axis=1)
        if len(rows):
            is_surely = self._foreign_share(class_id[rows], rows, zone[rows], rides[rows]) >= CLASS_SHARE
            holds[rows] = foreign[rows].any(axis=1) & is_surely
        found = [
            (n, run)
            for n, run in self._runs.update(motion, holds, scene.at_s, group=zone)
            if run.hit_share >= STEADY_SHARE
            and run.duration_s >= self._least_s[class_id[n], zone[n]]
            and (
                _goes_along(motion, n, class_id[n], run, self._past.px_per_metre_ahead[n])
                or (_stands(motion, n, scene.at_s) and not rides[n])
            )
        ]
        if not found:
            return []
        mounted = replace(scene, tracks=replace(motion, class_id=class_id)) if rides.any() else scene
        return [self._sign(mounted, n, run, int(zone[n])) for n, run in found]

    def _foreign_share(self, class_id: Ids, rows: Ids, zone: Ids, rides: Bools) -> Floats:
        """(len(rows),): part of its looks in which each of some was taken for what may not be in its zone, or rides."""
        counts = self._counts[:, zone].T
        counts[np.arange(len(rows)), class_id] = 1.0
        counts[rides, PERSON] = 1.0
        share: Floats = (self._past.class_shares[rows] * counts).sum(axis=1)
        return share

    def _well_inside(self, motion: TrackKinematics, rows: Ids) -> Bools:
        """(len(rows), Z)"""
        margin_px = WELL_INSIDE * (motion.xyxy[rows, 2:] - motion.xyxy[rows, :2])
        around_px = motion.bottom_center_px[rows] + _AROUND[:, None] * margin_px
        inside = self._polygons.hold(around_px.reshape(-1, 2))
        return np.asarray(inside.reshape(len(_AROUND), len(rows), inside.shape[-1]).all(axis=0), bool)

    def _sign(self, scene: Scene, n: int, run: SustainedCondition, z: int) -> Evidence:
        zone, object_class, seconds = scene.zones[z].zone, CLASSES[scene.tracks.class_id[n]], round(run.duration_s)
        allowed = ", ".join(c for c in CLASSES if c in zone.may_be_in) or "nobody"
        return evidence_for(
            scene,
            n,
            zone,
            confidence=0.6 + 0.35 * min(1.0, run.duration_s / 5) * run.hit_share,
            reason=f"{with_article(object_class)} is on the {zone.kind.replace('_', ' ')} '{display_name(zone)}' "
            f"for {seconds} s, which is for {allowed}",
            facts={"class": object_class, "zone": display_name(zone), "zone_kind": zone.kind, "seconds": seconds},
            radius_m=2.0,
            since_s=run.since_s,
        )


def _least_s(object_class: ObjectClass, zone: ZoneConfig) -> float:
    return LOOKS_ALIKE_S if object_class in LOOKALIKES and LOOKALIKES & set(zone.may_be_in) else 0.0


def _goes_along(
    motion: TrackKinematics, n: int, class_id: int, run: SustainedCondition, px_per_metre_ahead: Floats
) -> bool:
    """Whether it has gone far enough, and, on two wheels, faster than on foot, straight on as well."""
    if class_id not in TWO_WHEELERS:
        return run.distance_m >= SHORTEST_M
    straight_m = float(np.hypot(*(motion.bottom_center_px[n] - run.bottom_center_px)) / np.hypot(*px_per_metre_ahead))
    return min(run.distance_m, straight_m) >= max(SHORTEST_RIDE_M, WALKS_MPS * run.duration_s)


def _stands(motion: TrackKinematics, n: int, at_s: float) -> bool:
    return bool(at_s - motion.stopped_since_s[n] >= STANDS_S)
