"""Exports the counts of a video as totals, JSON and CSV."""

import csv
import io
from collections import Counter
from typing import Any

from vision.contracts import Direction
from vision.counting.count import VideoCount, VideoCrossing


def totals(count: VideoCount, line_id: str | None = None) -> Counter[Direction]:
    """Crossings by direction, of one line or of all."""
    return Counter(c.crossing.direction for c in _of(count, line_id))


def by_class(count: VideoCount, line_id: str | None = None) -> dict[str, dict[str, int]]:
    """`{class: {in, out}}` for the classes with crossings, of one line or of all."""
    pairs = Counter((c.crossing.object_class, c.crossing.direction) for c in _of(count, line_id))
    return {
        str(object_class): {str(direction): pairs[object_class, direction] for direction in Direction}
        for object_class in sorted({object_class for object_class, _ in pairs})
    }


def to_json(count: VideoCount) -> dict[str, Any]:
    """The whole result. Times are seconds of the video; `frame` is a frame index from 0."""
    result: dict[str, Any] = {
        "video": str(count.video),
        "model": count.model,
        "frames": count.frames,
        "processed": count.processed,
        "video_s": round(count.video_s, 3),
        "wall_s": round(count.wall_s, 3),
        "lines": {line.id: _line(count, line.id) for line in count.camera.lines},
    }
    if count.camera.movements:
        result["movements"] = {m.id: _movement(count, m.id) for m in count.camera.movements}
    if count.interrupted:
        result["interrupted"] = True
    if count.is_cut_short:
        result["cut_short_at_s"], result["declared_s"] = round(count.video_s, 3), round(count.declared_s, 3)
    if count.gaps:
        result["gaps"] = count.gaps
    return result


def to_csv(count: VideoCount) -> str:
    """One row per crossing: line, t_s, frame, direction, class, track_id."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["line", "t_s", "frame", "direction", "class", "track_id"])
    for c in sorted(count.crossings, key=lambda c: c.crossing.at_s):
        table.writerow([c.crossing.line_id, *_event(c).values()])
    return text.getvalue()


def _line(count: VideoCount, line_id: str) -> dict[str, Any]:
    by_direction = totals(count, line_id)
    return {
        "in": by_direction[Direction.IN],
        "out": by_direction[Direction.OUT],
        "by_class": by_class(count, line_id),
        "events": [_event(c) for c in sorted(_of(count, line_id), key=lambda c: c.crossing.at_s)],
    }


def _event(crossing: VideoCrossing) -> dict[str, Any]:
    return {
        "t_s": round(crossing.crossing.at_s, 3),
        "frame": crossing.frame,
        "direction": str(crossing.crossing.direction),
        "class": str(crossing.crossing.object_class),
        "track_id": crossing.crossing.track_id,
    }


def _movement(count: VideoCount, movement_id: str) -> dict[str, Any]:
    made = [m for m in count.movements if m.movement_id == movement_id]
    return {"count": len(made), "by_class": dict(Counter(str(m.object_class) for m in made))}


def _of(count: VideoCount, line_id: str | None) -> list[VideoCrossing]:
    return [c for c in count.crossings if line_id in {None, c.crossing.line_id}]
