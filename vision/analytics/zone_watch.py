"""Watches the zones of one camera: who visits them, who waits in them, and how well their traffic moves."""

from collections.abc import Sequence

import numpy as np

from vision.analytics.congestion import (
    CRITICAL_COVERAGE,
    DENSE,
    LEVELS,
    LevelKeeper,
    Traffic,
    improved,
    level_of,
)
from vision.analytics.coverage import Coverage
from vision.analytics.free_flow import CITY_STREET_MPS, FreeFlow
from vision.analytics.ground import Ground
from vision.analytics.motion import Bools, Floats, Motion
from vision.analytics.parked import ParkedBook
from vision.analytics.queues import NOBODY, Queue, QueueWatch
from vision.analytics.scene import ZoneState
from vision.analytics.sizes import IS_VEHICLE
from vision.analytics.visits import VisitBook, ZoneEntry, ZoneExit, ZoneVisits
from vision.analytics.zone_flow import ZoneFlow
from vision.analytics.zone_length import zone_length_m
from vision.classes import CLASSES, VEHICLES, ObjectClass
from vision.config.camera import CameraConfig
from vision.config.zones import ZoneConfig, ZoneKind
from vision.contracts import CongestionLevel

PICTURE = ZoneConfig(id="picture", polygon=((0, 0), (1, 0), (1, 1), (0, 1)))
"""What is watched of a camera without zones: all that it sees. It is none of the camera's zones, only its level is
told; and since it may hold several roads and directions, it is as congested as its brisk traffic is."""
ROAD_IN_PICTURE = 1 / 3
"""The part of a picture that its road takes up, where no zone says."""
FEW, FEW_IN_PICTURE = 3.0, 5.0
"""Fewer vehicles than this make no congestion, in a zone or in a whole picture."""
LONGEST_RED_S = 120.0
"""A queue at a stop line is congestion only if it spills back or some wait longer than for any red light ..."""
LONG_WAITERS = 2
"""... and this many of them."""
SHORTEST_VISIT_S = 1.0
"""A shorter visit says little of a vehicle's pace."""

_IS_MOTOR = np.array([c in VEHICLES and c is not ObjectClass.BICYCLE for c in CLASSES])
"""Whose pace says how traffic moves: no traffic is needed to make a cyclist slow."""
_MEASURED = {ZoneKind.CARRIAGEWAY, ZoneKind.BUS_LANE}
"""Kinds of zone that can be congested."""


class ZoneWatch:
    """The zones of one camera, or its whole picture where it has none. See `ZoneState` for what is said of each."""

    def __init__(
        self,
        camera: CameraConfig,
        width_px: int,
        height_px: int,
        ground: Ground,
        *,
        free_flow: FreeFlow | None = None,
    ) -> None:
        self.free_flow = FreeFlow() if free_flow is None else free_flow
        """What was learnt; whoever keeps it from session to session keeps the camera's experience."""
        self.picture: ZoneState | None = None
        """The state of the whole picture, where the camera has no zones."""
        self._has_zones = bool(camera.zones)
        self._zones = camera.zones or (PICTURE,)
        self._settings = camera.measures.congestion
        lost_after_s = camera.tracking.lost_after.total_seconds()
        size_px = np.array([width_px, height_px], np.float64)
        polygons_px = [np.array(zone.polygon) * size_px for zone in self._zones]
        self._coverages = [Coverage(polygon_px) for polygon_px in polygons_px]
        self._queues = [
            _queue_watch(camera, zone, polygon_px, size_px, ground)
            for zone, polygon_px in zip(self._zones, polygons_px, strict=True)
        ]
        self._supposed_mps = [_supposed_mps(zone, ground) for zone in self._zones]
        self._lengths_m = [
            zone_length_m(zone, polygon_px, size_px, ground)
            for zone, polygon_px in zip(self._zones, polygons_px, strict=True)
        ]
        self._visits = VisitBook(
            [zone.id for zone in self._zones], forget_after_s=2 * lost_after_s, hold_standing_s=lost_after_s
        )
        self._parked = ParkedBook(len(self._zones), forget_after_s=2 * lost_after_s)
        self._flow = ZoneFlow(len(self._zones))
        self._keepers = [LevelKeeper(self._settings) for _ in self._zones]
        self._states: tuple[ZoneState, ...] = ()

    @property
    def zones(self) -> tuple[ZoneConfig, ...]:
        """The camera's zones, in the order of `inside` and of what `update` returns."""
        return self._zones if self._has_zones else ()

    @property
    def entries(self) -> tuple[ZoneEntry, ...]:
        """Who came into which zone, as became known with the last moment."""
        return tuple(entry for state in self._states for entry in state.visits.entries)

    @property
    def congestion(self) -> CongestionLevel | None:
        """The camera's level: its worst zone's; the whole picture's where it has no zones."""
        states = self._states if self.picture is None else (self.picture,)
        told = [LEVELS.index(state.congestion) for state in states if state.congestion is not None]
        return LEVELS[max(told)] if told else None

    def update(self, motion: Motion, inside: Bools, at_s: float) -> tuple[ZoneState, ...]:
        """Take in a moment. `inside`: (N, Z), whose feet are in which of the camera's zones."""
        if not self._has_zones:
            inside = np.ones((len(motion), 1), bool)
        visits = self._visits.update(motion, inside, at_s)
        coverage = self._take_in(motion, inside, at_s)
        self._learn(visits.exits)
        states = tuple(
            self._state(number, motion, inside[:, number], visits.of(number, zone.id, coverage[number]), at_s)
            for number, zone in enumerate(self._zones)
        )
        if not self._has_zones:
            self.picture = states[0]
            return ()
        self._states = states
        return states

    def _take_in(self, motion: Motion, inside: Bools, at_s: float) -> Floats:
        """(Z,): which part of each zone is covered just now. Adds the moment to what is averaged."""
        parked = self._parked.update(motion, at_s)
        is_vehicle = IS_VEHICLE[motion.class_id][:, None]
        coverage = np.array([c.share(motion.xyxy[is_vehicle[:, 0]]) for c in self._coverages])
        # Who stood already when the camera came on, on a road that is not full, is parked until he is seen moving.
        idle = (motion.is_still & ~motion.moved_before)[:, None] & (self._of_road(coverage) < CRITICAL_COVERAGE)
        takes_part = inside & _IS_MOTOR[motion.class_id][:, None] & ~parked & ~idle
        self._flow.update(motion.pace_mps, takes_part, coverage, at_s)
        return coverage

    def _of_road(self, coverage: Floats) -> Floats:
        """The part of the road that is covered, where this part of the zone is."""
        return coverage if self._has_zones else coverage / ROAD_IN_PICTURE

    def _learn(self, exits: Sequence[ZoneExit]) -> None:
        """What vehicles that drove through without a halt say of free flow."""
        numbers = {zone.id: number for number, zone in enumerate(self._zones)}
        coverage = self._of_road(self._flow.coverage)
        for left in exits:
            number = numbers[left.zone_id]
            if not _IS_MOTOR[left.object_class.class_id] or left.stood_s > 0 or left.paced_s < SHORTEST_VISIT_S:
                continue
            if coverage[number] < CRITICAL_COVERAGE / 2:
                self.free_flow.learn(left.zone_id, left.mean_pace_mps)
            if left.mean_pace_mps >= self._settings.dense_below * self._free_pace_mps(number):
                self._parked.passed([number])

    def _free_pace_mps(self, number: int) -> float:
        if self._settings.free_flow_kmh is not None:
            return self._settings.free_flow_kmh / 3.6
        return self.free_flow.pace_mps(self._zones[number].id, self._supposed_mps[number])

    def _state(self, number: int, motion: Motion, inside: Bools, visits: ZoneVisits, at_s: float) -> ZoneState:
        zone, watch, keeper = self._zones[number], self._queues[number], self._keepers[number]
        queue = NOBODY if watch is None else watch.update(motion, inside, at_s)
        free_pace_mps = self._free_pace_mps(number)
        if zone.kind in _MEASURED:
            keeper.update(*self._levels(number, free_pace_mps, queue), at_s)
        return ZoneState(
            zone=zone,
            congestion=keeper.level,
            congestion_since_s=keeper.since_s,
            pace_mps=float(self._flow.pace_mps[number]),
            free_pace_mps=free_pace_mps,
            queue_track_ids=queue.track_ids,
            queue_length_m=queue.length_m,
            reaches_spillback=queue.reaches_spillback,
            length_m=self._lengths_m[number],
            visits=visits,
        )

    def _levels(self, number: int, free_pace_mps: float, queue: Queue) -> tuple[int, int]:
        """The level of this moment, and the one that it has when thresholds must be passed by a margin."""
        pace_mps = self._flow.pace_mps if self._has_zones else self._flow.brisk_mps
        traffic = Traffic(
            relative_speed=float(pace_mps[number]) / free_pace_mps,
            coverage=float(self._of_road(self._flow.coverage)[number]),
            vehicles=float(self._flow.vehicles[number]),
        )
        few = FEW if self._has_zones else FEW_IN_PICTURE
        levels = level_of(traffic, self._settings, few), level_of(improved(traffic), self._settings, few)
        if self._queues[number] is not None and not _is_held_up(queue):
            return min(levels[0], DENSE), min(levels[1], DENSE)
        return levels


def _is_held_up(queue: Queue) -> bool:
    """Whether a queue is more than a red light's: one that clears in each cycle is not congestion."""
    return queue.reaches_spillback or sum(waited_s > LONGEST_RED_S for waited_s in queue.waited_s) >= LONG_WAITERS


def _queue_watch(
    camera: CameraConfig, zone: ZoneConfig, polygon_px: Floats, size_px: Floats, ground: Ground
) -> QueueWatch | None:
    if zone.stop_line is None:
        return None
    ends_px = {line.id: np.array([line.start, line.end]) * size_px for line in camera.lines}
    return QueueWatch(
        polygon_px,
        ends_px[zone.stop_line],
        None if zone.spillback_line is None else ends_px[zone.spillback_line],
        ground,
        camera.measures,
        hold_s=camera.tracking.lost_after.total_seconds(),
    )


def _supposed_mps(zone: ZoneConfig, ground: Ground) -> float:
    """The free-flow pace until the camera has seen its own: the zone's limit, if metres are known."""
    if ground.is_calibrated and zone.speed_limit_kmh is not None:
        return zone.speed_limit_kmh / 3.6
    return CITY_STREET_MPS
