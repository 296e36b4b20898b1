"""A vehicle that crosses the stop line at red."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.analytics.events import Crossing
from vision.analytics.incidents.evidence import display_name, with_article
from vision.analytics.incidents.features.line_clearance import LineClearance, LineClearanceParameters
from vision.analytics.incidents.features.track_history import TrackHistory
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.scene import Light, Scene
from vision.common.object_class import VEHICLES
from vision.config.lines import LineConfig
from vision.config.zones import SignalConfig, ZoneConfig
from vision.contracts import Direction, IncidentKind
from vision.geometry import signed_distance_px

CONFIDENCE = 0.9
CAME_UP_S = 1.0
"""Who was seen before the line for so long came up to it, though the track began beyond: it may have been another's."""
STARTS_MPS2 = 4.0
"""Nobody starts harder: who is faster than that since it turned green was driving already at red."""


@dataclass(frozen=True, slots=True)
class _StopLine:
    """A line that a signal governs, and which way traffic crosses it."""

    zone: ZoneConfig
    line: LineConfig
    signal: SignalConfig
    forward: Direction


@dataclass(frozen=True, slots=True)
class _Crossed:
    """Who crossed at red."""

    crossing: Crossing
    stop_line: _StopLine
    red_s: float


class RedLightRule:
    """Crosses the stop line of a zone forward, later than its signal's grace after red began, and goes on at red.

    Who creeps over the line and waits there for green is let go.
    """

    kind = IncidentKind.RED_LIGHT

    def __init__(
        self,
        zones: Sequence[ZoneConfig],
        lines: Sequence[LineConfig],
        signals: Sequence[SignalConfig],
        past: TrackHistory,
    ) -> None:
        line_of, signal_of = {line.id: line for line in lines}, {signal.id: signal for signal in signals}
        self._stop_lines = {
            zone.stop_line: _StopLine(zone, line, signal_of[zone.signal], _forward(zone, line))
            for zone in zones
            if zone.signal is not None and zone.stop_line is not None and (line := line_of[zone.stop_line])
        }
        self._reds: dict[str, tuple[float, float]] = {}
        """By signal: when its newest red began, and when it was last seen."""
        self._going_on: LineClearance[_Crossed] = LineClearance(past)

    def __len__(self) -> int:
        return len(self._going_on)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        for signal_id, now in scene.signals.items():
            if now.light is Light.RED:
                self._reds[signal_id] = (now.since_s, scene.at_s)
        if scene.crossings:
            for crossing in scene.crossings:
                n = scene.tracks.row_of.get(crossing.track_id)
                if n is not None:
                    self._note(scene, n, crossing)
        self._going_on.discard(lambda crossed: self._is_over(scene, crossed))
        return [_sign(scene, n, track, crossed) for n, track, crossed in self._going_on.update(scene)]

    def _note(self, scene: Scene, n: int, crossing: Crossing) -> None:
        stop_line = self._stop_lines.get(crossing.line_id)
        if stop_line is None or crossing.direction is not stop_line.forward or crossing.object_class not in VEHICLES:
            return
        began_s, seen_s = self._reds.get(stop_line.signal.id, (np.inf, -np.inf))
        red_s = crossing.at_s - began_s
        is_red = red_s > stop_line.signal.grace.total_seconds() and crossing.at_s <= seen_s
        if is_red and _came_up(scene, n, stop_line, crossing) and not _may_have_waited(scene, n, stop_line):
            self._going_on.add(scene, n, _Crossed(crossing, stop_line, red_s), crossing.at_s)

    def _is_over(self, scene: Scene, crossed: _Crossed) -> bool:
        """Whether it is green, or the red at which it crossed is no more: who waits on lets it be."""
        signal_id = crossed.stop_line.signal.id
        now, (began_s, seen_s) = scene.signals.get(signal_id), self._reds[signal_id]
        is_green = now is not None and now.light is Light.GREEN
        return (
            is_green or began_s > crossed.crossing.at_s or scene.at_s - seen_s > self._going_on.parameters.max_unseen_s
        )


def _came_up(scene: Scene, n: int, stop_line: _StopLine, crossing: Crossing) -> bool:
    """Whether it was seen before the line, first or for long: what comes into the picture over it is from elsewhere.

    Who was seen there for less than he was not as he crossed may be a slip of the detector, whose id another took.
    """
    if crossing.observed_before_s >= CAME_UP_S:
        return True
    if crossing.observed_before_s < crossing.unseen_s:
        return False
    ends_px = np.array([stop_line.line.start, stop_line.line.end]) * [scene.width_px, scene.height_px]
    side_px = float(signed_distance_px(scene.tracks.first_px[n, None], ends_px[None, 0], ends_px[None, 1])[0, 0])
    return side_px < 0 if stop_line.forward is Direction.IN else side_px > 0


def _may_have_waited(scene: Scene, n: int, stop_line: _StopLine) -> bool:
    """Whether it is green by now, and it may have started only then: a crossing is clear a moment after it was."""
    now = scene.signals.get(stop_line.signal.id)
    if now is None or now.light is not Light.GREEN:
        return False
    gained_mps = STARTS_MPS2 * (scene.at_s - now.since_s)
    return bool(
        scene.tracks.is_stopped[n]
        or not scene.tracks.speed_mps[n] - gained_mps >= LineClearanceParameters().min_driving_mps
    )


def _forward(zone: ZoneConfig, line: LineConfig) -> Direction:
    """Traffic crosses its stop line away from its zone: `in` where the zone's middle lies on the left-hand side."""
    middle = np.array(zone.polygon).mean(axis=0)[None]
    side = float(signed_distance_px(middle, np.array([line.start]), np.array([line.end]))[0, 0])
    return Direction.OUT if side > 0 else Direction.IN


def _sign(scene: Scene, n: int | None, track: int, crossed: _Crossed) -> Evidence:
    stop_line, object_class = crossed.stop_line, crossed.crossing.object_class
    red_s = round(crossed.red_s, 1)
    signal = stop_line.signal.name or stop_line.signal.id
    x, y = crossed.crossing.place if n is None else scene.tracks.bottom_center_px[n] / [scene.width_px, scene.height_px]
    return Evidence(
        place_px=(float(x) * scene.width_px, float(y) * scene.height_px),
        confidence=CONFIDENCE,
        reason=f"{with_article(object_class)} crossed '{display_name(stop_line.line)}' "
        f"when the signal '{signal}' had been red for {red_s} s",
        facts={
            "class": object_class,
            "zone": display_name(stop_line.zone),
            "line": display_name(stop_line.line),
            "signal": signal,
            "red_s": red_s,
        },
        since_s=crossed.crossing.at_s,
        zone_id=stop_line.zone.id,
        line_id=stop_line.line.id,
        track_ids=(track,),
        classes=(object_class,),
    )
