"""A vehicle that stands where stopping is banned, traffic beside it moving."""

from collections.abc import Sequence

import numpy as np

from vision.analytics.incidents.features.standstill import StandstillTracker, StoppedVehicle
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.incidents.rules.stopped_vehicle import StandstillEvidence, may_serve_a_stop
from vision.analytics.scene import Scene, ZoneState
from vision.contracts import IncidentKind


class IllegalStoppingRule:
    """Stands in a zone with `stopping_banned`, of whatever kind, for a reason of its own."""

    kind = IncidentKind.ILLEGAL_STOPPING

    def __init__(self, standing: StandstillTracker) -> None:
        self._standing = standing
        self._signs = StandstillEvidence()

    def __len__(self) -> int:
        return len(self._signs)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        found = ((stander, _banned(scene, stander)) for stander in self._standing.unexplained)
        return [
            self._signs.of(scene, stander, zone)
            for stander, zone in found
            if zone is not None and not may_serve_a_stop(scene, stander, zone)
        ]


def _banned(scene: Scene, stander: StoppedVehicle) -> ZoneState | None:
    zones = (scene.zones[z] for z in np.flatnonzero(scene.inside[stander.row]).tolist())
    return next((zone for zone in zones if zone.zone.stopping_banned), None)
