"""Draws a camera's lines on its picture, for a person who wonders whether they lie right."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.config.lines import LineConfig

Image = NDArray[np.uint8]
"""(height, width, 3), BGR."""

Point = NDArray[np.float64]
"""(x, y) in pixels."""

LINE, INWARD, OUTWARD, EDGE = (0, 215, 255), (80, 220, 60), (255, 160, 60), (20, 20, 20)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_lines(image: Image, lines: Iterable[LineConfig]) -> Image:
    """A copy of the picture with each line from its start (a dot) to its end, and an arrow each for in and out."""
    canvas = image.copy()
    for line in lines:
        _draw_line(canvas, line)
    return canvas


def save_jpeg(image: Image, path: Path) -> None:
    """Write the picture, and the folder where there is none. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())


def _draw_line(canvas: Image, line: LineConfig) -> None:
    height_px, width_px = canvas.shape[:2]
    unit_px = max(height_px, width_px) / 100
    start = np.array(line.start) * (width_px - 1, height_px - 1)
    end = np.array(line.end) * (width_px - 1, height_px - 1)
    along = end - start
    to_the_right = np.array((-along[1], along[0])) / np.hypot(*along)
    for share, sign, colour, name in ((0.4, 1, INWARD, line.in_name), (0.6, -1, OUTWARD, line.out_name)):
        foot = start + share * along
        tip = foot + sign * 6 * unit_px * to_the_right
        _stroke(canvas, foot, tip, colour, unit_px, is_arrow=True)
        _write(canvas, name, tip, sign * to_the_right, colour=colour, unit_px=unit_px)
    _stroke(canvas, start, end, LINE, unit_px)
    cv2.circle(canvas, _at(start), round(unit_px), EDGE, -1, cv2.LINE_AA)
    cv2.circle(canvas, _at(start), round(0.7 * unit_px), LINE, -1, cv2.LINE_AA)
    _write(canvas, line.id, start, -along / np.hypot(*along), colour=LINE, unit_px=unit_px)


def _stroke(
    canvas: Image,
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    colour: tuple[int, ...],
    unit_px: float,
    *,
    is_arrow: bool = False,
) -> None:
    thick = max(1, round(unit_px / 3))
    for ink, width in ((EDGE, thick + 2), (colour, thick)):
        if is_arrow:
            cv2.arrowedLine(canvas, _at(a), _at(b), ink, width, cv2.LINE_AA, tipLength=0.3)
        else:
            cv2.line(canvas, _at(a), _at(b), ink, width, cv2.LINE_AA)


def _write(canvas: Image, text: str, at: Point, away: Point, *, colour: tuple[int, ...], unit_px: float) -> None:
    """Text on a dark ground beside a point, in the direction `away` from it, moved so that it lies in the picture."""
    plain, scale = plain_letters(text), unit_px / 16
    (wide, high), below = cv2.getTextSize(plain, _FONT, scale, 1)
    half = np.array((wide, high + below)) / 2 + 3
    middle = at + away * (np.abs(away) @ half + unit_px)
    middle = np.clip(middle, half, np.maximum(half, np.array(canvas.shape[1::-1]) - half))
    cv2.rectangle(canvas, _at(middle - half), _at(middle + half), EDGE, -1)
    corner = middle + np.array((-wide / 2, (high - below) / 2))
    cv2.putText(canvas, plain, _at(corner), _FONT, scale, colour, 1, cv2.LINE_AA)


def plain_letters(text: str) -> str:
    """The text in the letters that the picture's font has: `Ngã tư · vào` as `Nga tu - vao`."""
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D").replace("·", "-"))
    kept = "".join(char for char in bare if not unicodedata.combining(char))
    return kept.encode("ascii", "replace").decode()


def _at(point: Point) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
