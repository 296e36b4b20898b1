"""The results of clips as one JSON document."""

from collections.abc import Sequence
from typing import Any

from vision.analytics.incidents import IncidentChange
from vision.bench.clips.evaluate import ClipTraffic, ZoneLevel
from vision.bench.clips.reversed_direction import Reversed


def to_json(model: str, clips: Sequence[ClipTraffic], reversed_clips: Sequence[Reversed] = ()) -> dict[str, Any]:
    """All clips, and their sums. Times are seconds of each clip."""
    judged = [level for clip in clips for level in clip.levels if level.right is not None]
    return {
        "model": model,
        "clips": [_clip(clip) for clip in clips],
        "levels": {"judged": len(judged), "agree": sum(level.agrees is True for level in judged)},
        "incidents": {
            "true": sum(len(clip.delays_s) for clip in clips),
            "found": sum(delay is not None for clip in clips for delay in clip.delays_s),
            "false": sum(len(clip.false_incidents) for clip in clips),
        },
        **({"reversed": _reversed(reversed_clips)} if reversed_clips else {}),
    }


def _clip(clip: ClipTraffic) -> dict[str, Any]:
    return {
        "file": clip.clip.file.name,
        "camera": clip.camera.id,
        "zones": {level.zone_id: _level(level) for level in clip.levels},
        "incidents": [{**_incident(found.raised), "true": found.is_true} for found in clip.incidents],
        "delays_s": [None if delay is None else round(delay, 2) for delay in clip.delays_s],
        "picture": {str(condition): round(at_s, 1) for at_s, condition in clip.conditions},
    }


def _level(level: ZoneLevel) -> dict[str, Any]:
    return {
        "reported": [[round(at_s, 1), str(name)] for at_s, name in level.reported],
        "right": None if level.right is None else sorted(level.right),
        "agrees": level.agrees,
    }


def _incident(change: IncidentChange) -> dict[str, Any]:
    return {
        "kind": str(change.kind),
        "zone": change.evidence.zone_id,
        "raised_s": round(change.at_s, 2),
        "started_s": round(change.started_s, 2),
        "confidence": round(change.evidence.confidence, 2),
        "track_ids": list(change.evidence.track_ids),
        "reason": change.evidence.reason,
    }


def _reversed(clips: Sequence[Reversed]) -> dict[str, Any]:
    return {
        "crossed": sum(r.crossed for r in clips),
        "once": sum(r.once for r in clips),
        "twice": sum(len(r.twice) for r in clips),
        "missed": sum(len(r.missed) for r in clips),
        "clips": [
            {
                "file": r.clip.file.name,
                "true": [r.true_low, r.true_high],
                "crossed": r.crossed,
                "once": r.once,
                "twice": list(r.twice),
                "missed": [[round(at_s, 1), track] for at_s, track in r.missed],
                "elsewhere": r.elsewhere,
            }
            for r in clips
        ],
    }
