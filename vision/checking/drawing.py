"""Draws a camera's lines, zones, signals and calibration on an image."""

from pathlib import Path

import cv2
import numpy as np

from vision.checking.drawing_zones import draw_calibration, draw_signal, draw_zone
from vision.checking.primitives import EDGE, Image, in_pixels, pixel, stroke, unit_of, write
from vision.config.camera import CameraConfig
from vision.config.lines import LineConfig

LINE, INWARD, OUTWARD = (0, 215, 255), (80, 220, 60), (255, 160, 60)


def draw_camera(image: Image, camera: CameraConfig) -> Image:
    """A copy of the image with what the camera's file defines.

    Zones with their direction of travel, signals, the calibration as a grid on the road, and each line from its start
    (a dot) to its end, with an arrow for each direction.
    """
    canvas = image.copy()
    for zone in camera.zones:
        draw_zone(canvas, zone)
    draw_calibration(canvas, camera)
    for signal in camera.signals:
        draw_signal(canvas, signal)
    for line in camera.lines:
        _draw_line(canvas, line)
    return canvas


def save_jpeg(image: Image, path: Path) -> None:
    """Write an image as JPEG; makes the folder where it is missing.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())


def _draw_line(canvas: Image, line: LineConfig) -> None:
    unit_px = unit_of(canvas)
    start, end = in_pixels(canvas, line.start), in_pixels(canvas, line.end)
    along = end - start
    to_the_right = np.array((-along[1], along[0])) / np.hypot(*along)
    for share, sign, colour, name in ((0.4, 1, INWARD, line.in_name), (0.6, -1, OUTWARD, line.out_name)):
        foot = start + share * along
        tip = foot + sign * 6 * unit_px * to_the_right
        stroke(canvas, foot, tip, colour, unit_px, is_arrow=True)
        write(canvas, name, tip, sign * to_the_right, colour=colour, unit_px=unit_px)
    stroke(canvas, start, end, LINE, unit_px)
    cv2.circle(canvas, pixel(start), round(unit_px), EDGE, -1, cv2.LINE_AA)
    cv2.circle(canvas, pixel(start), round(0.7 * unit_px), LINE, -1, cv2.LINE_AA)
    write(canvas, line.id, start, -along / np.hypot(*along), colour=LINE, unit_px=unit_px)
