"""A zone, or a road on which none is drawn, becomes congested or jammed, and later is so no longer."""

from collections.abc import Iterator, Sequence

import numpy as np

from vision.analytics.incidents.evidence import display_name, is_congested
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.scene import Scene, ZoneState
from vision.analytics.zones.congestion import CongestionParameters
from vision.contracts import IncidentKind

CONFIDENCE = 0.85


class CongestionRule:
    """The level that `ZoneWatch` tells, with its own patience, is congested or jammed.

    A level that is provisional, since the camera has only just come on, raises nothing. Where no zones are drawn nobody
    knows where traffic waits for a signal: there the whole picture must be slow for longer than any red light lasts.
    """

    kind = IncidentKind.CONGESTION

    def __init__(self) -> None:
        self._slow_since_s: float | None = None

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        if scene.whole_frame is not None:
            return list(self._of_picture(scene, scene.whole_frame))
        return [
            _of_zone(scene, zone) for zone in scene.zones if is_congested(zone.congestion) and not zone.is_provisional
        ]

    def _of_picture(self, scene: Scene, picture: ZoneState) -> Iterator[Evidence]:
        if not is_congested(picture.congestion) or picture.is_provisional:
            self._slow_since_s = None
            return
        if self._slow_since_s is None:
            self._slow_since_s = picture.congestion_since_s
        if scene.at_s - self._slow_since_s >= CongestionParameters().max_red_s:
            facts, words = _pace(scene, picture)
            yield Evidence(
                place_px=None,
                confidence=CONFIDENCE,
                reason=f"traffic is {picture.congestion}{words}",
                facts={"level": str(picture.congestion), **facts},
                since_s=self._slow_since_s,
            )


def _of_zone(scene: Scene, zone: ZoneState) -> Evidence:
    x, y = np.array(zone.zone.polygon).mean(axis=0) * [scene.width_px, scene.height_px]
    facts, words = _pace(scene, zone)
    return Evidence(
        place_px=(float(x), float(y)),
        confidence=CONFIDENCE,
        reason=f"zone '{display_name(zone.zone)}' is {zone.congestion}{words}",
        facts={"zone": display_name(zone.zone), "level": str(zone.congestion), **facts},
        since_s=zone.congestion_since_s,
        zone_id=zone.zone.id,
    )


def _pace(scene: Scene, zone: ZoneState) -> tuple[dict[str, float | str], str]:
    """How fast its traffic is, in numbers and at the end of a sentence; nothing where nothing drives."""
    if not np.isfinite(zone.speed_mps):
        return {}, ""
    part = f"{round(100 * zone.speed_mps / zone.free_flow_speed_mps)} % of its free speed"
    if scene.is_calibrated:
        speed_kmh = round(zone.speed_mps * 3.6)
        return {"speed_kmh": speed_kmh}, f": {speed_kmh} km/h, {part}"
    return {"speed_pct": round(100 * zone.speed_mps / zone.free_flow_speed_mps)}, f": {part}"
