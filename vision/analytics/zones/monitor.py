"""Watches the zones of one camera: who visits them, who waits in them, and how well their traffic moves."""

from collections.abc import Sequence

import numpy as np

from vision.analytics.dimensions import IS_VEHICLE
from vision.analytics.events import ZoneEntry, ZoneExit
from vision.analytics.kinematics.ground_plane import GroundPlane
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.scene import ZoneState
from vision.analytics.zones.area_occupancy import AreaOccupancy
from vision.analytics.zones.congestion import CRITICAL_FILL, LEVELS
from vision.analytics.zones.free_flow import FreeFlow
from vision.analytics.zones.mean_speed import ZoneMeans, ZoneMeanSpeed
from vision.analytics.zones.parked import ParkedVehicles
from vision.analytics.zones.presence import PresenceTracker
from vision.analytics.zones.zone import PICTURE, ROAD_IN_PICTURE, ZoneAnalyzer
from vision.common.object_class import CLASSES, ObjectClass
from vision.config.camera import CameraConfig
from vision.config.zones import ZoneConfig
from vision.contracts import CongestionLevel

SHORTEST_VISIT_S = 1.0
"""A shorter visit says little of a vehicle's pace."""
COVERAGE_EVERY_S = 0.5
"""What boxes cover is laid out in cells no more often: it is dear, and changes slowly."""
_IS_MOTOR = IS_VEHICLE & np.array([c is not ObjectClass.BICYCLE for c in CLASSES])
"""Whose pace says how traffic moves: no traffic is needed to make a cyclist slow."""


class ZoneMonitor:
    """The zones of one camera, or its whole picture where it has none. See `ZoneState` for what is said of each."""

    def __init__(
        self,
        camera: CameraConfig,
        width_px: int,
        height_px: int,
        ground: GroundPlane,
        *,
        free_flow: FreeFlow | None = None,
    ) -> None:
        self.zones: tuple[ZoneConfig, ...] = camera.zones
        """The camera's, in the order of `inside` and of what `update` returns."""
        self.free_flow = FreeFlow() if free_flow is None else free_flow
        """What was learnt; whoever keeps it from session to session keeps the camera's experience."""
        self.picture: ZoneState | None = None
        """The state of the whole picture, where the camera has no zones."""
        size_px = np.array([width_px, height_px], np.float64)
        self._watched = [ZoneAnalyzer(camera, zone, size_px, ground) for zone in camera.zones or (PICTURE,)]
        ids = [watched.zone.id for watched in self._watched]
        self._number_of = {zone_id: number for number, zone_id in enumerate(ids)}
        self._ground = ground
        self._freely = camera.measures.congestion.dense_below
        lost_after_s = camera.tracking.lost_after.total_seconds()
        self._visits = PresenceTracker(ids, forget_after_s=2 * lost_after_s, hold_standing_s=lost_after_s)
        self._parked = ParkedVehicles(len(ids), forget_after_s=2 * lost_after_s)
        self._occupancy = AreaOccupancy(
            [watched.polygon_px for watched in self._watched], road_share=1.0 if camera.zones else ROAD_IN_PICTURE
        )
        self._flow = ZoneMeanSpeed(len(ids), tells_brisk=not camera.zones)
        self._states: tuple[ZoneState, ...] = ()
        self._covered_at_s = np.nan
        self._covered_parts: Floats = np.zeros(len(ids))

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

    def update(self, motion: TrackKinematics, inside: Bools, at_s: float) -> tuple[ZoneState, ...]:
        """Take in a moment. `inside`: (N, Z), whose feet are in which of the camera's zones."""
        if not self.zones:
            inside = np.ones((len(motion), 1), bool)
        visits = self._visits.update(motion, inside, at_s)
        inside = inside | visits.is_inside
        vehicles_inside = inside & IS_VEHICLE[motion.class_id][:, None]
        filled = self._occupancy.by_footprints(motion, vehicles_inside, self._ground.matrix)
        averages = self._flow.update(motion, self._takes_part(motion, inside, filled, at_s), filled, at_s)
        covered = self._covered(motion, at_s)
        self._learn(visits.exits, averages)
        states = tuple(
            watched.state(
                motion,
                inside[:, n],
                averages[n],
                visits.of(n, watched.zone.id, covered[n]),
                learnt=self.free_flow,
                at_s=at_s,
            )
            for n, watched in enumerate(self._watched)
        )
        if not self.zones:
            self.picture = states[0]
            return ()
        self._states = states
        return states

    def _covered(self, motion: TrackKinematics, at_s: float) -> Floats:
        """(Z,): which part of each zone vehicles cover, as of a moment ago."""
        if not abs(at_s - self._covered_at_s) < COVERAGE_EVERY_S:
            self._covered_at_s = at_s
            xyxy = motion.xyxy[IS_VEHICLE[motion.class_id]]
            self._covered_parts = self._occupancy.by_boxes(xyxy)
        return self._covered_parts

    def _takes_part(self, motion: TrackKinematics, inside: Bools, filled: Floats, at_s: float) -> Bools:
        """(N, Z): whose pace counts. Who stood already when the camera came on, on a road that is not full, is parked
        until he is seen moving."""
        idle = (motion.is_stopped & ~motion.has_moved)[:, None] & (filled < CRITICAL_FILL)
        takes_part: Bools = inside & _IS_MOTOR[motion.class_id][:, None] & ~self._parked.update(motion, at_s) & ~idle
        return takes_part

    def _learn(self, exits: Sequence[ZoneExit], averages: Sequence[ZoneMeans]) -> None:
        """What vehicles that drove through without a halt say of free flow, and of those that they passed."""
        for left in exits:
            number = self._number_of[left.zone_id]
            if not _IS_MOTOR[left.object_class.class_id] or left.stopped_s > 0 or left.measured_s < SHORTEST_VISIT_S:
                continue
            if averages[number].filled < CRITICAL_FILL / 2:
                self.free_flow.learn(left.zone_id, left.mean_speed_mps)
            if left.mean_speed_mps >= self._freely * self._watched[number].free_flow_speed_mps(self.free_flow):
                self._parked.passed(number, left.left_s)
