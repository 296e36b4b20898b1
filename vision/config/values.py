"""Types and geometry that several parts of a camera file share."""

from collections.abc import Sequence
from itertools import combinations
from typing import Annotated

from pydantic import PlainSerializer

from vision.common.object_class import CLASSES, ObjectClass

ClassSet = Annotated[
    frozenset[ObjectClass], PlainSerializer(lambda chosen: sorted(chosen, key=CLASSES.index), when_used="json")
]
"""Written to JSON in the order of `CLASSES`, so that saving twice gives the same file."""

Corner = tuple[float, float]


def doubled_area(corners: Sequence[Corner]) -> float:
    """Twice the area that corners enclose (the shoelace formula), in either direction."""
    around = zip(corners, [*corners[1:], corners[0]], strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in around))


def is_simple(corners: Sequence[Corner]) -> bool:
    """Whether no two sides of a polygon cross."""
    sides = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    return not any(_cross(*one, *other) for one, other in combinations(sides, 2))


def _cross(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    """Whether the inner parts of two segments cross; touching ends do not."""
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def _turn(a: Corner, b: Corner, c: Corner) -> float:
    """The turn from a to b to c: positive clockwise in the picture, negative anticlockwise, zero on a straight line."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
