"""A clip of white squares that drive through the image, camera files for it, and its manifest."""

import json
from pathlib import Path
from typing import Any

import av

from tests.kit.worker_kit import HEIGHT, WIDTH, picture

FPS = 12
LAP_S = 2.5
"""Seconds in which a square drives through the image."""
LINE = [0.5, 0.95, 0.5, 0.05]
CAMERA = """\
id: road
source: {{kind: file, path: road.mp4}}
zones:
  - id: lane
    polygon: [[0.02, 0.05], [0.98, 0.05], [0.98, 0.98], [0.02, 0.98]]
    direction: {{start: {start}, end: {end}}}
"""
RIGHT, LEFT = ([0.1, 0.5], [0.9, 0.5]), ([0.9, 0.5], [0.1, 0.5])


def slow_clip(path: Path, laps: int) -> Path:
    """A recording of squares that drive from left to right, one per lap."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"bf": "0", "preset": "ultrafast", "crf": "18"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = WIDTH, HEIGHT, "yuv420p", FPS
        for index in range(int(laps * LAP_S * FPS)):
            frame = av.VideoFrame.from_ndarray(picture(index / FPS / LAP_S % 1), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def cameras(folder: Path, direction: tuple[list[float], list[float]] = RIGHT) -> Path:
    """A folder with the camera `road`, whose zone has this direction."""
    folder.mkdir(exist_ok=True)
    (folder / "road.yaml").write_text(CAMERA.format(start=direction[0], end=direction[1]), encoding="utf-8")
    return folder


def manifest(path: Path, **truth: Any) -> Path:
    """A manifest of the one clip `road_1.mp4` beside it."""
    path.write_text(json.dumps({"clips": [{"file": "road_1.mp4", "truth": truth}]}), encoding="utf-8")
    return path


def counted(vehicles: int) -> dict[str, Any]:
    return {"line": LINE, "directions": {"to the right": {"definite": vehicles}}}
