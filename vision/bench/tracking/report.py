"""All that is measured of a detector's noise, in one run."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.bench.clips.replay import Replay
from vision.bench.tracking.detection_noise import Identity, Jitter, Misses, identity, jitters, misses
from vision.bench.tracking.matched_boxes import Sightings, Watch
from vision.bench.tracking.merged_detections import Merges, count_merges
from vision.bench.tracking.mot_dataset import read_followed
from vision.bench.tracking.track_noise import TrackNoise, track_noise
from vision.common.progress import Report
from vision.config.camera import DetectionConfig, TrackingConfig
from vision.detection import Detector


@dataclass(frozen=True, slots=True)
class NoiseReport:
    """A detector's noise at the default settings."""

    model: str
    fps: float
    looks: int
    """Looks at true vehicles."""
    jitter: dict[str, dict[str, Jitter]]
    misses: Misses
    identity: Identity
    frames: int
    twice_per_frame: float
    unexplained_per_frame: float
    merges: tuple[Merges, ...]
    tracks: tuple[TrackNoise, ...]


def measure(
    manifest: Path,
    clips: Path | None,
    pictures: Sequence[Path],
    replay: Replay,
    report: Report,
) -> NoiseReport:
    """Look at a manifest's clips and at labelled pictures. Raises NgatuError where they cannot be read."""
    followed = read_followed(manifest, clips)
    watch = Watch()
    for number, clip in enumerate(followed):
        report(f"beside the truth: {clip.file.name}, {number + 1} of {len(followed)}", 0, None)
        watch.look(clip, replay.frames(clip.file), replay.fps)
    looks = Sightings.joined(watch.looks)
    return NoiseReport(
        model=replay.detector.model.name,
        fps=replay.fps,
        looks=len(looks),
        jitter=jitters(looks),
        misses=misses(looks),
        identity=identity(looks),
        frames=watch.surplus.frames,
        twice_per_frame=watch.surplus.twice / watch.surplus.frames,
        unexplained_per_frame=watch.surplus.unexplained / watch.surplus.frames,
        merges=_merges(pictures, replay.detector, report),
        tracks=tuple(_tracks(_all_clips(manifest, clips), replay, report)),
    )


def _merges(pictures: Sequence[Path], detector: Detector, report: Report) -> tuple[Merges, ...]:
    """For all detections, and for those that are sure enough to begin a track."""
    if not pictures:
        return ()
    report("labelled pictures", 0, None)
    floors = (DetectionConfig().confidence, TrackingConfig().activation)
    return tuple(count_merges(pictures, detector, floor) for floor in floors)


def _all_clips(manifest: Path, clips: Path | None) -> list[Path]:
    listed = json.loads(manifest.read_text(encoding="utf-8"))["clips"]
    return [(clips or manifest.parent) / clip["file"] for clip in listed]


def _tracks(files: Sequence[Path], replay: Replay, report: Report) -> list[TrackNoise]:
    found = []
    for number, file in enumerate(files):
        report(f"tracks of {file.name}, {number + 1} of {len(files)}", 0, None)
        found.append(track_noise(file.name, replay.frames(file), replay.fps))
    return found
