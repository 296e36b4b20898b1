"""Objects on the road: things that appeared on the road and are no road users, such as lost cargo."""

from collections.abc import Sequence

from vision.analytics.incidents.evidence import display_name
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.scene import RoadObject, Scene
from vision.config.zones import ZoneConfig
from vision.contracts import IncidentKind


class ObjectOnRoadRule:
    """Reports the road objects that image analysis found in a zone."""

    kind = IncidentKind.OBJECT_ON_ROAD

    def __init__(self, zones: Sequence[ZoneConfig]) -> None:
        self._zones = {zone.id: zone for zone in zones}

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        """Evidence for each road object."""
        return [
            _evidence(road_object, self._zones[road_object.zone_id], scene.at_s)
            for road_object in scene.road_objects
            if road_object.zone_id in self._zones
        ]


def _evidence(road_object: RoadObject, zone: ZoneConfig, at_s: float) -> Evidence:
    left, top, right, bottom = road_object.box_px
    duration_s = round(at_s - road_object.since_s)
    return Evidence(
        place_px=((left + right) / 2, bottom),
        confidence=road_object.confidence,
        reason=f"an object has been on the road in zone '{display_name(zone)}' for {duration_s} s",
        facts={"zone": display_name(zone), "lies_s": duration_s},
        since_s=road_object.since_s,
        zone_id=zone.id,
        radius_px=max(right - left, bottom - top),
    )
