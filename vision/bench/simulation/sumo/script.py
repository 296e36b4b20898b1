"""Runs one SUMO simulation with scripted incidents and records all positions; needs libsumo and nothing of ngatu.

Usage, with an interpreter that has libsumo: `python script.py JOB.json FOLDER`. The job (see `episodes.py`) names the
network, the vehicles, the recorded area and the acts to stage, with time and place. The script writes into the folder:

- `rows.bin`, float32: id, class, x and y of the centre of the front bumper in metres, heading in degrees clockwise from
  north, speed in m/s
- `counts.bin`, int32: rows of each step, from the end of the warm-up on
- `lights.txt`: one letter per step: r, y, g, or - without a signal
- `acts.json`: the acts that took place.
"""

import json
import math
import sys
from array import array
from itertools import pairwise
from pathlib import Path
from typing import Any

import libsumo  # type: ignore[import-not-found]

Script = dict[str, Any]
Place = tuple[float, float, float]
"""x, y, heading."""

UNCHECKED = 0
"""SUMO speed mode without any check: no safe distance, no red light, no braking limit."""
IGNORES_LIGHTS = 7
"""SUMO speed mode that keeps a safe distance, but ignores red lights and right of way."""
DEFAULT_MODE = 31
"""SUMO's default speed mode."""
GIVE_UP_S = 60.0
"""An act whose vehicle does not appear within this time is cancelled."""
STOPPED_MPS = 0.1
TOUCH_M = 0.1
"""The gap between two vehicles at contact."""


class Act:
    """One scripted event. `step` is called after each simulation step, from the planned time until `is_over`."""

    def __init__(self, number: int, script: Script) -> None:
        self.script = script
        self.name = f"act{number}"
        self.started_s: float | None = None
        self.ended_s: float | None = None
        self.actors: list[str] = []
        self.is_over = False
        self.planned_s: float = script["at_s"]

    def step(self, now_s: float) -> None:
        """Continue the act."""
        raise NotImplementedError

    def insert(self, name: str, start: Script) -> None:
        """Insert a vehicle of the act, on the given lane."""
        libsumo.vehicle.add(
            name,
            start["route"],
            typeID=start["type"],
            depart="now",
            departLane=str(start.get("lane", "best")),
            departPos=str(start.get("pos", "base")),
            departSpeed=str(start.get("speed", "max")),
        )
        if "speed_factor" in start:
            libsumo.vehicle.setSpeedFactor(name, start["speed_factor"])
        if start.get("keeps_lane"):
            libsumo.vehicle.setLaneChangeMode(name, 0)
        self.actors.append(name)

    def is_on_road(self, name: str) -> bool:
        """Whether the vehicle has been inserted and has not left the network."""
        return name in ON_ROAD

    def end(self, now_s: float) -> None:
        self.is_over = True
        self.ended_s = now_s


class Drive(Act):
    """A vehicle drives too fast, on a lane that is closed to its class, or along a banned route."""

    def step(self, now_s: float) -> None:
        if not self.actors:
            self.insert(self.name, self.script["start"])
        elif self.started_s is None:
            if self.is_on_road(self.name):
                self.started_s = now_s
            elif now_s > self.planned_s + GIVE_UP_S:
                self.end(now_s)
        elif not self.is_on_road(self.name):
            self.end(now_s)


class Stop(Act):
    """A vehicle stops for a while, and drives on."""

    def step(self, now_s: float) -> None:
        s = self.script
        if not self.actors:
            self.insert(self.name, s["start"])
            libsumo.vehicle.setStop(self.name, s["edge"], pos=s["pos"], laneIndex=s["lane"], duration=s["stopped_s"])
        elif self.started_s is None:
            if self.is_on_road(self.name) and libsumo.vehicle.isStopped(self.name):
                self.started_s = now_s
            elif now_s > self.planned_s + GIVE_UP_S:
                self.end(now_s)
        elif not self.is_on_road(self.name) or not libsumo.vehicle.isStopped(self.name):
            self.end(now_s)


class Collide(Act):
    """A rear-end collision: the first vehicle brakes hard, the second hits it, and both stop for a while."""

    is_braking = False
    stopped_at_s: float | None = None

    def step(self, now_s: float) -> None:
        first, second = f"{self.name}a", f"{self.name}b"
        if not self.actors:
            self.insert(first, self.script["start"])
            self.insert(second, self.script["start"] | self.script.get("second", {}))
        elif not (self.is_on_road(first) and self.is_on_road(second)):
            if self.is_braking or now_s > self.planned_s + GIVE_UP_S:
                self.end(now_s)
        elif not self.is_braking:
            self.await_place(first, second, now_s)
        elif self.stopped_at_s is None:
            self.run_into(first, second, now_s)
        elif now_s > self.stopped_at_s + self.script["stopped_s"]:
            self.drive_on()
            self.end(now_s)

    def drive_on(self) -> None:
        for name in self.actors:
            libsumo.vehicle.setSpeedMode(name, DEFAULT_MODE)
            libsumo.vehicle.setSpeed(name, -1)

    def cancel(self, now_s: float) -> None:
        """Another vehicle came between the two."""
        self.drive_on()
        self.actors = []
        self.end(now_s)

    def await_place(self, first: str, second: str, now_s: float) -> None:
        if libsumo.vehicle.getRoadID(first) != self.script["edge"]:
            return
        if libsumo.vehicle.getLanePosition(first) < self.script["pos"]:
            return
        leader = libsumo.vehicle.getLeader(second, 60)
        if not leader or leader[0] != first or libsumo.vehicle.getSpeed(second) < 5:
            self.end(now_s)
            self.actors = []
            return
        self.is_braking = True
        for name in (first, second):
            libsumo.vehicle.setSpeedMode(name, UNCHECKED)
            libsumo.vehicle.setLaneChangeMode(name, 0)
        libsumo.vehicle.setSpeed(second, libsumo.vehicle.getSpeed(second))

    def run_into(self, first: str, second: str, now_s: float) -> None:
        speed = max(0.0, libsumo.vehicle.getSpeed(first) - self.script["braking_mps2"] * STEP_S)
        libsumo.vehicle.setSpeed(first, speed)
        leader = libsumo.vehicle.getLeader(second, 60)
        if self.started_s is None and (not leader or leader[0] != first):
            self.cancel(now_s)
            return
        gap_m = leader[1] + libsumo.vehicle.getMinGap(second) if leader else 0.0
        own = libsumo.vehicle.getSpeed(second)
        if self.started_s is None and gap_m <= (own - speed) * STEP_S:
            # Within this step it closes the gap; from then on the two slow down as one.
            self.started_s = now_s
            libsumo.vehicle.setSpeed(second, speed + max(gap_m - TOUCH_M, 0.0) / STEP_S)
        elif self.started_s is not None:
            libsumo.vehicle.setSpeed(second, speed)
            if libsumo.vehicle.getSpeed(first) < STOPPED_MPS and libsumo.vehicle.getSpeed(second) < STOPPED_MPS:
                self.stopped_at_s = now_s


class SlowDown(Act):
    """All vehicles on a stretch of road brake hard, crawl, and drive on."""

    def step(self, now_s: float) -> None:
        if self.started_s is None:
            self.try_to_begin(now_s)
            return
        crawls_s, ends_s = self.script["over_s"], self.script["over_s"] + self.script["duration_s"]
        if now_s >= self.started_s + ends_s:
            self.keep_to(-1)
            self.end(now_s)
        elif now_s >= self.started_s + crawls_s:
            self.keep_to(self.script["to_mps"])

    def try_to_begin(self, now_s: float) -> None:
        self.actors = [v for v in ON_ROAD if self.is_in_stretch(v)]
        if len(self.actors) >= self.script["least"]:
            self.started_s = now_s
            for v in self.actors:
                libsumo.vehicle.slowDown(v, self.script["to_mps"], self.script["over_s"])
        elif now_s > self.planned_s + GIVE_UP_S:
            self.end(now_s)

    def keep_to(self, mps: float) -> None:
        for v in self.actors:
            if v in ON_ROAD:
                libsumo.vehicle.setSpeed(v, mps)

    def is_in_stretch(self, name: str) -> bool:
        if libsumo.vehicle.getRoadID(name) != self.script["edge"]:
            return False
        along_m: float = libsumo.vehicle.getLanePosition(name)
        return bool(self.script["from_m"] <= along_m <= self.script["to_m"])


class Throttle(Act):
    """A bottleneck: very low speed limits on some lanes for a while."""

    normal: dict[str, float]

    def step(self, now_s: float) -> None:
        s = self.script
        if self.started_s is None:
            self.started_s = now_s
            self.normal = {lane: libsumo.lane.getMaxSpeed(lane) for lane in s["lanes"]}
            for lane in s["lanes"]:
                libsumo.lane.setMaxSpeed(lane, s["to_mps"])
        elif now_s > self.started_s + s["duration_s"]:
            for lane, speed in self.normal.items():
                libsumo.lane.setMaxSpeed(lane, speed)
            self.end(now_s)


class HoldRed(Act):
    """A long red light: the queue grows."""

    def step(self, now_s: float) -> None:
        s = self.script
        light = libsumo.trafficlight.getRedYellowGreenState(s["signal"])[s["link"]]
        if self.started_s is None:
            if light == "r":
                self.started_s = now_s
                libsumo.trafficlight.setPhaseDuration(s["signal"], s["duration_s"])
        elif now_s > self.started_s + s["duration_s"]:
            self.end(now_s)


class RunRed(Act):
    """The first vehicle that approaches a red light does not stop."""

    def step(self, now_s: float) -> None:
        s = self.script
        if not self.actors:
            if libsumo.trafficlight.getRedYellowGreenState(s["signal"])[s["link"]] == "r":
                self.choose_vehicle(now_s)
            if now_s > self.planned_s + 2 * GIVE_UP_S:
                self.end(now_s)
        elif self.actors[0] not in ON_ROAD or libsumo.vehicle.getRoadID(self.actors[0]) != s["edge"]:
            if self.actors[0] in ON_ROAD:
                libsumo.vehicle.setSpeedMode(self.actors[0], DEFAULT_MODE)
                libsumo.vehicle.setSpeed(self.actors[0], -1)
            self.end(now_s)

    def choose_vehicle(self, now_s: float) -> None:
        s = self.script
        for number in s["lanes"]:
            lane = f"{s['edge']}_{number}"
            vehicles = libsumo.lane.getLastStepVehicleIDs(lane)
            if not vehicles:
                continue
            first = max(vehicles, key=libsumo.vehicle.getLanePosition)
            ahead_m = libsumo.lane.getLength(lane) - libsumo.vehicle.getLanePosition(first)
            if s["least_ahead_m"] <= ahead_m <= s["most_ahead_m"] and libsumo.vehicle.getSpeed(first) > 3:
                libsumo.vehicle.setSpeedMode(first, IGNORES_LIGHTS)
                libsumo.vehicle.setSpeed(first, max(6.0, libsumo.vehicle.getSpeed(first)))
                self.actors, self.started_s = [first], now_s
                return


class Walk(Act):
    """A road user that follows a fixed path and ignores all others, which no driver of SUMO does."""

    def step(self, now_s: float) -> None:
        s = self.script
        self.started_s = now_s if self.started_s is None else self.started_s
        self.actors = [self.name]
        distance_m = s["mps"] * (now_s - self.started_s)
        place = along(s["path"], distance_m)
        if place is None:
            self.end(now_s)
        else:
            x, y, heading = place
            MOVERS.append((self.name, s["class"], x, y, heading, s["mps"]))


def along(path: list[tuple[float, float]], distance_m: float) -> Place | None:
    """x, y and heading at a distance along a path; None beyond its end."""
    for (x0, y0), (x1, y1) in pairwise(path):
        length_m = math.hypot(x1 - x0, y1 - y0)
        if distance_m < length_m:
            part = distance_m / length_m
            return x0 + part * (x1 - x0), y0 + part * (y1 - y0), math.degrees(math.atan2(x1 - x0, y1 - y0)) % 360
        distance_m -= length_m
    return None


ACTS: dict[str, type[Act]] = {a.__name__: a for a in (Drive, Stop, Collide, SlowDown, Throttle, HoldRed, RunRed, Walk)}
ON_ROAD: dict[str, None] = {}
"""Ids of the vehicles in the network, in SUMO's order."""
MOVERS: list[tuple[str, str, float, float, float, float]] = []
"""Road users that move along a fixed path: name, class, x, y, heading, speed."""
STEP_S = 0.0


class Recorder:
    """Numbers road users, and records their positions inside the observed area."""

    def __init__(self, job: Script) -> None:
        self.low_x, self.low_y, self.high_x, self.high_y = job["ground"]
        self.classes: dict[str, int] = job["classes"]
        self.numbers: dict[str, int] = {}
        self.class_of: dict[str, int] = {}
        self.rows, self.counts = array("f"), array("i")
        self.lights: list[str] = []

    def number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))

    def take(self, light: str) -> None:
        before = len(self.rows)
        for name in ON_ROAD:
            x, y = libsumo.vehicle.getPosition(name)
            if self.low_x <= x <= self.high_x and self.low_y <= y <= self.high_y:
                if name not in self.class_of:
                    self.class_of[name] = self.classes[libsumo.vehicle.getTypeID(name).split("@")[0]]
                heading, speed = libsumo.vehicle.getAngle(name), libsumo.vehicle.getSpeed(name)
                self.rows.extend((self.number(name), self.class_of[name], x, y, heading, speed))
        for name, kind, x, y, heading, speed in MOVERS:
            if self.low_x <= x <= self.high_x and self.low_y <= y <= self.high_y:
                self.rows.extend((self.number(name), self.classes[kind], x, y, heading, speed))
        self.counts.append((len(self.rows) - before) // 6)
        self.lights.append(light)

    def write(self, folder: Path, acts: list[Act]) -> None:
        with (folder / "rows.bin").open("wb") as file:
            self.rows.tofile(file)
        with (folder / "counts.bin").open("wb") as file:
            self.counts.tofile(file)
        (folder / "lights.txt").write_text("".join(self.lights))
        done = [
            {
                "label": a.script["label"],
                "started_s": a.started_s,
                "ended_s": a.ended_s,
                "actors": [self.number(name) for name in a.actors],
            }
            for a in acts
            if (a.started_s is not None and a.actors) or a.script["act"] in ("Throttle", "HoldRed")
        ]
        (folder / "acts.json").write_text(json.dumps(done))


def simulate(job: Script, folder: Path) -> None:
    global STEP_S  # noqa: PLW0603  one simulation a process, as libsumo has it
    STEP_S = job["step_s"]
    libsumo.start(
        ["sumo", "-n", job["net"], "-r", job["routes"], "--step-length", str(STEP_S), "--seed", str(job["seed"]),
         "--no-step-log", "true", "--no-warnings", "true", "--collision.action", "none", "--time-to-teleport", "-1",
         "--collision.check-junctions", "false", "--max-depart-delay", "20",
         "--lateral-resolution", str(job["lateral_m"])]
    )  # fmt: skip
    waiting = [ACTS[script["act"]](n, script) for n, script in enumerate(job["acts"])]
    acts, recorder = list(waiting), Recorder(job)
    before, during = round(job["warm_up_s"] / STEP_S), round(job["duration_s"] / STEP_S)
    for step in range(1 - before, during + 1):
        libsumo.simulationStep()
        now_s = step * STEP_S
        ON_ROAD.clear()
        ON_ROAD.update(dict.fromkeys(libsumo.vehicle.getIDList()))
        MOVERS.clear()
        for act in [a for a in waiting if a.planned_s <= now_s]:
            act.step(now_s)
        waiting = [a for a in waiting if not a.is_over]
        if step >= 0:
            recorder.take(light_of(job))
    libsumo.close()
    recorder.write(folder, acts)


def light_of(job: Script) -> str:
    if not job["signal"]:
        return "-"
    light: str = libsumo.trafficlight.getRedYellowGreenState(job["signal"])[job["link"]].lower()
    return light if light in "ryg" else "r"


if __name__ == "__main__":
    simulate(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
