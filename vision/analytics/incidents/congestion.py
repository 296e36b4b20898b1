"""A zone becomes congested or jammed, and later is so no longer."""

from collections.abc import Sequence

import numpy as np

from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.incidents.signs import called, is_slow
from vision.analytics.scene import Scene, ZoneState
from vision.contracts import IncidentKind

CONFIDENCE = 0.85


class Congestion:
    """The level that `ZoneWatch` tells of a zone, with the zone's own patience, is congested or jammed.

    A level that is provisional, since the camera has only just come on, raises nothing.
    """

    kind = IncidentKind.CONGESTION

    def look(self, scene: Scene) -> Sequence[Evidence]:
        return [_sign(scene, zone) for zone in scene.zones if is_slow(zone.congestion) and not zone.is_provisional]


def _sign(scene: Scene, zone: ZoneState) -> Evidence:
    level = str(zone.congestion)
    corners = np.array(zone.zone.polygon)
    x, y = corners.mean(axis=0) * [scene.width_px, scene.height_px]
    speed: dict[str, float | str] = {}
    words = ""
    if np.isfinite(zone.pace_mps):
        part_pct = round(100 * zone.pace_mps / zone.free_pace_mps)
        speed = {"speed_kmh": round(zone.pace_mps * 3.6)} if scene.is_calibrated else {"speed_pct": part_pct}
        told = f"{speed['speed_kmh']} km/h, " if scene.is_calibrated else ""
        words = f": {told}{part_pct} % of its free speed"
    return Evidence(
        place_px=(float(x), float(y)),
        confidence=CONFIDENCE,
        reason=f"zone '{called(zone.zone)}' is {level}{words}",
        facts={"zone": called(zone.zone), "level": level, **speed},
        since_s=zone.congestion_since_s,
        zone_id=zone.zone.id,
    )
