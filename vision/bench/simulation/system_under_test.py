"""Runs ngatu's tracker and analytics on an episode as the virtual camera sees it, and records what they report."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vision.analytics.analyzer import AnalysisResult, TrafficAnalyzer
from vision.bench.simulation.roads import Road, Site
from vision.bench.simulation.sensor.camera import HEIGHT_PX, WIDTH_PX, visible_share
from vision.bench.simulation.sensor.detector_noise import DetectedBoxes, VirtualDetector
from vision.bench.simulation.sensor.id_noise import VirtualTracker
from vision.bench.simulation.sensor.noise_levels import NoiseLevel
from vision.bench.simulation.simulate import Recording
from vision.common.traffic_light import Light
from vision.config.camera import CameraConfig
from vision.contracts import Direction, IncidentKind, IncidentPhase
from vision.core import Detections, Tracks
from vision.core.roadside import SignalNow
from vision.tracking import Tracker

Floats = NDArray[np.float64]
LIGHTS = {"r": Light.RED, "y": Light.AMBER, "g": Light.GREEN}
SAMPLE_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Alarm:
    """An incident that the system raised."""

    kind: IncidentKind
    number: int
    at_s: float
    started_s: float
    place_m: tuple[float, float] | None
    """On the ground."""
    zone_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class CountedCrossing:
    """A line crossing that the system counted."""

    line_id: str
    direction: Direction
    at_s: float
    along: float
    """Position on the line: 0 at its start, 1 at its end."""
    speed_kmh: float | None


@dataclass(slots=True)
class SystemOutput:
    """Everything that the system reported of one episode."""

    alarms: list[Alarm] = field(default_factory=list)
    crossings: list[CountedCrossing] = field(default_factory=list)
    sampled_s: list[float] = field(default_factory=list)
    queue_lengths: dict[str, list[int]] = field(default_factory=dict)
    """By zone, at each sampled time: vehicles in its queue."""
    frames: int = 0
    tracks: int = 0
    """Summed over all frames."""
    analytics_s: float = 0.0
    """Processor time of the analytics."""

    def add(self, result: AnalysisResult, at_s: float, site: Site) -> None:
        """Record the result of one frame."""
        self.frames += 1
        self.tracks += len(result.scene.tracks)
        for change in result.incidents:
            if change.phase is IncidentPhase.RAISED:
                place_m = _on_ground(change.place, site)
                zone_id, reason = change.evidence.zone_id, change.evidence.reason
                self.alarms.append(Alarm(change.kind, change.number, at_s, change.started_s, place_m, zone_id, reason))
        for c in result.crossings:
            along = _along(c.line_id, c.place, site)
            self.crossings.append(CountedCrossing(c.line_id, c.direction, c.at_s, along, c.speed_kmh))
        if not self.sampled_s or at_s >= self.sampled_s[-1] + SAMPLE_EVERY_S - 1e-6:
            self.sampled_s.append(at_s)
            for state in result.scene.zones:
                self.queue_lengths.setdefault(state.zone.id, []).append(len(state.queue_track_ids))


Track = Callable[[DetectedBoxes, float], tuple[list[tuple[float, Tracks]], Tracks]]
"""From the boxes of a frame to earlier positions of newly confirmed tracks, and the confirmed tracks of the frame."""


def run_system(
    recording: Recording,
    road: Road,
    site: Site,
    level: NoiseLevel,
    *,
    is_calibrated: bool,
    real_tracker: bool,
    seed: int,
) -> SystemOutput:
    """Analyse an episode at one site. The same `seed` gives the same output, except for `analytics_s`."""
    rng = np.random.default_rng(seed)
    camera = site.config(fps=1 / recording.step_s, is_calibrated=is_calibrated)
    detector = VirtualDetector(
        site.camera, level, vehicles=recording.vehicles, step_s=recording.step_s, ground_m=road.ground_m, rng=rng
    )
    track = _real_tracker(camera) if real_tracker else _virtual_tracker(camera, level, recording, rng)
    analyzer = TrafficAnalyzer(camera, WIDTH_PX, HEIGHT_PX)
    output, signals = SystemOutput(), _signals(recording, site)
    for frame, at_s, boxes in _detections(recording, site, detector):
        earlier, tracks = track(boxes, at_s)
        started_s = time.thread_time()
        result = analyzer.update(tracks, at_s, earlier=earlier, signals=signals[frame])
        output.analytics_s += time.thread_time() - started_s
        output.add(result, at_s, site)
    return output


def _detections(
    recording: Recording, site: Site, detector: VirtualDetector
) -> Iterator[tuple[int, float, DetectedBoxes]]:
    """Number, time and boxes of each frame that was not dropped."""
    xyxy, depth_m = site.camera.boxes(recording.center_m, recording.heading, recording.class_id)
    is_in_view = (depth_m > 1.0) & (xyxy[:, 2] > xyxy[:, 0])
    is_in_view[is_in_view] = visible_share(xyxy[is_in_view]) > 0
    for frame, at_s in enumerate(recording.times_s().tolist()):
        rows = np.arange(recording.starts[frame], recording.starts[frame + 1])
        rows = rows[is_in_view[rows]]
        boxes = detector.detect(xyxy[rows], depth_m[rows], recording.class_id[rows], recording.vehicle[rows], at_s)
        if boxes is not None:
            yield frame, at_s, boxes


def _virtual_tracker(camera: CameraConfig, level: NoiseLevel, recording: Recording, rng: np.random.Generator) -> Track:
    tracker = VirtualTracker(camera.tracking, level, vehicles=recording.vehicles, step_s=recording.step_s, rng=rng)
    return tracker.update


def _real_tracker(camera: CameraConfig) -> Track:
    tracker = Tracker(camera.tracking, fps=camera.detection.fps)

    def track(boxes: DetectedBoxes, at_s: float) -> tuple[list[tuple[float, Tracks]], Tracks]:
        seen = Detections(boxes.xyxy.astype(np.float32), boxes.confidence.astype(np.float32), boxes.class_id)
        *earlier, now = tracker.update(seen, at_s)
        return [(s.at_s, s.tracks) for s in earlier], now.tracks

    return track


def _signals(recording: Recording, site: Site) -> list[dict[str, SignalNow]]:
    """In each frame: the light of the site's signal, and since when it shows."""
    if site.signal is None:
        return [{}] * len(recording)
    signals, since, before = [], 0, ""
    for frame, letter in enumerate(recording.lights):
        since, before = (since, before) if letter == before else (frame, letter)
        signals.append({site.signal: SignalNow(LIGHTS[letter], (since + 1) * recording.step_s)})
    return signals


def _on_ground(place: tuple[float, float] | None, site: Site) -> tuple[float, float] | None:
    """A point in fractions of the image as metres on the ground."""
    if place is None:
        return None
    x_m, y_m = site.camera.ground(np.array(place) * [WIDTH_PX, HEIGHT_PX])
    return float(x_m), float(y_m)


def _along(line_id: str, place: tuple[float, float], site: Site) -> float:
    line = next(ln for ln in site.lines if ln.id == line_id)
    start, end = (np.array(site.camera.fraction(p)) for p in (line.start_m, line.end_m))
    return float((np.array(place) - start) @ (end - start) / ((end - start) @ (end - start)))
