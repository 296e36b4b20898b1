"""The zones of one camera, frame by frame: presence, queues, speeds and congestion."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.analytics.dimensions import IS_VEHICLE
from vision.analytics.events import ZoneEntry, ZoneExit
from vision.analytics.kinematics.ground_plane import GroundPlane
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.scene import ZoneState
from vision.analytics.zones.area_occupancy import AreaOccupancy
from vision.analytics.zones.congestion import CONGESTION, LEVELS, CongestionParameters
from vision.analytics.zones.free_flow import FreeFlow
from vision.analytics.zones.mean_speed import ZoneMeans, ZoneMeanSpeed
from vision.analytics.zones.parked import ParkedVehicles
from vision.analytics.zones.presence import PRESENCE, PresenceParameters, PresenceTracker
from vision.analytics.zones.zone import WHOLE_FRAME, ZoneAnalyzer
from vision.common.object_class import CLASSES, ObjectClass
from vision.config.camera import CameraConfig
from vision.config.zones import ZoneConfig
from vision.contracts import CongestionLevel

_IS_MOTOR_VEHICLE = IS_VEHICLE & np.array([c is not ObjectClass.BICYCLE for c in CLASSES])
"""(classes,): vehicles that show by their speed how traffic moves; a bicycle is slow without traffic."""


@dataclass(frozen=True, slots=True)
class ZoneMonitorParameters:
    """How often zones are rasterised, which part of a picture is road, and when free flow is learned."""

    occupancy_interval_s: float = 0.5
    """Occupancy by boxes is computed this often at most, seconds, since it is costly and changes slowly. Longer: less
    time per frame, older values. Source: chosen."""
    road_share_of_frame: float = 1 / 3
    """Part of the picture that is road, of a camera without zones. Larger: lower occupancy, hence less congestion.
    Source: chosen."""
    free_flow_occupancy: float = 0.5
    """The free-flow speed is learned below this part of the critical occupancy. Higher: it is learned sooner, from
    vehicles that others slow down. Source: chosen."""


class ZoneMonitor:
    """Evaluates the zones of one camera, or the whole picture where it has none; `ZoneState` has the results.

    Examples:
        >>> from vision.analytics.kinematics.ground_plane import EstimatedGround
        >>> from vision.config.sources import FileSource
        >>> camera = CameraConfig(id="gate", source=FileSource(path="gate.mp4"))
        >>> monitor = ZoneMonitor(camera, 1280, 720, EstimatedGround(1280, 720))
        >>> monitor.update(TrackKinematics.empty(), np.zeros((0, 0), bool), at_s=0.0)
        ()
        >>> monitor.whole_frame.zone.id
        'picture'
    """

    def __init__(
        self,
        camera: CameraConfig,
        width_px: int,
        height_px: int,
        ground: GroundPlane,
        *,
        free_flow: FreeFlow | None = None,
        congestion: CongestionParameters = CONGESTION,
        presence: PresenceParameters = PRESENCE,
        parameters: ZoneMonitorParameters = ZoneMonitorParameters(),
    ) -> None:
        """`free_flow` is what was learned in earlier sessions; it is updated in place."""
        self.zones: tuple[ZoneConfig, ...] = camera.zones
        """The camera's zones, in the order of `inside` and of what `update` returns."""
        self.free_flow = FreeFlow() if free_flow is None else free_flow
        """The learned free-flow speeds."""
        self.whole_frame: ZoneState | None = None
        """The state of the whole picture, where the camera has no zones."""
        size_px = np.array([width_px, height_px], np.float64)
        zones = camera.zones or (WHOLE_FRAME,)
        self._analyzers = [ZoneAnalyzer(camera, zone, size_px, ground, congestion) for zone in zones]
        ids = [analyzer.zone.id for analyzer in self._analyzers]
        self._number_of = {zone_id: number for number, zone_id in enumerate(ids)}
        self._ground = ground
        self._parameters = parameters
        self._critical_occupancy = congestion.critical_occupancy
        self._min_measured_s = presence.min_measured_s
        self._free_relative_speed = camera.measures.congestion.dense_below
        lost_after_s = camera.tracking.lost_after.total_seconds()
        self._presence = PresenceTracker(
            ids, forget_after_s=2 * lost_after_s, hold_stopped_s=lost_after_s, parameters=presence
        )
        self._parked = ParkedVehicles(len(ids), forget_after_s=2 * lost_after_s)
        self._occupancy = AreaOccupancy(
            [analyzer.polygon_px for analyzer in self._analyzers],
            road_share=1.0 if camera.zones else parameters.road_share_of_frame,
        )
        self._mean_speed = ZoneMeanSpeed(len(ids), with_upper_speed=not camera.zones)
        self._states: tuple[ZoneState, ...] = ()
        self._box_occupancy_s = np.nan
        self._box_occupancy: Floats = np.zeros(len(ids))

    @property
    def entries(self) -> tuple[ZoneEntry, ...]:
        """The entries into the camera's zones that became known with the last frame."""
        return tuple(entry for state in self._states for entry in state.visits.entries)

    @property
    def congestion(self) -> CongestionLevel | None:
        """The camera's level: its worst zone's, or the whole picture's where it has no zones."""
        states = self._states if self.whole_frame is None else (self.whole_frame,)
        levels = [LEVELS.index(state.congestion) for state in states if state.congestion is not None]
        return LEVELS[max(levels)] if levels else None

    def update(self, tracks: TrackKinematics, inside: Bools, at_s: float) -> tuple[ZoneState, ...]:
        """Take in a frame; `inside` (N, Z) says which tracks' bottom centers are in which of the camera's zones."""
        if not self.zones:
            inside = np.ones((len(tracks), 1), bool)
        presence = self._presence.update(tracks, inside, at_s)
        inside = inside | presence.is_inside
        vehicles_inside = inside & IS_VEHICLE[tracks.class_id][:, None]
        occupancy = self._occupancy.by_footprints(tracks, vehicles_inside, self._ground.matrix)
        takes_part = self._takes_part(tracks, inside, occupancy, at_s)
        means = self._mean_speed.update(tracks, takes_part, occupancy, at_s)
        by_boxes = self._occupancy_by_boxes(tracks, at_s)
        self._learn(presence.exits, means)
        states = tuple(
            analyzer.update(
                tracks,
                inside[:, n],
                means[n],
                presence.of(n, analyzer.zone.id, by_boxes[n]),
                free_flow=self.free_flow,
                at_s=at_s,
            )
            for n, analyzer in enumerate(self._analyzers)
        )
        if not self.zones:
            self.whole_frame = states[0]
            return ()
        self._states = states
        return states

    def _occupancy_by_boxes(self, tracks: TrackKinematics, at_s: float) -> Floats:
        """(Z,): the part of each zone that vehicles' boxes cover, at most `occupancy_interval_s` old."""
        if not abs(at_s - self._box_occupancy_s) < self._parameters.occupancy_interval_s:
            self._box_occupancy_s = at_s
            self._box_occupancy = self._occupancy.by_boxes(tracks.xyxy[IS_VEHICLE[tracks.class_id]])
        return self._box_occupancy

    def _takes_part(self, tracks: TrackKinematics, inside: Bools, occupancy: Floats, at_s: float) -> Bools:
        """(N, Z): whether a track's speed counts.

        A vehicle that was stopped when the camera came on, on a road that is not full, is parked until it moves.
        """
        never_moved = (tracks.is_stopped & ~tracks.has_moved)[:, None] & (occupancy < self._critical_occupancy)
        is_motor_vehicle = _IS_MOTOR_VEHICLE[tracks.class_id][:, None]
        takes_part: Bools = inside & is_motor_vehicle & ~self._parked.update(tracks, at_s) & ~never_moved
        return takes_part

    def _learn(self, exits: Sequence[ZoneExit], means: Sequence[ZoneMeans]) -> None:
        """Learn free flow, and which stopped vehicles were passed, from vehicles that did not stop in a zone."""
        max_occupancy = self._parameters.free_flow_occupancy * self._critical_occupancy
        for left in exits:
            number = self._number_of[left.zone_id]
            is_motor_vehicle = _IS_MOTOR_VEHICLE[left.object_class.class_id]
            if not is_motor_vehicle or left.stopped_s > 0 or left.measured_s < self._min_measured_s:
                continue
            if means[number].occupancy < max_occupancy:
                self.free_flow.learn(left.zone_id, left.mean_speed_mps)
            free_flow_mps = self._analyzers[number].free_flow_speed_mps(self.free_flow)
            if left.mean_speed_mps >= self._free_relative_speed * free_flow_mps:
                self._parked.add_passing(number, left.left_s)
