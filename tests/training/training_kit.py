"""Builders of data sets, a detector with fixed detections, and a fake interpreter of Ultralytics' environment."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML

from vision.common.object_class import CLASSES, ObjectClass
from vision.core import Detections
from vision.training.data.yolo_dataset import Labels, write_labels

WIDTH, HEIGHT = 320, 180
Box = tuple[ObjectClass, float, float, float, float]
"""Class, then left, top, right, bottom in pixels."""


def detections(*boxes: Box, confidence: Sequence[float] | None = None) -> Detections:
    return Detections(
        xyxy=np.array([b[1:] for b in boxes], np.float32).reshape(-1, 4),
        confidence=np.array(confidence or [0.9] * len(boxes), np.float32),
        class_id=np.array([b[0].class_id for b in boxes], np.int64),
    )


def labels(*boxes: Box) -> Labels:
    found = detections(*boxes)
    return Labels(found.xyxy / np.array([WIDTH, HEIGHT, WIDTH, HEIGHT], np.float32), found.class_id)


def picture(level: int = 120) -> NDArray[np.uint8]:
    random = np.random.default_rng(level)
    return random.integers(max(0, level - 30), min(255, level + 30), (HEIGHT, WIDTH, 3)).astype(np.uint8)


def write_dataset(folder: Path, splits: dict[str, dict[str, Labels]], names: Sequence[str] | None = None) -> Path:
    """Write a data set in YOLO form; returns its folder."""
    for split, pictures in splits.items():
        (folder / "images" / split).mkdir(parents=True)
        for name, boxes in pictures.items():
            cv2.imwrite(str(folder / "images" / split / f"{name}.png"), picture())
            write_labels(folder / "labels" / split / f"{name}.txt", boxes)
    content = {"path": ".", **{s: f"images/{s}" for s in splits}, "names": list(names or [c.value for c in CLASSES])}
    with (folder / "data.yaml").open("w") as out:
        YAML().dump(content, out)
    return folder


class FixedTeacher:
    """A teacher with the same detections in every picture."""

    model = SimpleNamespace(name="fixed", input=SimpleNamespace(size=640))

    def __init__(self, detections: Detections) -> None:
        self._detections = detections

    def detect(self, images: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        return [self._detections] * len(images)


def interpreter(folder: Path, *lines: str, code: int = 0) -> Path:
    """An executable in place of Ultralytics' Python: it prints lines and exits with a code."""
    file = folder / "python"
    body = f"import sys\nfor line in {list(lines)!r}:\n    print(line, flush=True)\nsys.exit({code})\n"
    file.write_text(f"#!{sys.executable}\n{body}")
    file.chmod(0o755)
    return file


def message(**content: object) -> str:
    return "@ngatu " + json.dumps(content)
