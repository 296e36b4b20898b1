"""Compares ngatu's count with a peer's: same clip, same model, same machine, one after the other."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.bench.counting.objectcounter import PeerCount, run_objectcounter
from vision.bench.counting.score import ClipScore


@dataclass(frozen=True, slots=True)
class Comparison:
    """One clip, counted by both programs."""

    ours: ClipScore
    theirs: PeerCount

    @property
    def their_error(self) -> int:
        """Vehicles outside the true range."""
        return self.ours.clip.error_of(self.theirs.counted)

    @property
    def their_speed(self) -> float:
        """Seconds of video per second of wall clock."""
        return self.ours.count.video_s / self.theirs.wall_s

    @property
    def times_faster(self) -> float:
        """Our speed over theirs."""
        return self.ours.count.speed / self.their_speed


def times_faster(comparisons: list[Comparison]) -> float:
    """Their wall-clock time over ours, all clips together."""
    return sum(d.theirs.wall_s for d in comparisons) / sum(d.ours.count.wall_s for d in comparisons)


def times_less_cpu(comparisons: list[Comparison]) -> float:
    """Their processor time over ours, all clips together; a busy machine hardly affects it."""
    return sum(d.theirs.cpu_s for d in comparisons) / sum(d.ours.count.cpu_s for d in comparisons)


def compare(ours: ClipScore, python: Path, model: Path) -> Comparison:
    """Count a clip with ObjectCounter that ngatu has just counted. Raises NgatuError when it fails."""
    return Comparison(ours, run_objectcounter(python, ours.clip, model))


def to_json(comparisons: list[Comparison]) -> dict[str, Any]:
    """All clips and their sums as one document."""
    return {
        "model": comparisons[0].ours.count.model,
        "clips": [_clip(comparison) for comparison in comparisons],
        "error": {
            "ngatu": sum(d.ours.error for d in comparisons),
            "objectcounter": sum(d.their_error for d in comparisons),
        },
        "times_faster": round(times_faster(comparisons), 2),
        "times_less_cpu": round(times_less_cpu(comparisons), 2),
    }


def _clip(comparison: Comparison) -> dict[str, Any]:
    score, count = comparison.ours, comparison.ours.count
    return {
        "file": score.clip.file.name,
        "video_s": round(count.video_s, 3),
        "true_low": score.clip.true_low,
        "true_high": score.clip.true_high,
        "ngatu": {
            "counted": score.counted,
            "error": score.error,
            "fps": round(count.processed_fps, 2),
            "video_s_per_s": round(count.speed, 2),
            "cpu_s": round(count.cpu_s, 2),
        },
        "objectcounter": {
            "counted": comparison.theirs.counted,
            "error": comparison.their_error,
            "fps": round(comparison.theirs.frames / count.video_s, 2),
            "video_s_per_s": round(comparison.their_speed, 2),
            "cpu_s": round(comparison.theirs.cpu_s, 2),
        },
        "times_faster": round(comparison.times_faster, 2),
    }
