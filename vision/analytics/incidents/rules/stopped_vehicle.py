"""Stopped vehicles: vehicles that are stationary on the road without a queue, a leader or congestion to explain it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.scene import Scene, ZoneState
from vision.common.object_class import CLASSES, ObjectClass
from vision.config.zones import ZoneKind
from vision.contracts import IncidentKind


@dataclass(frozen=True, slots=True)
class StoppedVehicleParameters:
    """When an unexplained standstill is evidence, and how it is reported; also for illegal stopping.

    For how long it must last is the config key `confirm_after`.
    """

    max_bus_dwell_s: float = 60.0
    """A bus may serve a stop for this long, seconds. Longer: fewer alarms at bus stops, later alarms for broken-down
    buses. Source: Transit Capacity and Quality of Service Manual, dwell times at busy stops."""
    refresh_interval_s: float = 0.5
    """Evidence about one vehicle is reused for this long, seconds. Longer: less computation, older figures in the
    reason. Source: chosen."""
    incident_radius_m: float = 3.0
    """Beside half its length, a vehicle within this distance belongs to the same incident, metres. Larger: fewer
    incidents, more vehicles in each. Source: chosen."""
    passed_confidence: float = 0.9
    """Confidence if others drove past, or on a shoulder. Higher: ranked above other incidents. Source: chosen."""
    base_confidence: float = 0.75
    """Confidence otherwise. Higher: ranked above other incidents. Source: chosen."""


DEFAULTS = StoppedVehicleParameters()


class StoppedVehicleRule:
    """Reports vehicles that are stopped on a carriageway, a bus lane or a shoulder for no visible reason.

    Zones in which stopping is banned belong to `IllegalStoppingRule`.
    """

    kind = IncidentKind.STOPPED_VEHICLE

    def __init__(self, standstills: StandstillTracker, parameters: StoppedVehicleParameters = DEFAULTS) -> None:
        self._evidence = StandstillEvidence(standstills, parameters)

    def __len__(self) -> int:
        return len(self._evidence)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        """Evidence for each unexplained standstill on the road."""
        return self._evidence.of_unexplained(scene, _road_zone)


def _road_zone(scene: Scene, vehicle: StoppedVehicle) -> ZoneState | None:
    """The road zone in which the vehicle is stopped, a shoulder first; `None` where stopping is banned."""
    zones = [scene.zones[z] for z in np.flatnonzero(scene.inside[vehicle.row]).tolist()]
    if any(zone.zone.stopping_banned for zone in zones):
        return None
    on_road = [zone for zone in zones if zone.zone.kind in ROAD]
    return next((zone for zone in on_road if zone.zone.kind is ZoneKind.SHOULDER), next(iter(on_road), None))


class StandstillEvidence:
    """Evidence about stopped vehicles, computed at most once per `refresh_interval_s` for each vehicle and zone."""

    def __init__(self, standstills: StandstillTracker, parameters: StoppedVehicleParameters = DEFAULTS) -> None:
        self._standstills = standstills
        self._parameters = parameters
        self._recent: dict[int, tuple[float, Evidence]] = {}
        """By track: when it was computed, and the evidence."""

    def __len__(self) -> int:
        return len(self._recent)

    def of_unexplained(
        self, scene: Scene, zone_of: Callable[[Scene, StoppedVehicle], ZoneState | None]
    ) -> list[Evidence]:
        """Evidence for each unexplained standstill with a zone, except for buses that may be serving a stop."""
        with_zone = ((vehicle, zone_of(scene, vehicle)) for vehicle in self._standstills.unexplained)
        return [
            self._current(scene, vehicle, zone)
            for vehicle, zone in with_zone
            if zone is not None and not self._may_serve_a_stop(scene, vehicle, zone)
        ]

    def _may_serve_a_stop(self, scene: Scene, vehicle: StoppedVehicle, zone: ZoneState) -> bool:
        is_bus = bool(scene.tracks.class_id[vehicle.row] == ObjectClass.BUS.class_id)
        is_brief = scene.at_s - vehicle.since_s < self._parameters.max_bus_dwell_s
        return is_bus and zone.zone.kind is not ZoneKind.SHOULDER and is_brief

    def _current(self, scene: Scene, vehicle: StoppedVehicle, zone: ZoneState) -> Evidence:
        interval_s = self._parameters.refresh_interval_s
        track = int(scene.tracks.track_id[vehicle.row])
        computed_s, evidence = self._recent.get(track, (-np.inf, None))
        if evidence is None or evidence.zone_id != zone.zone.id or scene.at_s - computed_s >= interval_s:
            evidence = self._compute(scene, vehicle, zone)
            oldest_s = scene.at_s - 2 * interval_s
            self._recent = {t: recent for t, recent in self._recent.items() if recent[0] > oldest_s}
            self._recent[track] = scene.at_s, evidence
        return evidence

    def _compute(self, scene: Scene, vehicle: StoppedVehicle, zone: ZoneState) -> Evidence:
        p, tracks, n = self._parameters, scene.tracks, vehicle.row
        object_class, stopped_s = CLASSES[tracks.class_id[n]], round(scene.at_s - vehicle.since_s)
        traffic = traffic_facts(scene, zone, self._mean_speed_of_others_mps(scene, n))
        on_shoulder = zone.zone.kind is ZoneKind.SHOULDER
        where = "on the shoulder" if on_shoulder else "in zone"
        is_passed = on_shoulder or vehicle.is_passed
        return evidence_for(
            scene,
            n,
            zone.zone,
            confidence=p.passed_confidence if is_passed else p.base_confidence,
            reason=f"{with_article(object_class)} has been stationary {where} '{display_name(zone.zone)}' "
            f"for {stopped_s} s {traffic_phrase(traffic)}",
            facts={
                "class": object_class,
                "zone": display_name(zone.zone),
                "zone_kind": zone.zone.kind,
                "stands_s": stopped_s,
                **traffic,
            },
            radius_m=p.incident_radius_m + float(LENGTHS_M[tracks.class_id[n]]) / 2,
            since_s=vehicle.since_s,
        )

    def _mean_speed_of_others_mps(self, scene: Scene, n: int) -> float:
        """Mean speed of the moving vehicles in the zones of the one in row `n`; NaN where there is none."""
        tracks = scene.tracks
        is_moving = is_vehicle(tracks.class_id) & (tracks.speed_mps > self._standstills.surroundings.min_passing_mps)
        speeds_mps = tracks.speed_mps[is_moving & scene.inside[:, scene.inside[n]].any(axis=1)]
        return float(speeds_mps.mean()) if len(speeds_mps) else float("nan")
