"""Something that lies on the road, came from nowhere and is no road user."""

from collections.abc import Sequence

from vision.analytics.incidents.evidence import display_name
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.scene import RoadObject, Scene
from vision.config.zones import ZoneConfig
from vision.contracts import IncidentKind


class ObjectOnRoadRule:
    """What the picture's watch found lying on the road."""

    kind = IncidentKind.OBJECT_ON_ROAD

    def __init__(self, zones: Sequence[ZoneConfig]) -> None:
        self._zones = {zone.id: zone for zone in zones}

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        return [
            _sign(thing, self._zones[thing.zone_id], scene.at_s)
            for thing in scene.road_objects
            if thing.zone_id in self._zones
        ]


def _sign(thing: RoadObject, zone: ZoneConfig, at_s: float) -> Evidence:
    left, top, right, bottom = thing.box_px
    lies_s = round(at_s - thing.since_s)
    return Evidence(
        place_px=((left + right) / 2, bottom),
        confidence=thing.confidence,
        reason=f"something lies on the road in zone '{display_name(zone)}' for {lies_s} s",
        facts={"zone": display_name(zone), "lies_s": lies_s},
        since_s=thing.since_s,
        zone_id=zone.id,
        radius_px=max(right - left, bottom - top),
    )
