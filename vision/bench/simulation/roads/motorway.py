"""An eastbound motorway, three lanes and a hard shoulder, 80 km/h; the camera sees vehicles from behind."""

from random import Random

from vision.bench.simulation.roads.base import (
    Demand,
    GroundLine,
    GroundZone,
    Road,
    Script,
    ScriptedIncident,
    Site,
    Stream,
    box_m,
)
from vision.bench.simulation.sensor.camera import PinholeCamera
from vision.config.zones import ZoneKind
from vision.contracts import IncidentKind as Kind

LIMIT_MPS = 22.22
ROAD_Y = (-10.5, 0.0)
SHOULDER_Y = (-13.25, -10.5)
WATCHED_X = (165.0, 275.0)
LANES = ' numLanes="4" speed="22.22" spreadType="right"'
SHOULDER = '<lane index="0" width="2.75" allow="emergency custom1"/>'
WIDTHS = "".join(f'<lane index="{n}" width="3.5"/>' for n in (1, 2, 3))
VEH_H = {Demand.FREE: 900, Demand.DENSE: 2400, Demand.CONGESTED: 3000, Demand.JAMMED: 3000}
BOTTLENECK_MPS = {Demand.CONGESTED: 2.5, Demand.JAMMED: 0.9}
OUT_LANES = ["out_1", "out_2", "out_3"]
ON_LANES = (-8.75, -5.25, -1.75)


def _streams(demand: Demand) -> tuple[Stream, ...]:
    return (Stream("through", VEH_H[demand]),)


def _bottlenecks(demand: Demand) -> tuple[Script, ...]:
    if demand not in BOTTLENECK_MPS:
        return ()
    return ({"act": "Throttle", "lanes": OUT_LANES, "to_mps": BOTTLENECK_MPS[demand], "duration_s": 1e9},)


def _stop_on_lane(rng: Random) -> Script:
    lane = rng.choice((1, 2, 3))
    return _stop(rng, rng.choice(("actor_car", "actor_truck", "actor_motorcycle")), lane)


def _stop_on_shoulder(rng: Random) -> Script:
    return _stop(rng, rng.choice(("edge_car", "edge_car")), 0) | {
        "start": {"route": "through", "type": "edge_car", "lane": 1}
    }


def _stop(rng: Random, kind: str, lane: int) -> Script:
    start = {"route": "through", "type": kind, "lane": lane}
    at = {"edge": "main", "pos": rng.uniform(180, 240), "lane": lane, "stopped_s": rng.uniform(30, 70)}
    return {"act": "Stop", "start": start, **at}


def _wrong_way(rng: Random) -> Script:
    y = rng.choice((*ON_LANES, -0.8))
    kind, mps = rng.choice((("car", rng.uniform(8, 20)), ("motorcycle", rng.uniform(6, 14))))
    return {"act": "Walk", "class": kind, "mps": mps, "path": [(295, y), (130, y)]}


def _pedestrian(rng: Random) -> Script:
    x = rng.uniform(180, 225)
    along = [(x, -11.9), (x + 60, -11.9)]
    across = [(x, -15.0), (x, -5.0), (x + 8, 1.0)]
    return {"act": "Walk", "class": "person", "mps": rng.uniform(1.0, 1.7), "path": rng.choice((along, across))}


def _speeder(rng: Random) -> Script:
    kind = rng.choice(("actor_car", "actor_motorcycle"))
    start = {"route": "through", "type": kind, "lane": 3, "speed_factor": rng.uniform(1.45, 1.75)}
    return {"act": "Drive", "start": start}


def _slowdown(rng: Random) -> Script:
    return {
        "act": "SlowDown", "edge": "main", "from_m": 60, "to_m": 290, "least": 4,
        "to_mps": rng.uniform(2, 4), "over_s": rng.uniform(4, 7), "duration_s": rng.uniform(15, 25),
    }  # fmt: skip


def _congestion(rng: Random) -> Script:
    return {"act": "Throttle", "lanes": OUT_LANES, "to_mps": rng.uniform(0.8, 1.2), "duration_s": rng.uniform(260, 320)}


def _collision(rng: Random) -> Script:
    lane = rng.choice((1, 2, 3))
    start = {"route": "through", "type": rng.choice(("actor_car", "actor_truck")), "lane": lane, "pos": 40}
    second = {"type": rng.choice(("actor_car", "actor_motorcycle")), "pos": 12}
    place = {"edge": "main", "pos": rng.uniform(150, 200), "braking_mps2": rng.uniform(6, 8)}
    return {"act": "Collide", "start": start, "second": second, **place, "stopped_s": rng.uniform(40, 60)}


MOTORWAY = Road(
    name="motorway",
    network_xml={
        "nod": '<nodes><node id="A" x="0" y="0"/><node id="B" x="300" y="0"/><node id="C" x="480" y="0"/></nodes>',
        "edg": f'<edges><edge id="main" from="A" to="B"{LANES}>{SHOULDER}{WIDTHS}</edge>'
        f'<edge id="out" from="B" to="C"{LANES}>{SHOULDER}{WIDTHS}</edge></edges>',
    },
    routes={"through": "main out"},
    streams=_streams,
    bottlenecks=_bottlenecks,
    sites=(
        Site(
            name="motorway",
            camera=PinholeCamera(position_m=(140, -7), height_m=10, target_m=(195, -7), focal_px=1650),
            zones=(
                GroundZone(
                    "carriageway",
                    box_m(WATCHED_X[0], ROAD_Y[0], WATCHED_X[1], ROAD_Y[1]),
                    ((170, -5), (230, -5)),
                    settings={"lanes": 3, "speed_limit_kmh": 80},
                ),
                GroundZone(
                    "shoulder", box_m(WATCHED_X[0], SHOULDER_Y[0], WATCHED_X[1], SHOULDER_Y[1]), kind=ZoneKind.SHOULDER
                ),
            ),
            lines=(GroundLine("through", (195, -13.5), (195, 0.5)),),
        ),
    ),
    ground_m=(125, -20, 330, 8),
    free_flow_mps=0.93 * LIMIT_MPS,
    incidents=(
        ScriptedIncident(Kind.STOPPED_VEHICLE, _stop_on_lane, 150),
        ScriptedIncident(Kind.STOPPED_VEHICLE, _stop_on_shoulder, 150),
        ScriptedIncident(Kind.WRONG_WAY, _wrong_way, 25),
        ScriptedIncident(Kind.PEDESTRIAN, _pedestrian, 60),
        ScriptedIncident(Kind.SPEEDING, _speeder, 25, frozenset({Demand.FREE}), success_rate=0.5),
        ScriptedIncident(Kind.SUDDEN_SLOWDOWN, _slowdown, 180, frozenset({Demand.DENSE}), success_rate=0.55),
        ScriptedIncident(Kind.CONGESTION, _congestion, 560, frozenset({Demand.DENSE})),
        ScriptedIncident(Kind.COLLISION, _collision, 200, success_rate=0.6),
    ),
)
