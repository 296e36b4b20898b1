"""Re-identification by motion: finds the lost track that a new, unconfirmed one continues."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vision.tracking.track_life import TrackedBox, TrackLife

Vector = np.ndarray[tuple[int], np.dtype[np.float64]]
"""(2,), pixels."""


@dataclass(frozen=True, slots=True)
class ReidentificationParameters:
    """When a new track continues a lost one, before it gets an id of its own."""

    max_gap_s: float = 2.0
    """A vehicle that is not detected for longer is not recognised, seconds. Longer: more occlusions bridged, more wrong
    links. Source: chosen."""
    max_error_sizes: float = 0.5
    """The new track may begin this far from where the motion leads, and no farther against either motion, in units of
    the mean box size (the square root of the area). Larger: more links, more wrong ones. Source: chosen."""
    max_error_share: float = 0.5
    """It may be off by this part of the distance travelled in the gap, too. Larger: more links, more wrong ones.
    Source: chosen."""
    max_growth: float = 3.0
    """Neither box is more than this many times as large as the other, in length. Larger: more links, more wrong ones.
    Source: chosen."""


def find_predecessor(
    new: TrackLife,
    lost: Iterable[TrackLife],
    parameters: ReidentificationParameters = ReidentificationParameters(),
) -> TrackLife | None:
    """The lost track that the new one continues best, by the mean of both motions; `None` if none is near enough."""
    errors = [(error, life) for life in lost if (error := _error(life, new, parameters)) is not None]
    return min(errors, key=lambda pair: pair[0])[1] if errors else None


def _error(lost: TrackLife, new: TrackLife, p: ReidentificationParameters) -> float | None:
    """The distance from where the motion leads, as a part of what is allowed; `None` if that is exceeded."""
    last, first = lost.trail[-1], new.trail[0]
    gap_s = first.at_s - last.at_s
    if not 0 < gap_s <= p.max_gap_s or lost.is_small != new.is_small:
        return None
    sizes_px = np.sqrt([_area(last), _area(first)])
    if sizes_px.max() > p.max_growth * sizes_px.min():
        return None
    away_px, velocities_px = _centre(first) - _centre(last), (_velocity_px(lost.trail), _velocity_px(new.trail))
    tolerance_px = p.max_error_sizes * float(sizes_px.mean())
    if any(_backwards_px(away_px, velocity_px) > tolerance_px for velocity_px in velocities_px):
        return None
    path_px = (velocities_px[0] + velocities_px[1]) / 2 * gap_s
    error = float(np.hypot(*(away_px - path_px)) / (tolerance_px + p.max_error_share * np.hypot(*path_px)))
    return error if error <= 1 else None


def _backwards_px(away_px: Vector, velocity_px: Vector) -> float:
    """How far a displacement leads against a motion; 0 or less where it does not, or nothing moves."""
    speed_px = float(np.hypot(*velocity_px))
    return -float(away_px @ velocity_px) / speed_px if speed_px > 0 else 0.0


def _velocity_px(trail: Sequence[TrackedBox]) -> Vector:
    """Pixels per second from the first box to the last."""
    elapsed_s = trail[-1].at_s - trail[0].at_s
    return (_centre(trail[-1]) - _centre(trail[0])) / elapsed_s if elapsed_s > 0 else np.zeros(2)


def _centre(box: TrackedBox) -> Vector:
    return (box.xyxy[:2].astype(np.float64) + box.xyxy[2:]) / 2


def _area(box: TrackedBox) -> float:
    return float(np.prod(box.xyxy[2:] - box.xyxy[:2]))
