"""Red-light violations: vehicles that cross the stop line at red and drive on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.analytics.events import Crossing
from vision.analytics.incidents.evidence import display_name, with_article
from vision.analytics.incidents.features.line_clearance import LineClearance
from vision.analytics.incidents.features.track_history import TrackHistory
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.scene import Light, Scene
from vision.common.object_class import VEHICLES
from vision.config.lines import LineConfig
from vision.config.zones import SignalConfig, ZoneConfig
from vision.contracts import Direction, IncidentKind
from vision.geometry import signed_distance_px


@dataclass(frozen=True, slots=True)
class RedLightParameters:
    """When a crossing at red is a violation; the grace after red begins is in the signal's config."""

    min_approach_s: float = 1.0
    """A vehicle that was observed before the line for this long approached it, seconds, even if its track began beyond
    it. Longer: fewer alarms from ID switches near the line, more violations by new tracks missed. Source: chosen."""
    max_start_mps2: float = 4.0
    """Largest acceleration of a start, m/s2: a vehicle that is faster since green began was already moving at red.
    Higher: fewer alarms from quick starts, more late violations missed. Source: chosen."""
    confidence: float = 0.9
    """Confidence of each violation. Higher: ranked above other incidents. Source: chosen."""


@dataclass(frozen=True, slots=True)
class _StopLine:
    """A line that a signal governs, and the direction in which traffic crosses it."""

    zone: ZoneConfig
    line: LineConfig
    signal: SignalConfig
    forward: Direction


@dataclass(frozen=True, slots=True)
class _RedCrossing:
    """A crossing of a stop line `red_s` after red began."""

    crossing: Crossing
    stop_line: _StopLine
    red_s: float


class RedLightRule:
    """Reports vehicles that cross a zone's stop line forward at red, later than the signal's grace, and drive on.

    A vehicle that stops beyond the line and waits there for green is not reported.
    """

    kind = IncidentKind.RED_LIGHT

    def __init__(
        self,
        zones: Sequence[ZoneConfig],
        lines: Sequence[LineConfig],
        signals: Sequence[SignalConfig],
        history: TrackHistory,
        parameters: RedLightParameters = RedLightParameters(),
    ) -> None:
        self._parameters = parameters
        line_of, signal_of = {line.id: line for line in lines}, {signal.id: signal for signal in signals}
        self._stop_lines = {
            zone.stop_line: _StopLine(zone, line, signal_of[zone.signal], _forward(zone, line))
            for zone in zones
            if zone.signal is not None and zone.stop_line is not None and (line := line_of[zone.stop_line])
        }
        self._reds: dict[str, tuple[float, float]] = {}
        """By signal: when its newest red began, and when it was last seen."""
        self._clearance: LineClearance[_RedCrossing] = LineClearance(history)

    def __len__(self) -> int:
        return len(self._clearance)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        """Evidence for each vehicle that crossed at red and has cleared the stop line."""
        for signal_id, signal in scene.signals.items():
            if signal.light is Light.RED:
                self._reds[signal_id] = (signal.since_s, scene.at_s)
        if scene.crossings:
            for crossing in scene.crossings:
                n = scene.tracks.row_of.get(crossing.track_id)
                if n is not None:
                    self._add(scene, n, crossing)
        self._clearance.discard(lambda crossed: self._is_void(scene, crossed))
        return [self._evidence(scene, n, track, crossed) for n, track, crossed in self._clearance.update(scene)]

    def _add(self, scene: Scene, n: int, crossing: Crossing) -> None:
        stop_line = self._stop_lines.get(crossing.line_id)
        if stop_line is None or crossing.direction is not stop_line.forward or crossing.object_class not in VEHICLES:
            return
        began_s, seen_s = self._reds.get(stop_line.signal.id, (np.inf, -np.inf))
        red_s = crossing.at_s - began_s
        is_red = red_s > stop_line.signal.grace.total_seconds() and crossing.at_s <= seen_s
        if (
            is_red
            and self._approached(scene, n, stop_line, crossing)
            and not self._may_have_waited(scene, n, stop_line)
        ):
            self._clearance.add(scene, n, _RedCrossing(crossing, stop_line, red_s), crossing.at_s)

    def _is_void(self, scene: Scene, crossed: _RedCrossing) -> bool:
        """Whether the red at which it crossed is over: a vehicle that waits until then has not run it."""
        signal_id = crossed.stop_line.signal.id
        signal, (began_s, seen_s) = scene.signals.get(signal_id), self._reds[signal_id]
        is_green = signal is not None and signal.light is Light.GREEN
        is_unseen = scene.at_s - seen_s > self._clearance.parameters.max_unseen_s
        return is_green or began_s > crossed.crossing.at_s or is_unseen

    def _approached(self, scene: Scene, n: int, stop_line: _StopLine, crossing: Crossing) -> bool:
        """Whether it was observed before the line, at first or for long: others enter the picture over the line.

        One that was observed there for a shorter time than it was lost while it crossed may be a false detection, and
        another vehicle took over its id.
        """
        if crossing.observed_before_s >= self._parameters.min_approach_s:
            return True
        if crossing.observed_before_s < crossing.gap_s:
            return False
        ends_px = np.array([stop_line.line.start, stop_line.line.end]) * [scene.width_px, scene.height_px]
        side_px = float(signed_distance_px(scene.tracks.first_px[n, None], ends_px[None, 0], ends_px[None, 1])[0, 0])
        return side_px < 0 if stop_line.forward is Direction.IN else side_px > 0

    def _may_have_waited(self, scene: Scene, n: int, stop_line: _StopLine) -> bool:
        """Whether the signal is green by now and the vehicle may have started only then.

        A crossing becomes known a moment after it happened.
        """
        signal = scene.signals.get(stop_line.signal.id)
        if signal is None or signal.light is not Light.GREEN:
            return False
        gained_mps = self._parameters.max_start_mps2 * (scene.at_s - signal.since_s)
        was_driving = scene.tracks.speed_mps[n] - gained_mps >= self._clearance.parameters.min_driving_mps
        return bool(scene.tracks.is_stopped[n] or not was_driving)

    def _evidence(self, scene: Scene, n: int | None, track: int, crossed: _RedCrossing) -> Evidence:
        stop_line, crossing = crossed.stop_line, crossed.crossing
        red_s = round(crossed.red_s, 1)
        signal = stop_line.signal.name or stop_line.signal.id
        size_px = [scene.width_px, scene.height_px]
        x, y = crossing.place if n is None else scene.tracks.bottom_center_px[n] / size_px
        return Evidence(
            place_px=(float(x) * scene.width_px, float(y) * scene.height_px),
            confidence=self._parameters.confidence,
            reason=f"{with_article(crossing.object_class)} crossed '{display_name(stop_line.line)}' "
            f"when the signal '{signal}' had been red for {red_s} s",
            facts={
                "class": crossing.object_class,
                "zone": display_name(stop_line.zone),
                "line": display_name(stop_line.line),
                "signal": signal,
                "red_s": red_s,
            },
            since_s=crossing.at_s,
            zone_id=stop_line.zone.id,
            line_id=stop_line.line.id,
            track_ids=(track,),
            classes=(crossing.object_class,),
        )


def _forward(zone: ZoneConfig, line: LineConfig) -> Direction:
    """The direction away from the zone: `in` where the zone's centroid is on the line's left side."""
    centroid = np.array(zone.polygon).mean(axis=0)[None]
    side = float(signed_distance_px(centroid, np.array([line.start]), np.array([line.end]))[0, 0])
    return Direction.OUT if side > 0 else Direction.IN
