"""Analyzes one camera's traffic: tracks in; crossings, movements, incidents and the state of its zones out."""

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
    """The results of one frame."""

    scene: Scene
    crossings: tuple[Crossing, ...]
    """Complete crossings. With calibration they have a speed, and come `CrossingSpeedParameters.observe_after_s`
    later."""
    movements: tuple[Movement, ...]
    incidents: tuple[IncidentChange, ...]
    congestion: CongestionLevel | None
    """The camera's level: that of its worst zone, or of the whole frame where it has no zones."""


@dataclass(frozen=True, slots=True)
class FinalResult:
    """Crossings and incident ends, flushed when the analysis stops."""

    crossings: tuple[Crossing, ...] = ()
    """Those that were not reported yet."""
    incidents: tuple[IncidentChange, ...] = ()
    """The ends of all open incidents."""


class CalibrationState:
    """What the analysis of a camera learns: its free flow and, without a calibration, its ground plane.

    Examples:
        >>> from vision.config.sources import FileSource
        >>> camera = CameraConfig(id="gate", source=FileSource(path="gate.mp4"))
        >>> CalibrationState().ground_of(camera, 1280, 720).is_calibrated
        False
    """

    def __init__(self, free_flow: FreeFlow | None = None) -> None:
        self.free_flow = FreeFlow() if free_flow is None else free_flow
        self._ground: tuple[tuple[int, int], GroundPlane] | None = None

    def ground_of(self, camera: CameraConfig, width_px: int, height_px: int) -> GroundPlane:
        """The ground plane; a new one when the frame size changes. Raises CalibrationError."""
        size_px = (width_px, height_px)
        if self._ground is None or self._ground[0] != size_px:
            self._ground = (size_px, ground_of(camera, width_px, height_px))
        return self._ground[1]


class TrafficAnalyzer:
    """Counts, measures and finds incidents in the traffic of one camera, for one frame size and one stream.

    All state is bounded: a track that is not observed for twice `TrackingConfig.lost_after` is forgotten. Twice, since
    the tracker may find it again after that time, and then report its observations with as much delay.

    Examples:
        >>> from vision.config.sources import FileSource
        >>> analyzer = TrafficAnalyzer(CameraConfig(id="gate", source=FileSource(path="gate.mp4")), 1280, 720)
        >>> analyzer.update(Tracks.empty(), at_s=0.0).crossings
        ()
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
        """`calibration` is shared by successive analyzers of a camera; `numbers` gives the incidents' numbers.

        Raises:
            CalibrationError: the calibration's points determine no ground plane, or contradict each other.
        """
        calibration = calibration or CalibrationState()
        ground = calibration.ground_of(camera, width_px, height_px)
        size_px = np.array([width_px, height_px], np.float64)
        implausible_mps = camera.measures.implausible_above_kmh / KMH_PER_MPS
        self._size_px = (width_px, height_px)
        self._is_calibrated = ground.is_calibrated
        self._kinematics = KinematicsEstimator(
            ground,
            width_px,
            height_px,
            forget_after_s=2 * camera.tracking.lost_after.total_seconds(),
            implausible_mps=implausible_mps,
        )
        self._counter = LineCounter(camera.lines, width_px, height_px)
        self._speeds = CrossingSpeedEstimator(
            camera.lines, width_px, height_px, ground, implausible_mps=implausible_mps
        )
        self._stitcher = TrackStitcher(width_px, height_px)
        self._movements = MovementCounter(camera.movements)
        self._zones = ZoneMonitor(camera, width_px, height_px, ground, free_flow=calibration.free_flow)
        self._polygons = Polygons.in_picture([zone.polygon for zone in camera.zones], size_px)
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
        """Take in the tracks of one frame.

        Args:
            tracks: the confirmed tracks.
            at_s: the frame's media time, seconds; it increases from call to call.
            earlier: (media time, tracks) of earlier frames, oldest first, for tracks that were confirmed just now.
            signals: the traffic lights of known state, by id.
            road_objects: the objects on the road.
        """
        crossings: list[Crossing] = []
        for earlier_s, earlier_tracks in earlier:
            observations = self._kinematics.observe(earlier_tracks, earlier_s)
            crossings += self._counter.update(observations, earlier_s, trajectory_of=self._kinematics.pixel_trajectory)
        observations = self._kinematics.observe(tracks, at_s)
        kinematics = self._kinematics.update(observations, at_s)
        crossings += self._counter.update(
            observations,
            at_s,
            is_stopped=kinematics.is_stopped,
            trajectory_of=self._kinematics.pixel_trajectory,
        )
        return self._analyze(kinematics, at_s, crossings, signals or {}, road_objects)

    def close(self, at_s: float) -> FinalResult:
        """End the analysis: the crossings that were not reported yet, and the ends of open incidents."""
        return FinalResult(
            crossings=tuple(self._speeds.close(self._kinematics.ground_trajectory)),
            incidents=tuple(self._incidents.close(at_s)),
        )

    @property
    def open_count(self) -> int:
        """The number of open incidents."""
        return self._incidents.open_count

    def open_incidents(self) -> list[IncidentChange]:
        """The newest change of each open incident."""
        return self._incidents.open_incidents()

    def _analyze(
        self,
        tracks: TrackKinematics,
        at_s: float,
        crossings: list[Crossing],
        signals: Mapping[str, SignalNow],
        road_objects: Sequence[RoadObject],
    ) -> AnalysisResult:
        inside = self._polygons.contain(tracks.bottom_center_px)
        zones = self._zones.update(tracks, inside, at_s)
        stitched = self._stitcher.update(tracks, at_s)
        movements = self._movements.update(crossings, at_s, entries=self._zones.entries, stitched=stitched)
        scene = Scene(
            at_s=at_s,
            width_px=self._size_px[0],
            height_px=self._size_px[1],
            tracks=tracks,
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
        complete = tuple(self._speeds.update(crossings, tracks, self._kinematics.ground_trajectory, at_s))
        return AnalysisResult(scene, complete, scene.movements, incidents, self._zones.congestion)
