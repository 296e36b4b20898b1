"""Lets SUMO drive an episode, and takes up who was where."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

from vision.bench.simulation.episodes import Episode
from vision.bench.simulation.interpolation import interpolated
from vision.bench.simulation.roads import Road
from vision.bench.simulation.sumo.environment import netconvert
from vision.bench.simulation.vehicles import SIZES_M, vehicle_types
from vision.common.errors import NgatuError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SCRIPT = Path(__file__).parent / "sumo" / "script.py"
NET_OPTIONS = {
    "nod": "--node-files",
    "edg": "--edge-files",
    "con": "--connection-files",
}


@dataclass(frozen=True, slots=True)
class Done:
    """An act that was done. Times in seconds of the episode."""

    label: str
    """The kind of incident; empty: none."""
    begun_s: float | None
    ended_s: float | None
    actors: tuple[int, ...]
    """Ids of its vehicles."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """T moments, `step_s` apart from `step_s` on, with R rows together: one for each road user that was there."""

    step_s: float
    starts: Ints
    """(T + 1,): where the rows of each moment begin; last, where they end."""
    vehicle: Ints
    """(R,)"""
    class_id: Ints
    middle_m: Floats
    """(R, 2)"""
    heading: Floats
    """(R, 2): unit vectors."""
    speed_mps: Floats
    lights: str
    """(T,): r, y, g, or - without a signal."""
    acts: tuple[Done, ...]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def moment(self) -> Ints:
        """(R,): the number of each row's moment."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @property
    def vehicles(self) -> int:
        """How many different road users there are, at most."""
        return int(self.vehicle.max(initial=-1)) + 1

    def times_s(self) -> Floats:
        """(T,)"""
        return np.arange(1, len(self) + 1, dtype=np.float64) * self.step_s


def build_network(road: Road, python: Path, folder: Path) -> Path:
    """The road's network, made by netconvert in the folder unless it is there."""
    net = folder / f"{road.name}.net.xml"
    if net.is_file():
        return net
    command = [str(netconvert(python)), "-o", str(net), "--offset.disable-normalization", "true", "--no-turnarounds"]
    for kind, text in road.plain.items():
        file = folder / f"{road.name}.{kind}.xml"
        file.write_text(text)
        command += [NET_OPTIONS[kind], str(file)]
    _checked(command, f"netconvert failed on the {road.name}")
    return net


def link_of(net: Path, road: Road) -> int:
    """Which lamp of the signal governs the connection that the camera watches."""
    if road.watched_connection is None:
        return 0
    origin, end = road.watched_connection
    links = [c for c in ET.parse(net).iter("connection") if (c.get("from"), c.get("to")) == (origin, end)]  # noqa: S314  our own
    return int(links[0].get("linkIndex", 0))


def simulate(episode: Episode, python: Path, folder: Path) -> Recording:
    """Let SUMO drive. Raises NgatuError when it fails."""
    net = build_network(episode.place, python, folder)
    link = link_of(net, episode.place)
    work = folder / episode.name
    work.mkdir(exist_ok=True)
    (work / "routes.xml").write_text(_routes(episode))
    job = episode.job() | {"net": str(net), "routes": str(work / "routes.xml"), "link": link}
    for act in job["acts"]:
        act.update({"link": link} if "link" in act else {})
    (work / "job.json").write_text(json.dumps(job))
    _checked([str(python), str(SCRIPT), str(work / "job.json"), str(work)], f"SUMO failed on {episode.name}")
    recording = read_recording(work, episode.look_s, episode.looks_a_step)
    shutil.rmtree(work)
    return recording


def read_recording(folder: Path, step_s: float, looks_a_step: int) -> Recording:
    """What `sumo_script.py` wrote, seen every `step_s`: so many looks for each step of the simulation."""
    written = np.fromfile(folder / "rows.bin", np.float32).reshape(-1, 6).astype(np.float64)
    counts = np.fromfile(folder / "counts.bin", np.int32).astype(np.int64)
    lights = "".join(light * looks_a_step for light in (folder / "lights.txt").read_text())[1:]
    rows, counts = interpolated(written, counts, looks_a_step)
    class_id, heading_rad = rows[:, 1].astype(np.int64), np.radians(rows[:, 4])
    heading = np.stack([np.sin(heading_rad), np.cos(heading_rad)], axis=1)
    acts: list[dict[str, Any]] = json.loads((folder / "acts.json").read_text())
    return Recording(
        step_s=step_s,
        starts=np.concatenate([[0], np.cumsum(counts)]),
        vehicle=rows[:, 0].astype(np.int64),
        class_id=class_id,
        middle_m=rows[:, 2:4] - heading * SIZES_M[class_id, :1] / 2,
        heading=heading,
        speed_mps=rows[:, 5],
        lights=lights[: len(counts)],
        acts=tuple(Done(a["label"], a["begun_s"], a["ended_s"], tuple(a["actors"])) for a in acts),
    )


def _routes(episode: Episode) -> str:
    routes = "\n".join(f'<route id="{name}" edges="{edges}"/>' for name, edges in episode.place.routes.items())
    return f"<routes>\n{vehicle_types()}\n{routes}\n{episode.flows()}\n</routes>"


def _checked(command: list[str], failed: str) -> None:
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if answer.returncode:
        raise NgatuError(f"{failed}: {_last_line(answer.stderr)}")


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it gave no reason")
