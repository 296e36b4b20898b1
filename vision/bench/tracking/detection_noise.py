"""How noisy detections and tracks are beside the truth: the levels that a simulated camera is given."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vision.bench.tracking.matched_boxes import Sightings

Floats = NDArray[np.float64]

WINDOW_S = 2.0
"""Jitter is what is left of a box's error after a straight line through so many seconds of it: true boxes are drawn by
hand in a few frames and interpolated, which makes errors of their own, slow ones."""
FEWEST = 8
"""Looks that a window must have."""
STILL_SHARE = 0.05
"""A true box that moves by less than this part of its size within a window stands."""
SIZES = (0.0, 0.05, 0.07, 0.09, 0.14, 1.0)
"""Bounds of the classes of size, in parts of the picture's longer side."""


@dataclass(frozen=True, slots=True)
class Jitter:
    """How one number of a box trembles, in parts of the box's size."""

    rms: float
    """Root mean square over all windows."""
    median: float
    """Of the windows' standard deviations: half the windows tremble less. Far below `rms`: few tremble much."""
    p90: float
    correlation: float
    """Between one look and the next, median over windows."""
    windows: int


@dataclass(frozen=True, slots=True)
class Misses:
    """True vehicles that were not detected."""

    rate: float
    by_size: dict[str, tuple[int, float]]
    """`from-to` in parts of the picture's longer side: looks and miss rate."""
    burst_mean_s: float
    """Vehicles that were seen before and after: how long they were not."""
    burst_median_s: float
    burst_p95_s: float
    bursts: int
    never_seen: int
    """Vehicles that were not detected once."""
    vehicles: int


@dataclass(frozen=True, slots=True)
class Identity:
    """How true ids and classes stay."""

    track_minutes: float
    """Minutes of true vehicles under a track."""
    id_switches_per_minute: float
    class_flip_rate: float
    """Part of the detections whose class is not the one that most of the vehicle's detections have."""
    class_changes_per_minute: float
    """Of detections, from one to the next."""


def jitters(looks: Sightings) -> dict[str, dict[str, Jitter]]:
    """`{standing|moving: {x, y, foot_y, width, height: Jitter}}`; vehicles cut by the picture's edge are left out."""
    looks = looks[looks.is_found & ~looks.is_truncated]
    errors = _errors(looks)
    windows = list(_windows(looks))
    still = np.array([_is_still(looks[window]) for window in windows], bool)
    return {
        state: {name: _jitter([_tremble(looks.at_s[w], error[w]) for w in chosen]) for name, error in errors.items()}
        for state, which in (("standing", still), ("moving", ~still))
        if (chosen := [w for w, take in zip(windows, which, strict=True) if take])
    }


def misses(looks: Sightings) -> Misses:
    """How many vehicles are missed, and for how long in a row."""
    bursts = np.array([gap_s for one in _by_vehicle(looks) for gap_s in _gaps_s(looks[one])])
    return Misses(
        rate=float(1 - looks.is_found.mean()),
        by_size=dict(_miss_rates(looks)),
        burst_mean_s=float(bursts.mean()) if len(bursts) else 0.0,
        burst_median_s=float(np.median(bursts)) if len(bursts) else 0.0,
        burst_p95_s=float(np.quantile(bursts, 0.95)) if len(bursts) else 0.0,
        bursts=len(bursts),
        never_seen=sum(not looks.is_found[one].any() for one in _by_vehicle(looks)),
        vehicles=len(np.unique(looks.vehicle)),
    )


def identity(looks: Sightings) -> Identity:
    """How often ids and classes change."""
    switches = flips = found = changes = 0
    minutes = seen_minutes = 0.0
    for one in _by_vehicle(looks):
        own = looks[one]
        ids, classes = own.track_id[own.track_id >= 0], own.seen_class[own.is_found]
        switches += int((np.diff(ids) != 0).sum())
        minutes += _span_s(own.at_s[own.track_id >= 0]) / 60
        if len(classes):
            flips += int((classes != np.bincount(classes).argmax()).sum())
            changes += int((np.diff(classes) != 0).sum())
            found += len(classes)
            seen_minutes += _span_s(own.at_s[own.is_found]) / 60
    return Identity(minutes, switches / minutes, flips / found, changes / seen_minutes)


def _errors(looks: Sightings) -> dict[str, Floats]:
    """Each (N,): seen less true, in parts of the true width or height; sides as logarithms of their ratio."""
    (x0, y0, x1, y1), (u0, v0, u1, v1) = looks.true_xyxy.T, looks.seen_xyxy.T
    width, height = x1 - x0, y1 - y0
    return {
        "x": (u0 + u1 - x0 - x1) / 2 / width,
        "y": (v0 + v1 - y0 - y1) / 2 / height,
        "foot_y": (v1 - y1) / height,
        "width": np.log((u1 - u0) / width),
        "height": np.log((v1 - v0) / height),
    }


def _windows(looks: Sightings) -> Iterator[NDArray[np.int64]]:
    """Rows of one vehicle within `WINDOW_S` each, where they are enough."""
    for one in _by_vehicle(looks):
        number = ((looks.at_s[one] - looks.at_s[one[0]]) // WINDOW_S).astype(int)
        for n in np.unique(number):
            if (number == n).sum() >= FEWEST:
                yield one[number == n]


def _is_still(looks: Sightings) -> bool:
    middle = (looks.true_xyxy[:, :2] + looks.true_xyxy[:, 2:]) / 2
    size = (looks.true_xyxy[:, 2:] - looks.true_xyxy[:, :2]).mean(axis=0)
    return bool((np.ptp(middle, axis=0) < STILL_SHARE * size).all())


def _tremble(at_s: Floats, error: Floats) -> tuple[float, float]:
    """Standard deviation around a straight line through a window, and the correlation of neighbouring looks."""
    rest = error - np.polyval(np.polyfit(at_s - at_s[0], error, 1), at_s - at_s[0])
    power = float((rest**2).mean())
    neighbour = float((rest[1:] * rest[:-1]).mean() / power) if power > 0 else 0.0
    return float(np.sqrt((rest**2).sum() / (len(rest) - 2))), neighbour


def _jitter(windows: list[tuple[float, float]]) -> Jitter:
    deviation, neighbour = np.array(windows).T
    return Jitter(
        rms=float(np.sqrt((deviation**2).mean())),
        median=float(np.median(deviation)),
        p90=float(np.quantile(deviation, 0.9)),
        correlation=float(np.median(neighbour)),
        windows=len(windows),
    )


def _miss_rates(looks: Sightings) -> Iterator[tuple[str, tuple[int, float]]]:
    for low, high in pairwise(SIZES):
        of_size = (looks.size_share >= low) & (looks.size_share < high)
        if of_size.any():
            yield f"{low:g}-{high:g}", (int(of_size.sum()), float(1 - looks.is_found[of_size].mean()))


def _gaps_s(looks: Sightings) -> Floats:
    """How long a vehicle was missed, each time between two looks that found it; seconds."""
    hits = np.flatnonzero(looks.is_found)
    step_s = float(np.median(np.diff(looks.at_s))) if len(looks) > 1 else 0.0
    missed = np.diff(hits) > 1
    gaps: Floats = np.diff(looks.at_s[hits])[missed] - step_s
    return gaps


def _by_vehicle(looks: Sightings) -> list[NDArray[np.int64]]:
    """The rows of each vehicle, in the order of time."""
    return [np.flatnonzero(looks.vehicle == vehicle) for vehicle in np.unique(looks.vehicle)]


def _span_s(at_s: Floats) -> float:
    return float(at_s[-1] - at_s[0]) if len(at_s) else 0.0
