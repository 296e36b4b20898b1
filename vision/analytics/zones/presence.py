"""Visits: who came into which zone, who left it, and what he did in between."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from vision.analytics.events import ZoneEntry, ZoneExit, ZoneVisits
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.track_table import Ids, TrackRows, TrackTable
from vision.common.object_class import CLASSES

INERTIA_S = 0.5
"""A box that trembles at a zone's edge has entered or left when it stays on one side for so long ..."""
INERTIA_SIZE = 0.5
"""... or has gone on by so much of its own size: who passes a small zone at speed is not long in it."""
LONGEST_STEP_S = 0.6
"""After a blink longer than this, a pace says little of the way during it."""
HOLD_MOVING_S = 0.5
"""A moving vehicle that is lost from sight counts as present for so long."""
_CLASS_IDS = np.arange(len(CLASSES))


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """What one moment changed, and who is where. In the order of the zones."""

    entries: tuple[ZoneEntry, ...]
    exits: tuple[ZoneExit, ...]
    present: Ids
    """(classes, Z): how many count as inside, with those who were lost from sight a moment ago."""
    is_inside: Bools
    """(N, Z): who counts as inside, in the order of the motion."""

    def of(self, zone: int, zone_id: str, area_occupancy: float) -> ZoneVisits:
        """What concerns one zone."""
        return ZoneVisits(
            present=self.present[:, zone],
            area_occupancy=float(area_occupancy),
            entries=tuple([entry for entry in self.entries if entry.zone_id == zone_id]),
            exits=tuple([left for left in self.exits if left.zone_id == zone_id]),
        )


@dataclass(slots=True, eq=False)
class _Memory(TrackTable):
    """By row (see `Rows`): (R,), or (R, Z) where it is by zone."""

    track_id: Ids
    class_id: Ids
    is_stopped: Bools
    ground_m: Floats
    """(R, 2): where it was seen last."""
    present: Bools
    """(R, Z): counts as inside."""
    is_turning: Bools
    """(R, Z): is seen on the other side than it counts for."""
    turned_s: Floats
    """(R, Z): since when."""
    turned_px: Floats
    """(R, Z, 2): where its foot was then."""
    entered_s: Floats
    travelled: Floats
    """(R, Z, 3): its way, metres, how long that took and how long it stood, seconds."""

    @classmethod
    def blank(cls, zones: int) -> Self:
        ids, flags, numbers = np.zeros(0, np.int64), np.zeros((0, zones), bool), np.zeros((0, zones))
        pairs, sums, ground_m = np.zeros((0, zones, 2)), np.zeros((0, zones, 3)), np.zeros((0, 2))
        return cls(ids, ids, np.zeros(0, bool), ground_m, flags, flags, numbers, pairs, numbers, sums)


class PresenceTracker:
    """Follows who is in which zone. Trembling at an edge, and blinks of a track, neither enter nor leave.

    A track not seen for `forget_after_s` has left when it was seen last.
    """

    def __init__(self, zone_ids: Sequence[str], *, forget_after_s: float, hold_standing_s: float) -> None:
        self._zone_ids = tuple(zone_ids)
        self._hold_standing_s = hold_standing_s
        self._rows = TrackRows(forget_after_s)
        self._memory = _Memory.blank(len(zone_ids))

    def __len__(self) -> int:
        """How many tracks are remembered."""
        return len(self._rows)

    def update(self, motion: TrackKinematics, inside: Bools, at_s: float) -> Visits:
        """Take in who is seen where. `inside`: (N, Z), whose feet are in which zones."""
        vanished = self._vanished(at_s)
        rows, was_s = self._rows.take(motion.track_id, at_s)
        self._memory.grow(self._rows.size)
        is_new = np.isnan(was_s)
        self._note(motion, rows, is_new)
        was_present = self._memory.present.take(rows, axis=0)
        came = self._turn(motion, rows, inside, was_present, at_s)
        self._travel(motion, rows, (inside | was_present) & ~came, came, np.where(is_new, 0.0, at_s - was_s))
        entries, exits = self._settle(motion, rows, inside, at_s)
        return Visits(tuple(entries), (*vanished, *exits), self._count(at_s), self._memory.present.take(rows, axis=0))

    def _settle(
        self, motion: TrackKinematics, rows: Ids, inside: Bools, at_s: float
    ) -> tuple[list[ZoneEntry], list[ZoneExit]]:
        """Whoever has turned for good now counts where he is seen."""
        n, zone = self._settled(motion, rows, at_s)
        if not len(n):
            return [], []
        memory, at = self._memory, rows[n]
        turned = list(zip(at.tolist(), zone.tolist(), inside[n, zone].tolist(), strict=True))
        exits = [self._exit(row, z, memory.turned_s[row, z]) for row, z, is_in in turned if not is_in]
        entries = [self._enter(row, z) for row, z, is_in in turned if is_in]
        memory.present[at, zone] = inside[n, zone]
        memory.is_turning[at, zone] = False
        return entries, exits

    def _vanished(self, at_s: float) -> list[ZoneExit]:
        """The ends of visits of tracks that are too long unseen."""
        gone, seen_s = self._rows.forget(at_s)
        if not len(gone):
            return []
        return [self._exit(gone[n], zone, seen_s[n]) for n, zone in np.argwhere(self._memory.present[gone])]

    def _note(self, motion: TrackKinematics, rows: Ids, is_new: Bools) -> None:
        memory = self._memory
        if is_new.any():
            memory.present[rows[is_new]] = False
            memory.is_turning[rows[is_new]] = False
        memory.track_id[rows] = motion.track_id
        memory.class_id[rows] = motion.class_id
        memory.is_stopped[rows] = motion.is_stopped

    def _turn(self, motion: TrackKinematics, rows: Ids, inside: Bools, was_present: Bools, at_s: float) -> Bools:
        """(N, Z): who is seen inside for the first time. Notes since when and where each is seen on the other side."""
        memory = self._memory
        differs = inside != was_present
        turns = differs & ~memory.is_turning.take(rows, axis=0)
        memory.is_turning[rows] = differs
        n, zone = turns.nonzero()
        if len(n):
            memory.turned_s[rows[n], zone], memory.turned_px[rows[n], zone] = at_s, motion.bottom_center_px[n]
        came: Bools = turns & inside
        return came

    def _travel(self, motion: TrackKinematics, rows: Ids, counts: Bools, came: Bools, step_s: Floats) -> None:
        """Add up way and time of those inside, `counts` (N, Z); who `came` (N, Z) begins at nothing.

        `step_s`: (N,), since seen before."""
        memory = self._memory
        way_m = self._ways_m(motion, rows, step_s)
        is_known = ~np.isnan(way_m)
        gained = np.empty((len(rows), 3))
        gained[:, 0] = np.where(is_known, way_m, 0.0)
        gained[:, 1], gained[:, 2] = step_s * is_known, step_s * motion.is_stopped
        travelled = memory.travelled.take(rows, axis=0)
        travelled[came] = 0.0
        memory.travelled[rows] = travelled + counts[..., None] * gained[:, None]
        memory.ground_m[rows] = motion.ground_m

    def _ways_m(self, motion: TrackKinematics, rows: Ids, step_s: Floats) -> Floats:
        """(N,): how far each went since it was seen before: by its pace, which no trembling lengthens; after a blink,
        or where that is not known, straight from there to here."""
        away_m = motion.ground_m - self._memory.ground_m.take(rows, axis=0)
        straight_m = np.hypot(away_m[:, 0], away_m[:, 1])
        by_pace = ~np.isnan(motion.speed_mps) & (step_s <= LONGEST_STEP_S)
        return np.where(by_pace, motion.speed_mps * step_s, straight_m)

    def _settled(self, motion: TrackKinematics, rows: Ids, at_s: float) -> tuple[Ids, Ids]:
        """Who has turned, and long or far enough that it is no trembling: in which rows of the motion, for which
        zones."""
        memory = self._memory
        n, zone = memory.is_turning.take(rows, axis=0).nonzero()
        if not len(n):
            return n, zone
        at = rows[n]
        moved_px = np.abs(motion.bottom_center_px[n] - memory.turned_px[at, zone]).max(axis=1)
        size_px = (motion.xyxy[n, 2:] - motion.xyxy[n, :2]).min(axis=1)
        is_sure = (at_s - memory.turned_s[at, zone] >= INERTIA_S) | (moved_px >= INERTIA_SIZE * size_px)
        return n[is_sure], zone[is_sure]

    def _enter(self, row: int, zone: int) -> ZoneEntry:
        memory = self._memory
        entered_s = memory.entered_s[row, zone] = memory.turned_s[row, zone]
        return ZoneEntry(
            self._zone_ids[zone], CLASSES[memory.class_id[row]], int(memory.track_id[row]), float(entered_s)
        )

    def _exit(self, row: int, zone: int, left_s: float) -> ZoneExit:
        memory = self._memory
        distance_m, measured_s, stopped_s = memory.travelled[row, zone].tolist()
        return ZoneExit(
            zone_id=self._zone_ids[zone],
            object_class=CLASSES[memory.class_id[row]],
            track_id=int(memory.track_id[row]),
            entered_s=float(memory.entered_s[row, zone]),
            left_s=float(left_s),
            distance_m=distance_m,
            measured_s=measured_s,
            stopped_s=stopped_s,
        )

    def _count(self, at_s: float) -> Ids:
        memory = self._memory
        size = len(memory.class_id)
        hold_s = np.where(memory.is_stopped, self._hold_standing_s, HOLD_MOVING_S)
        is_held = at_s - self._rows.seen_s[:size] <= hold_s
        of_class = memory.class_id == _CLASS_IDS[:, None]
        counts: Ids = np.matmul((of_class & is_held).astype(np.int64), memory.present.astype(np.int64))
        return counts
