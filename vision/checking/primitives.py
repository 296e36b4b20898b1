"""Drawing primitives: outlined strokes and text."""

import unicodedata

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""(height, width, 3), BGR."""

Point = NDArray[np.float64]
"""(x, y) in pixels."""

Colour = tuple[int, int, int]
EDGE: Colour = (20, 20, 20)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def unit_of(canvas: Image) -> float:
    """The unit of length for everything drawn, in pixels: 1 % of the longer side."""
    return float(max(canvas.shape[:2])) / 100


def in_pixels(canvas: Image, points: object) -> Point:
    """Points of a configuration, fractions of the image, in pixels; shape (..., 2)."""
    height_px, width_px = canvas.shape[:2]
    return np.asarray(np.asarray(points, np.float64) * (width_px - 1, height_px - 1))


def stroke(
    canvas: Image,
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    colour: tuple[int, ...],
    unit_px: float,
    *,
    is_arrow: bool = False,
) -> None:
    """Draw an outlined line or arrow from `a` to `b`."""
    thick = max(1, round(unit_px / 3))
    for ink, width in ((EDGE, thick + 2), (colour, thick)):
        if is_arrow:
            cv2.arrowedLine(canvas, pixel(a), pixel(b), ink, width, cv2.LINE_AA, tipLength=0.3)
        else:
            cv2.line(canvas, pixel(a), pixel(b), ink, width, cv2.LINE_AA)


def write(canvas: Image, text: str, at: Point, away: Point, *, colour: tuple[int, ...], unit_px: float) -> None:
    """Write text on a dark box beside a point, in the direction `away` from it, moved into the image."""
    plain, scale = plain_letters(text), unit_px / 16
    (wide, high), below = cv2.getTextSize(plain, _FONT, scale, 1)
    half = np.array((wide, high + below)) / 2 + 3
    middle = at + away * (np.abs(away) @ half + unit_px)
    middle = np.clip(middle, half, np.maximum(half, np.array(canvas.shape[1::-1]) - half))
    cv2.rectangle(canvas, pixel(middle - half), pixel(middle + half), EDGE, -1)
    corner = middle + np.array((-wide / 2, (high - below) / 2))
    cv2.putText(canvas, plain, pixel(corner), _FONT, scale, colour, 1, cv2.LINE_AA)


def plain_letters(text: str) -> str:
    """The text in ASCII, which the font can draw.

    Examples:
        >>> plain_letters("Ngã tư · vào")
        'Nga tu - vao'
    """
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D").replace("·", "-"))
    kept = "".join(char for char in bare if not unicodedata.combining(char))
    return kept.encode("ascii", "replace").decode()


def pixel(point: Point) -> tuple[int, int]:
    """The nearest pixel."""
    return round(float(point[0])), round(float(point[1]))
