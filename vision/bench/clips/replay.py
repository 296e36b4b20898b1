"""Replays recordings with their detections; a cache makes repeated runs fast."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vision.core import Detections, Frame
from vision.counting.count import detect_in_order
from vision.detection import Detector
from vision.sources import VideoFile

DetectedFrame = tuple[Frame, Detections]


@dataclass(frozen=True, slots=True)
class Replay:
    """Yields the frames of recordings with their detections, at `fps`.

    With a `cache` folder, detections are kept there by the contents of clip and model. Frames are always decoded, since
    some rules need the image.
    """

    detector: Detector
    fps: float
    cache: Path | None = None

    def frames(self, clip: Path) -> Iterator[DetectedFrame]:
        """Yield the analysed frames with their detections. Raises SourceError if the clip cannot be decoded."""
        source = VideoFile(clip, camera_id=clip.stem, fps=self.fps)
        if self.cache is None:
            yield from detect_in_order(source.frames(), self.detector.detect, self.detector.model.threads)
            return
        cached = self._cached(clip, self.cache)
        for frame in source.frames():
            yield frame, cached[frame.index]

    def _cached(self, clip: Path, cache: Path) -> dict[int, Detections]:
        """Detections by index of their frame."""
        file = cache / f"{clip.stem}.{self._key(clip)}.npz"
        if file.exists():
            return _load(file)
        found = detect_in_order(
            VideoFile(clip, fps=self.fps).frames(), self.detector.detect, self.detector.model.threads
        )
        kept = {frame.index: detections for frame, detections in found}
        cache.mkdir(parents=True, exist_ok=True)
        _save(file, kept)
        return kept

    def _key(self, clip: Path) -> str:
        model = self.detector.model
        content = f"{_digest(clip)} {_digest(model.file)} {model.input} {self.fps:g}"
        return hashlib.sha256(content.encode()).hexdigest()[:12]


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _save(file: Path, kept: dict[int, Detections]) -> None:
    """Write all boxes in one array, with their number per frame; the file appears whole or not at all."""
    every = list(kept.values())
    unfinished = file.with_suffix(".part.npz")
    np.savez_compressed(
        unfinished,
        index=np.array(list(kept), np.int64),
        count=np.array([len(d) for d in every], np.int64),
        xyxy=np.concatenate([d.xyxy for d in every]),
        confidence=np.concatenate([d.confidence for d in every]),
        class_id=np.concatenate([d.class_id for d in every]),
    )
    unfinished.replace(file)


def _load(file: Path) -> dict[int, Detections]:
    with np.load(file) as stored:
        every = Detections(stored["xyxy"], stored["confidence"], stored["class_id"])
        ends: NDArray[np.int64] = np.cumsum(stored["count"])
        indices: list[int] = stored["index"].tolist()
    starts = [0, *ends[:-1].tolist()]
    return {i: every[slice(a, b)] for i, a, b in zip(indices, starts, ends.tolist(), strict=True)}
