"""Zone measures per interval of the wall clock, and the sums they are computed from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isfinite
from typing import Self

import numpy as np

from vision.analytics.dimensions import IS_VEHICLE
from vision.analytics.events import ZoneExit
from vision.analytics.kinematics.state import Floats
from vision.analytics.lines.intervals import IntervalParameters
from vision.analytics.scene import Scene, ZoneState
from vision.analytics.statistics import floor_to_interval, percentiles
from vision.analytics.track_table import Ids
from vision.analytics.zones.congestion import LEVELS
from vision.analytics.zones.control_delay import ControlDelay
from vision.analytics.zones.level_of_service import level_of_service
from vision.analytics.zones.mean_speed import FrameTimeParameters
from vision.analytics.zones.presence import PRESENCE, PresenceParameters
from vision.common.object_class import CLASSES
from vision.config.camera import CameraConfig
from vision.config.zones import ZoneConfig
from vision.contracts.measures import ClassPresence, QueueMeasures, ZoneMeasures

FRAME_TIME = FrameTimeParameters()
INTERVALS = IntervalParameters()
_VEHICLES = IS_VEHICLE.astype(np.int64)


def _by_class() -> Ids:
    return np.zeros(len(CLASSES), np.int64)


@dataclass(frozen=True, slots=True)
class ZoneSpeeds:
    """Speeds of the vehicles that are in one zone at one moment."""

    vehicles: int
    """Number of vehicles."""
    measured: int
    """Number of vehicles with a known speed."""
    sum_kmh: float
    """Sum of the known speeds."""

    @classmethod
    def of_each(cls, scene: Scene) -> list[Self]:
        """Speeds in each zone of a scene, in the order of the zones."""
        inside = scene.inside & IS_VEHICLE[scene.tracks.class_id][:, None]
        speeds_kmh = scene.tracks.speed_kmh[:, None]
        is_measured = inside & ~np.isnan(speeds_kmh)
        sums_kmh = np.where(is_measured, speeds_kmh, 0.0).sum(axis=0)
        columns = (inside.sum(axis=0), is_measured.sum(axis=0), sums_kmh)
        return [cls(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]


@dataclass(slots=True, eq=False)
class ZoneAccumulator:
    """Sums over time of one zone in one interval; where they are of vehicles, in vehicle-seconds."""

    zone: ZoneConfig
    implausible_above_kmh: float
    min_measured_s: float = PRESENCE.min_measured_s
    """See `PresenceParameters`."""
    watched_s: float = 0.0
    """How much time the frames represent."""
    present_s: Floats = field(default_factory=lambda: np.zeros(len(CLASSES)))
    """(classes,): presence over time."""
    max_present: int = 0
    occupied_s: float = 0.0
    """How long any vehicle was present."""
    covered_s: float = 0.0
    """Area occupancy over time."""
    entries: Ids = field(default_factory=_by_class)
    exits: Ids = field(default_factory=_by_class)
    speed_kmh_s: float = 0.0
    """Known speeds over time."""
    speed_known_s: float = 0.0
    """Vehicles with a known speed over time."""
    relative_speed_s: float = 0.0
    """Vehicles times the zone's relative speed, over time."""
    relative_speed_known_s: float = 0.0
    """Vehicles over time while the zone's speed was known."""
    speeds_kmh: list[float] = field(default_factory=list)
    """Mean speed of each visit that ended."""
    stops_s: list[float] = field(default_factory=list)
    """Time stopped of each visit that ended."""
    implausible: int = 0
    """Number of speeds that were dropped."""
    queued_s: float = 0.0
    """Queued vehicles over time."""
    max_queued: int = 0
    max_queue_m: float = 0.0
    spillback_s: float = 0.0
    """How long the queue reached the spillback line."""
    delays_s: list[float] = field(default_factory=list)
    """Control delays that became known."""
    worst_level: int = -1
    """Index in `LEVELS`; -1 while none is known."""
    length_m: float | None = None
    is_calibrated: bool = False

    def add(self, scene: Scene, number: int, speeds: ZoneSpeeds, step_s: float) -> None:
        """Add a scene that represents `step_s` seconds; `number` is the zone's in it."""
        state = scene.zones[number]
        self.watched_s += step_s
        self.is_calibrated, self.length_m = scene.is_calibrated, state.length_m
        self._add_presence(state, step_s)
        self._add_speeds(state, speeds, step_s)
        self._add_queue(state, step_s)
        for left in state.visits.exits:
            self._add_exit(left)
        if state.congestion is not None:
            self.worst_level = max(self.worst_level, LEVELS.index(state.congestion))

    def _add_presence(self, state: ZoneState, step_s: float) -> None:
        present = state.visits.present
        vehicles = int(present @ _VEHICLES)
        self.present_s += step_s * present
        self.max_present = max(self.max_present, vehicles)
        self.occupied_s += step_s * (vehicles > 0)
        self.covered_s += step_s * state.visits.area_occupancy
        for entry in state.visits.entries:
            self.entries[entry.object_class.class_id] += 1

    def _add_speeds(self, state: ZoneState, speeds: ZoneSpeeds, step_s: float) -> None:
        self.speed_kmh_s += step_s * speeds.sum_kmh
        self.speed_known_s += step_s * speeds.measured
        if speeds.vehicles and isfinite(state.speed_mps):
            self.relative_speed_s += step_s * speeds.vehicles * state.speed_mps / state.free_flow_speed_mps
            self.relative_speed_known_s += step_s * speeds.vehicles

    def _add_queue(self, state: ZoneState, step_s: float) -> None:
        queued = len(state.queue_track_ids)
        self.queued_s += step_s * queued
        self.max_queued = max(self.max_queued, queued)
        self.max_queue_m = max(self.max_queue_m, state.queue_length_m)
        self.spillback_s += step_s * state.reaches_spillback

    def _add_exit(self, left: ZoneExit) -> None:
        self.exits[left.object_class.class_id] += 1
        if not IS_VEHICLE[left.object_class.class_id]:
            return
        self.stops_s.append(left.stopped_s)
        if self.is_calibrated and left.measured_s >= self.min_measured_s:
            speed_kmh = 3.6 * left.mean_speed_mps
            if speed_kmh > self.implausible_above_kmh:
                self.implausible += 1
            else:
                self.speeds_kmh.append(speed_kmh)

    def measures(self) -> ZoneMeasures:
        """The interval's measures; `None` where too little is known."""
        watched_s = max(self.watched_s, 1e-9)
        mean_present = float(self.present_s[IS_VEHICLE].sum()) / watched_s
        speed_kmh = self.speed_kmh_s / self.speed_known_s if self.speed_known_s > 0 else None
        return ZoneMeasures(
            presence=self._presence(watched_s),
            mean_present=mean_present,
            max_present=self.max_present,
            time_occupancy_pct=min(100.0, 100 * self.occupied_s / watched_s),
            area_occupancy_pct=min(100.0, 100 * self.covered_s / watched_s),
            density_veh_km_lane=self._density(mean_present),
            space_mean_speed_kmh=speed_kmh,
            speed_kmh=percentiles(np.array(self.speeds_kmh)),
            relative_speed=(
                self.relative_speed_s / self.relative_speed_known_s if self.relative_speed_known_s > 0 else None
            ),
            mean_stop_s=sum(self.stops_s) / len(self.stops_s) if self.stops_s else None,
            speeds_dropped=self.implausible,
            queue=self._queue(watched_s),
            congestion=LEVELS[self.worst_level] if self.worst_level >= 0 else None,
            level_of_service=self._level_of_service(speed_kmh),
        )

    def _presence(self, watched_s: float) -> tuple[ClassPresence, ...]:
        return tuple(
            ClassPresence(
                object_class=object_class,
                mean_present=float(self.present_s[n]) / watched_s,
                entries=int(self.entries[n]),
                exits=int(self.exits[n]),
            )
            for n, object_class in enumerate(CLASSES)
            if self.present_s[n] or self.entries[n] or self.exits[n]
        )

    def _density(self, mean_present: float) -> float | None:
        """Vehicles per kilometre and lane; `None` without lanes or a length."""
        if self.zone.lanes is None or self.length_m is None or self.watched_s == 0:
            return None
        return mean_present / (self.length_m / 1000) / self.zone.lanes

    def _queue(self, watched_s: float) -> QueueMeasures | None:
        if self.zone.stop_line is None:
            return None
        return QueueMeasures(
            mean_veh=self.queued_s / watched_s,
            max_veh=self.max_queued,
            max_length_m=self.max_queue_m if self.is_calibrated else None,
            control_delay_s=sum(self.delays_s) / len(self.delays_s) if self.delays_s else None,
            spillback_s=self.spillback_s,
        )

    def _level_of_service(self, speed_kmh: float | None) -> str | None:
        if self.zone.road_class is None or speed_kmh is None:
            return None
        return level_of_service(speed_kmh, self.zone.road_class)


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

    Examples:
        >>> from datetime import UTC
        >>> from vision.config.sources import FileSource
        >>> camera = CameraConfig(id="gate", source=FileSource(path="gate.mp4"))
        >>> start = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
        >>> ZoneAggregator(camera, began_at=start).close(start + timedelta(minutes=2))
        []
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
