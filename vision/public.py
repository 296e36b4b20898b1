"""The public API for developers who embed ngatu: cameras, detectors, frames and pipelines as plain Python objects."""

import logging
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import structlog
from pydantic import Field

from vision.common.logging import configure_logging
from vision.config.camera import CameraConfig
from vision.config.files.loading import load_camera
from vision.config.lines import LineConfig
from vision.config.sources import FileSource, RtspSource, Source
from vision.config.zones import ZoneConfig
from vision.core import Frame, SystemClock
from vision.counting.count import VideoCount, Watcher
from vision.counting.count import count_video as count_with_detector
from vision.detection import detector as detection
from vision.detection.detector import MIN_SCORES
from vision.detection.loading import describe, locate
from vision.detection.models.cards import default_model
from vision.detection.session import Session
from vision.pipeline import CameraPipeline
from vision.sources import RtspCamera, VideoFile

if not structlog.is_configured():
    # An embedding program's output is its own: only warnings are logged, on standard error.
    configure_logging(level=logging.WARNING)

OWN_FRAMES = FileSource(path="frames-of-the-caller")
"""The source of a camera whose frames the caller brings."""

Line = LineConfig
Zone = ZoneConfig
Pipeline = CameraPipeline


class Camera(CameraConfig):
    """A camera: its lines, zones, calibration and settings. Its fields are the keys of a camera file.

    Frozen and checked: an unknown key or a value out of bounds raises ValueError. Coordinates are fractions of the
    picture, from its upper left corner.

    Examples:
        >>> camera = Camera(id="gate", lines=(Line(id="stop", start=(0.1, 0.6), end=(0.9, 0.6)),))
        >>> camera.lines[0].id
        'stop'
    """

    source: Source = Field(
        OWN_FRAMES, title="Source", description="Where the pictures come from; not needed where the caller has frames."
    )

    @classmethod
    def from_yaml(cls, path: Path | str) -> Self:
        """The camera that a camera file describes.

        Args:
            path: a YAML file named after the camera's `id`.

        Raises:
            ConfigError: the file has mistakes; the message names line, key and remedy of each. It is an `NgatuError`.

        Examples:
            >>> camera = Camera.from_yaml("my-cameras/north-gate.yaml")  # doctest: +SKIP
        """
        return cls.model_validate(load_camera(Path(path)).model_dump())


class Detector(detection.Detector):
    """A detector of road users: an ONNX model of any supported family.

    `detect(images)` takes a list of pictures, each (height, width, 3), BGR, uint8, and returns the `Detections` of
    each, in its pixels. Riders are merged with their two-wheelers. It keeps no state: threads and cameras may share it.

    Examples:
        >>> import numpy as np
        >>> detector = Detector("nanodet_g")
        >>> [detections] = detector.detect([np.zeros((480, 640, 3), np.uint8)])
        >>> len(detections)
        0
    """

    def __init__(
        self,
        model: Path | str | None = None,
        *,
        providers: Sequence[str] | None = None,
        threads: int | None = None,
        size: int | None = None,
    ) -> None:
        """Load a model.

        Args:
            model: a model card's name or the path of an ONNX file; by default the model in use on this machine.
            providers: the hardware, in order of preference (`tensorrt`, `cuda`, `openvino`, `cpu`); by default the best
                that is present.
            threads: CPU threads of one inference; by default all cores.
            size: longer side of the input, pixels; by default that of the model card.

        Raises:
            ModelError: the model is missing or broken, or no decoder knows its outputs.
        """
        file, card = locate(default_model() if model is None else model)
        session = Session(file, providers=providers, threads=threads)
        info, family = describe(session, card, threads=threads, size=size)
        super().__init__(info, session, family, thresholds=MIN_SCORES)


def frames(
    source: Path | str, *, fps: float | None = None, camera_id: str = "camera", stop: threading.Event | None = None
) -> Iterator[Frame]:
    """The frames of a video file, or of an RTSP camera for ever.

    A video is read as fast as frames are taken. A camera gives its newest frame: frames that nobody takes in time are
    dropped, and a broken stream is reopened until `stop` is set.

    Args:
        source: a file, or an address that begins with `rtsp://` or `rtsps://`; `${NAME}` in an address is read from the
            environment.
        fps: at most this many frames per second, by the stream's timestamps; by default all.
        camera_id: the `Frame.camera_id` of each frame.
        stop: set it, also from another thread, to end the iteration.

    Raises:
        SourceError: the file cannot be read, or the address is not usable.

    Examples:
        >>> for frame in frames("street.mp4", fps=8):  # doctest: +SKIP
        ...     print(frame.media_time_s, frame.image.shape)
    """
    if str(source).startswith(("rtsp://", "rtsps://")):
        camera = RtspSource(url=str(source))
        yield from RtspCamera(
            camera, camera_id=camera_id, fps=fps, stop=stop or threading.Event(), clock=SystemClock()
        ).frames()
    else:
        yield from VideoFile(source, camera_id=camera_id, fps=fps, stop=stop).frames()


def count_video(
    video: Path | str,
    camera: CameraConfig,
    detector: detection.Detector | None = None,
    *,
    watchers: Sequence[Watcher] = (),
) -> VideoCount:
    """Count the vehicles of a video over the camera's lines, as fast as the machine can.

    Ctrl-C ends the count early and keeps what was counted (`VideoCount.interrupted`).

    Args:
        video: the video file; the camera's own source is ignored.
        camera: lines, movements and settings, such as the analysed frame rate.
        detector: by default the model in use, with one thread per inference: that is fastest, since several frames are
            detected at a time.
        watchers: functions that are called with each analysed frame and its result, in order.

    Raises:
        SourceError: the video cannot be read.

    Examples:
        >>> counted = count_video("street.mp4", Camera.from_yaml("gate.yaml"))  # doctest: +SKIP
        >>> [(c.crossing.line_id, c.crossing.object_class, c.crossing.direction) for c in counted.crossings]
        ... # doctest: +SKIP
    """
    return count_with_detector(Path(video), camera, detector or Detector(threads=1), watchers=watchers)
