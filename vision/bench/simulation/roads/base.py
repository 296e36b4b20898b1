"""What every road of the simulation has.

Ground coordinates: x east, y north, metres. Traffic keeps to the right.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

import numpy as np

from vision.bench.simulation.sensor.camera import HEIGHT_PX, WIDTH_PX, Camera, Metres
from vision.common.object_class import ObjectClass
from vision.config.calibration import GroundPoint, PointsCalibration
from vision.config.camera import CameraConfig, DetectionConfig
from vision.config.lines import Anchor, LineConfig, MovementConfig
from vision.config.sources import FileSource
from vision.config.zones import ControllerConfig, DirectionConfig, SignalConfig, ZoneConfig, ZoneKind
from vision.contracts import IncidentKind

Script = dict[str, Any]
"""One act of `sumo_script.py`."""


class Demand(StrEnum):
    """How much traffic there is."""

    FREE = "free"
    DENSE = "dense"
    CONGESTED = "congested"
    JAMMED = "jammed"


FLOWING = frozenset({Demand.FREE, Demand.DENSE})


@dataclass(frozen=True)
class Area:
    """A zone as it is on the ground."""

    id: str
    outline_m: tuple[Metres, ...]
    heading_m: tuple[Metres, Metres] | None = None
    """Two points of the way that traffic goes."""
    kind: ZoneKind = ZoneKind.CARRIAGEWAY
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Other fields of its `ZoneConfig`."""

    def drawn(self, camera: Camera) -> ZoneConfig:
        """As an operator would draw it in the camera's picture."""
        direction = None
        if self.heading_m:
            start, end = (camera.fraction(point) for point in self.heading_m)
            direction = DirectionConfig(start=start, end=end)
        outline = tuple(camera.fraction(point) for point in self.outline_m)
        return ZoneConfig(id=self.id, kind=self.kind, polygon=outline, direction=direction, **self.settings)


@dataclass(frozen=True)
class GroundLine:
    """A counting line on the road, from the right-hand to the left-hand side of those who go in."""

    id: str
    start_m: Metres
    end_m: Metres


@dataclass(frozen=True)
class Site:
    """A place for a camera, on a mast arm over the road, and what it watches."""

    name: str
    camera: Camera
    areas: tuple[Area, ...]
    lines: tuple[GroundLine, ...] = ()
    movements: tuple[MovementConfig, ...] = ()
    signal: str | None = None

    def config(self, *, fps: float, is_calibrated: bool) -> CameraConfig:
        """The camera's file: defaults throughout, but for what an operator draws and the rate of this simulation.

        Lines are crossed by the lower edge: they lie on the road, and beside traffic that comes the other way.
        """
        lines = [
            LineConfig(
                id=ln.id,
                start=self.camera.fraction(ln.start_m),
                end=self.camera.fraction(ln.end_m),
                anchor=Anchor.BOTTOM_CENTER,
            )
            for ln in self.lines
        ]
        return CameraConfig(
            id=self.name,
            source=FileSource(path="simulated"),
            detection=DetectionConfig(fps=fps),
            lines=tuple(lines),
            movements=self.movements,
            zones=tuple(area.drawn(self.camera) for area in self.areas),
            signals=(SignalConfig(id=self.signal, state=ControllerConfig()),) if self.signal else (),
            calibration=self._calibration() if is_calibrated else None,
        )

    def _calibration(self) -> PointsCalibration:
        """Six points between the far end of what is watched and the picture's lower edge, without any error."""
        corners = [self.camera.fraction(point)[1] for area in self.areas for point in area.outline_m]
        rows = (min(corners), (min(corners) + 0.95) / 2, 0.95)
        places = [(column, row) for row in rows for column in (0.2, 0.8)]
        pixels = np.array(places) * [WIDTH_PX, HEIGHT_PX]
        metres = self.camera.ground(pixels).tolist()
        points = tuple(GroundPoint(picture=p, ground_m=(m[0], m[1])) for p, m in zip(places, metres, strict=True))
        return PointsCalibration(points=points)


@dataclass(frozen=True)
class Stream:
    """Vehicles that go one way through the network."""

    route: str
    veh_h: float
    only: frozenset[ObjectClass] | None = None
    """`None`: the whole mix."""
    extra: str = ""
    """XML inside the flow: stops."""


@dataclass(frozen=True)
class Happening:
    """A kind of incident that can be made to happen on a road."""

    kind: IncidentKind
    script: Callable[[Random], Script]
    takes_s: float
    """From its beginning until traffic is as before and the kind's cool-down is over, roughly: within that the same
    thing in the same place is told once."""
    demands: frozenset[Demand] = FLOWING
    """Where it is an incident: nobody stops alone in a jam."""
    yields: float = 1.0
    """Part of the attempts that succeed: a speeder may find slow traffic before him, one vehicle hide another, who
    brakes be out of sight before he is slow."""


@dataclass(frozen=True)
class Road:
    """A network, its traffic, its cameras and its happenings."""

    name: str
    plain: Mapping[str, str]
    """netconvert's plain XML by kind of file: nod, edg, con."""
    routes: Mapping[str, str]
    """Edges of each route."""
    streams: Callable[[Demand], tuple[Stream, ...]]
    throttled: Callable[[Demand], tuple[Script, ...]]
    """Acts that make a demand what it is: bottlenecks downstream."""
    sites: tuple[Site, ...]
    ground_m: tuple[float, float, float, float]
    """Least x, least y, greatest x, greatest y of what is recorded."""
    free_mps: float
    happenings: tuple[Happening, ...]
    signal: str | None = None
    watched_connection: tuple[str, str] | None = None
    """From edge, to edge: whose light the site's signal shows."""
    bystanders: Callable[[Random, float], list[Script]] = lambda _rng, _lasts_s: []
    """What goes on beside the traffic and is no incident: people on pavements and crosswalks."""


def box_m(low_x: float, low_y: float, high_x: float, high_y: float) -> tuple[Metres, ...]:
    """The corners of an upright rectangle."""
    return (low_x, low_y), (high_x, low_y), (high_x, high_y), (low_x, high_y)
