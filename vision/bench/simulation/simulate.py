"""Runs SUMO on an episode and reads the recorded positions, speeds and signal states."""

import json
import shutil
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
from vision.common import child_process
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
class CompletedAct:
    """A scripted act that took place. Times in seconds of the episode."""

    label: str
    """The kind of incident; empty: no incident."""
    started_s: float | None
    ended_s: float | None
    actors: tuple[int, ...]
    """Ids of the vehicles involved."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """What SUMO simulated: T frames at `step_s`, 2 `step_s`, …, with R rows in total, one per road user and frame."""

    step_s: float
    starts: Ints
    """(T + 1,): index of each frame's first row; last: R."""
    vehicle: Ints
    """(R,): road user ids, from 0."""
    class_id: Ints
    center_m: Floats
    """(R, 2): centres on the ground."""
    heading: Floats
    """(R, 2): unit vectors."""
    speed_mps: Floats
    lights: str
    """(T,): one letter per frame: r, y, g, or - without a signal."""
    acts: tuple[CompletedAct, ...]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def frame(self) -> Ints:
        """(R,): index of each row's frame."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @property
    def vehicles(self) -> int:
        """The largest road user id plus one."""
        return int(self.vehicle.max(initial=-1)) + 1

    def times_s(self) -> Floats:
        """(T,): the time of each frame."""
        return np.arange(1, len(self) + 1, dtype=np.float64) * self.step_s


def build_network(road: Road, python: Path, folder: Path) -> Path:
    """Build the road's network with netconvert, unless the folder has it. Raises NgatuError when it fails."""
    net = folder / f"{road.name}.net.xml"
    if net.is_file():
        return net
    command = [str(netconvert(python)), "-o", str(net), "--offset.disable-normalization", "true", "--no-turnarounds"]
    for kind, text in road.network_xml.items():
        file = folder / f"{road.name}.{kind}.xml"
        file.write_text(text)
        command += [NET_OPTIONS[kind], str(file)]
    _run(command, f"netconvert failed on the {road.name}")
    return net


def link_of(net: Path, road: Road) -> int:
    """The signal's link index of the connection that the camera observes."""
    if road.watched_connection is None:
        return 0
    origin, end = road.watched_connection
    links = [c for c in ET.parse(net).iter("connection") if (c.get("from"), c.get("to")) == (origin, end)]  # noqa: S314  our own
    return int(links[0].get("linkIndex", 0))


def simulate(episode: Episode, python: Path, folder: Path) -> Recording:
    """Simulate an episode. Raises NgatuError when SUMO fails."""
    net = build_network(episode.place, python, folder)
    link = link_of(net, episode.place)
    work = folder / episode.name
    work.mkdir(exist_ok=True)
    (work / "routes.xml").write_text(_routes(episode))
    job = episode.job() | {"net": str(net), "routes": str(work / "routes.xml"), "link": link}
    for act in job["acts"]:
        act.update({"link": link} if "link" in act else {})
    (work / "job.json").write_text(json.dumps(job))
    _run([str(python), str(SCRIPT), str(work / "job.json"), str(work)], f"SUMO failed on {episode.name}")
    recording = read_recording(work, episode.frame_interval_s, episode.frames_per_step)
    shutil.rmtree(work)
    return recording


def read_recording(folder: Path, step_s: float, frames_per_step: int) -> Recording:
    """Read the files of `sumo/script.py`, with `frames_per_step` frames of `step_s` per simulation step."""
    written = np.fromfile(folder / "rows.bin", np.float32).reshape(-1, 6).astype(np.float64)
    counts = np.fromfile(folder / "counts.bin", np.int32).astype(np.int64)
    lights = "".join(light * frames_per_step for light in (folder / "lights.txt").read_text())[1:]
    rows, counts = interpolated(written, counts, frames_per_step)
    class_id, heading_rad = rows[:, 1].astype(np.int64), np.radians(rows[:, 4])
    heading = np.stack([np.sin(heading_rad), np.cos(heading_rad)], axis=1)
    acts: list[dict[str, Any]] = json.loads((folder / "acts.json").read_text())
    return Recording(
        step_s=step_s,
        starts=np.concatenate([[0], np.cumsum(counts)]),
        vehicle=rows[:, 0].astype(np.int64),
        class_id=class_id,
        center_m=rows[:, 2:4] - heading * SIZES_M[class_id, :1] / 2,
        heading=heading,
        speed_mps=rows[:, 5],
        lights=lights[: len(counts)],
        acts=tuple(CompletedAct(a["label"], a["started_s"], a["ended_s"], tuple(a["actors"])) for a in acts),
    )


def _routes(episode: Episode) -> str:
    routes = "\n".join(f'<route id="{name}" edges="{edges}"/>' for name, edges in episode.place.routes.items())
    return f"<routes>\n{vehicle_types()}\n{routes}\n{episode.flows()}\n</routes>"


def _run(command: list[str], failure: str) -> None:
    finished = child_process.run(command)
    if finished.exit_code:
        raise NgatuError(f"{failure}: {finished.reason}")
