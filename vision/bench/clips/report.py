"""What was made of clips, as one document."""

from collections.abc import Sequence
from typing import Any

from vision.analytics.incidents import IncidentChange
from vision.bench.clips.evaluate import ClipTraffic, ZoneLevel
from vision.bench.clips.reversed_direction import Reversed
from vision.bench.throughput.measure import Cost


def to_json(
    model: str, clips: Sequence[ClipTraffic], turned: Sequence[Reversed] = (), cost: Cost | None = None
) -> dict[str, Any]:
    """Times are seconds of each clip."""
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
        **({"reversed": _reversed(turned)} if turned else {}),
        **({"cost": _cost(cost)} if cost else {}),
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
        "told": [[round(at_s, 1), str(told)] for at_s, told in level.told],
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


def _reversed(turned: Sequence[Reversed]) -> dict[str, Any]:
    return {
        "crossed": sum(r.crossed for r in turned),
        "once": sum(r.once for r in turned),
        "twice": sum(len(r.twice) for r in turned),
        "missed": sum(len(r.missed) for r in turned),
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
            for r in turned
        ],
    }


def _cost(cost: Cost) -> dict[str, Any]:
    return {
        "frames": cost.frames,
        "tracks": cost.tracks,
        "median_ms": round(cost.median_ms, 3),
        "p95_ms": round(cost.p95_ms, 3),
        "incident_changes": cost.incidents,
        "rss_mb": [round(mb, 1) for mb in cost.rss_mb],
    }
