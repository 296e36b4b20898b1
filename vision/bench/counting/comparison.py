"""Our count beside a peer's: the same clip, the same model, the same machine, one after the other."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.bench.counting.objectcounter import PeerCount, run_objectcounter
from vision.bench.counting.score import ClipScore


@dataclass(frozen=True, slots=True)
class Duel:
    """One clip, counted by both."""

    ours: ClipScore
    theirs: PeerCount

    @property
    def their_error(self) -> int:
        return self.ours.clip.error_of(self.theirs.counted)

    @property
    def their_speed(self) -> float:
        """Seconds of video per second of wall clock."""
        return self.ours.count.video_s / self.theirs.wall_s

    @property
    def times_faster(self) -> float:
        """Our speed over theirs."""
        return self.ours.count.speed / self.their_speed


def times_faster(duels: list[Duel]) -> float:
    """Their wall-clock time over ours, all clips together."""
    return sum(d.theirs.wall_s for d in duels) / sum(d.ours.count.wall_s for d in duels)


def times_thriftier(duels: list[Duel]) -> float:
    """Their processor time over ours, all clips together: this one a busy machine hardly moves."""
    return sum(d.theirs.cpu_s for d in duels) / sum(d.ours.count.cpu_s for d in duels)


def compare(ours: ClipScore, python: Path, model: Path) -> Duel:
    """Let ObjectCounter count the clip that we have just counted. Raises NgatuError when it fails."""
    return Duel(ours, run_objectcounter(python, ours.clip, model))


def to_json(duels: list[Duel]) -> dict[str, Any]:
    """All clips, and how many times faster we were over all of them."""
    return {
        "model": duels[0].ours.count.model,
        "clips": [_clip(duel) for duel in duels],
        "error": {"ngatu": sum(d.ours.error for d in duels), "objectcounter": sum(d.their_error for d in duels)},
        "times_faster": round(times_faster(duels), 2),
        "times_less_cpu": round(times_thriftier(duels), 2),
    }


def _clip(duel: Duel) -> dict[str, Any]:
    score, count = duel.ours, duel.ours.count
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
            "counted": duel.theirs.counted,
            "error": duel.their_error,
            "fps": round(duel.theirs.frames / count.video_s, 2),
            "video_s_per_s": round(duel.their_speed, 2),
            "cpu_s": round(duel.theirs.cpu_s, 2),
        },
        "times_faster": round(duel.times_faster, 2),
    }
