"""Jitter, misses, ID switches and class errors of detections and tracks, measured against labelled boxes."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vision.bench.tracking.matched_boxes import MatchedBoxes

Floats = NDArray[np.float64]

WINDOW_S = 2.0
"""Jitter is what remains of a box's error after a straight line is fitted to windows of this length: labels are drawn
in few frames and interpolated, which adds slow errors of their own."""
MIN_OBSERVATIONS = 8
"""A window needs at least this many observations."""
STATIONARY_SHARE = 0.05
"""A vehicle whose labelled box moves by less than this fraction of its size within a window is stationary."""
SIZES = (0.0, 0.05, 0.07, 0.09, 0.14, 1.0)
"""Bounds of the size classes, as fractions of the image's longer side."""


@dataclass(frozen=True, slots=True)
class Jitter:
    """The jitter of one coordinate of the boxes, as a fraction of the box's size."""

    rms: float
    """Root mean square over all windows."""
    median: float
    """Median of the windows' standard deviations. Far below `rms`: few windows have most of the jitter."""
    p90: float
    correlation: float
    """Between consecutive observations, median over windows."""
    windows: int


@dataclass(frozen=True, slots=True)
class Misses:
    """Labelled vehicles that were not detected."""

    rate: float
    by_size: dict[str, tuple[int, float]]
    """By size class `from-to`, fractions of the image's longer side: observations and miss rate."""
    burst_mean_s: float
    """Duration of misses between two detections of the same vehicle."""
    burst_median_s: float
    burst_p95_s: float
    bursts: int
    never_seen: int
    """Vehicles without any detection."""
    vehicles: int


@dataclass(frozen=True, slots=True)
class Identity:
    """How stable ids and classes are."""

    track_minutes: float
    """Minutes during which labelled vehicles had a track."""
    id_switches_per_minute: float
    class_flip_rate: float
    """Share of the detections whose class is not the most frequent one of the vehicle."""
    class_changes_per_minute: float
    """Between consecutive detections."""


def jitters(boxes: MatchedBoxes) -> dict[str, dict[str, Jitter]]:
    """`{standing|moving: {x, y, foot_y, width, height: Jitter}}`, without truncated vehicles."""
    boxes = boxes[boxes.is_found & ~boxes.is_truncated]
    errors = _errors(boxes)
    windows = list(_windows(boxes))
    stationary = np.array([_is_stationary(boxes[window]) for window in windows], bool)
    return {
        state: {
            name: _jitter([_window_jitter(boxes.at_s[w], error[w]) for w in chosen]) for name, error in errors.items()
        }
        for state, which in (("standing", stationary), ("moving", ~stationary))
        if (chosen := [w for w, take in zip(windows, which, strict=True) if take])
    }


def misses(boxes: MatchedBoxes) -> Misses:
    """How many observations are missed, and for how long in a row."""
    bursts = np.array([gap_s for one in _by_vehicle(boxes) for gap_s in _gaps_s(boxes[one])])
    return Misses(
        rate=float(1 - boxes.is_found.mean()),
        by_size=dict(_miss_rates(boxes)),
        burst_mean_s=float(bursts.mean()) if len(bursts) else 0.0,
        burst_median_s=float(np.median(bursts)) if len(bursts) else 0.0,
        burst_p95_s=float(np.quantile(bursts, 0.95)) if len(bursts) else 0.0,
        bursts=len(bursts),
        never_seen=sum(not boxes.is_found[one].any() for one in _by_vehicle(boxes)),
        vehicles=len(np.unique(boxes.vehicle)),
    )


def identity(boxes: MatchedBoxes) -> Identity:
    """How often ids and classes change."""
    switches = flips = found = changes = 0
    minutes = seen_minutes = 0.0
    for one in _by_vehicle(boxes):
        own = boxes[one]
        ids, classes = own.track_id[own.track_id >= 0], own.seen_class[own.is_found]
        switches += int((np.diff(ids) != 0).sum())
        minutes += _span_s(own.at_s[own.track_id >= 0]) / 60
        if len(classes):
            flips += int((classes != np.bincount(classes).argmax()).sum())
            changes += int((np.diff(classes) != 0).sum())
            found += len(classes)
            seen_minutes += _span_s(own.at_s[own.is_found]) / 60
    return Identity(minutes, switches / minutes, flips / found, changes / seen_minutes)


def _errors(boxes: MatchedBoxes) -> dict[str, Floats]:
    """Each (N,): detected minus labelled, as fractions of the labelled width or height; sides as logarithmic ratios."""
    (x0, y0, x1, y1), (u0, v0, u1, v1) = boxes.true_xyxy.T, boxes.seen_xyxy.T
    width, height = x1 - x0, y1 - y0
    return {
        "x": (u0 + u1 - x0 - x1) / 2 / width,
        "y": (v0 + v1 - y0 - y1) / 2 / height,
        "foot_y": (v1 - y1) / height,
        "width": np.log((u1 - u0) / width),
        "height": np.log((v1 - v0) / height),
    }


def _windows(boxes: MatchedBoxes) -> Iterator[NDArray[np.int64]]:
    """Rows of one vehicle within `WINDOW_S`, for each window with enough observations."""
    for one in _by_vehicle(boxes):
        number = ((boxes.at_s[one] - boxes.at_s[one[0]]) // WINDOW_S).astype(int)
        for n in np.unique(number):
            if (number == n).sum() >= MIN_OBSERVATIONS:
                yield one[number == n]


def _is_stationary(boxes: MatchedBoxes) -> bool:
    middle = (boxes.true_xyxy[:, :2] + boxes.true_xyxy[:, 2:]) / 2
    size = (boxes.true_xyxy[:, 2:] - boxes.true_xyxy[:, :2]).mean(axis=0)
    return bool((np.ptp(middle, axis=0) < STATIONARY_SHARE * size).all())


def _window_jitter(at_s: Floats, error: Floats) -> tuple[float, float]:
    """Standard deviation around a straight line fitted to a window, and the correlation of consecutive observations."""
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


def _miss_rates(boxes: MatchedBoxes) -> Iterator[tuple[str, tuple[int, float]]]:
    for low, high in pairwise(SIZES):
        of_size = (boxes.size_share >= low) & (boxes.size_share < high)
        if of_size.any():
            yield f"{low:g}-{high:g}", (int(of_size.sum()), float(1 - boxes.is_found[of_size].mean()))


def _gaps_s(boxes: MatchedBoxes) -> Floats:
    """Duration of each miss between two detections of a vehicle, seconds."""
    hits = np.flatnonzero(boxes.is_found)
    step_s = float(np.median(np.diff(boxes.at_s))) if len(boxes) > 1 else 0.0
    missed = np.diff(hits) > 1
    gaps: Floats = np.diff(boxes.at_s[hits])[missed] - step_s
    return gaps


def _by_vehicle(boxes: MatchedBoxes) -> list[NDArray[np.int64]]:
    """The rows of each vehicle, by time."""
    return [np.flatnonzero(boxes.vehicle == vehicle) for vehicle in np.unique(boxes.vehicle)]


def _span_s(at_s: Floats) -> float:
    return float(at_s[-1] - at_s[0]) if len(at_s) else 0.0
