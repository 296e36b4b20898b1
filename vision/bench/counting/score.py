"""The counting benchmark: counts every clip with the same settings, and scores it against hand counts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from vision.bench.counting.dataset import CountedClip
from vision.config.camera import CameraConfig, DetectionConfig
from vision.config.sources import FileSource
from vision.contracts import Direction
from vision.counting.count import VideoCount, count_video
from vision.counting.export import by_class, totals
from vision.detection import Detector


@dataclass(frozen=True, slots=True)
class ClipScore:
    """One clip's count and its truth."""

    clip: CountedClip
    count: VideoCount

    @property
    def counted(self) -> int:
        """Crossings in both directions."""
        return totals(self.count).total()

    @property
    def error(self) -> int:
        """Vehicles outside the true range."""
        return self.clip.error_of(self.counted)


def camera_for(clip: CountedClip, fps: float | None = None) -> CameraConfig:
    """A camera with defaults, except for the line and, where given, the analysed fps."""
    detection = DetectionConfig() if fps is None else DetectionConfig(fps=fps)
    return CameraConfig(id="clip", source=FileSource(path=str(clip.file)), detection=detection, lines=(clip.line,))


def score_clips(clips: Iterable[CountedClip], detector: Detector, fps: float | None = None) -> Iterator[ClipScore]:
    """Count each clip in turn. Raises SourceError if one cannot be decoded, KeyboardInterrupt on Ctrl-C."""
    for clip in clips:
        count = count_video(clip.file, camera_for(clip, fps), detector)
        if count.interrupted:
            raise KeyboardInterrupt
        yield ClipScore(clip, count)


def wape(scores: Iterable[ClipScore]) -> float:
    """Weighted absolute percentage error: the errors of all clips over their definite true counts; 0.1 is 10 %."""
    scored = list(scores)
    return sum(s.error for s in scored) / sum(s.clip.definite for s in scored)


def to_json(scores: list[ClipScore]) -> dict[str, Any]:
    """All scores as one document."""
    first = scores[0].count
    return {
        "model": first.model,
        "settings": {
            "detection": first.camera.detection.model_dump(mode="json"),
            "tracking": first.camera.tracking.model_dump(mode="json"),
            "anchor": str(first.camera.lines[0].anchor),
        },
        "clips": [_clip(score) for score in scores],
        "wape": round(wape(scores), 4),
    }


def _clip(score: ClipScore) -> dict[str, Any]:
    by_direction = totals(score.count)
    return {
        "file": score.clip.file.name,
        "true_low": score.clip.true_low,
        "true_high": score.clip.true_high,
        "counted": score.counted,
        "error": score.error,
        "in": by_direction[Direction.IN],
        "out": by_direction[Direction.OUT],
        "by_class": by_class(score.count),
        "processed_fps": round(score.count.processed_fps, 2),
        "wall_s": round(score.count.wall_s, 3),
        "video_s": round(score.count.video_s, 3),
    }
