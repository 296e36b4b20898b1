"""Scores ngatu's tracks against labelled ones with `trackers.eval`: HOTA, IDF1, MOTA and their parts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from trackers.eval import (
    aggregate_clear_metrics,
    aggregate_hota_metrics,
    aggregate_identity_metrics,
    box_iou,
    compute_clear_metrics,
    compute_hota_metrics,
    compute_identity_metrics,
)

from vision.bench.clips.replay import DetectedFrame, Replay
from vision.bench.tracking.mot_dataset import LabelledClip
from vision.common.object_class import ObjectClass
from vision.config.camera import TrackingConfig
from vision.core import NgatuError
from vision.sources import probe
from vision.tracking import Tracker

MATCH_IOU = 0.5
"""Minimum IoU of a match in MOTA and IDF1, as in the MOT Challenge. HOTA averages over 0.05 to 0.95."""
PERCENTAGES = ("HOTA", "DetA", "AssA", "LocA", "IDF1", "IDP", "IDR", "MOTA", "MOTP")
COUNTS = {"IDSW": "IDSW", "Frag": "Frag", "FP": "CLR_FP", "FN": "CLR_FN", "MT": "MT", "PT": "PT", "ML": "ML"}
"""ID switches, fragmentations, false positives and negatives; mostly, partly and hardly tracked vehicles."""
Advance = Callable[[float, float | None], None]


@dataclass(frozen=True, slots=True)
class IdentifiedBoxes:
    """N boxes of one frame, labelled or tracked."""

    ids: NDArray[np.int64]
    """(N,): of vehicles or tracks."""
    xyxy: NDArray[np.float32]
    """(N, 4), pixels."""


@dataclass(frozen=True, slots=True)
class TrackingScore:
    """The metrics of one clip, or of several together, by the names that `trackers.eval` gives them."""

    hota: dict[str, Any]
    clear: dict[str, Any]
    identity: dict[str, Any]

    def to_json(self) -> dict[str, float | int]:
        """Percentages with two digits, then counts."""
        metrics = self.hota | self.clear | self.identity
        percentages = {name: round(100 * float(metrics[name]), 2) for name in PERCENTAGES}
        return percentages | {name: int(metrics[key]) for name, key in COUNTS.items()}


@dataclass(frozen=True, slots=True)
class ClipScore:
    """One clip's score."""

    clip: LabelledClip
    frames: int
    """Analysed frames; the labels of the others are not used."""
    tracks: int
    score: TrackingScore


def score_clips(clips: Sequence[LabelledClip], replay: Replay, advance: Advance) -> list[ClipScore]:
    """Track each clip with ngatu's detector and tracker at their defaults, and score the tracks.

    `advance` is called with the seconds of video that are done, and their total.

    Raises:
        NgatuError: a clip cannot be decoded, or has no label in an analysed frame.
    """
    durations_s = [probe(clip.file).duration_s for clip in clips]
    scores = []
    for number, clip in enumerate(clips):
        before_s = sum(durations_s[:number])

        def on_frame(at_s: float, before_s: float = before_s) -> None:
            advance(before_s + at_s, sum(durations_s))

        scores.append(_score_clip(clip, replay, on_frame))
    return scores


def combined(scores: Iterable[TrackingScore]) -> TrackingScore:
    """All clips together: counts are added, and the metrics computed from the sums."""
    every = list(scores)
    return TrackingScore(
        hota=aggregate_hota_metrics([score.hota for score in every]),
        clear=aggregate_clear_metrics([score.clear for score in every]),
        identity=aggregate_identity_metrics([score.identity for score in every]),
    )


def score_tracks(true: Sequence[IdentifiedBoxes], tracked: Sequence[IdentifiedBoxes]) -> TrackingScore:
    """Score tracks against labels, frame by frame; both have one item per frame. Classes are not compared.

    Examples:
        >>> box = np.array([[0, 0, 40, 40]], np.float32)
        >>> true = [IdentifiedBoxes(np.array([1]), box)] * 4
        >>> tracked = [IdentifiedBoxes(np.array([track_id]), box) for track_id in (7, 7, 8, 8)]
        >>> score = score_tracks(true, tracked).to_json()
        >>> score["DetA"], score["AssA"], score["IDF1"], score["IDSW"]
        (100.0, 50.0, 50.0, 1)
    """
    true_ids, track_ids = _consecutive_ids(true), _consecutive_ids(tracked)
    overlaps = [box_iou(a.xyxy.astype(float), b.xyxy.astype(float)) for a, b in zip(true, tracked, strict=True)]
    return TrackingScore(
        hota=compute_hota_metrics(true_ids, track_ids, overlaps),
        clear=compute_clear_metrics(true_ids, track_ids, overlaps, threshold=MATCH_IOU),
        identity=compute_identity_metrics(true_ids, track_ids, overlaps, threshold=MATCH_IOU),
    )


def track(frames: Iterable[DetectedFrame], fps: float, on_frame: Callable[[float], None]) -> dict[int, IdentifiedBoxes]:
    """Track a clip's vehicles with the default settings: the tracks by index of the analysed frame.

    As in the product, a track that is confirmed in a frame also gets its earlier positions. Persons are left out.
    """
    tracker = Tracker(TrackingConfig(), fps=fps)
    index_at: dict[float, int] = {}
    parts: dict[int, list[IdentifiedBoxes]] = {}
    for frame, detections in frames:
        index_at[frame.media_time_s] = frame.index
        parts[frame.index] = []
        for known in tracker.update(detections, frame.media_time_s):
            vehicles = known.tracks[known.tracks.class_id != ObjectClass.PERSON.class_id]
            parts[index_at[known.at_s]].append(IdentifiedBoxes(vehicles.track_id, vehicles.xyxy))
        on_frame(frame.media_time_s)
    return {index: _concatenated(boxes) for index, boxes in parts.items()}


def to_json(model: str, fps: float, scores: Sequence[ClipScore]) -> dict[str, Any]:
    """All scores as one document. Metrics in percent."""
    return {
        "model": model,
        "fps": fps,
        "match_iou": MATCH_IOU,
        "clips": [
            {
                "file": s.clip.file.name,
                "frames": s.frames,
                "vehicles": len(np.unique(s.clip.truth.vehicle)),
                "tracks": s.tracks,
                **s.score.to_json(),
            }
            for s in scores
        ],
        "combined": combined(s.score for s in scores).to_json(),
    }


def _score_clip(clip: LabelledClip, replay: Replay, on_frame: Callable[[float], None]) -> ClipScore:
    tracked = track(replay.frames(clip.file), replay.fps, on_frame)
    labels = [clip.truth[clip.truth.frame == index] for index in tracked]
    if not sum(map(len, labels)):
        raise NgatuError(f"{clip.file}: no analysed frame has a label; frames of the table count from 1")
    true = [IdentifiedBoxes(boxes.vehicle, boxes.xyxy) for boxes in labels]
    tracks = np.unique(np.concatenate([boxes.ids for boxes in tracked.values()]))
    return ClipScore(clip, len(tracked), len(tracks), score_tracks(true, list(tracked.values())))


def _consecutive_ids(frames: Sequence[IdentifiedBoxes]) -> list[NDArray[np.intp]]:
    """The ids of each frame, renumbered from 0 without gaps."""
    known = np.unique(np.concatenate([boxes.ids for boxes in frames] or [np.empty(0, np.int64)]))
    return [np.searchsorted(known, boxes.ids) for boxes in frames]


def _concatenated(parts: Sequence[IdentifiedBoxes]) -> IdentifiedBoxes:
    return IdentifiedBoxes(np.concatenate([part.ids for part in parts]), np.concatenate([part.xyxy for part in parts]))
