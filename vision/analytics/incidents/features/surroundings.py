"""What explains a stop: slow vehicles ahead, slow traffic in the zone, and which vehicles drive past."""

from dataclasses import dataclass
from statistics import median
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.analytics.dimensions import LENGTHS_M
from vision.analytics.incidents.evidence import is_congested, is_vehicle
from vision.analytics.incidents.features.track_history import TrackHistory
from vision.analytics.kinematics.state import Bools, Floats
from vision.analytics.scene import Scene
from vision.analytics.track_table import Ids


@dataclass(frozen=True, slots=True)
class SurroundingsParameters:
    """When a vehicle blocks, passes or belongs to another one, and when traffic around it is slow."""

    slow_mps: float = 1.5
    """Below this speed a vehicle is stopped or crawls in a queue, metres per second. Higher: more vehicles count as
    blocking others. Source: chosen."""
    leader_gap_m: float = 12.0
    """A slow vehicle this near ahead blocks the one behind it, metres, plus the leader's length. Larger: more stops are
    explained by a leader. Source: chosen."""
    corridor_half_width_m: float = 2.2
    """Half the width of the corridor ahead of a vehicle, metres. Larger: vehicles of the next lane block it too.
    Source: chosen."""
    passing_range_m: float = 30.0
    """A vehicle that passes is observed this far behind and ahead, metres. Larger: more passing vehicles are counted,
    also some that turned off in between. Source: chosen."""
    passing_lateral_m: float = 10.0
    """A vehicle that passes is at most this far to the side, metres. Larger: vehicles of other carriageways count.
    Source: chosen."""
    min_passing_mps: float = 2.0
    """A vehicle that passes is at least this fast, metres per second. Higher: fewer vehicles count as passing.
    Source: chosen."""
    min_flow_share: float = 0.4
    """Traffic flows above this share of the free-flow speed, and a passing vehicle is at least as fast. Higher: more
    stops are explained by slow traffic. Source: chosen."""
    min_creep_past_mps: float = 0.5
    """Where stopping is banned, a vehicle that creeps past at this speed counts too, metres per second. Higher: fewer
    stops in a jam are reported. Source: chosen."""
    creep_past_clearance_m: float = 2.0
    """Where stopping is banned, a passing vehicle must have been this far behind the whole vehicle, and get this far
    ahead of it, metres. Larger: fewer stops in a jam are reported. Source: chosen."""
    sustained_share: float = 0.7
    """A passing vehicle has sustained this share of the required speed for two seconds. Higher: fewer ID switches look
    like passing vehicles, and fewer passing vehicles are counted. Source: chosen."""
    min_crawling: int = 2
    """Moving vehicles of a zone that it takes to tell that they crawl. More: a forming jam is noticed later.
    Source: chosen."""
    same_position_m: float = 1.5
    """A vehicle that stops this near to where another was lost, metres, plus a quarter of its length, is that vehicle:
    two cannot be in one place. Larger: more standstills survive an ID switch, more neighbours are confused. Source:
    chosen."""


def same_position_m(class_id: NDArray[np.int64], parameters: SurroundingsParameters) -> Floats:
    """(N,): within this distance, stopped vehicles of these classes are the same one."""
    radius_m: Floats = parameters.same_position_m + LENGTHS_M[class_id] / 4
    return radius_m


def traffic_around(scene: Scene, n: int) -> Bools:
    """(N,): which vehicles are traffic around the one in row `n`: in a zone of its own, and not parked all the time."""
    tracks = scene.tracks
    in_its_zones = (scene.inside & scene.inside[n]).any(axis=1)
    others: Bools = in_its_zones & is_vehicle(tracks.class_id) & (tracks.has_moved | ~tracks.is_stopped)
    others[n] = False
    return others


def is_slow_zone(scene: Scene, z: int, parameters: SurroundingsParameters) -> bool:
    """Whether traffic of a zone queues or jams, or is about to: its moving vehicles crawl."""
    zone, tracks = scene.zones[z], scene.tracks
    moves = scene.inside[:, z] & is_vehicle(tracks.class_id) & ~tracks.is_stopped & (tracks.speed_mps > 0)
    speeds_mps = tracks.speed_mps[moves]
    crawls = (
        len(speeds_mps) >= parameters.min_crawling
        and median(speeds_mps.tolist()) < parameters.min_flow_share * zone.free_flow_speed_mps
    )
    return is_congested(zone.congestion) or crawls


def is_stopping_banned(scene: Scene, rows: Ids) -> Bools:
    """(len(rows),): which of some vehicles are in a zone where stopping is banned."""
    is_banned = np.array([zone.zone.stopping_banned for zone in scene.zones], bool)
    return np.asarray(scene.inside[rows][:, is_banned].any(axis=1), bool)


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """The N tracks around S stopped vehicles."""

    blocked_by: Bools
    """(S, N): slow vehicles just ahead; or nearby, where the stopped vehicle's heading is unknown."""
    behind: Bools
    """(S, N): vehicles that drive up from behind."""
    ahead: Bools
    """(S, N): vehicles that drive away ahead."""

    @classmethod
    def of(cls, scene: Scene, history: TrackHistory, rows: Ids, parameters: SurroundingsParameters) -> Self:
        """Of the stopped vehicles in these rows (S,) of the scene's tracks."""
        p, tracks = parameters, scene.tracks
        away_m = tracks.ground_m[None] - tracks.ground_m[rows, None]
        heading = history.heading[rows, None]
        along_m = away_m[..., 0] * heading[..., 0] + away_m[..., 1] * heading[..., 1]
        lateral_m = np.abs(away_m[..., 0] * heading[..., 1] - away_m[..., 1] * heading[..., 0])
        others = is_vehicle(tracks.class_id)[None] & (np.arange(len(tracks))[None] != rows[:, None])
        slow = others & ((tracks.speed_mps < p.slow_mps) | tracks.is_stopped) & ~(tracks.is_stopped & ~tracks.has_moved)
        gap_m = p.leader_gap_m + LENGTHS_M[tracks.class_id]
        is_ahead = (along_m > 0.5) & (along_m < gap_m) & (lateral_m < p.corridor_half_width_m)
        is_near = np.isnan(along_m) & (np.hypot(away_m[..., 0], away_m[..., 1]) < gap_m)
        required_mps = _passing_speed_mps(scene, rows, p)[:, None]
        vx, vy = tracks.velocity_mps.T
        speed_along = vx * heading[..., 0] + vy * heading[..., 1]
        passing = others & (speed_along > required_mps) & (lateral_m < p.passing_lateral_m)
        passing &= np.abs(along_m) < p.passing_range_m
        passing &= history.sustained_speed_mps >= p.sustained_share * required_mps
        clearance_m = _passing_clearance_m(scene, rows, p)[:, None]
        behind, ahead = along_m < -clearance_m, along_m > clearance_m
        return cls(slow & (is_ahead | is_near), passing & behind, passing & ahead)


def _passing_speed_mps(scene: Scene, rows: Ids, p: SurroundingsParameters) -> Floats:
    """(S,): the speed from which a vehicle passes each of some stopped ones; lower where stopping is banned."""
    free_mps = np.array([zone.free_flow_speed_mps for zone in scene.zones])
    flow_mps: Floats = p.min_flow_share * np.where(scene.inside[rows], free_mps, 0.0).max(axis=1)
    return np.where(is_stopping_banned(scene, rows), p.min_creep_past_mps, np.maximum(flow_mps, p.min_passing_mps))


def _passing_clearance_m(scene: Scene, rows: Ids, p: SurroundingsParameters) -> Floats:
    """(S,): how far behind and ahead of each of some stopped vehicles another must be to pass it."""
    half_m = LENGTHS_M[scene.tracks.class_id[rows]] / 2
    return np.where(is_stopping_banned(scene, rows), half_m + p.creep_past_clearance_m, 0.0)
