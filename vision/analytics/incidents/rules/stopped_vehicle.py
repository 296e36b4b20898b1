"""A vehicle that stands on the road although no traffic holds it; on a hard shoulder, whatever the traffic does."""

from collections.abc import Sequence

import numpy as np

from vision.analytics.dimensions import LENGTHS_M
from vision.analytics.incidents.evidence import (
    ROAD,
    display_name,
    evidence_for,
    is_vehicle,
    traffic_facts,
    traffic_phrase,
    with_article,
)
from vision.analytics.incidents.features.standstill import StandstillTracker, StoppedVehicle
from vision.analytics.incidents.features.surroundings import SurroundingsParameters
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.scene import Scene, ZoneState
from vision.common.object_class import CLASSES, ObjectClass
from vision.config.zones import ZoneKind
from vision.contracts import IncidentKind

BUS_DWELL_S = 60.0
"""A bus that stands no longer may serve a stop (Transit Capacity and Quality of Service Manual: 60 s at busy ones)."""
WORDED_EVERY_S = 0.5
REACH_M = 3.0
"""Beside half its length: who stands so near is the same, or belongs to it."""
SURE = 0.9
"""Others drove past it, or it is on the shoulder."""
LIKELY = 0.75


class StoppedVehicleRule:
    """Stands in a carriageway, a bus lane or on a shoulder. Where stopping is banned, it is another kind's business."""

    kind = IncidentKind.STOPPED_VEHICLE

    def __init__(self, standing: StandstillTracker) -> None:
        self._standing = standing
        self._signs = StandstillEvidence()

    def __len__(self) -> int:
        return len(self._signs)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        found = ((stander, self._zone(scene, stander)) for stander in self._standing.unexplained)
        return [
            self._signs.of(scene, stander, zone)
            for stander, zone in found
            if zone is not None and not may_serve_a_stop(scene, stander, zone)
        ]

    def _zone(self, scene: Scene, stander: StoppedVehicle) -> ZoneState | None:
        zones = [scene.zones[z] for z in np.flatnonzero(scene.inside[stander.row]).tolist()]
        if any(zone.zone.stopping_banned for zone in zones):
            return None
        on_road = [zone for zone in zones if zone.zone.kind in ROAD]
        return next((zone for zone in on_road if zone.zone.kind is ZoneKind.SHOULDER), next(iter(on_road), None))


class StandstillEvidence:
    """Evidence about standing vehicles, worded anew every `WORDED_EVERY_S`: nothing of it changes from look to look."""

    def __init__(self) -> None:
        self._signs: dict[int, tuple[float, Evidence]] = {}

    def __len__(self) -> int:
        return len(self._signs)

    def of(self, scene: Scene, stander: StoppedVehicle, zone: ZoneState) -> Evidence:
        """Evidence about a vehicle that stands in a zone."""
        track = int(scene.tracks.track_id[stander.row])
        worded_s, sign = self._signs.get(track, (-np.inf, None))
        if sign is None or sign.zone_id != zone.zone.id or scene.at_s - worded_s >= WORDED_EVERY_S:
            sign = sign_of_stand(scene, stander, zone)
            oldest_s = scene.at_s - 2 * WORDED_EVERY_S
            self._signs = {t: kept for t, kept in self._signs.items() if kept[0] > oldest_s}
            self._signs[track] = scene.at_s, sign
        return sign


def may_serve_a_stop(scene: Scene, stander: StoppedVehicle, zone: ZoneState) -> bool:
    """Whether it is a bus that has not stood for longer than buses do at stops."""
    is_bus = scene.tracks.class_id[stander.row] == ObjectClass.BUS.class_id
    return bool(is_bus) and zone.zone.kind is not ZoneKind.SHOULDER and scene.at_s - stander.since_s < BUS_DWELL_S


def sign_of_stand(scene: Scene, stander: StoppedVehicle, zone: ZoneState) -> Evidence:
    """Evidence about a vehicle that stands in a zone."""
    motion, n = scene.tracks, stander.row
    object_class, stands_s = CLASSES[motion.class_id[n]], round(scene.at_s - stander.since_s)
    traffic = traffic_facts(scene, zone, _pace_of_others(scene, n))
    on_shoulder = zone.zone.kind is ZoneKind.SHOULDER
    where = "on the shoulder" if on_shoulder else "in zone"
    return evidence_for(
        scene,
        n,
        zone.zone,
        confidence=SURE if on_shoulder or stander.is_passed else LIKELY,
        reason=f"{with_article(object_class)} stands {where} '{display_name(zone.zone)}' "
        f"for {stands_s} s {traffic_phrase(traffic)}",
        facts={
            "class": object_class,
            "zone": display_name(zone.zone),
            "zone_kind": zone.zone.kind,
            "stands_s": stands_s,
            **traffic,
        },
        radius_m=REACH_M + float(LENGTHS_M[motion.class_id[n]]) / 2,
        since_s=stander.since_s,
    )


def _pace_of_others(scene: Scene, n: int) -> float:
    """Mean pace of the vehicles that drive in the zones of this one; NaN where none does."""
    motion = scene.tracks
    drives = is_vehicle(motion.class_id) & (motion.speed_mps > SurroundingsParameters().min_passing_mps)
    paces = motion.speed_mps[drives & scene.inside[:, scene.inside[n]].any(axis=1)]
    return float(paces.mean()) if len(paces) else float("nan")
