"""Zones by interval of the wall clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vision.analytics.lines.intervals import IntervalParameters
from vision.analytics.scene import Scene
from vision.analytics.statistics import floor_to_interval
from vision.analytics.zones.accumulator import ZoneAccumulator, ZoneSpeeds
from vision.analytics.zones.control_delay import ControlDelay
from vision.config.camera import CameraConfig
from vision.contracts.measures import ZoneMeasures

LONGEST_STEP_S = 1.0
"""One frame stands for no more than this: what was not seen is not measured."""


@dataclass(frozen=True, slots=True)
class ZoneInterval:
    """What traffic did in one zone in one interval."""

    zone_id: str
    start: datetime
    length: timedelta
    measures: ZoneMeasures


class ZoneAggregator:
    """Sums scenes into intervals aligned to UTC, as `FlowAggregator` does with crossings.

    Each interval is told once, also one of which nothing was seen. A scene of an interval that was told counts in the
    oldest one that is open.
    """

    def __init__(self, camera: CameraConfig, *, began_at: datetime) -> None:
        self._zones = camera.zones
        self._length = camera.interval
        self._grace = IntervalParameters().grace
        self._implausible_above_kmh = camera.measures.implausible_above_kmh
        self._oldest = floor_to_interval(began_at, camera.interval)
        self._sums: dict[datetime, list[ZoneAccumulator]] = {}
        self._delays = [ControlDelay() for _ in camera.zones]
        self._newest: datetime | None = None

    def add(self, scene: Scene, at: datetime) -> None:
        """Count a moment. `at` is aware: when its frame was taken."""
        if not self._zones:
            return
        step_s = 0.0 if self._newest is None else (at - self._newest) / timedelta(seconds=1)
        self._newest = at
        sums = self._open(max(floor_to_interval(at, self._length), self._oldest))
        for number, (zone_sums, speeds) in enumerate(zip(sums, ZoneSpeeds.of_each(scene), strict=True)):
            zone_sums.add(scene, number, speeds, min(max(step_s, 0.0), LONGEST_STEP_S))
            zone_sums.delays_s += self._delays_of(scene, number)

    def close(self, now: datetime) -> list[ZoneInterval]:
        """The intervals that are complete at `now` and were not returned yet, oldest first."""
        return self._close_before(floor_to_interval(now - self._grace, self._length))

    def close_all(self, now: datetime) -> list[ZoneInterval]:
        """Tell everything there is, the interval that holds `now` included: measuring ends."""
        return self._close_before(floor_to_interval(now, self._length) + self._length)

    def _close_before(self, end: datetime) -> list[ZoneInterval]:
        told = []
        while self._oldest < end:
            sums = self._open(self._oldest)
            told += [ZoneInterval(s.zone.id, self._oldest, self._length, s.measures()) for s in sums]
            del self._sums[self._oldest]
            self._oldest += self._length
        return told

    def _open(self, start: datetime) -> list[ZoneAccumulator]:
        if start not in self._sums:
            self._sums[start] = [ZoneAccumulator(zone, self._implausible_above_kmh) for zone in self._zones]
        return self._sums[start]

    def _delays_of(self, scene: Scene, number: int) -> Sequence[float]:
        state = scene.zones[number]
        if state.zone.stop_line is None:
            return ()
        over_line = [crossing for crossing in scene.crossings if crossing.line_id == state.zone.stop_line]
        return self._delays[number].update(over_line, state.visits.exits, state.free_flow_speed_mps, scene.at_s)
