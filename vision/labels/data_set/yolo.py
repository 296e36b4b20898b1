"""YOLO label text: one line per box, `class centre-x centre-y width height`, as fractions of the picture."""

from pathlib import Path

import numpy as np

from vision.labels.data_set.picture import Boxes
from vision.labels.errors import Problem

Box = tuple[float, float, float, float]
ClassNumbers = dict[int, int | None]
"""`ObjectClass.class_id` by class number of the file; None: its boxes are left out."""
BORDER_TOLERANCE = 0.01
"""A box may extend beyond the picture by this fraction and is clipped: other tools round, and people draw freely."""


def to_text(boxes: Boxes, width_px: int, height_px: int) -> str:
    """The label text of one picture. Eight decimals keep 1e-5 pixels."""
    size = np.array([width_px, height_px], np.float64)
    low, high = boxes.xyxy[:, :2] / size, boxes.xyxy[:, 2:] / size
    rows = np.concatenate([(low + high) / 2, high - low], axis=1)
    return "".join(
        f"{class_id} {' '.join(f'{value:.8f}' for value in row)}\n"
        for class_id, row in zip(boxes.class_id, rows, strict=True)
    )


def from_text(
    text: str, path: Path, width_px: int, height_px: int, numbers: ClassNumbers
) -> tuple[Boxes, list[Problem]]:
    """The boxes of a label text in pixels, and the mistakes in its other lines. Size 1 x 1 gives fractions."""
    rows: list[tuple[int, Box]] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            kind, box = _row(line, numbers)
        except _BadLineError as error:
            problems.append(Problem(path, error.message, error.remedy, number))
            continue
        if (class_id := numbers[kind]) is not None:
            rows.append((class_id, _corners(box)))
    boxes = Boxes.of(rows)
    return Boxes(boxes.xyxy * np.array([width_px, height_px] * 2, np.float64), boxes.class_id), problems


class _BadLineError(Exception):
    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


def _row(line: str, numbers: ClassNumbers) -> tuple[int, Box]:
    """The class number (of the file) and the box (centre and size) of a line."""
    values = line.split()
    if len(values) != 5:
        raise _BadLineError(
            f"{len(values)} values instead of 5", "write `class centre-x centre-y width height`, boxes and not polygons"
        )
    try:
        kind, (x, y, width, height) = int(values[0]), map(float, values[1:])
    except ValueError:
        raise _BadLineError(
            f"`{line.strip()[:40]}` is not a class number and four fractions", "write for example `1 0.5 0.5 0.1 0.2`"
        ) from None
    if kind not in numbers:
        raise _BadLineError(f"class {kind} is unknown", f"data.yaml names {len(numbers)} classes, from 0 on")
    if not (width > 0 and height > 0):
        raise _BadLineError("a box without width or height", "remove the line")
    edges = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    if not (min(edges) >= -BORDER_TOLERANCE and max(edges) <= 1 + BORDER_TOLERANCE):
        raise _BadLineError("the box extends beyond the picture", "write fractions of width and height, not pixels")
    return kind, (x, y, width, height)


def _corners(box: Box) -> Box:
    x, y, width, height = box
    low_x, low_y = max(0.0, x - width / 2), max(0.0, y - height / 2)
    return low_x, low_y, min(1.0, x + width / 2), min(1.0, y + height / 2)
