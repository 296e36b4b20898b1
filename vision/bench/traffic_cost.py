"""What analytics cost: time a frame, and memory over very many frames, on made-up traffic without an end."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vision.analytics import Traffic
from vision.classes import ObjectClass
from vision.config.calibration import GroundPoint, PointsCalibration
from vision.config.camera import CameraConfig
from vision.config.lines import LineConfig
from vision.config.sources import FileSource
from vision.config.zones import DirectionConfig, ZoneConfig, ZoneKind
from vision.core import Tracks

Floats = NDArray[np.float64]
WIDTH_PX, HEIGHT_PX = 1280, 720
FPS = 12.0
KINDS = np.array(
    [ObjectClass.MOTORCYCLE.class_id] * 16
    + [ObjectClass.CAR.class_id] * 2
    + [ObjectClass.BUS.class_id, ObjectClass.PERSON.class_id]
)
"""80 % motorcycles, as on Hanoi's streets."""
SIZE_PX = np.array([[20.0, 30], [20, 34], [60, 50], [90, 90], [80, 80], [14, 36]])
"""By class: width and height."""
STOPS, WRONG_WAY = 0.1, 0.02
"""Parts of the vehicles that halt on their way, and that go against the direction."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of `Traffic.update`, on this machine. Milliseconds are the processor time of its thread: the wall clock of a
    machine that others use tells of them as well."""

    frames: int
    tracks: int
    """In each frame."""
    median_ms: float
    p95_ms: float
    incidents: int
    """Changes told on the way: the rules had something to do."""
    rss_mb: tuple[float, ...]
    """Memory of the process after each tenth of the frames."""


def crossing_camera() -> CameraConfig:
    """A camera with all that costs: zones of several kinds with queue, lines, a calibration."""
    corners = {"nw": (0.3, 0.1), "ne": (0.7, 0.1), "se": (0.95, 0.95), "sw": (0.05, 0.95)}
    ground_m = {"nw": (0.0, 60.0), "ne": (14.0, 60.0), "se": (14.0, 0.0), "sw": (0.0, 0.0)}
    towards = DirectionConfig(start=(0.4, 0.1), end=(0.3, 0.9))
    return CameraConfig(
        id="cost",
        source=FileSource(path="nowhere"),
        zones=(
            ZoneConfig(
                id="towards",
                polygon=(corners["nw"], (0.5, 0.1), (0.5, 0.95), corners["sw"]),
                direction=towards,
                lanes=2,
                stop_line="stop",
                speed_limit_kmh=50,
            ),
            ZoneConfig(id="away", polygon=((0.5, 0.1), corners["ne"], corners["se"], (0.5, 0.95)), lanes=2),
            ZoneConfig(
                id="crosswalk", kind=ZoneKind.CROSSWALK, polygon=((0.1, 0.8), (0.9, 0.8), (0.9, 0.9), (0.1, 0.9))
            ),
            ZoneConfig(
                id="pavement", kind=ZoneKind.PAVEMENT, polygon=((0.75, 0.1), (0.95, 0.1), (0.99, 0.9), (0.97, 0.9))
            ),
        ),
        lines=(
            LineConfig(id="stop", start=(0.05, 0.75), end=(0.5, 0.75)),
            LineConfig(id="middle", start=(0.2, 0.5), end=(0.8, 0.5)),
        ),
        calibration=PointsCalibration(
            points=tuple(GroundPoint(picture=corners[name], ground_m=ground_m[name]) for name in corners)
        ),
    )


def endless_traffic(tracks: int, *, fps: float = FPS, seed: int = 0) -> Iterator[tuple[float, Tracks]]:
    """Moments of so many vehicles that drive down or up the picture, some halting; who leaves comes back as another."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(KINDS, tracks)
    ids = np.arange(1, tracks + 1)
    at_px = np.stack([rng.uniform(200, 1080, tracks), rng.uniform(60, 700, tracks)], axis=1)
    speed_px = _speeds(at_px[:, 0], rng)
    halts_until_s = np.zeros(tracks)
    frame = 0
    while True:
        at_s = frame / fps
        yield at_s, _tracks(ids, kinds, at_px + rng.normal(0, 1, (tracks, 2)))
        at_px[:, 1] += np.where(halts_until_s > at_s, 0, speed_px) / fps
        begins = (rng.random(tracks) < STOPS / (10 * fps)) & (halts_until_s < at_s)
        halts_until_s[begins] = at_s + rng.uniform(2, 30, int(begins.sum()))
        left = np.flatnonzero((at_px[:, 1] < 40) | (at_px[:, 1] > HEIGHT_PX))
        if len(left):
            at_px[left, 0] = rng.uniform(200, 1080, len(left))
            speed_px[left] = _speeds(at_px[left, 0], rng)
            at_px[left, 1] = np.where(speed_px[left] > 0, 60, 700)
            ids[left] = ids.max() + 1 + np.arange(len(left))
            kinds[left] = rng.choice(KINDS, len(left))
        frame += 1


def measure_cost(frames: int, tracks: int = 50, camera: CameraConfig | None = None) -> Cost:
    """Run so many frames through `Traffic` and time each."""
    traffic = Traffic(camera or crossing_camera(), WIDTH_PX, HEIGHT_PX)
    took_ms = np.empty(frames)
    incidents = 0
    rss_mb = []
    for n, (at_s, moment) in zip(range(frames), endless_traffic(tracks), strict=False):
        started_s = time.thread_time()
        told = traffic.update(moment, at_s)
        took_ms[n] = (time.thread_time() - started_s) * 1000
        incidents += len(told.incidents)
        if (n + 1) % max(frames // 10, 1) == 0:
            rss_mb.append(_rss_mb())
    return Cost(frames, tracks, float(np.median(took_ms)), float(np.quantile(took_ms, 0.95)), incidents, tuple(rss_mb))


def _speeds(x_px: Floats, rng: np.random.Generator) -> Floats:
    """(N,): pixels a second, down on the left half and up on the right, but for those that go the wrong way."""
    way = np.where(x_px < WIDTH_PX / 2, 1, -1) * np.where(rng.random(len(x_px)) < WRONG_WAY, -1, 1)
    speeds: Floats = way * rng.uniform(60, 160, len(x_px))
    return speeds


def _tracks(ids: NDArray[np.int64], kinds: NDArray[np.int64], at_px: Floats) -> Tracks:
    half_px = SIZE_PX[kinds] / 2
    return Tracks(
        xyxy=np.concatenate([at_px - half_px, at_px + half_px], axis=1).astype(np.float32),
        confidence=np.full(len(ids), 0.7, np.float32),
        class_id=kinds.copy(),
        track_id=ids.copy(),
        age=np.full(len(ids), 10, np.int64),
    )


def _rss_mb() -> float:
    """Resident memory of this process: the second number of /proc/self/statm, in pages."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6
