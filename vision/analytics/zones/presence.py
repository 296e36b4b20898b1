"""Presence: which vehicles and persons enter, occupy and leave each zone, and what they do in between."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from vision.analytics.events import ZoneEntry, ZoneExit, ZoneVisits
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.track_table import Ids, TrackRows, TrackTable
from vision.common.object_class import CLASSES

_CLASS_IDS = np.arange(len(CLASSES))


@dataclass(frozen=True, slots=True)
class PresenceParameters:
    """When a track has entered or left a zone, and how its visit is measured."""

    min_side_s: float = 0.5
    """A track has entered or left when it stays on the new side of the zone's edge this long, seconds. Longer: less
    jitter at edges, later entries and exits. Source: chosen."""
    min_side_sizes: float = 0.5
    """Moving this far on the new side is enough as well, in units of the shorter side of its box. Larger: less jitter
    at edges, fast vehicles miss small zones. Source: chosen."""
    max_step_s: float = 0.6
    """After a longer gap between observations, seconds, the distance is the straight one instead of speed times time.
    Longer: more jitter-free distances, errors where the speed changed in the gap. Source: chosen."""
    hold_moving_s: float = 0.5
    """A moving vehicle that is not detected still counts as present this long, seconds. Longer: steadier counts
    that fall later. Source: chosen."""
    min_measured_s: float = 1.0
    """A visit's mean speed is used only if it was measured over this time, seconds. Longer: more accurate speeds, fewer
    of them. Source: chosen."""


PRESENCE = PresenceParameters()


@dataclass(frozen=True, slots=True, eq=False)
class PresenceUpdate:
    """What one frame changed, and which tracks are present, in the order of the zones."""

    entries: tuple[ZoneEntry, ...]
    exits: tuple[ZoneExit, ...]
    present: Ids
    """(classes, Z): number of objects inside, through short gaps in their detection."""
    is_inside: Bools
    """(N, Z): whether each track counts as inside, in the order of the tracks."""

    def of(self, zone: int, zone_id: str, area_occupancy: float) -> ZoneVisits:
        """The part that concerns one zone."""
        return ZoneVisits(
            present=self.present[:, zone],
            area_occupancy=float(area_occupancy),
            entries=tuple([entry for entry in self.entries if entry.zone_id == zone_id]),
            exits=tuple([left for left in self.exits if left.zone_id == zone_id]),
        )


@dataclass(slots=True, eq=False)
class _PresenceTable(TrackTable):
    """By row of `TrackRows`: (R,), or (R, Z) where it is by zone."""

    track_id: Ids
    class_id: Ids
    is_stopped: Bools
    ground_m: Floats
    """(R, 2): the last position on the road."""
    present: Bools
    """(R, Z): whether the track counts as inside."""
    is_changing: Bools
    """(R, Z): whether it is observed on the other side than it counts for."""
    changed_s: Floats
    """(R, Z): since when."""
    changed_px: Floats
    """(R, Z, 2): where its bottom center was then."""
    entered_s: Floats
    totals: Floats
    """(R, Z, 3): of the visit: distance in metres, the seconds over which it was measured, the seconds stopped."""

    @classmethod
    def empty(cls, zones: int) -> Self:
        ids, flags, numbers = np.zeros(0, np.int64), np.zeros((0, zones), bool), np.zeros((0, zones))
        pairs, sums, ground_m = np.zeros((0, zones, 2)), np.zeros((0, zones, 3)), np.zeros((0, 2))
        return cls(ids, ids, np.zeros(0, bool), ground_m, flags, flags, numbers, pairs, numbers, sums)


class PresenceTracker:
    """Follows which tracks are in which zones.

    Box jitter at a zone's edge and short gaps in a track neither enter nor leave. A track that was not observed for
    `forget_after_s` left when it was last observed; that bounds the table.

    Examples:
        >>> presence = PresenceTracker(["north"], forget_after_s=4.0, hold_stopped_s=2.0)
        >>> presence.update(TrackKinematics.empty(), np.zeros((0, 1), bool), at_s=0.0).entries
        ()
    """

    def __init__(
        self,
        zone_ids: Sequence[str],
        *,
        forget_after_s: float,
        hold_stopped_s: float,
        parameters: PresenceParameters = PRESENCE,
    ) -> None:
        """`hold_stopped_s`: how long a stopped vehicle that is not detected counts as present."""
        self._zone_ids = tuple(zone_ids)
        self._hold_stopped_s = hold_stopped_s
        self._parameters = parameters
        self._rows = TrackRows(forget_after_s)
        self._table = _PresenceTable.empty(len(zone_ids))

    def __len__(self) -> int:
        """Number of tracks kept."""
        return len(self._rows)

    def update(self, tracks: TrackKinematics, inside: Bools, at_s: float) -> PresenceUpdate:
        """Take in a frame; `inside` (N, Z) says which tracks' bottom centers are in which zones."""
        vanished = self._vanished(at_s)
        rows, before_s = self._rows.take(tracks.track_id, at_s)
        self._table.grow(self._rows.size)
        is_new = np.isnan(before_s)
        self._store(tracks, rows, is_new)
        was_present = self._table.present.take(rows, axis=0)
        arrived = self._note_changes(tracks, rows, inside, was_present, at_s)
        counts = (inside | was_present) & ~arrived
        self._accumulate(tracks, rows, counts, arrived, np.where(is_new, 0.0, at_s - before_s))
        entries, exits = self._confirm(tracks, rows, inside, at_s)
        is_inside = self._table.present.take(rows, axis=0)
        return PresenceUpdate(tuple(entries), (*vanished, *exits), self._present(at_s), is_inside)

    def _vanished(self, at_s: float) -> list[ZoneExit]:
        """Exits of tracks that were not observed for too long."""
        gone, last_seen_s = self._rows.forget(at_s)
        if not len(gone):
            return []
        return [self._exit(gone[n], zone, last_seen_s[n]) for n, zone in np.argwhere(self._table.present[gone])]

    def _store(self, tracks: TrackKinematics, rows: Ids, is_new: Bools) -> None:
        table = self._table
        if is_new.any():
            table.present[rows[is_new]] = False
            table.is_changing[rows[is_new]] = False
        table.track_id[rows] = tracks.track_id
        table.class_id[rows] = tracks.class_id
        table.is_stopped[rows] = tracks.is_stopped

    def _note_changes(
        self, tracks: TrackKinematics, rows: Ids, inside: Bools, was_present: Bools, at_s: float
    ) -> Bools:
        """Store when and where tracks change sides; return (N, Z) which are inside for the first time."""
        table = self._table
        differs = inside != was_present
        changes = differs & ~table.is_changing.take(rows, axis=0)
        table.is_changing[rows] = differs
        n, zone = changes.nonzero()
        if len(n):
            table.changed_s[rows[n], zone], table.changed_px[rows[n], zone] = at_s, tracks.bottom_center_px[n]
        arrived: Bools = changes & inside
        return arrived

    def _accumulate(self, tracks: TrackKinematics, rows: Ids, counts: Bools, arrived: Bools, step_s: Floats) -> None:
        """Add distance and time of a step (N,) to the visits that `counts` (N, Z); `arrived` (N, Z) start at zero."""
        table = self._table
        distance_m = self._distances_m(tracks, rows, step_s)
        is_known = ~np.isnan(distance_m)
        gained = np.empty((len(rows), 3))
        gained[:, 0] = np.where(is_known, distance_m, 0.0)
        gained[:, 1], gained[:, 2] = step_s * is_known, step_s * tracks.is_stopped
        totals = table.totals.take(rows, axis=0)
        totals[arrived] = 0.0
        table.totals[rows] = totals + counts[..., None] * gained[:, None]
        table.ground_m[rows] = tracks.ground_m

    def _distances_m(self, tracks: TrackKinematics, rows: Ids, step_s: Floats) -> Floats:
        """(N,): distance since the previous observation.

        It is speed times time, which jitter does not lengthen; the straight distance after a gap, and without a speed.
        """
        moved_m = tracks.ground_m - self._table.ground_m.take(rows, axis=0)
        straight_m = np.hypot(moved_m[:, 0], moved_m[:, 1])
        by_speed = ~np.isnan(tracks.speed_mps) & (step_s <= self._parameters.max_step_s)
        return np.where(by_speed, tracks.speed_mps * step_s, straight_m)

    def _confirm(
        self, tracks: TrackKinematics, rows: Ids, inside: Bools, at_s: float
    ) -> tuple[list[ZoneEntry], list[ZoneExit]]:
        """Entries and exits of tracks that have certainly changed sides."""
        n, zone = self._certain_changes(tracks, rows, at_s)
        if not len(n):
            return [], []
        table, at = self._table, rows[n]
        changes = list(zip(at.tolist(), zone.tolist(), inside[n, zone].tolist(), strict=True))
        exits = [self._exit(row, z, table.changed_s[row, z]) for row, z, is_in in changes if not is_in]
        entries = [self._enter(row, z) for row, z, is_in in changes if is_in]
        table.present[at, zone] = inside[n, zone]
        table.is_changing[at, zone] = False
        return entries, exits

    def _certain_changes(self, tracks: TrackKinematics, rows: Ids, at_s: float) -> tuple[Ids, Ids]:
        """Indices of tracks, and of zones, where a change of side lasts too long or reaches too far to be jitter."""
        table, p = self._table, self._parameters
        n, zone = table.is_changing.take(rows, axis=0).nonzero()
        if not len(n):
            return n, zone
        at = rows[n]
        moved_px = np.abs(tracks.bottom_center_px[n] - table.changed_px[at, zone]).max(axis=1)
        size_px = (tracks.xyxy[n, 2:] - tracks.xyxy[n, :2]).min(axis=1)
        is_certain = (at_s - table.changed_s[at, zone] >= p.min_side_s) | (moved_px >= p.min_side_sizes * size_px)
        return n[is_certain], zone[is_certain]

    def _enter(self, row: int, zone: int) -> ZoneEntry:
        table = self._table
        entered_s = table.entered_s[row, zone] = table.changed_s[row, zone]
        return ZoneEntry(self._zone_ids[zone], CLASSES[table.class_id[row]], int(table.track_id[row]), float(entered_s))

    def _exit(self, row: int, zone: int, left_s: float) -> ZoneExit:
        table = self._table
        distance_m, measured_s, stopped_s = table.totals[row, zone].tolist()
        return ZoneExit(
            zone_id=self._zone_ids[zone],
            object_class=CLASSES[table.class_id[row]],
            track_id=int(table.track_id[row]),
            entered_s=float(table.entered_s[row, zone]),
            left_s=float(left_s),
            distance_m=distance_m,
            measured_s=measured_s,
            stopped_s=stopped_s,
        )

    def _present(self, at_s: float) -> Ids:
        """(classes, Z): number of objects inside each zone."""
        table = self._table
        size = len(table.class_id)
        hold_s = np.where(table.is_stopped, self._hold_stopped_s, self._parameters.hold_moving_s)
        is_held = at_s - self._rows.last_seen_s[:size] <= hold_s
        of_class = table.class_id == _CLASS_IDS[:, None]
        counts: Ids = np.matmul((of_class & is_held).astype(np.int64), table.present.astype(np.int64))
        return counts
