"""Queues at stop lines: which vehicles wait, how far back, for how long, and whether the queue spills back."""

from dataclasses import dataclass
from math import dist

import numpy as np

from vision.analytics.dimensions import IS_VEHICLE, LENGTHS_M
from vision.analytics.identity.occlusion import OcclusionTracker
from vision.analytics.kinematics.ground_plane import GroundPlane
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.track_table import Ids
from vision.config.measures import MeasuresConfig
from vision.geometry import apply_homography


@dataclass(frozen=True, slots=True)
class QueueParameters:
    """Which vehicles form a queue, apart from the speeds that the camera's configuration sets."""

    max_gap_m: float = 12.0
    """From the rear of one queued vehicle to the front of the next, and from the stop line to the first one, at most,
    metres. Larger: a missed vehicle does not split the queue, separate vehicles join it. Source: chosen, room for one
    car that was not detected."""
    start_wave_mps: float = 4.0
    """The queue's discharge runs back from its head at least this fast, m/s; later vehicles are no longer queued.
    Higher: queues end sooner after the light turns green. Source: chosen, below the usual 5 to 6 m/s."""
    start_delay_s: float = 10.0
    """The first vehicle may take this long to start, seconds. Longer: queues end later after the light turns green.
    Source: chosen."""
    spillback_touch_m: float = 2.0
    """A queue has reached the spillback line if its end is this close, metres: no vehicle fits in between. Larger:
    earlier, more spillbacks. Source: chosen."""
    min_spillback_vehicles: int = 2
    """A queue needs this many vehicles to spill back. More: single stopped vehicles make no spillback, short queues
    neither. Source: chosen."""
    same_place_lengths: float = 0.25
    """A vehicle found this close to one that was lost, in units of its length, is the same one. Larger: fewer vehicles
    counted twice after an ID switch, neighbours are merged. Source: chosen."""
    hold_spillback_s: float = 2.0
    """A spillback lasts over gaps in tracks up to this long, seconds, while a queue remains. Longer: fewer
    interruptions, later ends. Source: chosen."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue at one moment."""

    track_ids: frozenset[int]
    """The queued vehicles, with those that are occluded by others."""
    length_m: float
    """From the stop line to the rear of the last visible vehicle; 0 without a queue."""
    reaches_spillback: bool
    waited_s: tuple[float, ...]
    """How long each vehicle has waited since it first joined, in no order."""


NO_QUEUE = Queue(track_ids=frozenset(), length_m=0.0, reaches_spillback=False, waited_s=())


@dataclass(slots=True)
class _QueuedVehicle:
    """A vehicle that is queued, or slow enough to be."""

    track_id: int
    bottom_center_px: tuple[float, float]
    along_m: float
    """From the stop line upstream to its bottom center."""
    rear_m: float
    """From the stop line upstream to its rear."""
    to_spillback_m: float
    """From its rear upstream to the spillback line; infinite without one."""
    same_place_px: float
    """Another track's bottom center this close is the same vehicle."""
    last_seen_s: float
    anchored_s: float
    """When its queue last began at the stop line; -inf for a vehicle in no queue."""


class StopLine:
    """Signed distances from a line across the road, positive on the side of a given point.

    The line is in pixels, distances are in road metres; they follow an estimated ground plane as it is learned.
    """

    def __init__(self, ends_px: Floats, side_px: Floats, ground: GroundPlane) -> None:
        """`ends_px` (2, 2) are the line's ends, `side_px` (2,) is a point on its positive side."""
        self._marks_px = np.concatenate([ends_px, side_px[None]])
        self._ground = ground
        self._matrix: Floats | None = None
        self._origin_m = self._normal = np.zeros(2)

    def distance_m(self, points_m: Floats) -> Floats:
        """(N,): distances of points on the road (N, 2) from the line; NaN where unknown."""
        if self._ground.matrix is not self._matrix:  # an estimated ground plane changes as it is learned
            self._matrix = self._ground.matrix
            self._origin_m, self._normal = _origin_and_normal(apply_homography(self._matrix, self._marks_px))
        distance_m: Floats = (points_m - self._origin_m) @ self._normal
        return distance_m


def _origin_and_normal(marks_m: Floats) -> tuple[Floats, Floats]:
    """Of a line through the first two marks: a point on it, and the unit normal towards the third mark."""
    start, end, side = marks_m
    along = (end - start) / np.hypot(*(end - start))
    normal = np.array([-along[1], along[0]])
    return start, normal * np.sign((side - start) @ normal)


class QueueEstimator:
    """The queue of one zone.

    A vehicle joins when it is slower than `queued_below_kmh` inside the zone and close enough behind the stop line or
    another queued vehicle. It leaves when it is faster than `moving_above_kmh`, leaves the zone, or is still stopped
    long after all vehicles before it have gone. A stopped vehicle has no speed, however its box jitters. A lost vehicle
    is kept for `hold_s`, but no longer than it was observed waiting; an occluded one while its occluder waits.

    Examples:
        >>> from vision.analytics.kinematics.ground_plane import EstimatedGround
        >>> zone_px = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]])
        >>> estimator = QueueEstimator(
        ...     zone_px, zone_px[2:], None, EstimatedGround(100, 100), MeasuresConfig(), hold_s=2.0
        ... )
        >>> estimator.update(TrackKinematics.empty(), np.zeros(0, bool), at_s=0.0).length_m
        0.0
    """

    def __init__(
        self,
        polygon_px: Floats,
        stop_line_px: Floats,
        spillback_line_px: Floats | None,
        ground: GroundPlane,
        settings: MeasuresConfig,
        *,
        hold_s: float,
        parameters: QueueParameters = QueueParameters(),
    ) -> None:
        """`polygon_px` (K, 2) is the zone; the lines are (2, 2), in pixels."""
        center_px, stop_px = polygon_px.mean(axis=0), stop_line_px.mean(axis=0)
        self._stop_line = StopLine(stop_line_px, center_px, ground)
        self._spillback = None if spillback_line_px is None else StopLine(spillback_line_px, stop_px, ground)
        self._rear_share = _rear_share(stop_px - center_px)
        self._joins_mps = settings.queued_below_kmh / 3.6
        self._leaves_mps = settings.moving_above_kmh / 3.6
        self._hold_s = hold_s
        self._parameters = parameters
        self._queued: dict[int, _QueuedVehicle] = {}
        self._joined_s: dict[int, float] = {}
        self._spillback_s = -np.inf
        self._occlusions = OcclusionTracker(hold_s)

    def __len__(self) -> int:
        """Number of tracks kept."""
        return len(self._joined_s) + len(self._occlusions)

    def update(self, tracks: TrackKinematics, inside: Bools, at_s: float) -> Queue:
        """Take in a frame; `inside` (N,) says which tracks are in the zone."""
        p = self._parameters
        here = inside & IS_VEHICLE[tracks.class_id]
        speed_mps = np.where(tracks.is_stopped, 0.0, tracks.speed_mps)
        slow = self._slow(tracks, speed_mps, (here & ~(speed_mps > self._leaves_mps)).nonzero()[0], at_s)
        queued = _connected(slow + self._lost(tracks, slow, at_s), at_s, p)
        self._queued = {vehicle.track_id: vehicle for vehicle in queued}
        self._occlusions.update(tracks, here, at_s)
        if self._queued or self._joined_s:
            self._note_joined(tracks.track_id[here].tolist(), at_s)
        is_long_enough = len(queued) >= p.min_spillback_vehicles
        if is_long_enough and min(vehicle.to_spillback_m for vehicle in queued) <= p.spillback_touch_m:
            self._spillback_s = at_s
        return Queue(
            track_ids=frozenset([*self._queued, *self._occlusions.behind(self._queued)]),
            length_m=max([0.0, *(vehicle.rear_m for vehicle in queued)]),
            reaches_spillback=bool(queued) and at_s - self._spillback_s <= p.hold_spillback_s,
            waited_s=tuple(at_s - self._joined_s[track] for track in self._queued),
        )

    def _slow(self, tracks: TrackKinematics, speed_mps: Floats, rows: Ids, at_s: float) -> list[_QueuedVehicle]:
        """Vehicles that are slow enough to join, or were queued and are slow enough to stay; `rows` are candidates."""
        joins = speed_mps[rows] < self._joins_mps
        if not len(rows):
            return []
        was_queued = [track in self._queued for track in tracks.track_id[rows].tolist()]
        along_m = self._stop_line.distance_m(tracks.ground_m[rows])
        kept = (joins | np.array(was_queued, bool)) & np.isfinite(along_m)
        return self._vehicles(tracks, rows[kept], along_m[kept], at_s) if kept.any() else []

    def _vehicles(self, tracks: TrackKinematics, rows: Ids, along_m: Floats, at_s: float) -> list[_QueuedVehicle]:
        length_m = LENGTHS_M[tracks.class_id[rows]]
        behind_m = length_m * self._rear_share
        on_m = np.inf if self._spillback is None else self._spillback.distance_m(tracks.ground_m[rows])
        same_place_px = self._parameters.same_place_lengths * length_m * tracks.scale_px_per_m[rows]
        columns = (tracks.bottom_center_px[rows], along_m, along_m + behind_m, on_m - behind_m, same_place_px)
        values = zip(tracks.track_id[rows].tolist(), *(column.tolist() for column in columns), strict=True)
        return [
            _QueuedVehicle(
                track_id=track,
                bottom_center_px=(x, y),
                along_m=along,
                rear_m=rear,
                to_spillback_m=to_spillback,
                same_place_px=same_place,
                last_seen_s=at_s,
                anchored_s=self._queued[track].anchored_s if track in self._queued else -np.inf,
            )
            for track, (x, y), along, rear, to_spillback, same_place in values
        ]

    def _lost(self, tracks: TrackKinematics, slow: list[_QueuedVehicle], at_s: float) -> list[_QueuedVehicle]:
        """Queued vehicles that are not detected now, unless another track has taken their place."""
        if not self._queued:
            return []
        others = [vehicle for vehicle in slow if vehicle.track_id not in self._queued]
        return [
            lost
            for lost in self._queued.values()
            if lost.track_id not in tracks.row_of
            and at_s - lost.last_seen_s <= min(self._hold_s, lost.last_seen_s - self._joined_s[lost.track_id])
            and not any(dist(lost.bottom_center_px, o.bottom_center_px) <= lost.same_place_px for o in others)
        ]

    def _note_joined(self, here: list[int], at_s: float) -> None:
        """Keep when vehicles joined, also of those that move up within the zone before they stop again."""
        kept = {*here, *self._queued}
        self._joined_s = {track: since_s for track, since_s in self._joined_s.items() if track in kept}
        for track in self._queued:
            self._joined_s.setdefault(track, at_s)


def _rear_share(direction_px: Floats) -> float:
    """Part of a vehicle's length behind its bottom center, where traffic moves in this direction (2,) in the picture.

    The bottom of the box is at the front of a vehicle that approaches the camera, and at the rear of one that recedes.
    """
    return float(1 + direction_px[1] / max(float(np.hypot(*direction_px)), 1e-9)) / 2


def _connected(vehicles: list[_QueuedVehicle], at_s: float, parameters: QueueParameters) -> list[_QueuedVehicle]:
    """Vehicles that are connected to the stop line, or were until the queue began to discharge."""
    p = parameters
    queued: list[_QueuedVehicle] = []
    for n, platoon in enumerate(_platoons(sorted(vehicles, key=lambda v: v.along_m), p.max_gap_m)):
        is_at_stop_line = n == 0 and platoon[0].along_m <= p.max_gap_m
        anchored_s = at_s if is_at_stop_line else max(vehicle.anchored_s for vehicle in platoon)
        for vehicle in platoon:
            vehicle.anchored_s = anchored_s
            if at_s - anchored_s <= p.start_delay_s + max(vehicle.along_m, 0.0) / p.start_wave_mps:
                queued.append(vehicle)
    return queued


def _platoons(ordered: list[_QueuedVehicle], max_gap_m: float) -> list[list[_QueuedVehicle]]:
    """Vehicles from the stop line upstream, split where a gap is too long."""
    platoons: list[list[_QueuedVehicle]] = []
    rear_m = -np.inf
    for vehicle in ordered:
        if vehicle.along_m - rear_m > max_gap_m:
            platoons.append([])
        platoons[-1].append(vehicle)
        rear_m = max(rear_m, vehicle.rear_m)
    return platoons
