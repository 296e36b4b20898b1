"""Illegal stopping: vehicles that are stopped where stopping is banned while traffic beside them moves."""

from collections.abc import Sequence

import numpy as np

from vision.analytics.incidents.features.standstill import StandstillTracker, StoppedVehicle
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.incidents.rules.stopped_vehicle import DEFAULTS, StandstillEvidence, StoppedVehicleParameters
from vision.analytics.scene import Scene, ZoneState
from vision.contracts import IncidentKind


class IllegalStoppingRule:
    """Reports unexplained standstills in zones of any kind with `stopping_banned`."""

    kind = IncidentKind.ILLEGAL_STOPPING

    def __init__(self, standstills: StandstillTracker, parameters: StoppedVehicleParameters = DEFAULTS) -> None:
        self._evidence = StandstillEvidence(standstills, parameters)

    def __len__(self) -> int:
        return len(self._evidence)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        """Evidence for each unexplained standstill where stopping is banned."""
        return self._evidence.of_unexplained(scene, _banned_zone)


def _banned_zone(scene: Scene, vehicle: StoppedVehicle) -> ZoneState | None:
    zones = (scene.zones[z] for z in np.flatnonzero(scene.inside[vehicle.row]).tolist())
    return next((zone for zone in zones if zone.zone.stopping_banned), None)
