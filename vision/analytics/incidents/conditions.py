"""How long a condition has held for each track, and how reliably: what tells a way from a tracker's slip."""

from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from vision.analytics.incidents.lifecycle import FORGIVEN_S
from vision.analytics.kinematics.state import Bools, TrackKinematics

TOLD_FROM_S = 0.35
"""What a velocity says was so for this long already: it is told from the way of so long at least."""


@dataclass(slots=True)
class SustainedCondition:
    """A condition that goes on for one track. Media time in seconds."""

    since_s: float
    held_s: float
    """When it held last."""
    bottom_center_px: tuple[float, float]
    """Where it began, as its velocity has it."""
    extent_px: float
    """Its size in the picture there: the square root of the box's area."""
    height_px: float
    """The height of its box there."""
    looks: int = 0
    hits: int = 0
    """Looks at which the track was seen, and those at which the condition held."""
    confidences: float = 0.0
    """Sum of the detections' over the hits."""
    way_m: float = 0.0
    """Distance since it began, by the pace: a jump to another vehicle's place adds nothing to it."""

    @property
    def share(self) -> float:
        return self.hits / self.looks

    @property
    def confidence(self) -> float:
        """Mean of the detections'."""
        return self.confidences / self.hits

    @property
    def lasted_s(self) -> float:
        return self.held_s - self.since_s


class SustainedConditions:
    """The runs of the tracks for which a condition holds, or held a moment ago.

    A run is over when its condition has not held for `FORGIVEN_S`, seen or unseen.
    """

    def __init__(self) -> None:
        self._runs: dict[int, SustainedCondition] = {}

    def __len__(self) -> int:
        return len(self._runs)

    def update(
        self, motion: TrackKinematics, holds: Bools, at_s: float, *, apart: NDArray[np.int64] | int = 0
    ) -> list[tuple[int, SustainedCondition]]:
        """Take in for which of N tracks it holds now; return those rows with their runs.

        `apart` (N,), each 0 to 999, tells conditions of one track apart, as by the zone in which each holds.
        """
        self._runs = {t: run for t, run in self._runs.items() if at_s - run.held_s <= FORGIVEN_S}
        if not self._runs and not holds.any():
            return []
        held = []
        keys: list[int] = (motion.track_id * 1000 + apart).tolist()
        for n, (key, holds_now) in enumerate(zip(keys, holds.tolist(), strict=True)):
            run = self._runs.get(key)
            if run is None:
                if not holds_now:
                    continue
                run = self._runs[key] = _begun(motion, n, at_s)
            run.looks += 1
            if holds_now:
                speed_mps = float(motion.speed_mps[n])
                run.way_m += speed_mps * (at_s - run.held_s) if isfinite(speed_mps) else 0.0
                run.hits, run.held_s = run.hits + 1, at_s
                run.confidences += float(motion.confidence[n])
                held.append((n, run))
        return held


def _begun(motion: TrackKinematics, n: int, at_s: float) -> SustainedCondition:
    since_s = max(at_s - TOLD_FROM_S, float(motion.first_seen_s[n]))
    x_px, y_px = (motion.bottom_center_px[n] - np.nan_to_num(motion.velocity_px[n]) * (at_s - since_s)).tolist()
    height_px = float(motion.xyxy[n, 3] - motion.xyxy[n, 1])
    return SustainedCondition(since_s, at_s, (x_px, y_px), motion.box_size_px(n), height_px)
