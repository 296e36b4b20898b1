"""The ground truth of an episode at one camera site: positions, zone counts, mean speeds and line crossings."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vision.bench.simulation.roads import Road, Site
from vision.bench.simulation.sensor.camera import HEIGHT_PX, WIDTH_PX
from vision.bench.simulation.sensor.detector_noise import is_detectable
from vision.bench.simulation.simulate import Recording
from vision.common.object_class import ObjectClass
from vision.config.camera import CameraConfig
from vision.config.zones import ZoneConfig
from vision.geometry import points_in_polygons, signed_distance_px

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
STOPPED_MPS = 0.3


@dataclass(frozen=True, slots=True)
class TrueCrossing:
    """A vehicle crossed a line on the ground."""

    line_id: str
    vehicle: int
    frame: int
    """The first frame after it."""
    at_s: float
    along: float
    """Position on the line: 0 at its start, 1 at its end."""
    goes_in: bool
    """Direction IN of the line, else OUT."""
    speed_kmh: float


class GroundTruth:
    """The exact measures of one episode at one site, computed when first asked for.

    R rows and T frames as in `Recording`, Z zones as in the site's camera file.
    """

    def __init__(self, recording: Recording, road: Road, site: Site) -> None:
        self.recording, self.road, self.site = recording, road, site
        self.camera: CameraConfig = site.config(fps=1 / recording.step_s, is_calibrated=True)
        self.times_s = recording.times_s()
        self.frame = recording.frame
        """(R,): the frame of each row."""

    @property
    def zones(self) -> tuple[ZoneConfig, ...]:
        return self.camera.zones

    @cached_property
    def in_view(self) -> Bools:
        """(R,): whether the vehicle's centre is in the image."""
        flat = np.column_stack([self.recording.center_m, np.zeros(len(self.recording.center_m))])
        pixels, depth_m = self.site.camera.project(flat)
        in_image: Bools = np.all((pixels > 0) & (pixels < [WIDTH_PX, HEIGHT_PX]), axis=1)
        return in_image & (depth_m > 1)

    def visible_vehicles(self, frame: int) -> set[int]:
        """Ids of the vehicles that a detector can find in a frame: neither occluded nor truncated too much."""
        rows = np.arange(self.recording.starts[frame], self.recording.starts[frame + 1])
        recording = self.recording
        xyxy, depth_m = self.site.camera.boxes(
            recording.center_m[rows], recording.heading[rows], recording.class_id[rows]
        )
        ahead = depth_m > 1
        return set(recording.vehicle[rows[ahead][is_detectable(xyxy[ahead], depth_m[ahead])]].tolist())

    @cached_property
    def inside(self) -> Bools:
        """(R, Z): whether the vehicle's centre is in the zone."""
        polygons = [np.array(zone.outline_m) for zone in self.site.zones]
        return points_in_polygons(self.recording.center_m, polygons)

    @cached_property
    def is_vehicle(self) -> Bools:
        """(R,): False for persons."""
        is_vehicle: Bools = self.recording.class_id != ObjectClass.PERSON.class_id
        return is_vehicle

    def rows_of(self, vehicles: tuple[int, ...]) -> Ints:
        """The rows of some road users, by time."""
        order, starts = self._by_vehicle
        return np.sort(np.concatenate([order[starts[v] : starts[v + 1]] for v in vehicles] or [order[:0]]))

    @cached_property
    def _by_vehicle(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.recording.vehicle, kind="stable")
        numbers = np.arange(self.recording.vehicles + 2)
        return order, np.searchsorted(self.recording.vehicle[order], numbers)

    @cached_property
    def counts(self) -> Floats:
        """(T, Z): vehicles in each zone."""
        return self._per_zone(np.ones(len(self.frame)))

    @cached_property
    def speed_sums_mps(self) -> Floats:
        """(T, Z): the sum of their speeds."""
        return self._per_zone(self.recording.speed_mps)

    def _per_zone(self, weights: Floats) -> Floats:
        chosen = [np.flatnonzero(self.inside[:, zone] & self.is_vehicle) for zone in range(len(self.zones))]
        frames = len(self.recording)
        return np.stack([np.bincount(self.frame[r], weights=weights[r], minlength=frames) for r in chosen], axis=1)

    def _rolling_sum(self, per_zone: Floats, zone: int, over_s: float) -> Floats:
        """(T,): the sum of one zone's values over the last `over_s`."""
        total = np.cumsum(per_zone[:, zone])
        width = max(round(over_s / self.recording.step_s), 1)
        return np.concatenate([total[:width], total[width:] - total[:-width]])

    def mean_speed_mps(self, zone: int, over_s: float) -> Floats:
        """(T,): mean speed of a zone's vehicles over the last `over_s`; NaN without any."""
        count = self._rolling_sum(self.counts, zone, over_s)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(count > 0, self._rolling_sum(self.speed_sums_mps, zone, over_s) / count, np.nan)

    def mean_count(self, zone: int, over_s: float) -> Floats:
        """(T,): mean number of vehicles in a zone over the last `over_s`."""
        return self._rolling_sum(self.counts, zone, over_s) * self.recording.step_s / over_s

    @cached_property
    def crossings(self) -> list[TrueCrossing]:
        """Crossings of the vehicles' centres over all lines, by time."""
        return sorted(self._crossings(self.recording.center_m), key=lambda c: c.at_s)

    @cached_property
    def bottom_center_crossings(self) -> list[TrueCrossing]:
        """Crossings of the bottom centres of the exact boxes, the anchor of the site's lines, by time."""
        return sorted(self._crossings(self._bottom_centers_m()), key=lambda c: c.at_s)

    def _bottom_centers_m(self) -> Floats:
        """(R, 2): the bottom centre of each exact box, projected to the ground; NaN behind the camera."""
        recording, camera = self.recording, self.site.camera
        xyxy, depth_m = camera.boxes(recording.center_m, recording.heading, recording.class_id)
        bottoms_m = camera.ground(np.stack([(xyxy[:, 0] + xyxy[:, 2]) / 2, xyxy[:, 3]], axis=1))
        return np.where(depth_m[:, None] > 1, bottoms_m, np.nan)

    def _crossings(self, places_m: Floats) -> Iterator[TrueCrossing]:
        """Crossings of the trajectories that the points (R, 2) form."""
        starts = np.array([line.start_m for line in self.site.lines]).reshape(-1, 2)
        ends = np.array([line.end_m for line in self.site.lines]).reshape(-1, 2)
        # The y axis points up in ground coordinates and down in the image, which swaps the sides of a line.
        distance = -signed_distance_px(places_m, starts, ends)
        order = np.lexsort((self.frame, self.recording.vehicle))
        before, after = order[:-1], order[1:]
        follows = (self.recording.vehicle[before] == self.recording.vehicle[after]) & self.is_vehicle[before]
        follows &= self.frame[after] == self.frame[before] + 1
        follows &= np.isfinite(places_m[before, 0]) & np.isfinite(places_m[after, 0])
        for line, config in enumerate(self.site.lines):
            d0, d1 = distance[before, line], distance[after, line]
            for n in np.flatnonzero(follows & ((d0 < 0) != (d1 < 0))).tolist():
                part = d0[n] / (d0[n] - d1[n])
                m0, m1 = places_m[before[n]], places_m[after[n]]
                vector = ends[line] - starts[line]
                along = float((m0 + part * (m1 - m0) - starts[line]) @ vector / (vector @ vector))
                if not 0 <= along <= 1:
                    continue
                v0, v1 = self.recording.speed_mps[before[n]], self.recording.speed_mps[after[n]]
                frame = int(self.frame[after[n]])
                yield TrueCrossing(
                    line_id=config.id,
                    vehicle=int(self.recording.vehicle[after[n]]),
                    frame=frame,
                    at_s=float(self.times_s[frame] - (1 - part) * self.recording.step_s),
                    along=along,
                    goes_in=bool(d1[n] > d0[n]),
                    speed_kmh=float(v0 + part * (v1 - v0)) * 3.6,
                )
