"""What is remembered of each track, as columns with one row a track, and when it is forgotten."""

import numpy as np
from numpy.typing import NDArray


class Memory:
    """Rows by track id. A row is forgotten when its track has not been seen for `forget_after_s`.

    `blank` gives each column's name and the value of a new track's row.
    """

    def __init__(self, blank: dict[str, NDArray[np.generic]], *, forget_after_s: float) -> None:
        self._forget_after_s = forget_after_s
        self._blank = blank
        self._ids = np.empty(0, np.int64)
        self._seen_s = np.empty(0, np.float64)
        self._columns = {name: np.empty((0, *value.shape), value.dtype) for name, value in blank.items()}

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, column: str) -> NDArray[np.generic]:
        return self._columns[column]

    def rows_of(self, ids: NDArray[np.int64], at_s: float) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The rows of these tracks, seen at `at_s`, and which of them are new. `ids` are all different."""
        is_new = ~np.isin(ids, self._ids)
        self._append(ids[is_new])
        order = np.argsort(self._ids)
        rows = order[np.searchsorted(self._ids, ids, sorter=order)]
        self._seen_s[rows] = at_s
        return rows, is_new

    def forget(self, now_s: float) -> None:
        """Drop the rows of tracks that have not been seen for too long."""
        keep = now_s - self._seen_s <= self._forget_after_s
        if not keep.all():
            self._ids, self._seen_s = self._ids[keep], self._seen_s[keep]
            self._columns = {name: values[keep] for name, values in self._columns.items()}

    def _append(self, ids: NDArray[np.int64]) -> None:
        if len(ids):
            self._ids = np.concatenate([self._ids, ids])
            self._seen_s = np.concatenate([self._seen_s, np.full(len(ids), -np.inf)])
            for name, value in self._blank.items():
                rows = np.broadcast_to(value, (len(ids), *value.shape))
                self._columns[name] = np.concatenate([self._columns[name], rows])
