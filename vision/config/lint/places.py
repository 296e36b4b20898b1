"""Rules about where lines and zones lie in the picture."""

import math
from collections.abc import Iterator
from itertools import pairwise

from vision.config.base import Point
from vision.config.camera import CameraConfig
from vision.config.lines import LineConfig
from vision.config.lint.finding import Finding
from vision.config.values import doubled_area

TWIN = 0.02
"""Lines that are nowhere further apart than this are one line to a vehicle, in fractions of the picture."""
EDGE = 0.02
"""A line within this distance of the picture's edge, in fractions, is crossed by cut-off vehicles only."""
SLIVER = 0.01
"""A zone that is narrower than this, in fractions, lies between two positions of a vehicle."""
_EDGES = (("left", 0, 0.0), ("right", 0, 1.0), ("upper", 1, 0.0), ("lower", 1, 1.0))


def twin_lines(camera: CameraConfig) -> Iterator[Finding]:
    """Two lines at nearly the same place that count the same classes: both count the same vehicles."""
    for number, line in enumerate(camera.lines):
        for other in camera.lines[:number]:
            if line.classes & other.classes and (_lies_on(line, other) or _lies_on(other, line)):
                yield Finding(
                    ("lines", number),
                    f"line {line.id!r} lies on line {other.id!r}, so both count the same vehicles",
                    "delete one of them, or move them apart",
                )


def edge_lines(camera: CameraConfig) -> Iterator[Finding]:
    """A line along the very edge of the picture, where few vehicles are seen on both sides of it."""
    for number, line in enumerate(camera.lines):
        for name, axis, at in _EDGES:
            if all(abs(end[axis] - at) <= EDGE for end in (line.start, line.end)):
                yield Finding(
                    ("lines", number),
                    f"line {line.id!r} lies on the {name} edge of the picture, where vehicles are cut off: few are "
                    "seen on both sides of it",
                    "move it inward by a car's length",
                )


def sliver_zones(camera: CameraConfig) -> Iterator[Finding]:
    """A zone so narrow that vehicles pass it between two frames."""
    for number, zone in enumerate(camera.zones):
        width = mean_width(zone.polygon)
        if width < SLIVER:
            yield Finding(
                ("zones", number, "polygon"),
                f"zone {zone.id!r} is a sliver, {100 * width:.1f} % of the picture wide: vehicles are hardly in it",
                "draw it as wide as the lane",
            )


def mean_width(polygon: tuple[Point, ...]) -> float:
    """The width of a long, thin polygon, in fractions of the picture: twice its area by its circumference.

    Examples:
        >>> round(mean_width(((0.1, 0.5), (0.9, 0.5), (0.9, 0.504), (0.1, 0.504))), 3)
        0.004
    """
    return doubled_area(polygon) / sum(math.dist(a, b) for a, b in pairwise([*polygon, polygon[0]]))


def _lies_on(line: LineConfig, other: LineConfig) -> bool:
    return all(_distance(end, other.start, other.end) <= TWIN for end in (line.start, line.end))


def _distance(point: Point, start: Point, end: Point) -> float:
    """From a point to a segment."""
    along = (end[0] - start[0], end[1] - start[1])
    length_2 = along[0] ** 2 + along[1] ** 2
    share = ((point[0] - start[0]) * along[0] + (point[1] - start[1]) * along[1]) / length_2
    share = min(max(share, 0.0), 1.0)
    return math.dist(point, (start[0] + share * along[0], start[1] + share * along[1]))
