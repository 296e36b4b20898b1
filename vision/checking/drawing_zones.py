"""Draws zones, signals and the calibration on an image."""

import cv2
import numpy as np

from vision.analytics.kinematics.ground_plane import ground_of
from vision.checking.primitives import Colour, Image, in_pixels, pixel, stroke, unit_of, write
from vision.checking.scale import car_outlines
from vision.config.camera import CameraConfig
from vision.config.zones import LampsConfig, SignalConfig, ZoneConfig, ZoneKind
from vision.geometry import apply_homography

COLOURS: dict[ZoneKind, Colour] = {
    ZoneKind.CARRIAGEWAY: (255, 190, 60),
    ZoneKind.BUS_LANE: (220, 80, 220),
    ZoneKind.SHOULDER: (60, 160, 255),
    ZoneKind.PAVEMENT: (150, 220, 120),
    ZoneKind.CROSSWALK: (240, 240, 240),
}
RED, AMBER, GREEN = (60, 60, 255), (40, 190, 255), (80, 220, 60)
MARK: Colour = (255, 255, 0)
CAR: Colour = (0, 255, 255)
TINT = 0.25
GRID_M = 5.0
MAX_GRID_LINES = 40


def draw_zone(canvas: Image, zone: ZoneConfig) -> None:
    """Draw a zone: area, outline, name and, where it has one, its direction of travel as an arrow."""
    colour, unit_px = COLOURS[zone.kind], unit_of(canvas)
    corners = in_pixels(canvas, zone.polygon)
    tinted = canvas.copy()
    cv2.fillPoly(tinted, [corners.round().astype(np.int32)], colour)
    cv2.addWeighted(tinted, TINT, canvas, 1 - TINT, 0, dst=canvas)
    for corner, following in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        stroke(canvas, corner, following, colour, unit_px / 2)
    if zone.direction is not None:
        start, end = in_pixels(canvas, zone.direction.start), in_pixels(canvas, zone.direction.end)
        stroke(canvas, start, end, colour, unit_px, is_arrow=True)
    write(canvas, f"{zone.id} ({zone.kind})", corners.mean(axis=0), np.zeros(2), colour=colour, unit_px=unit_px)


def draw_signal(canvas: Image, signal: SignalConfig) -> None:
    """Draw a box around each lamp of a signal that is read from its lamps."""
    lamps = signal.state
    if not isinstance(lamps, LampsConfig):
        return
    for box, colour in ((lamps.red, RED), (lamps.amber, AMBER), (lamps.green, GREEN)):
        if box is not None:
            low, high = in_pixels(canvas, box)
            cv2.rectangle(canvas, pixel(low), pixel(high), colour, 1)
    corner = in_pixels(canvas, lamps.red[0])
    write(canvas, signal.id, corner, np.array((0.0, -1.0)), colour=RED, unit_px=unit_of(canvas))


def draw_calibration(canvas: Image, camera: CameraConfig) -> None:
    """Draw the measured points, the road between them as a grid of `GRID_M` metres, and a usual car near and far.

    Raises:
        NgatuError: the calibration is not valid.
    """
    if camera.calibration is None:
        return
    pairs = camera.calibration.pairs()
    height_px, width_px = canvas.shape[:2]
    to_picture = np.linalg.inv(ground_of(camera, width_px, height_px).matrix)
    ground_m = np.array([ground for _, ground in pairs])
    low, high = ground_m.min(axis=0), ground_m.max(axis=0)
    for axis in (0, 1):
        for place_m in np.arange(low[axis], high[axis] + 1e-6, GRID_M)[:MAX_GRID_LINES]:
            ends_m = np.array([low, high])
            ends_m[:, axis] = place_m
            start, end = apply_homography(to_picture / to_picture[2, 2], ends_m)
            if np.isfinite([start, end]).all():
                cv2.line(canvas, pixel(start), pixel(end), MARK, 1, cv2.LINE_AA)
    for outline in car_outlines(camera):
        corners = in_pixels(canvas, outline.corners)
        cv2.polylines(canvas, [corners.round().astype(np.int32)], isClosed=True, color=CAR, thickness=2)
        right = corners[corners[:, 0].argmax()]
        write(canvas, f"car, {outline.name}", right, np.array((1.0, 0.0)), colour=CAR, unit_px=unit_of(canvas))
    for point, _ in pairs:
        cv2.drawMarker(canvas, pixel(in_pixels(canvas, point)), MARK, cv2.MARKER_CROSS, round(2 * unit_of(canvas)), 2)
