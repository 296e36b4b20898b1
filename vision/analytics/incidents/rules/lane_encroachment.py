"""Lane encroachment: vehicles in a zone that does not allow their class, such as a car on a bus lane."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vision.analytics.dimensions import IS_VEHICLE
from vision.analytics.incidents.conditions import SustainedCondition, SustainedConditions
from vision.analytics.incidents.evidence import (
    PERSON,
    RIDING,
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

CONFUSABLE = frozenset({ObjectClass.BUS, ObjectClass.TRUCK})
"""Classes that the detector confuses with each other."""
_AROUND = np.array([[-1, 0], [1, 0], [0, -1], [0, 1]], np.float64)


@dataclass(frozen=True, slots=True)
class LaneEncroachmentParameters:
    """When a vehicle is really in a zone, of a class that is not allowed there, and travels or parks in it."""

    margin_widths: float = 0.3
    """The zone reaches this far to both sides of the bottom centre, in box widths: the centre of a long vehicle seen
    obliquely is that far off. Larger: fewer alarms from vehicles that graze a zone, more on narrow zones missed.
    Source: chosen."""
    margin_heights: float = 0.15
    """The zone reaches this far in front of and behind the bottom centre, in box heights. Larger: as for
    `margin_widths`. Source: chosen."""
    min_class_share: float = 0.75
    """Share of all observations of the track with its present class or another that is not allowed. Higher: fewer
    alarms from misclassified vehicles, later alarms. Source: chosen."""
    min_hit_share: float = 0.75
    """Share of the observations inside and with a class that is not allowed. Higher: fewer alarms from jitter at a
    zone's edge and flickering classes, more noisy tracks missed. Source: chosen."""
    min_distance_m: float = 5.0
    """A vehicle travels in the zone after this distance, metres; one that crosses a pavement to a gateway stays below.
    Longer: fewer alarms from crossing vehicles, later alarms. Source: chosen."""
    min_riding_mps: float = 2.2
    """A two-wheeler is ridden above this average speed, m/s; a slower one may be pushed. Higher: fewer alarms from
    pushed two-wheelers, more slow riders missed. Source: chosen, above walking speed."""
    min_riding_m: float = 10.0
    """A two-wheeler travels at least this distance, straight, metres: far boxes jitter. Longer: fewer alarms from
    jitter, later alarms. Source: chosen."""
    confusable_s: float = 4.0
    """Where only one of bus and truck is allowed, the other must be there this long, seconds. Longer: fewer alarms from
    misclassified buses, later alarms for trucks. Source: chosen."""
    confusable_weight: float = 0.5
    """Weight of an observation as the other of the two when another class is judged. Higher: earlier alarms for
    vehicles that were taken for a bus or a truck at first. Source: chosen."""
    min_stop_s: float = 5.0
    """A vehicle that is stopped this long parks in the zone, seconds. Longer: fewer alarms from short stops, later
    alarms. Source: chosen."""
    incident_radius_m: float = 2.0
    """A new track within this distance of the expected position may be the same vehicle, metres. Larger: fewer repeated
    alarms after ID switches, more vehicles mistaken for one that was lost. Source: chosen."""


class LaneEncroachmentRule:
    """Reports vehicles that travel or park well inside a zone that does not allow their class.

    Persons belong to `PedestrianRule`: a person that pushes a two-wheeler walks. A person faster than anyone walks
    rides a two-wheeler that the detector misses, and is reported while it moves.
    """

    kind = IncidentKind.LANE_ENCROACHMENT

    def __init__(
        self,
        zones: Sequence[ZoneConfig],
        width_px: int,
        height_px: int,
        history: TrackHistory,
        *,
        parameters: LaneEncroachmentParameters = LaneEncroachmentParameters(),
        riding: RidingParameters = RIDING,
    ) -> None:
        self._parameters = parameters
        self._rider_mps = riding.min_riding_mps
        size_px = np.array([width_px, height_px], np.float64)
        self._polygons = Polygons.in_picture([zone.polygon for zone in zones], size_px)
        is_banned = np.array([[c not in zone.may_be_in for zone in zones] for c in CLASSES], bool)
        self._is_reported = is_banned & IS_VEHICLE[:, None]
        """(classes, Z): which classes are reported in which zones."""
        min_s = parameters.confusable_s
        self._min_s = np.array([[min_s if _is_confusable(c, zone) else 0.0 for zone in zones] for c in CLASSES])
        """(classes, Z): how long a class must have been there."""
        self._weights = np.where(self._min_s > 0, parameters.confusable_weight, 1.0) * is_banned
        """(classes, Z): the weight of an observation with that class."""
        self._history = history
        self._conditions = SustainedConditions()

    def __len__(self) -> int:
        return len(self._conditions)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        """Evidence for each vehicle that travels or parks where its class is not allowed."""
        tracks = scene.tracks
        rides = (tracks.class_id == PERSON) & (self._history.max_sustained_speed_mps > self._rider_mps)
        class_id = np.where(rides, ObjectClass.MOTORCYCLE.class_id, tracks.class_id)
        holds, zone = self._encroaches(scene, class_id, rides)
        if not holds.any() and not len(self._conditions):
            return []
        found = [
            (n, condition)
            for n, condition in self._conditions.update(tracks, holds, scene.at_s, group=zone)
            if condition.hit_share >= self._parameters.min_hit_share
            and condition.duration_s >= self._min_s[class_id[n], zone[n]]
            and (self._travels(tracks, n, class_id[n], condition) or (self._parks(scene, n) and not rides[n]))
        ]
        if not found:
            return []
        as_riders = replace(scene, tracks=replace(tracks, class_id=class_id)) if rides.any() else scene
        return [self._evidence(as_riders, n, condition, int(zone[n])) for n, condition in found]

    def _encroaches(self, scene: Scene, class_id: Ids, rides: Bools) -> tuple[Bools, Ids]:
        """(N,), (N,): which tracks are well inside a zone that does not allow their class, and which zone."""
        tracks = scene.tracks
        banned = scene.inside & self._is_reported.take(class_id, axis=0)
        rows = (banned.any(axis=1) & tracks.has_moved).nonzero()[0]
        holds = np.zeros(len(tracks), bool)
        if not len(rows):
            return holds, banned.argmax(axis=1)
        banned[rows] &= self._well_inside(tracks, rows)
        zone = banned.argmax(axis=1)
        share = self._banned_share(class_id[rows], rows, zone[rows], rides[rows])
        holds[rows] = banned[rows].any(axis=1) & (share >= self._parameters.min_class_share)
        return holds, zone

    def _banned_share(self, class_id: Ids, rows: Ids, zone: Ids, rides: Bools) -> Floats:
        """(len(rows),): weighted share of each track's observations with a class that its zone does not allow."""
        weights = self._weights[:, zone].T
        weights[np.arange(len(rows)), class_id] = 1.0
        weights[rides, PERSON] = 1.0
        share: Floats = (self._history.class_shares[rows] * weights).sum(axis=1)
        return share

    def _well_inside(self, tracks: TrackKinematics, rows: Ids) -> Bools:
        """(len(rows), Z): whether the margins around each bottom centre are inside each zone too."""
        margins = (self._parameters.margin_widths, self._parameters.margin_heights)
        margin_px = margins * (tracks.xyxy[rows, 2:] - tracks.xyxy[rows, :2])
        around_px = tracks.bottom_center_px[rows] + _AROUND[:, None] * margin_px
        inside = self._polygons.contain(around_px.reshape(-1, 2))
        return np.asarray(inside.reshape(len(_AROUND), len(rows), inside.shape[-1]).all(axis=0), bool)

    def _travels(self, tracks: TrackKinematics, n: int, class_id: int, condition: SustainedCondition) -> bool:
        """Whether it has gone far enough; a two-wheeler also straight, and faster than on foot."""
        p = self._parameters
        if class_id not in TWO_WHEELERS:
            return condition.distance_m >= p.min_distance_m
        displacement_px = np.hypot(*(tracks.bottom_center_px[n] - condition.bottom_center_px))
        displacement_m = float(displacement_px / np.hypot(*self._history.px_per_metre_ahead[n]))
        min_m = max(p.min_riding_m, p.min_riding_mps * condition.duration_s)
        return min(condition.distance_m, displacement_m) >= min_m

    def _parks(self, scene: Scene, n: int) -> bool:
        return bool(scene.at_s - scene.tracks.stopped_since_s[n] >= self._parameters.min_stop_s)

    def _evidence(self, scene: Scene, n: int, condition: SustainedCondition, z: int) -> Evidence:
        zone, object_class = scene.zones[z].zone, CLASSES[scene.tracks.class_id[n]]
        seconds, kind = round(condition.duration_s), zone.kind.replace("_", " ")
        allowed = ", ".join(c for c in CLASSES if c in zone.may_be_in) or "no road user"
        return evidence_for(
            scene,
            n,
            zone,
            confidence=0.6 + 0.35 * min(1.0, condition.duration_s / 5) * condition.hit_share,
            reason=f"{with_article(object_class)} has been on the {kind} '{display_name(zone)}' for {seconds} s; "
            f"allowed: {allowed}",
            facts={"class": object_class, "zone": display_name(zone), "zone_kind": zone.kind, "seconds": seconds},
            radius_m=self._parameters.incident_radius_m,
            since_s=condition.since_s,
        )


def _is_confusable(object_class: ObjectClass, zone: ZoneConfig) -> bool:
    """Whether the zone allows a class that the detector confuses with this one."""
    return object_class in CONFUSABLE and bool(CONFUSABLE & set(zone.may_be_in))
