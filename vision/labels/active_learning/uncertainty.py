"""What there is to doubt in a frame: where the detector and the tracker disagree, told with hindsight of a second."""

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
from vision.labels.active_learning.class_rarity import Rarity
from vision.labels.data_set.provenance import Hint
from vision.tracking import Tracker

WINDOW_S = 1.0
"""A frame is judged by what was seen this long before and after it."""
STRONG = 0.5
"""A detection as sure as this should be part of a track."""
WAVERS = 0.08
"""A detection this near to the confidence at which tracks begin might as well not have been made."""
BLINKS_BELOW = 0.7
"""A track seen in a smaller share of the frames between its first and last sight blinks."""
LEAST_SPAN = 5
"""Frames over which blinking can be told."""
CLOCK_TREMBLE_S = 1.0
SMALLEST_STEP_S = 0.001


class Doubt(StrEnum):
    """A reason to look at a frame."""

    GAP = "gap"
    """A vehicle seen before and after, and not here."""
    ORPHAN = "orphan"
    """A strong detection that never became a track."""
    CLASS = "class"
    """A detection of another class than its track's."""
    BLINK = "blink"
    """A tracked vehicle that is seen in some frames only."""
    WAVERING = "wavering"
    """A detection near the threshold."""
    RARE = "rare"
    """A class that this camera seldom shows."""


WEIGHT: Mapping[Doubt, float] = {
    Doubt.GAP: 3.0,
    Doubt.ORPHAN: 3.0,
    Doubt.CLASS: 2.0,
    Doubt.RARE: 2.0,
    Doubt.BLINK: 1.0,
    Doubt.WAVERING: 0.5,
}
"""How much a first doubt of its kind counts; misses and inventions are what a detector must unlearn."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A frame, what was detected in it, where tracks were, and what there is to doubt."""

    frame: Frame
    detections: Detections
    hints: tuple[Hint, ...]
    doubts: Mapping[Doubt, int]

    @property
    def score(self) -> float:
        """0 without any doubt; the tenth doubt of a kind adds less than the first."""
        return sum(WEIGHT[doubt] * math.log2(1 + number) for doubt, number in self.doubts.items())


@dataclass(slots=True, eq=False)
class _Moment:
    """One frame of the window. Its picture is let go of once it is judged."""

    frame: Frame | None
    at_s: float
    detections: Detections
    rows: dict[int, tuple[NDArray[np.float32], int]] = field(default_factory=dict)
    """By track: its box in pixels, and its class."""


class Doubter:
    """Follows one camera's frames and judges each a second later.

    It keeps two seconds of detections and one of pictures. Frames come in order; a stream that begins anew or changes
    its size is followed afresh, and frames not judged until then are let go of.
    """

    def __init__(self, camera: CameraConfig) -> None:
        self._activation = camera.tracking.activation
        self._confirm_after = camera.tracking.confirm_after
        self._least = np.array(
            [camera.detection.confidence_by_class.get(kind, camera.detection.confidence) for kind in CLASSES]
        )
        self._tracker = Tracker(camera.tracking, fps=camera.detection.fps)
        self._rarity = Rarity()
        self._past: deque[_Moment] = deque()
        self._open: deque[_Moment] = deque()
        self._size_px = (0, 0)
        self._newest_s = -math.inf

    def update(self, frame: Frame, detections: Detections) -> list[Judged]:
        """Take in a frame and what was detected in it. Returns the earlier frames that can be judged now."""
        self._start_afresh_if_needed(frame)
        self._newest_s = at_s = max(frame.media_time_s, self._newest_s + SMALLEST_STEP_S)
        sure = detections[detections.confidence >= self._least[detections.class_id]]
        self._open.append(_Moment(frame, at_s, sure))
        moments = {moment.at_s: moment for moment in (*self._past, *self._open)}
        for sighting in self._tracker.update(sure, at_s):
            moment, tracks = moments.get(sighting.at_s), sighting.tracks
            self._rarity.add(tracks)
            if moment is not None:
                rows = zip(tracks.track_id.tolist(), tracks.xyxy, tracks.class_id.tolist(), strict=True)
                moment.rows.update({track_id: (box, class_id) for track_id, box, class_id in rows})
        return self._judge_before(at_s - WINDOW_S)

    def finish(self) -> list[Judged]:
        """Judge what is left, with what was seen."""
        return self._judge_before(math.inf)

    def _start_afresh_if_needed(self, frame: Frame) -> None:
        size_px = (frame.width_px, frame.height_px)
        if size_px == self._size_px and frame.media_time_s > self._newest_s - CLOCK_TREMBLE_S:
            return
        self._size_px, self._newest_s = size_px, -math.inf
        self._tracker.reset()
        self._past.clear()
        self._open.clear()

    def _judge_before(self, before_s: float) -> list[Judged]:
        judged = []
        while self._open and self._open[0].at_s <= before_s:
            moment = self._open.popleft()
            judged.append(self._judge(moment))
            moment.frame = None
            self._past.append(moment)
            while self._past[0].at_s < moment.at_s - WINDOW_S:
                self._past.popleft()
        return judged

    def _judge(self, moment: _Moment) -> Judged:
        assert moment.frame is not None  # noqa: S101 - let go of only when judged
        hidden = _hidden(moment, self._past, self._open)
        doubts = {
            Doubt.GAP: len(hidden),
            Doubt.ORPHAN: self._orphans(moment),
            Doubt.CLASS: _other_class(moment),
            Doubt.BLINK: _blinking(moment, [*self._past, moment, *self._open]),
            Doubt.WAVERING: int((np.abs(moment.detections.confidence - self._activation) <= WAVERS).sum()),
            Doubt.RARE: sum(self._rarity.is_rare(class_id) for _, class_id in moment.rows.values()),
        }
        hints = (*_hints(moment.rows, seen=True), *_hints(hidden, seen=False))
        return Judged(moment.frame, moment.detections, hints, {kind: n for kind, n in doubts.items() if n})

    def _orphans(self, moment: _Moment) -> int:
        """Strong detections of no track; unknown, and so none, where too little was seen after them."""
        if len(self._open) < self._confirm_after:
            return 0
        strong = moment.detections.xyxy[moment.detections.confidence >= STRONG]
        return sum(not _is_among(box, (row for row, _ in moment.rows.values())) for box in strong)


def _hidden(
    moment: _Moment, past: Sequence[_Moment], later: Sequence[_Moment]
) -> dict[int, tuple[NDArray[np.float32], int]]:
    """The tracks that were seen before and after this moment and not in it: where each must have been."""
    before = {track_id: one for one in past for track_id in one.rows}
    after = {track_id: one for one in reversed(later) for track_id in one.rows}
    found = {}
    for track_id in (before.keys() & after.keys()) - moment.rows.keys():
        first, last = before[track_id], after[track_id]
        part = (moment.at_s - first.at_s) / (last.at_s - first.at_s)
        (start, _), (end, class_id) = first.rows[track_id], last.rows[track_id]
        found[track_id] = (np.asarray(start + part * (end - start), np.float32), class_id)
    return found


def _blinking(moment: _Moment, window: Sequence[_Moment]) -> int:
    """The tracks of this moment that are seen now and then only."""
    blinking = 0
    for track_id in moment.rows:
        seen = [number for number, one in enumerate(window) if track_id in one.rows]
        span = seen[-1] - seen[0] + 1
        blinking += span >= LEAST_SPAN and len(seen) < BLINKS_BELOW * span
    return blinking


def _other_class(moment: _Moment) -> int:
    """Sure detections whose track is of another class."""
    other = 0
    for box, class_id in moment.rows.values():
        match = np.flatnonzero((moment.detections.xyxy == box).all(axis=1))
        sure = moment.detections[match].confidence >= STRONG
        other += bool((sure & (moment.detections.class_id[match] != class_id)).any())
    return other


def _is_among(box: NDArray[np.float32], rows: Iterable[NDArray[np.float32]]) -> bool:
    return any(bool((box == row).all()) for row in rows)


def _hints(rows: Mapping[int, tuple[NDArray[np.float32], int]], *, seen: bool) -> Iterable[Hint]:
    for track_id, (box, class_id) in sorted(rows.items()):
        left, top, right, bottom = (round(float(edge), 1) for edge in box)
        yield Hint(track_id=track_id, object_class=CLASSES[class_id], box=(left, top, right, bottom), seen=seen)
