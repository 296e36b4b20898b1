"""Queue spillback: a queue that reaches back to its zone's spillback line."""

from collections.abc import Sequence
from dataclasses import dataclass

from vision.analytics.incidents.evidence import display_name
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.scene import Scene, ZoneState
from vision.config.lines import LineConfig
from vision.contracts import IncidentKind


@dataclass(frozen=True, slots=True)
class QueueSpillbackParameters:
    """How a spillback is reported; the zone's queue estimator decides whether there is one."""

    confidence: float = 0.85
    """Confidence of each spillback. Higher: ranked above other incidents. Source: chosen."""


class QueueSpillbackRule:
    """Reports zones with a measured queue that reaches their spillback line."""

    kind = IncidentKind.QUEUE_SPILLBACK

    def __init__(
        self, lines: Sequence[LineConfig], parameters: QueueSpillbackParameters = QueueSpillbackParameters()
    ) -> None:
        self._lines = {line.id: line for line in lines}
        self._parameters = parameters

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        """Evidence for each zone with a queue that reaches its spillback line."""
        return [
            self._evidence(scene, zone, self._lines[zone.zone.spillback_line])
            for zone in scene.zones
            if zone.reaches_spillback and zone.zone.spillback_line is not None
        ]

    def _evidence(self, scene: Scene, zone: ZoneState, line: LineConfig) -> Evidence:
        vehicles = len(zone.queue_track_ids)
        length: dict[str, float | str] = {"queue_m": round(zone.queue_length_m)} if scene.is_calibrated else {}
        length_phrase = f", {length['queue_m']} m long," if length else ""
        (x0, y0), (x1, y1) = line.start, line.end
        return Evidence(
            place_px=((x0 + x1) / 2 * scene.width_px, (y0 + y1) / 2 * scene.height_px),
            confidence=self._parameters.confidence,
            reason=f"the queue of zone '{display_name(zone.zone)}', {vehicles} vehicles{length_phrase} "
            f"reaches back to '{display_name(line)}'",
            facts={"zone": display_name(zone.zone), "line": display_name(line), "queue_veh": vehicles, **length},
            zone_id=zone.zone.id,
            line_id=line.id,
        )
