"""A vehicle that crosses the stop line at red."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vision.analytics.crossings import Crossing
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.incidents.signs import LENGTHS_M, a, called, is_vehicle, sign_of
from vision.analytics.motion import Floats
from vision.analytics.scene import Light, Scene
from vision.classes import VEHICLES
from vision.config.lines import LineConfig
from vision.config.zones import SignalConfig, ZoneConfig
from vision.contracts import Direction, IncidentKind
from vision.geometry import signed_distance_px

GOES_ON_MPS = 8.0
"""Who crosses at such a pace runs the light: he comes to no stand within the next metres."""
GOES_ON_M = 5.0
"""Who is slower runs it when he goes on so far while it is red; else he waits a little in front of the line."""
DRIVES_MPS = 2.0
"""Who is slower has not run it yet: of those who wait at the line, trembling boxes cross it."""
GIVEN_UP_S = 20.0
CONFIDENCE = 0.9


@dataclass(frozen=True, slots=True)
class _StopLine:
    """A line that a signal governs, and which way traffic crosses it."""

    zone: ZoneConfig
    line: LineConfig
    signal: SignalConfig
    forward: Direction


@dataclass(slots=True)
class _Crossed:
    """Who crossed at red and creeps."""

    crossing: Crossing
    stop_line: _StopLine
    red_s: float
    from_m: Floats
    """(2,): where it was on the road when that became known."""


class RedLight:
    """Crosses the stop line of a zone forward, later than its signal's grace after red began, and goes on."""

    kind = IncidentKind.RED_LIGHT

    def __init__(
        self, zones: Sequence[ZoneConfig], lines: Sequence[LineConfig], signals: Sequence[SignalConfig]
    ) -> None:
        line_of, signal_of = {line.id: line for line in lines}, {signal.id: signal for signal in signals}
        self._stop_lines = {
            zone.stop_line: _StopLine(zone, line, signal_of[zone.signal], _forward(zone, line))
            for zone in zones
            if zone.signal is not None and zone.stop_line is not None and (line := line_of[zone.stop_line])
        }
        self._reds: dict[str, tuple[float, float]] = {}
        """By signal: when its newest red began, and when it was last seen."""
        self._creeping: dict[int, _Crossed] = {}

    def __len__(self) -> int:
        return len(self._creeping)

    def look(self, scene: Scene) -> Sequence[Evidence]:
        for signal_id, now in scene.signals.items():
            if now.light is Light.RED:
                self._reds[signal_id] = (now.since_s, scene.at_s)
        rows = dict(zip(scene.motion.track_id.tolist(), range(len(scene.motion)), strict=True))
        for crossing in scene.crossings:
            if crossing.track_id in rows:
                self._note(crossing, scene.motion.ground_m[rows[crossing.track_id]])
        return self._going_on(scene, rows) if self._creeping else []

    def _note(self, crossing: Crossing, at_m: Floats) -> None:
        stop_line = self._stop_lines.get(crossing.line_id)
        if stop_line is None or crossing.direction is not stop_line.forward or crossing.object_class not in VEHICLES:
            return
        began_s, seen_s = self._reds.get(stop_line.signal.id, (np.inf, -np.inf))
        red_s = crossing.at_s - began_s
        if red_s > stop_line.signal.grace.total_seconds() and crossing.at_s <= seen_s:
            self._creeping[crossing.track_id] = _Crossed(crossing, stop_line, red_s, at_m)

    def _going_on(self, scene: Scene, rows: Mapping[int, int]) -> list[Evidence]:
        """Those of whom it is clear now. Who is not seen any more, or has waited for green, is let go."""
        signs = []
        for track, crossed in list(self._creeping.items()):
            n = rows.get(track)
            if n is not None and self._goes_on(scene, n, crossed):
                signs.append(_sign(scene, n, crossed))
                del self._creeping[track]
            elif self._is_over(scene, crossed):
                del self._creeping[track]
        return signs

    def _goes_on(self, scene: Scene, n: int, crossed: _Crossed) -> bool:
        motion = scene.motion
        gone_m = float(np.hypot(*(motion.ground_m[n] - crossed.from_m)))
        far_m = max(GOES_ON_M, float(LENGTHS_M[motion.class_id[n]]) / 2)
        pace_mps = float(motion.pace_mps[n])
        is_driving = is_vehicle(motion.class_id)[n] and not motion.is_still[n] and pace_mps >= DRIVES_MPS
        return bool(is_driving) and (pace_mps >= GOES_ON_MPS or gone_m >= far_m)

    def _is_over(self, scene: Scene, crossed: _Crossed) -> bool:
        now = scene.signals.get(crossed.stop_line.signal.id)
        is_green = now is not None and now.light is Light.GREEN
        return is_green or scene.at_s - crossed.crossing.at_s > GIVEN_UP_S


def _forward(zone: ZoneConfig, line: LineConfig) -> Direction:
    """Traffic crosses its stop line away from its zone: `in` where the zone's middle lies on the left-hand side."""
    middle = np.array(zone.polygon).mean(axis=0)[None]
    side = float(signed_distance_px(middle, np.array([line.start]), np.array([line.end]))[0, 0])
    return Direction.OUT if side > 0 else Direction.IN


def _sign(scene: Scene, n: int, crossed: _Crossed) -> Evidence:
    stop_line, object_class = crossed.stop_line, crossed.crossing.object_class
    red_s = round(crossed.red_s, 1)
    signal = stop_line.signal.name or stop_line.signal.id
    return sign_of(
        scene,
        n,
        stop_line.zone,
        confidence=CONFIDENCE,
        reason=f"{a(object_class)} crossed '{called(stop_line.line)}' when the signal '{signal}' had been red for "
        f"{red_s} s",
        facts={
            "class": object_class,
            "zone": called(stop_line.zone),
            "line": called(stop_line.line),
            "signal": signal,
            "red_s": red_s,
        },
        reach_m=0.0,
        since_s=crossed.crossing.at_s,
        line_id=stop_line.line.id,
    )
