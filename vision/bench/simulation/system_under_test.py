"""Lets the product's own analytics look at an episode through the virtual camera, and keeps what it said."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vision.analytics.analyzer import AnalysisResult, TrafficAnalyzer
from vision.bench.simulation.roads import Road, Site
from vision.bench.simulation.sensor.camera import HEIGHT_PX, WIDTH_PX, shown_part
from vision.bench.simulation.sensor.detector_noise import Boxes, Detector
from vision.bench.simulation.sensor.id_noise import Identities
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
class Raised:
    """An incident that the product raised."""

    kind: IncidentKind
    number: int
    at_s: float
    started_s: float
    place_m: tuple[float, float] | None
    """On the ground."""
    zone_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Crossed:
    """A crossing that the product counted."""

    line_id: str
    direction: Direction
    at_s: float
    along: float
    """Where on the line: 0 at its start, 1 at its end."""
    speed_kmh: float | None


@dataclass(slots=True)
class Watched:
    """What the product said of one episode."""

    raised: list[Raised] = field(default_factory=list)
    crossed: list[Crossed] = field(default_factory=list)
    sampled_s: list[float] = field(default_factory=list)
    queued: dict[str, list[int]] = field(default_factory=dict)
    """By zone, at each sampled moment: vehicles in its queue."""
    frames: int = 0
    tracks: int = 0
    """Of all frames together."""
    analytics_s: float = 0.0
    """Processor time that the analytics took."""

    def add(self, moment: AnalysisResult, at_s: float, site: Site) -> None:
        """Take in what became known with one frame."""
        self.frames += 1
        self.tracks += len(moment.scene.tracks)
        for change in moment.incidents:
            if change.phase is IncidentPhase.RAISED:
                place_m = _on_ground(change.place, site)
                words = change.evidence
                self.raised.append(
                    Raised(change.kind, change.number, at_s, change.started_s, place_m, words.zone_id, words.reason)
                )
        for c in moment.crossings:
            self.crossed.append(Crossed(c.line_id, c.direction, c.at_s, _along(c.line_id, c.place, site), c.speed_kmh))
        if not self.sampled_s or at_s >= self.sampled_s[-1] + SAMPLE_EVERY_S - 1e-6:
            self.sampled_s.append(at_s)
            for state in moment.scene.zones:
                self.queued.setdefault(state.zone.id, []).append(len(state.queue_track_ids))


Follow = Callable[[Boxes, float], tuple[list[tuple[float, Tracks]], Tracks]]
"""Boxes of one look to what became known of earlier ones, and to the confirmed tracks of this one."""


def watch(
    recording: Recording,
    road: Road,
    site: Site,
    level: NoiseLevel,
    *,
    is_calibrated: bool,
    real_tracker: bool,
    seed: int,
) -> Watched:
    """Look at an episode from a site. Everything random comes from `seed`."""
    rng = np.random.default_rng(seed)
    camera = site.config(fps=1 / recording.step_s, is_calibrated=is_calibrated)
    detector = Detector(
        site.camera, level, vehicles=recording.vehicles, step_s=recording.step_s, ground_m=road.ground_m, rng=rng
    )
    follow = _real(camera) if real_tracker else _virtual(camera, level, recording, rng)
    traffic = TrafficAnalyzer(camera, WIDTH_PX, HEIGHT_PX)
    watched, signals = Watched(), _signals(recording, site)
    for moment, at_s, boxes in _looks(recording, site, detector):
        earlier, tracks = follow(boxes, at_s)
        began_s = time.thread_time()
        told = traffic.update(tracks, at_s, earlier=earlier, signals=signals[moment])
        watched.analytics_s += time.thread_time() - began_s
        watched.add(told, at_s, site)
    return watched


def _looks(recording: Recording, site: Site, detector: Detector) -> Iterator[tuple[int, float, Boxes]]:
    """Number, time and boxes of each frame that was not dropped."""
    xyxy, depth_m = site.camera.boxes(recording.middle_m, recording.heading, recording.class_id)
    is_in_view = (depth_m > 1.0) & (xyxy[:, 2] > xyxy[:, 0])
    is_in_view[is_in_view] = shown_part(xyxy[is_in_view]) > 0
    for moment, at_s in enumerate(recording.times_s().tolist()):
        rows = np.arange(recording.starts[moment], recording.starts[moment + 1])
        rows = rows[is_in_view[rows]]
        boxes = detector.look(xyxy[rows], depth_m[rows], recording.class_id[rows], recording.vehicle[rows], at_s)
        if boxes is not None:
            yield moment, at_s, boxes


def _virtual(camera: CameraConfig, level: NoiseLevel, recording: Recording, rng: np.random.Generator) -> Follow:
    identities = Identities(camera.tracking, level, vehicles=recording.vehicles, step_s=recording.step_s, rng=rng)
    return identities.update


def _real(camera: CameraConfig) -> Follow:
    tracker = Tracker(camera.tracking, fps=camera.detection.fps)

    def follow(boxes: Boxes, at_s: float) -> tuple[list[tuple[float, Tracks]], Tracks]:
        seen = Detections(boxes.xyxy.astype(np.float32), boxes.confidence.astype(np.float32), boxes.class_id)
        *earlier, now = tracker.update(seen, at_s)
        return [(s.at_s, s.tracks) for s in earlier], now.tracks

    return follow


def _signals(recording: Recording, site: Site) -> list[dict[str, SignalNow]]:
    """At each moment: the light of the site's signal, and since when."""
    if site.signal is None:
        return [{}] * len(recording)
    told, began, was = [], 0, ""
    for moment, letter in enumerate(recording.lights):
        began, was = (began, was) if letter == was else (moment, letter)
        told.append({site.signal: SignalNow(LIGHTS[letter], (began + 1) * recording.step_s)})
    return told


def _on_ground(place: tuple[float, float] | None, site: Site) -> tuple[float, float] | None:
    if place is None:
        return None
    x_m, y_m = site.camera.ground(np.array(place) * [WIDTH_PX, HEIGHT_PX])
    return float(x_m), float(y_m)


def _along(line_id: str, place: tuple[float, float], site: Site) -> float:
    line = next(ln for ln in site.lines if ln.id == line_id)
    start, end = (np.array(site.camera.fraction(p)) for p in (line.start_m, line.end_m))
    return float((np.array(place) - start) @ (end - start) / ((end - start) @ (end - start)))
