"""Opens the source that a camera's configuration names."""

import threading

from vision.config.camera import CameraConfig
from vision.config.sources import RtspSource
from vision.core import Clock
from vision.sources.file import VideoFile
from vision.sources.rtsp import RtspCamera

Source = RtspCamera | VideoFile


def open_source(camera: CameraConfig, *, stop: threading.Event, clock: Clock) -> Source:
    """The source of a camera, sampled at its detection rate. It connects when `frames()` is called.

    Raises:
        SourceError: the camera's address is not usable.
    """
    fps = camera.detection.fps
    if isinstance(camera.source, RtspSource):
        return RtspCamera(camera.source, camera_id=camera.id, fps=fps, stop=stop, clock=clock)
    return VideoFile(
        camera.source.path,
        camera_id=camera.id,
        fps=fps,
        loop=camera.source.loop,
        paced=camera.source.paced,
        stop=stop,
        clock=clock,
    )
