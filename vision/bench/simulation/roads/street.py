"""A city street, two lanes per direction, 50 km/h, with a bus lane, bus stop, pavement, crosswalk and side street."""

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
from vision.common.object_class import ObjectClass
from vision.config.zones import ZoneKind
from vision.contracts import IncidentKind as Kind

LIMIT_MPS = 13.89
EAST_Y, BUS_Y, PAVEMENT_Y, WEST_Y = (-6.6, 0.0), (-10.1, -6.6), (-12.6, -10.1), (0.0, 6.6)
FROM_X, TO_X = 182.0, 262.0
VEH_H = {Demand.FREE: 400, Demand.DENSE: 1000, Demand.CONGESTED: 1200, Demand.JAMMED: 1200}
BOTTLENECK_MPS = {Demand.CONGESTED: 2.2, Demand.JAMMED: 0.8}
EAST_OUT, WEST_OUT = ["e3_2", "e3_3"], ["w2_0", "w2_1"]
LANES = (
    '<lane index="0" width="2.5" speed="6" allow="custom2"/><lane index="1" width="3.5" allow="bus custom1"/>'
    '<lane index="2" width="3.3" disallow="bus"/><lane index="3" width="3.3" disallow="bus"/>'
)
BUS_STOP = '<stop lane="e2_1" startPos="126" endPos="140" duration="18"/>'


def _streams(demand: Demand) -> tuple[Stream, ...]:
    veh_h = VEH_H[demand]
    no_buses = frozenset(ObjectClass) - {ObjectClass.BUS}
    return (
        Stream("east", veh_h, no_buses),
        Stream("west", veh_h),
        Stream("into-side", 0.08 * veh_h, no_buses),
        Stream("from-side", 0.12 * veh_h, no_buses),
        Stream("east", 20, frozenset({ObjectClass.BUS}), BUS_STOP),
    )


def _bottlenecks(demand: Demand) -> tuple[Script, ...]:
    if demand not in BOTTLENECK_MPS:
        return ()
    return ({"act": "Throttle", "lanes": EAST_OUT + WEST_OUT, "to_mps": BOTTLENECK_MPS[demand], "duration_s": 1e9},)


def _stop(rng: Random, route: str, edge: str, lane: int) -> Script:
    start = {"route": route, "type": rng.choice(("actor_car", "actor_motorcycle", "actor_truck")), "lane": lane}
    along_m = rng.uniform(45, 105)
    return {"act": "Stop", "start": start, "edge": edge, "pos": along_m, "lane": lane, "stopped_s": rng.uniform(30, 60)}


def _stop_westbound(rng: Random) -> Script:
    return _stop(rng, "west", "w1", rng.choice((0, 1)))


def _stop_where_banned(rng: Random) -> Script:
    return _stop(rng, "east", "e2", rng.choice((2, 3)))


def _wrong_way(rng: Random) -> Script:
    kind, mps = rng.choice((("car", rng.uniform(5, 10)), ("motorcycle", rng.uniform(4, 9))))
    eastwards, y = rng.choice(((True, rng.uniform(1, 5.5)), (False, rng.uniform(-5.5, -1))))
    ends = [(150, y), (290, y)] if eastwards else [(290, y), (150, y)]
    return {"act": "Walk", "class": kind, "mps": mps, "path": ends}


def _pedestrian(rng: Random) -> Script:
    x = rng.uniform(190, 240)
    across = [(x, -11.5), (x + 4, 0.0), (x + 5, 9.0)]
    along = [(x, -11.5), (x + 2, -6.0), (x + 35, -5.6), (x + 38, -11.5)]
    return {"act": "Walk", "class": "person", "mps": rng.uniform(1.0, 1.7), "path": rng.choice((across, along))}


def _on_bus_lane(_rng: Random) -> Script:
    return {"act": "Drive", "start": {"route": "east", "type": "edge_car", "lane": 1, "keeps_lane": True}}


def _on_pavement(_rng: Random) -> Script:
    return {"act": "Drive", "start": {"route": "east", "type": "edge_motorcycle", "lane": 0, "keeps_lane": True}}


def _speeder(rng: Random) -> Script:
    start = {"type": rng.choice(("actor_car", "actor_motorcycle")), "speed_factor": rng.uniform(1.6, 1.95)}
    where = rng.choice(({"route": "east", "lane": 3}, {"route": "west", "lane": 1}))
    return {"act": "Drive", "start": start | where}


def _slowdown(rng: Random) -> Script:
    edge = rng.choice(("e2", "w1"))
    return {
        "act": "SlowDown", "edge": edge, "from_m": 5, "to_m": 140, "least": 4,
        "to_mps": rng.uniform(1.5, 2.5), "over_s": rng.uniform(3, 5), "duration_s": rng.uniform(15, 25),
    }  # fmt: skip


def _congestion(rng: Random) -> Script:
    lanes = rng.choice((EAST_OUT, WEST_OUT))
    return {"act": "Throttle", "lanes": lanes, "to_mps": rng.uniform(0.6, 1.0), "duration_s": rng.uniform(260, 320)}


def _collision(rng: Random) -> Script:
    route, edge, lane, pos = rng.choice(
        (("east", "e2", rng.choice((2, 3)), 40), ("west", "w1", rng.choice((0, 1)), 30))
    )
    start = {"route": route, "type": rng.choice(("actor_car", "actor_truck")), "lane": lane, "pos": 40}
    second = {"type": rng.choice(("actor_car", "actor_motorcycle")), "pos": 16}
    place = {"edge": edge, "pos": pos + rng.uniform(0, 45), "braking_mps2": rng.uniform(6, 8)}
    return {"act": "Collide", "start": start, "second": second, **place, "stopped_s": rng.uniform(40, 60)}


def _bystanders(rng: Random, duration_s: float) -> list[Script]:
    """Pedestrians on the pavement and on the crosswalk."""
    pedestrians: list[Script] = []
    at_s = 0.0
    while (at_s := at_s + rng.expovariate(1 / 45)) < duration_s:
        y, mps = rng.uniform(-12.1, -11.1), rng.uniform(0.9, 1.6)
        paths = [[(165, y), (300, y)], [(300, y), (165, y)], [(258, -11.5), (258, 9.0)], [(258, 9.0), (258, -11.5)]]
        pedestrians.append({"act": "Walk", "class": "person", "mps": mps, "path": rng.choice(paths), "at_s": at_s})
    return pedestrians


STREET = Road(
    name="street",
    network_xml={
        "nod": '<nodes><node id="W" x="0" y="0"/><node id="J" x="140" y="0" type="priority"/>'
        '<node id="M" x="300" y="0"/><node id="E" x="430" y="0"/><node id="S" x="140" y="-90"/></nodes>',
        "edg": "<edges>"
        + "".join(
            f'<edge id="{name}" from="{a}" to="{b}" numLanes="4" speed="13.89" priority="2">{LANES}</edge>'
            for name, a, b in (("e1", "W", "J"), ("e2", "J", "M"), ("e3", "M", "E"))
        )
        + "".join(
            f'<edge id="{name}" from="{a}" to="{b}" numLanes="2" speed="13.89" priority="2" width="3.3"/>'
            for name, a, b in (("w0", "E", "M"), ("w1", "M", "J"), ("w2", "J", "W"))
        )
        + '<edge id="s_in" from="S" to="J" numLanes="1" speed="8.33" priority="1"/>'
        '<edge id="s_out" from="J" to="S" numLanes="1" speed="8.33" priority="1"/></edges>',
        "con": "<connections>"
        + "".join(f'<connection from="e1" to="e2" fromLane="{n}" toLane="{n}"/>' for n in range(4))
        + "".join(f'<connection from="w1" to="w2" fromLane="{n}" toLane="{n}"/>' for n in range(2))
        + '<connection from="e1" to="s_out" fromLane="2" toLane="0"/>'
        '<connection from="s_in" to="e2" fromLane="0" toLane="2"/></connections>',
    },
    routes={"east": "e1 e2 e3", "west": "w0 w1 w2", "into-side": "e1 s_out", "from-side": "s_in e2 e3"},
    streams=_streams,
    bottlenecks=_bottlenecks,
    sites=(
        Site(
            name="street",
            camera=PinholeCamera(position_m=(160, -3), height_m=9, target_m=(214, -3), focal_px=1400),
            zones=(
                GroundZone(
                    "eastbound",
                    box_m(FROM_X, EAST_Y[0], TO_X, EAST_Y[1]),
                    ((190, -3), (250, -3)),
                    settings={"lanes": 2, "speed_limit_kmh": 50, "stopping_banned": True},
                ),
                GroundZone(
                    "westbound",
                    box_m(FROM_X + 5, WEST_Y[0], TO_X, WEST_Y[1]),
                    ((250, 3), (195, 3)),
                    settings={"lanes": 2, "speed_limit_kmh": 50},
                ),
                GroundZone(
                    "bus-lane", box_m(FROM_X, BUS_Y[0], TO_X - 12, BUS_Y[1]), ((190, -8), (245, -8)), ZoneKind.BUS_LANE
                ),
                GroundZone("pavement", box_m(FROM_X, PAVEMENT_Y[0], TO_X, PAVEMENT_Y[1]), kind=ZoneKind.PAVEMENT),
                GroundZone("crosswalk", box_m(254, PAVEMENT_Y[1], TO_X, WEST_Y[1]), kind=ZoneKind.CROSSWALK),
            ),
            lines=(
                GroundLine("east", (212, -10.3), (212, 0)),
                GroundLine("west", (212, 8.0), (212, 0)),
            ),
        ),
    ),
    ground_m=(145, -22, 340, 12),
    free_flow_mps=0.93 * LIMIT_MPS,
    incidents=(
        ScriptedIncident(Kind.STOPPED_VEHICLE, _stop_westbound, 140),
        ScriptedIncident(Kind.ILLEGAL_STOPPING, _stop_where_banned, 140),
        ScriptedIncident(Kind.WRONG_WAY, _wrong_way, 35),
        ScriptedIncident(Kind.PEDESTRIAN, _pedestrian, 60),
        ScriptedIncident(Kind.LANE_ENCROACHMENT, _on_bus_lane, 35),
        ScriptedIncident(Kind.LANE_ENCROACHMENT, _on_pavement, 60),
        ScriptedIncident(Kind.SPEEDING, _speeder, 35, frozenset({Demand.FREE}), success_rate=0.5),
        ScriptedIncident(Kind.SUDDEN_SLOWDOWN, _slowdown, 180, frozenset({Demand.DENSE}), success_rate=0.55),
        ScriptedIncident(Kind.CONGESTION, _congestion, 560, frozenset({Demand.DENSE})),
        ScriptedIncident(Kind.COLLISION, _collision, 200, success_rate=0.4),
    ),
    bystanders=_bystanders,
)
