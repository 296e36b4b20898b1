"""A signalised four-arm junction, two lanes per direction, 50 km/h; the camera observes the southern arm."""

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
from vision.config.lines import MovementConfig
from vision.config.zones import ZoneKind
from vision.contracts import Direction
from vision.contracts import IncidentKind as Kind

LIMIT_MPS = 13.89
LANE_END_Y = -11.0
"""End of the southern arm's lanes, as netconvert places it; a test checks it."""
STOP_Y = LANE_END_Y + 1.0
"""The stop line, beyond the front of every vehicle that has stopped at it."""
BACK_Y = -60.0
SPILL_Y = -50.0
ARMS = {"N": (0, 150), "E": (150, 0), "S": (0, -190), "W": (-150, 0)}
STRAIGHT = {"N": "S", "S": "N", "E": "W", "W": "E"}
RIGHT = {"N": "W", "W": "S", "S": "E", "E": "N"}
LEFT = {"N": "E", "E": "S", "S": "W", "W": "N"}
VEH_H = {Demand.FREE: 260, Demand.DENSE: 520, Demand.CONGESTED: 760, Demand.JAMMED: 900}
"""Per arm."""
NORTH_OUT = ["N_out_0", "N_out_1"]
ALL = frozenset(Demand)


def _connections() -> str:
    """Right and straight on from the right-hand lane, straight on and left from the other.

    The southern arm's left turn and U-turn can be driven but are banned.
    """
    connections = []
    for arm in ARMS:
        for lane, ends in ((0, (RIGHT[arm], STRAIGHT[arm])), (1, (STRAIGHT[arm], LEFT[arm], arm))):
            connections += [
                f'<connection from="{arm}_in" to="{end}_out" fromLane="{lane}" toLane="{lane}"/>'
                for end in ends
                if end != arm or arm == "S"
            ]
    return f"<connections>{''.join(connections)}</connections>"


def _routes() -> dict[str, str]:
    turns = {"straight": STRAIGHT, "right": RIGHT, "left": LEFT}
    routes = {f"{arm}-{turn}": f"{arm}_in {ends[arm]}_out" for turn, ends in turns.items() for arm in ARMS}
    return routes | {"S-u-turn": "S_in S_out"}


def _streams(demand: Demand) -> tuple[Stream, ...]:
    veh_h = VEH_H[demand]
    shares = {"straight": 0.72, "right": 0.15, "left": 0.13}
    return tuple(
        Stream(f"{arm}-{turn}", veh_h * share)
        for arm in ARMS
        for turn, share in shares.items()
        if (arm, turn) != ("S", "left")
    )


def _bottlenecks(demand: Demand) -> tuple[Script, ...]:
    if demand is not Demand.JAMMED:
        return ()
    return ({"act": "Throttle", "lanes": NORTH_OUT, "to_mps": 1.0, "duration_s": 1e9},)


def _run_red(rng: Random) -> Script:
    return {
        "act": "RunRed", "signal": "C", "link": 0, "edge": "S_in", "lanes": rng.sample((0, 1), 2),
        "least_ahead_m": 15, "most_ahead_m": 45,
    }  # fmt: skip


def _u_turn(rng: Random) -> Script:
    kind = rng.choice(("actor_car", "actor_motorcycle"))
    return {"act": "Drive", "start": {"route": "S-u-turn", "type": kind, "lane": 1}}


def _hold_red(rng: Random) -> Script:
    return {"act": "HoldRed", "signal": "C", "link": 0, "duration_s": rng.uniform(100, 130)}


def _wrong_way(rng: Random) -> Script:
    kind = rng.choice(("motorcycle", "motorcycle", "car"))
    x = rng.uniform(-6, -1.5)
    return {"act": "Walk", "class": kind, "mps": rng.uniform(3, 8), "path": [(x, -80), (x, -4)]}


def _pedestrian(rng: Random) -> Script:
    y = rng.uniform(-50, -20)
    across = [(9.5, y), (-9.5, y + rng.uniform(-4, 4))]
    return {"act": "Walk", "class": "person", "mps": rng.uniform(1.0, 1.7), "path": rng.choice((across, across[::-1]))}


def _stop_leaving(rng: Random) -> Script:
    lane = rng.choice((0, 1))
    start = {"route": "N-straight", "type": rng.choice(("actor_car", "actor_motorcycle")), "lane": lane}
    at = {"edge": "S_out", "pos": rng.uniform(10, 40), "lane": lane, "stopped_s": rng.uniform(30, 60)}
    return {"act": "Stop", "start": start, **at}


def _bystanders(rng: Random, duration_s: float) -> list[Script]:
    """Pedestrians on the crosswalk beyond the stop line."""
    pedestrians: list[Script] = []
    at_s = 0.0
    while (at_s := at_s + rng.expovariate(1 / 60)) < duration_s:
        path = rng.choice(([(10.0, -8.0), (-10.0, -8.0)], [(-10.0, -8.0), (10.0, -8.0)]))
        pedestrians.append({"act": "Walk", "class": "person", "mps": rng.uniform(0.9, 1.6), "path": path, "at_s": at_s})
    return pedestrians


JUNCTION = Road(
    name="junction",
    network_xml={
        "nod": '<nodes><node id="C" x="0" y="0" type="traffic_light"/>'
        + "".join(f'<node id="{arm}" x="{x}" y="{y}"/>' for arm, (x, y) in ARMS.items())
        + "</nodes>",
        "edg": "<edges>"
        + "".join(
            f'<edge id="{arm}_in" from="{arm}" to="C" numLanes="2" speed="13.89" width="3.5"/>'
            f'<edge id="{arm}_out" from="C" to="{arm}" numLanes="2" speed="13.89" width="3.5"/>'
            for arm in ARMS
        )
        + "</edges>",
        "con": _connections(),
    },
    routes=_routes(),
    streams=_streams,
    bottlenecks=_bottlenecks,
    sites=(
        Site(
            name="junction",
            camera=PinholeCamera(position_m=(2, 15), height_m=12, target_m=(0.5, -26), focal_px=1350),
            zones=(
                GroundZone(
                    "approach",
                    box_m(0.0, BACK_Y, 7.0, STOP_Y),
                    ((3.5, -60), (3.5, -20)),
                    settings={
                        "lanes": 2,
                        "stop_line": "stop",
                        "spillback_line": "spill",
                        "signal": "south",
                        "speed_limit_kmh": 50,
                    },
                ),
                GroundZone(
                    "leaving",
                    box_m(-7.0, BACK_Y, 0.0, LANE_END_Y),
                    ((-3.5, -20), (-3.5, -60)),
                    settings={"lanes": 2, "speed_limit_kmh": 50},
                ),
                GroundZone("crosswalk", box_m(-7.5, STOP_Y, 7.5, STOP_Y + 4), kind=ZoneKind.CROSSWALK),
            ),
            lines=(
                GroundLine("stop", (7.3, STOP_Y), (0.0, STOP_Y)),
                GroundLine("before-stop", (7.3, -20), (0.0, -20)),
                GroundLine("spill", (7.3, SPILL_Y), (0.0, SPILL_Y)),
                GroundLine("south-exit", (-7.3, -22), (0.0, -22)),
            ),
            movements=(
                MovementConfig(
                    id="u-turn",
                    entry="before-stop",
                    exit="south-exit",
                    entry_direction=Direction.IN,
                    exit_direction=Direction.IN,
                    banned=True,
                ),
            ),
            signal="south",
        ),
    ),
    ground_m=(-22, -100, 22, 12),
    free_flow_mps=0.93 * LIMIT_MPS,
    incidents=(
        ScriptedIncident(
            Kind.RED_LIGHT, _run_red, 50, frozenset({Demand.FREE, Demand.DENSE, Demand.CONGESTED}), success_rate=0.85
        ),
        ScriptedIncident(Kind.BANNED_MOVEMENT, _u_turn, 60, frozenset({Demand.FREE, Demand.DENSE})),
        ScriptedIncident(Kind.QUEUE_SPILLBACK, _hold_red, 280, frozenset({Demand.DENSE, Demand.CONGESTED})),
        ScriptedIncident(Kind.WRONG_WAY, _wrong_way, 35),
        ScriptedIncident(Kind.PEDESTRIAN, _pedestrian, 40),
        ScriptedIncident(Kind.STOPPED_VEHICLE, _stop_leaving, 140),
    ),
    signal="C",
    watched_connection=("S_in", "N_out"),
    bystanders=_bystanders,
)
