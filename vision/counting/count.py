"""Counts the vehicles of one video over a camera's lines, with parallel detection."""

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

MIN_WHOLE_SHARE = 0.95
"""A video of which less than this part of its declared duration was there is cut short."""
MIN_TRACKING_FPS = 4.0
"""Below this rate of frames, a vehicle moves too far from one to the next to be followed."""
AHEAD = 2
"""Decoded frames that wait per inference thread, so that no thread waits for decoding."""
Watcher = Callable[[Frame, FrameResult], None]
"""Called with every analysed frame and its result, in order."""


@dataclass(frozen=True, slots=True)
class VideoCrossing:
    """A crossing, and the index from 0 of the video's frame nearest to it."""

    crossing: Crossing
    frame: int


@dataclass(frozen=True, slots=True)
class VideoCount:
    """The crossings and movements of one video, and the time that counting took.

    Examples:
        >>> camera = CameraConfig.model_validate({"id": "gate", "source": {"kind": "file", "path": "gate.mp4"}})
        >>> counted = VideoCount(Path("gate.mp4"), "traffic26n", camera, 750, 300, 30.0, 6.0, 11.0, (), (), False)
        >>> counted.speed, counted.processed_fps
        (5.0, 10.0)
    """

    video: Path
    model: str
    camera: CameraConfig
    frames: int
    """Frames decoded."""
    processed: int
    """Frames analysed."""
    video_s: float
    """Duration of the decoded part, by its timestamps."""
    wall_s: float
    cpu_s: float
    """Processor time of this process, all threads together; other programs hardly affect it."""
    crossings: tuple[VideoCrossing, ...]
    movements: tuple[Movement, ...]
    interrupted: bool
    """Ctrl-C ended it early; the counts are those until then."""
    declared_s: float = 0.0
    """The duration that the file declares, seconds; 0 where it declares none."""
    gaps: int = 0
    """How often the video's timestamps jump: it was joined of several recordings, or has gaps."""

    @property
    def is_cut_short(self) -> bool:
        """Whether the end of the file is missing."""
        is_whole = self.video_s >= self.declared_s * MIN_WHOLE_SHARE
        return not (is_whole or self.interrupted or self.gaps)

    @property
    def speed(self) -> float:
        """Seconds of video per second of wall clock."""
        return self.video_s / max(self.wall_s, 1e-6)

    @property
    def processed_fps(self) -> float:
        """Analysed frames per second of video."""
        return self.processed / max(self.video_s, 1e-6)


def count_video(
    video: Path,
    camera: CameraConfig,
    detector: Detector,
    *,
    threads: int | None = None,
    watchers: Iterable[Watcher] = (),
) -> VideoCount:
    """Count the vehicles of `video` over the camera's lines; the camera's own source is ignored.

    Detection runs in `threads` threads beside decoding, by default one per CPU; it is fastest with a detector that uses
    one thread per inference. Ctrl-C ends the count early and keeps what was counted.

    Raises:
        SourceError: the video cannot be decoded.
    """
    source = VideoFile(video, camera_id=camera.id, fps=camera.detection.fps)
    pipeline = CameraPipeline(camera)
    results: list[FrameResult] = []
    indices: list[int] = []
    interrupted = False
    started_s, cpu_before_s = time.perf_counter(), time.process_time()
    try:
        for frame, detections in detect_in_order(source.frames(), detector.detect, threads or _threads(detector)):
            results.append(pipeline.process(frame, detections))
            indices.append(frame.index)
            for watch in watchers:
                watch(frame, results[-1])
    except KeyboardInterrupt:
        interrupted = True
    crossings = [*(crossing for result in results for crossing in result.crossings), *pipeline.close().crossings]
    frames = source.status().frames_received
    times_s = [result.media_time_s for result in results]
    return VideoCount(
        video=video,
        model=detector.model.name,
        camera=camera,
        frames=frames,
        processed=len(results),
        video_s=frames * times_s[-1] / indices[-1] if len(results) > 1 else 0.0,
        wall_s=time.perf_counter() - started_s,
        cpu_s=time.process_time() - cpu_before_s,
        crossings=tuple(
            VideoCrossing(crossing, round(float(np.interp(crossing.at_s, times_s, indices)))) for crossing in crossings
        ),
        movements=tuple(movement for result in results for movement in result.movements),
        interrupted=interrupted,
        declared_s=source.declared_s,
        gaps=source.gaps,
    )


def _threads(detector: Detector) -> int:
    """One per CPU for inference on the CPU; two to feed another device."""
    return usable_cpus() if detector.model.providers[0] == "CPUExecutionProvider" else 2


def detect_in_order(
    frames: Iterable[Frame], detect: Callable[[list[NDArray[np.uint8]]], list[Detections]], threads: int
) -> Iterator[tuple[Frame, Detections]]:
    """Yield each frame with its detections, in order, while later frames are decoded and detected.

    Frames are decoded in the caller's thread, at most `AHEAD` per thread ahead of detection.
    """
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
