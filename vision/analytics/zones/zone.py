"""One zone under watch: its geometry, its queue, its free flow, its level."""

import numpy as np

from vision.analytics.events import ZoneVisits
from vision.analytics.kinematics.ground_plane import GroundPlane
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.scene import ZoneState
from vision.analytics.zones.congestion import (
    CRITICAL_FILL,
    DENSE,
    UNSURE,
    CongestionHysteresis,
    TrafficState,
    improved,
    level_of,
)
from vision.analytics.zones.free_flow import CITY_STREET_MPS, FreeFlow
from vision.analytics.zones.mean_speed import ZoneMeans
from vision.analytics.zones.queue import NOBODY, Queue, QueueEstimator
from vision.config.camera import CameraConfig
from vision.config.zones import ZoneConfig, ZoneKind
from vision.geometry import apply_homography

PICTURE = ZoneConfig(id="picture", polygon=((0, 0), (1, 0), (1, 1), (0, 1)))
"""What is watched of a camera without zones: all that it sees. It is none of the camera's zones, only its level is
told; and since it may hold several roads and directions, it is as congested as its brisk traffic is."""
ROAD_IN_PICTURE = 1 / 3
"""The part of a picture that its road takes up, where no zone says."""
FEW, FEW_IN_PICTURE = 4.0, 8.0
"""Fewer vehicles than this make no congestion, in a zone or in a whole picture: at capacity, 100 m of three lanes hold
eight cars."""
LONGEST_RED_S = 120.0
"""A queue at a stop line is congestion only if it spills back or some wait longer than for any red light ..."""
LONG_WAITERS = 2
"""... and this many of them."""
MEASURED = frozenset({ZoneKind.CARRIAGEWAY, ZoneKind.BUS_LANE})
"""Kinds of zone that can be congested."""


class ZoneAnalyzer:
    """What is known of one zone from its configuration, and what is kept of it from moment to moment."""

    def __init__(self, camera: CameraConfig, zone: ZoneConfig, size_px: Floats, ground: GroundPlane) -> None:
        polygon_px = np.array(zone.polygon) * size_px
        self.zone = zone
        self.polygon_px = polygon_px
        self._is_picture = zone is PICTURE
        self._settings = camera.measures.congestion
        self._default_mps = _default_mps(zone, ground)
        self._is_sure = ground.is_calibrated or self._settings.free_flow_kmh is not None
        self._length_m = zone_length_m(zone, polygon_px, size_px, ground)
        self._queue = _queue_watch(camera, zone, polygon_px, size_px, ground)
        self._keeper = CongestionHysteresis(self._settings)

    def free_flow_speed_mps(self, learnt: FreeFlow) -> float:
        """The pace of free flow: configured, or learnt."""
        if self._settings.free_flow_kmh is not None:
            return self._settings.free_flow_kmh / 3.6
        return learnt.speed_mps(self.zone.id, self._default_mps)

    def state(
        self,
        motion: TrackKinematics,
        inside: Bools,
        average: ZoneMeans,
        visits: ZoneVisits,
        *,
        learnt: FreeFlow,
        at_s: float,
    ) -> ZoneState:
        """Take in a moment. `inside` (N,): whose feet are in the zone."""
        free_flow_speed_mps = self.free_flow_speed_mps(learnt)
        queue = NOBODY if self._queue is None else self._queue.update(motion, inside, at_s)
        if self.zone.kind in MEASURED:
            is_sure = self._is_sure or learnt.is_known(self.zone.id)
            self._keeper.update(*self._levels(average, free_flow_speed_mps, queue, is_sure=is_sure), at_s)
        return ZoneState(
            zone=self.zone,
            congestion=self._keeper.level,
            congestion_since_s=self._keeper.since_s,
            is_provisional=self._keeper.is_provisional,
            speed_mps=average.speed_mps,
            free_flow_speed_mps=free_flow_speed_mps,
            queue_track_ids=queue.track_ids,
            queue_length_m=queue.length_m,
            reaches_spillback=queue.reaches_spillback,
            length_m=self._length_m,
            visits=visits,
        )

    def _levels(
        self, average: ZoneMeans, free_flow_speed_mps: float, queue: Queue, *, is_sure: bool
    ) -> tuple[int, int]:
        """The level of this moment, and the one that it has when thresholds must be passed by a margin."""
        traffic = TrafficState(
            relative_speed=(average.brisk_mps if self._is_picture else average.speed_mps) / free_flow_speed_mps,
            filled=average.filled,
            vehicles=average.vehicles,
            standing=average.standing,
        )
        few = FEW_IN_PICTURE if self._is_picture else FEW
        critical_fill = CRITICAL_FILL * (1.0 if is_sure else UNSURE)
        levels = (
            level_of(traffic, self._settings, few, critical_fill),
            level_of(improved(traffic), self._settings, few, critical_fill),
        )
        if self._queue is not None and not _is_held_up(queue):
            return min(levels[0], DENSE), min(levels[1], DENSE)
        return levels


def _is_held_up(queue: Queue) -> bool:
    """Whether a queue is more than a red light's: one that clears in each cycle is not congestion."""
    return queue.reaches_spillback or sum(waited_s > LONGEST_RED_S for waited_s in queue.waited_s) >= LONG_WAITERS


def _queue_watch(
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


def _default_mps(zone: ZoneConfig, ground: GroundPlane) -> float:
    """The free-flow pace until the camera has seen its own: the zone's limit, if metres are known."""
    if ground.is_calibrated and zone.speed_limit_kmh is not None:
        return zone.speed_limit_kmh / 3.6
    return CITY_STREET_MPS
