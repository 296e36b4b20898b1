"""One camera's traffic: tracks in, facts out. The same code analyses a live camera, a recording and a simulation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from vision.analytics.events import Crossing, Movement
from vision.analytics.identity.stitching import TrackStitcher
from vision.analytics.incidents import IncidentChange, IncidentDetector
from vision.analytics.kinematics.estimator import KinematicsEstimator
from vision.analytics.kinematics.ground_plane import GroundPlane, ground_of
from vision.analytics.kinematics.state import TrackKinematics
from vision.analytics.lines.counter import LineCounter
from vision.analytics.lines.movements import MovementCounter
from vision.analytics.lines.speed import CrossingSpeedEstimator
from vision.analytics.scene import RoadObject, Scene, SignalNow
from vision.analytics.zones.free_flow import FreeFlow
from vision.analytics.zones.monitor import ZoneMonitor
from vision.config.camera import CameraConfig
from vision.contracts import CongestionLevel
from vision.core import Tracks
from vision.geometry import Polygons

KMH_PER_MPS = 3.6


@dataclass(frozen=True, slots=True, eq=False)
class AnalysisResult:
    """What became known with one frame."""

    scene: Scene
    crossings: tuple[Crossing, ...]
    """Those of which all is known now: where the camera is calibrated some moments after they happened."""
    movements: tuple[Movement, ...]
    incidents: tuple[IncidentChange, ...]
    congestion: CongestionLevel | None
    """The camera's level: its worst zone's, or the whole picture's where it has no zones."""


@dataclass(frozen=True, slots=True)
class FinalResult:
    """What is told when a camera is watched no longer."""

    crossings: tuple[Crossing, ...] = ()
    """Those that were not told yet."""
    incidents: tuple[IncidentChange, ...] = ()
    """What went on ends."""


class CalibrationState:
    """What a camera teaches while it is watched: its road, where it is not calibrated, and its free flow."""

    def __init__(self, free_flow: FreeFlow | None = None) -> None:
        self.free_flow = FreeFlow() if free_flow is None else free_flow
        self._ground: tuple[tuple[int, int], GroundPlane] | None = None

    def ground_of(self, camera: CameraConfig, width_px: int, height_px: int) -> GroundPlane:
        """The road, as far as it is known; begun anew when pictures change size. Raises CalibrationError."""
        size_px = (width_px, height_px)
        if self._ground is None or self._ground[0] != size_px:
            self._ground = (size_px, ground_of(camera, width_px, height_px))
        return self._ground[1]


class TrafficAnalyzer:
    """Counts, measures and watches the traffic of one camera, for pictures of one size, from one beginning on.

    Everything that is remembered is bounded: a track not seen for twice `TrackingConfig.lost_after` is forgotten, since
    it may be found again after that time and its earlier sightings be told late by as much.
    """

    def __init__(
        self,
        camera: CameraConfig,
        width_px: int,
        height_px: int,
        *,
        calibration: CalibrationState | None = None,
        numbers: Iterator[int] | None = None,
    ) -> None:
        """`calibration` is carried on from a beginning to the next; `numbers` are the incidents'.

        Raises:
            CalibrationError: the camera's calibration determines no road, or contradicts itself.
        """
        calibration = calibration or CalibrationState()
        ground = calibration.ground_of(camera, width_px, height_px)
        size_px = np.array([width_px, height_px], np.float64)
        forget_after_s = 2 * camera.tracking.lost_after.total_seconds()
        self._size_px = (width_px, height_px)
        self._is_calibrated = ground.is_calibrated
        implausible_mps = camera.measures.implausible_above_kmh / KMH_PER_MPS
        self._kinematics = KinematicsEstimator(
            ground,
            width_px,
            height_px,
            forget_after_s=forget_after_s,
            implausible_mps=implausible_mps,
        )
        self._counter = LineCounter(camera.lines, width_px, height_px)
        self._passages = CrossingSpeedEstimator(
            camera.lines, width_px, height_px, ground, implausible_mps=implausible_mps
        )
        self._stitcher = TrackStitcher(width_px, height_px)
        self._movements = MovementCounter(camera.movements)
        self._zones = ZoneMonitor(camera, width_px, height_px, ground, free_flow=calibration.free_flow)
        self._polygons = Polygons([np.array(zone.polygon) * size_px for zone in camera.zones])
        self._incidents = IncidentDetector(camera, width_px, height_px, numbers=numbers or count(1))

    def update(
        self,
        tracks: Tracks,
        at_s: float,
        *,
        earlier: Sequence[tuple[float, Tracks]] = (),
        signals: Mapping[str, SignalNow] | None = None,
        road_objects: Sequence[RoadObject] = (),
    ) -> AnalysisResult:
        """Take in where the tracks are at `at_s`, media time.

        `earlier` is what became known only now of earlier moments, oldest first: where tracks that were confirmed just
        now had been before.
        """
        crossings: list[Crossing] = []
        for was_at_s, known in earlier:
            had_been = self._kinematics.observe(known, was_at_s)
            crossings += self._counter.update(had_been, was_at_s, trajectory_of=self._kinematics.pixel_trajectory)
        seen = self._kinematics.observe(tracks, at_s)
        motion = self._kinematics.update(seen, at_s)
        crossings += self._counter.update(
            seen, at_s, is_stopped=motion.is_stopped, trajectory_of=self._kinematics.pixel_trajectory
        )
        return self._moment(motion, at_s, crossings, signals or {}, road_objects)

    def close(self, at_s: float) -> FinalResult:
        """The camera is watched no longer."""
        return FinalResult(
            crossings=tuple(self._passages.close(self._kinematics.ground_trajectory)),
            incidents=tuple(self._incidents.close(at_s)),
        )

    @property
    def open_count(self) -> int:
        """How many incidents go on."""
        return self._incidents.open_count

    def open_incidents(self) -> list[IncidentChange]:
        """The newest of each incident that goes on."""
        return self._incidents.open_incidents()

    def _moment(
        self,
        motion: TrackKinematics,
        at_s: float,
        crossings: list[Crossing],
        signals: Mapping[str, SignalNow],
        road_objects: Sequence[RoadObject],
    ) -> AnalysisResult:
        inside = self._polygons.contain(motion.bottom_center_px)
        zones = self._zones.update(motion, inside, at_s)
        stitched = self._stitcher.update(motion, at_s)
        movements = self._movements.update(crossings, at_s, entries=self._zones.entries, stitched=stitched)
        scene = Scene(
            at_s=at_s,
            width_px=self._size_px[0],
            height_px=self._size_px[1],
            tracks=motion,
            inside=inside,
            zones=zones,
            whole_frame=self._zones.whole_frame,
            crossings=tuple(crossings),
            movements=tuple(movements),
            stitched=stitched,
            switched=self._stitcher.switched,
            signals=signals,
            road_objects=tuple(road_objects),
            is_calibrated=self._is_calibrated,
        )
        incidents = tuple(self._incidents.update(scene))
        told = tuple(self._passages.update(crossings, motion, self._kinematics.ground_trajectory, at_s))
        return AnalysisResult(scene, told, scene.movements, incidents, self._zones.congestion)
