"""Traffic vision: detect, track and count vehicles, measure traffic, detect incidents. `import vision as vn`.

Names are loaded when they are first used, so that `import vision` needs neither numpy nor OpenCV.

Examples:
    >>> import vision as vn
    >>> camera = vn.Camera(id="gate", lines=(vn.Line(id="stop", start=(0.1, 0.6), end=(0.9, 0.6)),))
    >>> detector, pipeline = vn.Detector(), vn.Pipeline(camera)
    >>> for frame in vn.frames("street.mp4", fps=camera.detection.fps):  # doctest: +SKIP
    ...     [detections] = detector.detect([frame.image])
    ...     for crossing in pipeline.process(frame, detections).crossings:
    ...         print(crossing.line_id, crossing.direction, crossing.object_class)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vision.analytics import Crossing, IncidentChange, Movement
    from vision.common.errors import NgatuError
    from vision.common.object_class import ObjectClass
    from vision.contracts import Direction, IncidentKind
    from vision.core import Detections, Frame, Tracks
    from vision.counting.count import VideoCount
    from vision.detection.riders import merge_riders
    from vision.pipeline import FrameResult
    from vision.public import Camera, Detector, Line, Pipeline, Zone, count_video, frames

__all__ = [
    "Camera",
    "Crossing",
    "Detections",
    "Detector",
    "Direction",
    "Frame",
    "FrameResult",
    "IncidentChange",
    "IncidentKind",
    "Line",
    "Movement",
    "NgatuError",
    "ObjectClass",
    "Pipeline",
    "Tracks",
    "VideoCount",
    "Zone",
    "count_video",
    "frames",
    "merge_riders",
]

_HOMES = {
    "Crossing": "vision.analytics",
    "Detections": "vision.core",
    "Direction": "vision.contracts",
    "Frame": "vision.core",
    "IncidentChange": "vision.analytics",
    "IncidentKind": "vision.contracts",
    "Movement": "vision.analytics",
    "NgatuError": "vision.common.errors",
    "ObjectClass": "vision.common.object_class",
    "FrameResult": "vision.pipeline",
    "Tracks": "vision.core",
    "VideoCount": "vision.counting.count",
    "merge_riders": "vision.detection.riders",
}
"""By name: the module that defines it, where that is not `vision.public`."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'vision' has no attribute '{name}'")
    return getattr(import_module(_HOMES.get(name, "vision.public")), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
