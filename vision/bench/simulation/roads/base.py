"""What every simulated road has: a network, traffic, scripted incidents, and camera sites with zones and lines.

Ground coordinates: x east, y north, metres. Traffic keeps to the right.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

import numpy as np

from vision.bench.simulation.sensor.camera import HEIGHT_PX, WIDTH_PX, Metres, PinholeCamera
from vision.common.object_class import ObjectClass
from vision.config.calibration import GroundPoint, PointsCalibration
from vision.config.camera import CameraConfig, DetectionConfig
from vision.config.lines import Anchor, LineConfig, MovementConfig
from vision.config.sources import FileSource
from vision.config.zones import ControllerConfig, DirectionConfig, SignalConfig, ZoneConfig, ZoneKind
from vision.contracts import IncidentKind

Script = dict[str, Any]
"""One act that `sumo/script.py` stages: its class under `act`, and that class's settings."""


class Demand(StrEnum):
    """How much traffic there is."""

    FREE = "free"
    DENSE = "dense"
    CONGESTED = "congested"
    JAMMED = "jammed"


FLOWING = frozenset({Demand.FREE, Demand.DENSE})


@dataclass(frozen=True)
class GroundZone:
    """A zone in ground coordinates."""

    id: str
    outline_m: tuple[Metres, ...]
    direction_m: tuple[Metres, Metres] | None = None
    """Two points, start and end of the direction of traffic."""
    kind: ZoneKind = ZoneKind.CARRIAGEWAY
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Other fields of its `ZoneConfig`."""

    def to_config(self, camera: PinholeCamera) -> ZoneConfig:
        """The zone as an operator would draw it in the camera's image."""
        direction = None
        if self.direction_m:
            start, end = (camera.fraction(point) for point in self.direction_m)
            direction = DirectionConfig(start=start, end=end)
        outline = tuple(camera.fraction(point) for point in self.outline_m)
        return ZoneConfig(id=self.id, kind=self.kind, polygon=outline, direction=direction, **self.settings)


@dataclass(frozen=True)
class GroundLine:
    """A counting line on the road, from the right-hand to the left-hand side of inbound traffic."""

    id: str
    start_m: Metres
    end_m: Metres


@dataclass(frozen=True)
class Site:
    """A camera on a mast arm over the road, and the zones and lines it observes."""

    name: str
    camera: PinholeCamera
    zones: tuple[GroundZone, ...]
    lines: tuple[GroundLine, ...] = ()
    movements: tuple[MovementConfig, ...] = ()
    signal: str | None = None

    def config(self, *, fps: float, is_calibrated: bool) -> CameraConfig:
        """The site's camera file: defaults, except for what an operator draws and the simulation's frame rate.

        Lines use the bottom centre as anchor: they lie on the road, beside traffic of the opposite direction.
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
            zones=tuple(zone.to_config(self.camera) for zone in self.zones),
            signals=(SignalConfig(id=self.signal, state=ControllerConfig()),) if self.signal else (),
            calibration=self._calibration() if is_calibrated else None,
        )

    def _calibration(self) -> PointsCalibration:
        """Six error-free points between the far end of the zones and the lower edge of the image."""
        corners = [self.camera.fraction(point)[1] for zone in self.zones for point in zone.outline_m]
        rows = (min(corners), (min(corners) + 0.95) / 2, 0.95)
        places = [(column, row) for row in rows for column in (0.2, 0.8)]
        pixels = np.array(places) * [WIDTH_PX, HEIGHT_PX]
        metres = self.camera.ground(pixels).tolist()
        points = tuple(GroundPoint(picture=p, ground_m=(m[0], m[1])) for p, m in zip(places, metres, strict=True))
        return PointsCalibration(points=points)


@dataclass(frozen=True)
class Stream:
    """Vehicles that follow one route through the network."""

    route: str
    veh_h: float
    only: frozenset[ObjectClass] | None = None
    """Classes; None: the whole vehicle mix."""
    extra: str = ""
    """XML inside SUMO's flow: stops."""


@dataclass(frozen=True)
class ScriptedIncident:
    """A kind of incident that can be staged on a road."""

    kind: IncidentKind
    script: Callable[[Random], Script]
    occupies_s: float
    """From its start until traffic has recovered and the kind's cool-down is over, roughly: within this time the same
    incident in the same place is reported once."""
    demands: frozenset[Demand] = FLOWING
    """Where it counts as an incident: in a jam every vehicle stops."""
    success_rate: float = 1.0
    """Share of the attempts that succeed. A speeder may meet slow traffic, one vehicle may occlude another, a braking
    vehicle may leave the image before it is slow."""


@dataclass(frozen=True)
class Road:
    """A network, its traffic, its camera sites and its scripted incidents."""

    name: str
    network_xml: Mapping[str, str]
    """netconvert's plain XML by kind of file: nod, edg, con."""
    routes: Mapping[str, str]
    """Edges of each route."""
    streams: Callable[[Demand], tuple[Stream, ...]]
    bottlenecks: Callable[[Demand], tuple[Script, ...]]
    """Acts that create a demand level: slow lanes downstream."""
    sites: tuple[Site, ...]
    ground_m: tuple[float, float, float, float]
    """The recorded area: minimum x, minimum y, maximum x, maximum y."""
    free_flow_mps: float
    incidents: tuple[ScriptedIncident, ...]
    signal: str | None = None
    watched_connection: tuple[str, str] | None = None
    """From edge, to edge: the connection whose light the site's signal shows."""
    bystanders: Callable[[Random, float], list[Script]] = lambda _rng, _duration_s: []
    """Acts that are no incident: people on pavements and crosswalks."""


def box_m(low_x: float, low_y: float, high_x: float, high_y: float) -> tuple[Metres, ...]:
    """The corners of an axis-aligned rectangle."""
    return (low_x, low_y), (high_x, low_y), (high_x, high_y), (low_x, high_y)
