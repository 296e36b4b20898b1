"""Calibration: points or lengths on the road that are known in metres, from which the homography is fitted."""

from itertools import combinations
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from vision.config.base import Config, Point
from vision.config.values import doubled_area

Metres = tuple[float, float]
"""(x, y) on the ground, in metres from any origin, in any direction."""
MIN_DOUBLED_AREA_M2 = 0.5
"""Three points on the ground that span less than this, as twice the area, are nearly on one line."""
MIN_DOUBLED_AREA = 0.0005
"""The same in the picture, as a fraction of its area."""


class GroundPoint(Config):
    """A point that can be found in the picture and on the ground (on a plan, on a map, with a tape)."""

    picture: Point = Field(title="In the picture", description="[x, y] as fractions of its width and height.")
    ground_m: Metres = Field(title="On the ground", description="[x, y] in metres from any origin.")


class PointsCalibration(Config):
    """Four or more points of the road's surface that are known in the picture and on the ground."""

    kind: Literal["points"] = Field("points", title="Kind", description="By points.")
    points: tuple[GroundPoint, ...] = Field(title="Points", description="Four or more.", max_length=64)

    def pairs(self) -> tuple[tuple[Point, Metres], ...]:
        """Each point in the picture (fractions) and on the ground (m)."""
        return tuple((p.picture, p.ground_m) for p in self.points)

    @model_validator(mode="after")
    def _spans_the_ground(self) -> Self:
        _refuse_degenerate(self.pairs())
        return self


class LaneMark(Config):
    """A place on a lane: both edges of the lane there, and how far along the lane it is."""

    left: Point = Field(title="Left edge", description="[x, y] as fractions of the picture's width and height.")
    right: Point = Field(title="Right edge", description="[x, y], at the same place along the lane.")
    along_m: float = Field(
        title="Along the lane in metres",
        description="From any origin, for example counted by the lane's dashes.",
        ge=-2000,
        le=2000,
    )


class LaneCalibration(Config):
    """Known lengths along a straight lane: two or more places on it, and its width."""

    kind: Literal["lane"] = Field("lane", title="Kind", description="By lengths along a lane.")
    width_m: float = Field(title="Width in metres", description="Of the lane, between its edges.", ge=0.5, le=60)
    marks: tuple[LaneMark, ...] = Field(title="Marks", description="Two or more.", max_length=32)

    def pairs(self) -> tuple[tuple[Point, Metres], ...]:
        """Each edge point in the picture (fractions) and on the ground (m): x across the lane, y along it."""
        edges = (((m.left, (0.0, m.along_m)), (m.right, (self.width_m, m.along_m))) for m in self.marks)
        return tuple(pair for mark in edges for pair in mark)

    @model_validator(mode="after")
    def _spans_the_ground(self) -> Self:
        _refuse_degenerate(self.pairs())
        return self


CalibrationConfig = Annotated[PointsCalibration | LaneCalibration, Field(discriminator="kind")]


def _refuse_degenerate(pairs: tuple[tuple[Point, Metres], ...]) -> None:
    if len(pairs) < 4:
        raise ValueError(f"a calibration needs 4 or more points (2 or more marks), got {len(pairs)} points")
    if not any(_is_well_spread(four) for four in combinations(pairs, 4)):
        raise ValueError("the points lie almost on one line: choose four that span the road's surface")


def _is_well_spread(four: tuple[tuple[Point, Metres], ...]) -> bool:
    """Whether no three of four points are nearly on one line, in the picture and on the ground, as a homography
    needs."""
    return all(
        doubled_area([picture for picture, _ in three]) > MIN_DOUBLED_AREA
        and doubled_area([ground for _, ground in three]) > MIN_DOUBLED_AREA_M2
        for three in combinations(four, 3)
    )
