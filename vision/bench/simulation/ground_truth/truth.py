"""What truly happened in an episode, from the simulation's own positions and speeds, as seen from one site."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vision.bench.simulation.ground_truth.queues import queues
from vision.bench.simulation.roads import Road, Site
from vision.bench.simulation.sensor.camera import HEIGHT_PX, WIDTH_PX
from vision.bench.simulation.sensor.detector_noise import can_be_seen
from vision.bench.simulation.simulate import Recording
from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig
from vision.config.zones import ZoneConfig
from vision.geometry import points_in_polygons, signed_distance_px

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
STANDS_MPS = 0.3


@dataclass(frozen=True, slots=True)
class TrueCrossing:
    """A vehicle crossed a line on the ground the way it drove."""

    line_id: str
    vehicle: int
    moment: int
    """The first after it."""
    at_s: float
    along: float
    goes_in: bool
    speed_kmh: float


class Truth:
    """One episode from one site. R rows, T moments, Z zones: as in `Recording` and the site's camera."""

    def __init__(self, recording: Recording, road: Road, site: Site) -> None:
        self.recording, self.road, self.site = recording, road, site
        self.camera: CameraConfig = site.config(fps=1 / recording.step_s, is_calibrated=True)
        self.times_s = recording.times_s()
        self.moment = recording.moment

    @property
    def zones(self) -> tuple[ZoneConfig, ...]:
        return self.camera.zones

    @cached_property
    def in_view(self) -> Bools:
        """(R,): whose middle is in the picture."""
        flat = np.column_stack([self.recording.middle_m, np.zeros(len(self.recording.middle_m))])
        pixels, depth_m = self.site.camera.project(flat)
        in_picture: Bools = np.all((pixels > 0) & (pixels < [WIDTH_PX, HEIGHT_PX]), axis=1)
        return in_picture & (depth_m > 1)

    def in_sight(self, moment: int) -> set[int]:
        """Who can be detected: in the picture, and neither hidden nor cut off too much."""
        rows = np.arange(self.recording.starts[moment], self.recording.starts[moment + 1])
        recording = self.recording
        xyxy, depth_m = self.site.camera.boxes(
            recording.middle_m[rows], recording.heading[rows], recording.class_id[rows]
        )
        ahead = depth_m > 1
        return set(recording.vehicle[rows[ahead][can_be_seen(xyxy[ahead], depth_m[ahead])]].tolist())

    @cached_property
    def inside(self) -> Bools:
        """(R, Z)"""
        polygons = [np.array(area.outline_m) for area in self.site.areas]
        return points_in_polygons(self.recording.middle_m, polygons)

    @cached_property
    def is_vehicle(self) -> Bools:
        """(R,)"""
        is_vehicle: Bools = self.recording.class_id != ObjectClass.PERSON.class_id
        return is_vehicle

    def zone_number(self, zone_id: str) -> int:
        return [zone.id for zone in self.zones].index(zone_id)

    def rows_of(self, vehicles: tuple[int, ...]) -> Ints:
        """The rows of some road users, in the order of time."""
        order, starts = self._by_vehicle
        return np.sort(np.concatenate([order[starts[v] : starts[v + 1]] for v in vehicles] or [order[:0]]))

    @cached_property
    def _by_vehicle(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.recording.vehicle, kind="stable")
        numbers = np.arange(self.recording.vehicles + 2)
        return order, np.searchsorted(self.recording.vehicle[order], numbers)

    @cached_property
    def present(self) -> Floats:
        """(T, Z): vehicles in each zone."""
        return self._per_zone(np.ones(len(self.moment)))

    @cached_property
    def speeds(self) -> Floats:
        """(T, Z): the sum of their speeds, m/s."""
        return self._per_zone(self.recording.speed_mps)

    def _per_zone(self, weights: Floats) -> Floats:
        chosen = [np.flatnonzero(self.inside[:, zone] & self.is_vehicle) for zone in range(len(self.zones))]
        moments = len(self.recording)
        return np.stack([np.bincount(self.moment[r], weights=weights[r], minlength=moments) for r in chosen], axis=1)

    def over_last(self, per_zone: Floats, zone: int, over_s: float) -> Floats:
        """(T,): the sum of one zone's values over the last seconds."""
        total = np.cumsum(per_zone[:, zone])
        width = max(round(over_s / self.recording.step_s), 1)
        return np.concatenate([total[:width], total[width:] - total[:-width]])

    def smooth_pace(self, zone: int, over_s: float) -> Floats:
        """(T,): mean speed of a zone's vehicles over the last seconds, m/s; NaN where there was none."""
        count = self.over_last(self.present, zone, over_s)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(count > 0, self.over_last(self.speeds, zone, over_s) / count, np.nan)

    def mean_present(self, zone: int, over_s: float) -> Floats:
        """(T,): vehicles in a zone, on average over the last seconds."""
        return self.over_last(self.present, zone, over_s) * self.recording.step_s / over_s

    @cached_property
    def queued(self) -> dict[str, list[list[int]]]:
        """By zone, at each moment: the rows of the vehicles in its queue, nearest to the stop line first."""
        return {z.id: queues(self, number) for number, z in enumerate(self.zones) if z.stop_line is not None}

    @cached_property
    def crossings(self) -> list[TrueCrossing]:
        """Of vehicles' middles, over every line."""
        return sorted(self._crossings(self.recording.middle_m), key=lambda c: c.at_s)

    @cached_property
    def seen_crossings(self) -> list[TrueCrossing]:
        """Of vehicles' feet as the camera sees them, exactly: the point of a box at which the site's lines look."""
        return sorted(self._crossings(self._feet_m()), key=lambda c: c.at_s)

    def _feet_m(self) -> Floats:
        """(R, 2): where the middle of each exact box's lower edge is on the ground; NaN behind the camera."""
        recording, camera = self.recording, self.site.camera
        xyxy, depth_m = camera.boxes(recording.middle_m, recording.heading, recording.class_id)
        feet_m = camera.ground(np.stack([(xyxy[:, 0] + xyxy[:, 2]) / 2, xyxy[:, 3]], axis=1))
        return np.where(depth_m[:, None] > 1, feet_m, np.nan)

    def _crossings(self, places_m: Floats) -> Iterator[TrueCrossing]:
        """Of what is at (R, 2)."""
        starts = np.array([line.start_m for line in self.site.lines]).reshape(-1, 2)
        ends = np.array([line.end_m for line in self.site.lines]).reshape(-1, 2)
        # Metres have y upwards where pixels have it downwards: seen from above, left and right change places.
        distance = -signed_distance_px(places_m, starts, ends)
        order = np.lexsort((self.moment, self.recording.vehicle))
        before, after = order[:-1], order[1:]
        follows = (self.recording.vehicle[before] == self.recording.vehicle[after]) & self.is_vehicle[before]
        follows &= self.moment[after] == self.moment[before] + 1
        follows &= np.isfinite(places_m[before, 0]) & np.isfinite(places_m[after, 0])
        for line, config in enumerate(self.site.lines):
            d0, d1 = distance[before, line], distance[after, line]
            for n in np.flatnonzero(follows & ((d0 < 0) != (d1 < 0))).tolist():
                part = d0[n] / (d0[n] - d1[n])
                m0, m1 = places_m[before[n]], places_m[after[n]]
                way = ends[line] - starts[line]
                along = float((m0 + part * (m1 - m0) - starts[line]) @ way / (way @ way))
                if not 0 <= along <= 1:
                    continue
                v0, v1 = self.recording.speed_mps[before[n]], self.recording.speed_mps[after[n]]
                moment = int(self.moment[after[n]])
                yield TrueCrossing(
                    line_id=config.id,
                    vehicle=int(self.recording.vehicle[after[n]]),
                    moment=moment,
                    at_s=float(self.times_s[moment] - (1 - part) * self.recording.step_s),
                    along=along,
                    goes_in=bool(d1[n] > d0[n]),
                    speed_kmh=float(v0 + part * (v1 - v0)) * 3.6,
                )
