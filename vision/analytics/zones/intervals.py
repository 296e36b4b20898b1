"""Zone measures per interval of the wall clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vision.analytics.lines.intervals import IntervalParameters
from vision.analytics.scene import Scene
from vision.analytics.statistics import floor_to_interval
from vision.analytics.zones.accumulator import ZoneAccumulator, ZoneSpeeds
from vision.analytics.zones.control_delay import ControlDelay
from vision.analytics.zones.mean_speed import FrameTimeParameters
from vision.analytics.zones.presence import PRESENCE, PresenceParameters
from vision.config.camera import CameraConfig
from vision.contracts.measures import ZoneMeasures

FRAME_TIME = FrameTimeParameters()
INTERVALS = IntervalParameters()


@dataclass(frozen=True, slots=True)
class ZoneInterval:
    """The measures of one zone in one interval."""

    zone_id: str
    start: datetime
    length: timedelta
    measures: ZoneMeasures


class ZoneAggregator:
    """Sums scenes into intervals that are aligned to UTC, as `FlowAggregator` does with crossings.

    Each interval is returned once, also one without frames. A scene of an interval that was already returned counts in
    the oldest open one.
    """

    def __init__(
        self,
        camera: CameraConfig,
        *,
        began_at: datetime,
        parameters: IntervalParameters = INTERVALS,
        frame_time: FrameTimeParameters = FRAME_TIME,
        presence: PresenceParameters = PRESENCE,
    ) -> None:
        self._zones = camera.zones
        self._length = camera.interval
        self._grace = parameters.grace
        self._max_step_s = frame_time.max_step_s
        self._min_measured_s = presence.min_measured_s
        self._implausible_above_kmh = camera.measures.implausible_above_kmh
        self._oldest = floor_to_interval(began_at, camera.interval)
        self._open: dict[datetime, list[ZoneAccumulator]] = {}
        self._delays = [ControlDelay() for _ in camera.zones]
        self._newest: datetime | None = None

    def add(self, scene: Scene, at: datetime) -> None:
        """Add the scene of the frame that was captured at `at` (aware)."""
        if not self._zones:
            return
        step_s = 0.0 if self._newest is None else (at - self._newest) / timedelta(seconds=1)
        self._newest = at
        accumulators = self._accumulators(max(floor_to_interval(at, self._length), self._oldest))
        for number, (accumulator, speeds) in enumerate(zip(accumulators, ZoneSpeeds.of_each(scene), strict=True)):
            accumulator.add(scene, number, speeds, min(max(step_s, 0.0), self._max_step_s))
            accumulator.delays_s += self._delays_of(scene, number)

    def close(self, now: datetime) -> list[ZoneInterval]:
        """The intervals that are complete at `now` and were not returned yet, oldest first."""
        return self._close_before(floor_to_interval(now - self._grace, self._length))

    def close_all(self, now: datetime) -> list[ZoneInterval]:
        """All intervals that were not returned yet, including the one that contains `now`: measuring ends."""
        return self._close_before(floor_to_interval(now, self._length) + self._length)

    def _close_before(self, end: datetime) -> list[ZoneInterval]:
        intervals = []
        while self._oldest < end:
            accumulators = self._accumulators(self._oldest)
            intervals += [ZoneInterval(a.zone.id, self._oldest, self._length, a.measures()) for a in accumulators]
            del self._open[self._oldest]
            self._oldest += self._length
        return intervals

    def _accumulators(self, start: datetime) -> list[ZoneAccumulator]:
        """The accumulators of the interval that begins at `start`, one per zone."""
        if start not in self._open:
            self._open[start] = [
                ZoneAccumulator(zone, self._implausible_above_kmh, self._min_measured_s) for zone in self._zones
            ]
        return self._open[start]

    def _delays_of(self, scene: Scene, number: int) -> Sequence[float]:
        """Control delays, in seconds, that became known with a scene; `number` is the zone's."""
        state = scene.zones[number]
        if state.zone.stop_line is None:
            return ()
        crossings = [crossing for crossing in scene.crossings if crossing.line_id == state.zone.stop_line]
        return self._delays[number].update(crossings, state.visits.exits, state.free_flow_speed_mps, scene.at_s)
