"""Congestion: a zone, or the whole picture of a camera without zones, that is congested or jammed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vision.analytics.incidents.evidence import display_name, is_congested
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.scene import Scene, ZoneState
from vision.analytics.zones.congestion import CongestionParameters
from vision.contracts import IncidentKind

CONGESTION = CongestionParameters()


@dataclass(frozen=True, slots=True)
class CongestionIncidentParameters:
    """How congestion is reported; the zone's own hysteresis decides on its level."""

    confidence: float = 0.85
    """Confidence of each congestion. Higher: ranked above other incidents. Source: chosen."""


class CongestionRule:
    """Reports zones with the congestion level congested or jammed.

    A provisional level, of a camera that has just started, raises nothing. Without zones it is unknown where traffic
    waits for a signal: then the whole picture must be congested for longer than any red light lasts.
    """

    kind = IncidentKind.CONGESTION

    def __init__(
        self,
        parameters: CongestionIncidentParameters = CongestionIncidentParameters(),
        congestion_parameters: CongestionParameters = CONGESTION,
    ) -> None:
        self._parameters = parameters
        self._max_red_s = congestion_parameters.max_red_s
        self._congested_since_s: float | None = None

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        """Evidence for each congested zone, or for the whole picture."""
        if scene.whole_frame is not None:
            return list(self._of_whole_frame(scene, scene.whole_frame))
        congested = (z for z in scene.zones if is_congested(z.congestion) and not z.is_provisional)
        return [self._of_zone(scene, zone) for zone in congested]

    def _of_whole_frame(self, scene: Scene, whole_frame: ZoneState) -> Iterator[Evidence]:
        if not is_congested(whole_frame.congestion) or whole_frame.is_provisional:
            self._congested_since_s = None
            return
        if self._congested_since_s is None:
            self._congested_since_s = whole_frame.congestion_since_s
        if scene.at_s - self._congested_since_s >= self._max_red_s:
            facts, phrase = _speed(scene, whole_frame)
            yield Evidence(
                place_px=None,
                confidence=self._parameters.confidence,
                reason=f"traffic is {whole_frame.congestion}{phrase}",
                facts={"level": str(whole_frame.congestion), **facts},
                since_s=self._congested_since_s,
            )

    def _of_zone(self, scene: Scene, zone: ZoneState) -> Evidence:
        x, y = np.array(zone.zone.polygon).mean(axis=0) * [scene.width_px, scene.height_px]
        facts, phrase = _speed(scene, zone)
        return Evidence(
            place_px=(float(x), float(y)),
            confidence=self._parameters.confidence,
            reason=f"zone '{display_name(zone.zone)}' is {zone.congestion}{phrase}",
            facts={"zone": display_name(zone.zone), "level": str(zone.congestion), **facts},
            since_s=zone.congestion_since_s,
            zone_id=zone.zone.id,
        )


def _speed(scene: Scene, zone: ZoneState) -> tuple[dict[str, float | str], str]:
    """The speed of its traffic as facts and as the end of a sentence; empty where no vehicle moves."""
    if not np.isfinite(zone.speed_mps):
        return {}, ""
    percent = round(100 * zone.speed_mps / zone.free_flow_speed_mps)
    phrase = f"{percent} % of its free-flow speed"
    if scene.is_calibrated:
        speed_kmh = round(zone.speed_mps * 3.6)
        return {"speed_kmh": speed_kmh}, f": {speed_kmh} km/h, {phrase}"
    return {"speed_pct": percent}, f": {phrase}"
