"""What rules remember of each track beyond its motion: where it was heading, how hard it braked, whether it swerved."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from vision.analytics.motion import Bools, Floats, Motion
from vision.analytics.rows import Ids, Rows, grown

HEADING_ABOVE_MPS = 1.0
"""Slower, a heading is noise."""
SWERVE_ABOVE_MPS = 2.0
KEPT = 10
KEPT_EVERY_S = 0.18
"""Velocities of the last 1.8 s, at any frame rate."""
APART_S = (0.6, 1.3)
"""Braking and swerving are told from velocities so far apart."""
FADE_S = 4.0
"""So long after it a moving vehicle's braking or swerving is forgotten; one that stands keeps what it did before."""


@dataclass(frozen=True, slots=True, eq=False)
class Recollection:
    """Of N tracks, in the order of the motion."""

    heading: Floats
    """(N, 2): unit vector on the road, as it moved last; NaN where it never moved."""
    stride_px: Floats
    """(N, 2): from its foot to a place one metre ahead, as it moved last; NaN where it never moved."""
    braked_mps2: Floats
    """(N,): how hard it braked at most, lately or before it came to stand; 0 where it did not."""
    swerved_deg: Floats
    """(N,): how much its heading changed within about a second at most, lately or before it came to stand."""

    @classmethod
    def blank(cls, n: int) -> Self:
        return cls(np.full((n, 2), np.nan), np.full((n, 2), np.nan), np.zeros(n), np.zeros(n))


@dataclass(slots=True, eq=False)
class _Memory:
    """By row (see `Rows`)."""

    heading: Floats
    stride_px: Floats
    times_s: Floats
    """(R, KEPT): the newest last; NaN: none."""
    velocities: Floats
    """(R, KEPT, 2): metres a second."""
    braked: Floats
    braked_s: Floats
    swerved: Floats
    swerved_s: Floats

    @classmethod
    def blank(cls) -> Self:
        none, pairs = np.zeros(0), np.zeros((0, 2))
        return cls(pairs, pairs, np.zeros((0, KEPT)), np.zeros((0, KEPT, 2)), none, none, none, none)

    def grow(self, size: int) -> None:
        if size > len(self.braked):
            for f in fields(self):
                setattr(self, f.name, grown(getattr(self, f.name), size))

    def clear(self, rows: Ids) -> None:
        for column in (self.heading, self.stride_px, self.times_s, self.velocities):
            column[rows] = np.nan
        for column in (self.braked, self.braked_s, self.swerved, self.swerved_s):
            column[rows] = 0.0


class Past:
    """Remembers every track that was seen within `forget_after_s`."""

    def __init__(self, forget_after_s: float) -> None:
        self._rows = Rows(forget_after_s)
        self._memory = _Memory.blank()

    def __len__(self) -> int:
        """How many tracks are remembered."""
        return len(self._rows)

    def update(self, motion: Motion, at_s: float) -> Recollection:
        """Take in how tracks move; return what is remembered of them."""
        self._rows.forget(at_s)
        rows, was_s = self._rows.take(motion.track_id, at_s)
        memory = self._memory
        memory.grow(self._rows.size)
        memory.clear(rows[np.isnan(was_s)])
        self._head(rows, motion)
        braking, swerving = self._changes(rows, motion, at_s)
        fades = ~motion.is_still
        _keep_peak(memory.braked, memory.braked_s, rows, now=braking, fades=fades, at_s=at_s)
        _keep_peak(memory.swerved, memory.swerved_s, rows, now=swerving, fades=fades, at_s=at_s)
        self._sample(rows, motion, at_s)
        return Recollection(memory.heading[rows], memory.stride_px[rows], memory.braked[rows], memory.swerved[rows])

    def _head(self, rows: Ids, motion: Motion) -> None:
        moves = motion.pace_mps > HEADING_ABOVE_MPS
        pace_mps = motion.pace_mps[moves, None]
        self._memory.heading[rows[moves]] = motion.velocity_mps[moves] / pace_mps
        self._memory.stride_px[rows[moves]] = motion.velocity_px[moves] / pace_mps

    def _changes(self, rows: Ids, motion: Motion, at_s: float) -> tuple[Floats, Floats]:
        """(N,) each: metres a second lost a second, and degrees turned, at most, against about a second ago."""
        ago_s = at_s - self._memory.times_s[rows]
        then = self._memory.velocities[rows]
        pace_then = np.hypot(then[..., 0], then[..., 1])
        comparable = (ago_s >= APART_S[0]) & (ago_s <= APART_S[1]) & np.isfinite(motion.pace_mps)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            lost = (pace_then - motion.pace_mps[:, None]) / ago_s
            cosine = (then * motion.velocity_mps[:, None]).sum(axis=-1) / (pace_then * motion.pace_mps[:, None])
        fast = comparable & (pace_then > SWERVE_ABOVE_MPS) & (motion.pace_mps > SWERVE_ABOVE_MPS)[:, None]
        turned = np.degrees(np.arccos(np.clip(np.where(fast, cosine, 1.0), -1, 1)))
        return np.where(comparable, lost, 0.0).max(axis=1), turned.max(axis=1)

    def _sample(self, rows: Ids, motion: Motion, at_s: float) -> None:
        memory = self._memory
        due = np.isfinite(motion.pace_mps) & ~(at_s - memory.times_s[rows, -1] < KEPT_EVERY_S)
        at = rows[due]
        memory.times_s[at] = np.concatenate([memory.times_s[at, 1:], np.full((len(at), 1), at_s)], axis=1)
        memory.velocities[at] = np.concatenate([memory.velocities[at, 1:], motion.velocity_mps[due, None]], axis=1)


def _keep_peak(peak: Floats, peak_s: Floats, rows: Ids, *, now: Floats, fades: Bools, at_s: float) -> None:
    """Keep the highest value by row, and when it was; let it fade."""
    takes = (now >= peak[rows]) | (fades & (at_s - peak_s[rows] > FADE_S))
    peak[rows] = np.where(takes, now, peak[rows])
    peak_s[rows] = np.where(takes, at_s, peak_s[rows])
