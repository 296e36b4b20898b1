"""Counts one recording as fast as the machine can: what `ngatu count` runs, and the benchmark measures."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vision.analytics import Crossing, Movement
from vision.config.camera import CameraConfig
from vision.core import Detections, Frame
from vision.detection import Detector
from vision.detection.session import usable_cpus
from vision.pipeline import CameraPipeline, FrameResult
from vision.sources import VideoFile

AHEAD = 2
"""Frames that wait for each inference thread, so that decoding never makes it wait."""


Watcher = Callable[[Frame, FrameResult], None]
"""Told of every processed frame, in order."""


@dataclass(frozen=True, slots=True)
class VideoCrossing:
    """A crossing and the index, from 0, of the video's frame nearest to it."""

    crossing: Crossing
    frame: int


@dataclass(frozen=True, slots=True)
class VideoCount:
    """What was counted in one recording, and how long it took."""

    video: Path
    model: str
    camera: CameraConfig
    frames: int
    """Frames decoded."""
    processed: int
    """Frames looked at."""
    video_s: float
    """Length of what was decoded, by its time stamps."""
    wall_s: float
    cpu_s: float
    """Processor time of this process, all threads together: hardly moved by what else runs on the machine."""
    crossings: tuple[VideoCrossing, ...]
    movements: tuple[Movement, ...]
    interrupted: bool
    """It was stopped before the end: the counts are those until then."""

    @property
    def speed(self) -> float:
        """Seconds of video per second of wall clock."""
        return self.video_s / max(self.wall_s, 1e-6)

    @property
    def processed_fps(self) -> float:
        """Frames looked at per second of video."""
        return self.processed / max(self.video_s, 1e-6)


def count_video(
    video: Path,
    camera: CameraConfig,
    detector: Detector,
    *,
    threads: int | None = None,
    watchers: Iterable[Watcher] = (),
) -> VideoCount:
    """Count the vehicles of a recording over the camera's lines; the camera's source is not looked at.

    Detection runs in `threads` threads beside decoding, by default one per CPU; a detector with one thread of its own
    makes the best of them.
    Ctrl-C ends the counting early and keeps what was counted. Raises SourceError where there is nothing to decode.
    """
    source = VideoFile(video, camera_id=camera.id, fps=camera.detection.fps)
    pipeline = CameraPipeline(camera)
    seen: list[FrameResult] = []
    indices: list[int] = []
    interrupted = False
    started_s, cpu_before_s = time.perf_counter(), time.process_time()
    try:
        for frame, detections in detect_in_order(source.frames(), detector.detect, threads or _threads(detector)):
            seen.append(pipeline.process(frame, detections))
            indices.append(frame.index)
            for watch in watchers:
                watch(frame, seen[-1])
    except KeyboardInterrupt:
        interrupted = True
    crossings = [*(crossing for moment in seen for crossing in moment.crossings), *pipeline.close().crossings]
    frames = source.status().frames_received
    times_s = [moment.media_time_s for moment in seen]
    return VideoCount(
        video=video,
        model=detector.model.name,
        camera=camera,
        frames=frames,
        processed=len(seen),
        video_s=frames * times_s[-1] / indices[-1] if len(seen) > 1 else 0.0,
        wall_s=time.perf_counter() - started_s,
        cpu_s=time.process_time() - cpu_before_s,
        crossings=tuple(
            VideoCrossing(crossing, round(float(np.interp(crossing.at_s, times_s, indices)))) for crossing in crossings
        ),
        movements=tuple(movement for moment in seen for movement in moment.movements),
        interrupted=interrupted,
    )


def _threads(detector: Detector) -> int:
    """One per CPU where they do the work, two where they only feed what does."""
    return usable_cpus() if detector.model.providers[0] == "CPUExecutionProvider" else 2


def detect_in_order(
    frames: Iterable[Frame], detect: Callable[[list[NDArray[np.uint8]]], list[Detections]], threads: int
) -> Iterator[tuple[Frame, Detections]]:
    """Each frame with its detections, in order. Frames are decoded in the caller's thread while others are detected."""
    waiting: deque[tuple[Frame, Future[list[Detections]]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="detect") as pool:
        try:
            for frame in frames:
                waiting.append((frame, pool.submit(detect, [frame.image])))
                if len(waiting) > AHEAD * threads:
                    yield _detected(*waiting.popleft())
            while waiting:
                yield _detected(*waiting.popleft())
        finally:
            pool.shutdown(cancel_futures=True)


def _detected(frame: Frame, future: Future[list[Detections]]) -> tuple[Frame, Detections]:
    return frame, future.result()[0]
