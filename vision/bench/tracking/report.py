"""The noise benchmark: measures the noise of a detector and the tracker on labelled clips and images."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.bench.clips.replay import Replay
from vision.bench.tracking.detection_noise import Identity, Jitter, Misses, identity, jitters, misses
from vision.bench.tracking.matched_boxes import ClipMatcher, MatchedBoxes
from vision.bench.tracking.merged_detections import Merges, count_merges
from vision.bench.tracking.mot_dataset import read_labelled_clips
from vision.bench.tracking.track_noise import TrackNoise, track_noise
from vision.common.progress import Report
from vision.config.camera import DetectionConfig, TrackingConfig
from vision.detection import Detector


@dataclass(frozen=True, slots=True)
class NoiseReport:
    """The noise of a detector and the tracker at the default settings."""

    model: str
    fps: float
    observations: int
    """Observations of labelled vehicles."""
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
    """Measure on a manifest's clips and on labelled images. Raises NgatuError where they cannot be read."""
    labelled = read_labelled_clips(manifest, clips)
    matcher = ClipMatcher()
    for number, clip in enumerate(labelled):
        report(f"labelled tracks: {clip.file.name}, {number + 1} of {len(labelled)}", 0, None)
        matcher.add(clip, replay.frames(clip.file), replay.fps)
    observations = MatchedBoxes.joined(matcher.observations)
    return NoiseReport(
        model=replay.detector.model.name,
        fps=replay.fps,
        observations=len(observations),
        jitter=jitters(observations),
        misses=misses(observations),
        identity=identity(observations),
        frames=matcher.surplus.frames,
        twice_per_frame=matcher.surplus.duplicates / matcher.surplus.frames,
        unexplained_per_frame=matcher.surplus.unexplained / matcher.surplus.frames,
        merges=_merges(pictures, replay.detector, report),
        tracks=tuple(_tracks(_all_clips(manifest, clips), replay, report)),
    )


def _merges(pictures: Sequence[Path], detector: Detector, report: Report) -> tuple[Merges, ...]:
    """For all detections, and for those confident enough to start a track."""
    if not pictures:
        return ()
    report("labelled images", 0, None)
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
