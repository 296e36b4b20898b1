"""Scores how uncertain the detections of a frame are, from where detector and tracker disagree within a second."""

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES
from vision.config.camera import CameraConfig
from vision.core import Detections, Frame
from vision.labels.active_learning.class_rarity import ClassRarity
from vision.labels.data_set.provenance import Hint
from vision.tracking import Tracker

WINDOW_S = 1.0
"""A frame is scored by what was detected this long before and after it."""
STRONG_CONFIDENCE = 0.5
"""A detection at or above this confidence should belong to a track."""
THRESHOLD_MARGIN = 0.08
"""A detection this close to the confidence at which tracks start is near the threshold."""
FLICKER_BELOW = 0.7
"""A track observed in a smaller fraction of the frames between its first and last observation flickers."""
MIN_FLICKER_FRAMES = 5
"""A track must span this many frames before it can flicker."""
CLOCK_TOLERANCE_S = 1.0
"""Media time may step back by less than this before the stream counts as restarted."""
MIN_STEP_S = 0.001


class UncertaintyReason(StrEnum):
    """Why the labels of a frame are uncertain."""

    MISSED = "gap"
    """A vehicle is detected before and after, and not here."""
    UNTRACKED = "orphan"
    """A strong detection never became a track."""
    CLASS_CONFLICT = "class"
    """A detection has another class than its track."""
    FLICKER = "blink"
    """A track is detected in some frames only."""
    NEAR_THRESHOLD = "wavering"
    """The confidence of a detection is near the threshold."""
    RARE_CLASS = "rare"
    """The camera seldom shows this class."""


WEIGHTS: Mapping[UncertaintyReason, float] = {
    UncertaintyReason.MISSED: 3.0,
    UncertaintyReason.UNTRACKED: 3.0,
    UncertaintyReason.CLASS_CONFLICT: 2.0,
    UncertaintyReason.RARE_CLASS: 2.0,
    UncertaintyReason.FLICKER: 1.0,
    UncertaintyReason.NEAR_THRESHOLD: 0.5,
}
"""Score of the first case of each reason. Missed and false detections weigh most: training should correct them."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoredFrame:
    """A frame with its detections, the boxes of its tracks, and the reasons for uncertainty."""

    frame: Frame
    detections: Detections
    hints: tuple[Hint, ...]
    reasons: Mapping[UncertaintyReason, int]
    """Number of cases by reason."""

    @property
    def score(self) -> float:
        """0 without any reason; grows with the logarithm of the number of cases."""
        return sum(WEIGHTS[reason] * math.log2(1 + count) for reason, count in self.reasons.items())


@dataclass(slots=True, eq=False)
class _WindowFrame:
    """One frame of the window. Its image is released once it is scored."""

    frame: Frame | None
    at_s: float
    detections: Detections
    rows: dict[int, tuple[NDArray[np.float32], int]] = field(default_factory=dict)
    """By track id: box in pixels, and class."""


class UncertaintyScorer:
    """Scores the frames of one camera, each a second after it came.

    Holds two seconds of detections and one second of images. Frames come in order. A stream that restarts or changes
    its size starts a new window; frames that were not scored by then are dropped.
    """

    def __init__(self, camera: CameraConfig) -> None:
        self._activation = camera.tracking.activation
        self._confirm_after = camera.tracking.confirm_after
        self._min_confidence = np.array(
            [camera.detection.confidence_by_class.get(kind, camera.detection.confidence) for kind in CLASSES]
        )
        self._tracker = Tracker(camera.tracking, fps=camera.detection.fps)
        self._rarity = ClassRarity()
        self._scored: deque[_WindowFrame] = deque()
        self._pending: deque[_WindowFrame] = deque()
        self._size_px = (0, 0)
        self._newest_s = -math.inf

    def update(self, frame: Frame, detections: Detections) -> list[ScoredFrame]:
        """Process a frame and its detections. Returns earlier frames that can be scored now."""
        self._reset_if_restarted(frame)
        self._newest_s = at_s = max(frame.media_time_s, self._newest_s + MIN_STEP_S)
        confident = detections[detections.confidence >= self._min_confidence[detections.class_id]]
        self._pending.append(_WindowFrame(frame, at_s, confident))
        by_time = {one.at_s: one for one in (*self._scored, *self._pending)}
        for observation in self._tracker.update(confident, at_s):
            window_frame, tracks = by_time.get(observation.at_s), observation.tracks
            self._rarity.update(tracks)
            if window_frame is not None:
                rows = zip(tracks.track_id.tolist(), tracks.xyxy, tracks.class_id.tolist(), strict=True)
                window_frame.rows.update({track_id: (box, class_id) for track_id, box, class_id in rows})
        return self._score_until(at_s - WINDOW_S)

    def finish(self) -> list[ScoredFrame]:
        """Score the pending frames by what is known."""
        return self._score_until(math.inf)

    def _reset_if_restarted(self, frame: Frame) -> None:
        size_px = (frame.width_px, frame.height_px)
        if size_px == self._size_px and frame.media_time_s > self._newest_s - CLOCK_TOLERANCE_S:
            return
        self._size_px, self._newest_s = size_px, -math.inf
        self._tracker.reset()
        self._scored.clear()
        self._pending.clear()

    def _score_until(self, end_s: float) -> list[ScoredFrame]:
        scored = []
        while self._pending and self._pending[0].at_s <= end_s:
            current = self._pending.popleft()
            scored.append(self._score(current))
            current.frame = None
            self._scored.append(current)
            while self._scored[0].at_s < current.at_s - WINDOW_S:
                self._scored.popleft()
        return scored

    def _score(self, current: _WindowFrame) -> ScoredFrame:
        assert current.frame is not None  # noqa: S101 - released only after scoring
        missed = _missed(current, self._scored, self._pending)
        near_threshold = np.abs(current.detections.confidence - self._activation) <= THRESHOLD_MARGIN
        counts = {
            UncertaintyReason.MISSED: len(missed),
            UncertaintyReason.UNTRACKED: self._count_untracked(current),
            UncertaintyReason.CLASS_CONFLICT: _count_class_conflicts(current),
            UncertaintyReason.FLICKER: _count_flickering(current, [*self._scored, current, *self._pending]),
            UncertaintyReason.NEAR_THRESHOLD: int(near_threshold.sum()),
            UncertaintyReason.RARE_CLASS: sum(self._rarity.is_rare(class_id) for _, class_id in current.rows.values()),
        }
        hints = (*_hints(current.rows, is_detected=True), *_hints(missed, is_detected=False))
        reasons = {reason: count for reason, count in counts.items() if count}
        return ScoredFrame(current.frame, current.detections, hints, reasons)

    def _count_untracked(self, current: _WindowFrame) -> int:
        """Strong detections without a track; 0 if too few frames follow for a track to be confirmed."""
        if len(self._pending) < self._confirm_after:
            return 0
        strong = current.detections.xyxy[current.detections.confidence >= STRONG_CONFIDENCE]
        return sum(not _is_among(box, (row for row, _ in current.rows.values())) for box in strong)


def _missed(
    current: _WindowFrame, earlier: Sequence[_WindowFrame], later: Sequence[_WindowFrame]
) -> dict[int, tuple[NDArray[np.float32], int]]:
    """Tracks observed before and after this frame and not in it, with their interpolated boxes."""
    before = {track_id: one for one in earlier for track_id in one.rows}
    after = {track_id: one for one in reversed(later) for track_id in one.rows}
    missed = {}
    for track_id in (before.keys() & after.keys()) - current.rows.keys():
        first, last = before[track_id], after[track_id]
        part = (current.at_s - first.at_s) / (last.at_s - first.at_s)
        (start, _), (end, class_id) = first.rows[track_id], last.rows[track_id]
        missed[track_id] = (np.asarray(start + part * (end - start), np.float32), class_id)
    return missed


def _count_flickering(current: _WindowFrame, window: Sequence[_WindowFrame]) -> int:
    """Tracks of this frame that are observed in a small fraction of the window."""
    flickering = 0
    for track_id in current.rows:
        observed = [number for number, one in enumerate(window) if track_id in one.rows]
        span = observed[-1] - observed[0] + 1
        flickering += span >= MIN_FLICKER_FRAMES and len(observed) < FLICKER_BELOW * span
    return flickering


def _count_class_conflicts(current: _WindowFrame) -> int:
    """Strong detections that have another class than their track."""
    conflicts = 0
    for box, class_id in current.rows.values():
        match = np.flatnonzero((current.detections.xyxy == box).all(axis=1))
        strong = current.detections[match].confidence >= STRONG_CONFIDENCE
        conflicts += bool((strong & (current.detections.class_id[match] != class_id)).any())
    return conflicts


def _is_among(box: NDArray[np.float32], rows: Iterable[NDArray[np.float32]]) -> bool:
    return any(bool((box == row).all()) for row in rows)


def _hints(rows: Mapping[int, tuple[NDArray[np.float32], int]], *, is_detected: bool) -> Iterable[Hint]:
    for track_id, (box, class_id) in sorted(rows.items()):
        left, top, right, bottom = (round(float(edge), 1) for edge in box)
        yield Hint(track_id=track_id, object_class=CLASSES[class_id], box=(left, top, right, bottom), seen=is_detected)
