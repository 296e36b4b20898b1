"""One zone: its geometry, its queue, its free-flow speed and its congestion level."""

import numpy as np

from vision.analytics.events import ZoneVisits
from vision.analytics.kinematics.ground_plane import GroundPlane
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.scene import ZoneState
from vision.analytics.zones.congestion import (
    CONGESTION,
    DENSE,
    CongestionHysteresis,
    CongestionParameters,
    TrafficState,
    level_of,
    with_recovery_margin,
)
from vision.analytics.zones.free_flow import FreeFlow
from vision.analytics.zones.mean_speed import ZoneMeans
from vision.analytics.zones.queue import NO_QUEUE, Queue, QueueEstimator
from vision.config.camera import CameraConfig
from vision.config.zones import ZoneConfig, ZoneKind
from vision.geometry import apply_homography

WHOLE_FRAME = ZoneConfig(id="picture", polygon=((0, 0), (1, 0), (1, 1), (0, 1)))
"""The zone of a camera without zones: only its congestion level is published. Since it may hold several roads and
directions, its level is that of its faster traffic."""
CAN_CONGEST = frozenset({ZoneKind.CARRIAGEWAY, ZoneKind.BUS_LANE})
"""Kinds of zone that have a congestion level."""


class ZoneAnalyzer:
    """Evaluates one zone frame by frame, into a `ZoneState`."""

    def __init__(
        self,
        camera: CameraConfig,
        zone: ZoneConfig,
        size_px: Floats,
        ground: GroundPlane,
        parameters: CongestionParameters = CONGESTION,
    ) -> None:
        """`zone` is one of the camera's or `WHOLE_FRAME`; `size_px` (2,) is the size of the picture."""
        self.zone = zone
        self.polygon_px = np.array(zone.polygon) * size_px
        self._is_whole_frame = zone is WHOLE_FRAME
        self._parameters = parameters
        self._settings = camera.measures.congestion
        self._limit_mps = _speed_limit_mps(zone, ground)
        self._is_speed_certain = ground.is_calibrated or self._settings.free_flow_kmh is not None
        self._length_m = zone_length_m(zone, self.polygon_px, size_px, ground)
        self._queue = _queue_estimator(camera, zone, self.polygon_px, size_px, ground)
        self._hysteresis = CongestionHysteresis(self._settings)

    def free_flow_speed_mps(self, free_flow: FreeFlow) -> float:
        """The free-flow speed: configured, or learned, starting from the speed limit or the default."""
        if self._settings.free_flow_kmh is not None:
            return self._settings.free_flow_kmh / 3.6
        default_mps = free_flow.parameters.default_mps if self._limit_mps is None else self._limit_mps
        return free_flow.speed_mps(self.zone.id, default_mps)

    def update(
        self,
        tracks: TrackKinematics,
        inside: Bools,
        means: ZoneMeans,
        visits: ZoneVisits,
        *,
        free_flow: FreeFlow,
        at_s: float,
    ) -> ZoneState:
        """Take in a frame; `inside` (N,) says which tracks are in the zone."""
        free_flow_mps = self.free_flow_speed_mps(free_flow)
        queue = NO_QUEUE if self._queue is None else self._queue.update(tracks, inside, at_s)
        if self.zone.kind in CAN_CONGEST:
            is_certain = self._is_speed_certain or free_flow.is_known(self.zone.id)
            self._hysteresis.update(*self._levels(means, free_flow_mps, queue, is_speed_certain=is_certain), at_s)
        return ZoneState(
            zone=self.zone,
            congestion=self._hysteresis.level,
            congestion_since_s=self._hysteresis.since_s,
            is_provisional=self._hysteresis.is_provisional,
            speed_mps=means.speed_mps,
            free_flow_speed_mps=free_flow_mps,
            queue_track_ids=queue.track_ids,
            queue_length_m=queue.length_m,
            reaches_spillback=queue.reaches_spillback,
            length_m=self._length_m,
            visits=visits,
        )

    def _levels(
        self, means: ZoneMeans, free_flow_mps: float, queue: Queue, *, is_speed_certain: bool
    ) -> tuple[int, int]:
        """The level of this moment, and its level with the recovery margin."""
        p = self._parameters
        speed_mps = means.upper_speed_mps if self._is_whole_frame else means.speed_mps
        traffic = TrafficState(
            relative_speed=speed_mps / free_flow_mps,
            occupancy=means.occupancy,
            vehicles=means.vehicles,
            stopped_share=means.stopped_share,
        )
        min_vehicles = p.min_vehicles_in_frame if self._is_whole_frame else p.min_vehicles
        critical = p.critical_occupancy * (1.0 if is_speed_certain else p.uncertainty_factor)
        level, level_with_margin = (
            level_of(state, self._settings, min_vehicles, critical_occupancy=critical, parameters=p)
            for state in (traffic, with_recovery_margin(traffic, p))
        )
        if self._queue is not None and not self._outlasts_red(queue):
            return min(level, DENSE), min(level_with_margin, DENSE)
        return level, level_with_margin

    def _outlasts_red(self, queue: Queue) -> bool:
        """Whether a queue is more than a red light's: one that clears in each cycle is no congestion."""
        p = self._parameters
        long_waits = sum(waited_s > p.max_red_s for waited_s in queue.waited_s)
        return queue.reaches_spillback or long_waits >= p.min_long_waits


def zone_length_m(zone: ZoneConfig, polygon_px: Floats, size_px: Floats, ground: GroundPlane) -> float | None:
    """Length of a zone along the road: configured, else measured on the calibrated road.

    It is measured along the zone's direction of travel, or without one along its longest side. `None` without
    calibration, or where the zone reaches to the horizon.
    """
    if zone.length_m is not None or not ground.is_calibrated:
        return zone.length_m
    corners_m = apply_homography(ground.matrix, polygon_px)
    if zone.direction is None:
        sides_m = np.roll(corners_m, -1, axis=0) - corners_m
        along_m = sides_m[np.argmax(np.hypot(*sides_m.T))]
    else:
        start_m, end_m = apply_homography(ground.matrix, np.array([zone.direction.start, zone.direction.end]) * size_px)
        along_m = end_m - start_m
    length_m = float(np.ptp(corners_m @ along_m) / np.hypot(*along_m))
    return length_m if np.isfinite(length_m) and length_m > 0 else None


def _queue_estimator(
    camera: CameraConfig, zone: ZoneConfig, polygon_px: Floats, size_px: Floats, ground: GroundPlane
) -> QueueEstimator | None:
    if zone.stop_line is None:
        return None
    ends_px = {line.id: np.array([line.start, line.end]) * size_px for line in camera.lines}
    return QueueEstimator(
        polygon_px,
        ends_px[zone.stop_line],
        None if zone.spillback_line is None else ends_px[zone.spillback_line],
        ground,
        camera.measures,
        hold_s=camera.tracking.lost_after.total_seconds(),
    )


def _speed_limit_mps(zone: ZoneConfig, ground: GroundPlane) -> float | None:
    """The zone's speed limit, where speeds can be compared with it."""
    if ground.is_calibrated and zone.speed_limit_kmh is not None:
        return zone.speed_limit_kmh / 3.6
    return None
