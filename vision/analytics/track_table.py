"""Per-track state in arrays: assigns rows to tracks, and holds tables with one row per track."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vision.core.columns import column_names, columns_of

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
Kind = TypeVar("Kind", bound=np.generic)

FIRST_ROWS = 64
NO_ROWS: Ids = np.zeros(0, np.int64)
NO_TIMES: Floats = np.zeros(0)


class TrackRows:
    """Gives each track a row. A track that is not observed for `forget_after_s` loses it to a new one.

    There are at most twice as many rows as there were tracks at once, and at least `FIRST_ROWS`.

    Examples:
        >>> rows = TrackRows(forget_after_s=2.0)
        >>> _, previous_s = rows.take(np.array([7]), at_s=0.0)
        >>> _, previous_s = rows.take(np.array([7]), at_s=0.5)
        >>> previous_s.tolist()
        [0.0]
    """

    def __init__(self, forget_after_s: float) -> None:
        self._forget_after_s = forget_after_s
        self._row_of: dict[int, int] = {}
        self._track_in: dict[int, int] = {}
        """By row: its track, or its last one."""
        self._free = list(range(FIRST_ROWS))
        self._oldest_s = -np.inf
        """No track's last observation is older."""
        self.last_seen_s: Floats = np.full(FIRST_ROWS, np.nan)
        """By row: its track's last observation, media time; NaN for a free row."""

    def __len__(self) -> int:
        """The number of tracks."""
        return len(self._row_of)

    @property
    def size(self) -> int:
        """The number of rows, used or free."""
        return len(self.last_seen_s)

    def forget(self, at_s: float) -> tuple[Ids, Floats]:
        """Free the rows of tracks that were not observed for too long; return them and the last observations' times."""
        if at_s - self._oldest_s <= self._forget_after_s:
            return NO_ROWS, NO_TIMES
        gone = (at_s - self.last_seen_s > self._forget_after_s).nonzero()[0]
        last_seen_s = self.last_seen_s[gone]
        if len(gone):
            lost = set(gone.tolist())
            for row in lost:
                del self._row_of[self._track_in[row]]
            self._free += lost
            self.last_seen_s[gone] = np.nan
        self._oldest_s = float(np.fmin.reduce(self.last_seen_s, initial=at_s))
        return gone, last_seen_s

    def take(self, track_id: Ids, at_s: float) -> tuple[Ids, Floats]:
        """Rows (N,) of the tracks observed now, and the times (N,) of their previous observations, NaN for new ones."""
        tracks: list[int] = track_id.tolist()
        known = list(map(self._row_of.get, tracks))
        if None in known:
            known = [self._begin(track) if row is None else row for track, row in zip(tracks, known, strict=True)]
        rows = np.array(known, np.int64)
        previous_s = self.last_seen_s[rows]
        self.last_seen_s[rows] = at_s
        self._oldest_s = min(self._oldest_s, at_s)
        return rows, previous_s

    def row_of(self, track: int) -> int | None:
        """The row of a track; `None` for an unknown one."""
        return self._row_of.get(track)

    def _begin(self, track: int) -> int:
        if not self._free:
            self._free = list(range(self.size, 2 * self.size))
            self.last_seen_s = np.concatenate([self.last_seen_s, np.full(self.size, np.nan)])
        row = self._row_of[track] = self._free.pop()
        self._track_in[row] = track
        return row


class TrackTable:
    """Base of dataclasses of arrays with one row per track (see `TrackRows`), changed in place."""

    __slots__ = ()

    def grow(self, size: int) -> None:
        """Extend the columns to at least `size` rows; new ones are zero."""
        names = column_names(type(self))
        if size > len(getattr(self, names[0])):
            for name in names:
                setattr(self, name, grown(getattr(self, name), size))

    def copy(self, source: int, target: int) -> None:
        """Copy all columns of one row to another."""
        for column in columns_of(self):
            column[target] = column[source]


def grown(column: NDArray[Kind], size: int) -> NDArray[Kind]:
    """The column, extended to at least `size` rows; new ones are zero."""
    missing = max(0, size - len(column))
    return np.concatenate([column, np.zeros((missing, *column.shape[1:]), column.dtype)]) if missing else column
