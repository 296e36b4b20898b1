"""Base of the struct-of-arrays classes: one mask or index array selects from every column at once."""

from dataclasses import fields
from operator import attrgetter
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Selection = NDArray[np.bool_] | NDArray[np.integer[Any]] | slice


class Columns:
    """Base of frozen dataclasses of arrays that have one length N along their first axis."""

    __slots__ = ()

    def __len__(self) -> int:
        return len(getattr(self, column_names(type(self))[0]))

    def __getitem__(self, selection: Selection) -> Self:
        columns = columns_of(self)
        if isinstance(selection, np.ndarray) and selection.dtype == np.int64:  # the usual case; `take` is faster
            return type(self)(*[column.take(selection, axis=0) for column in columns])
        return type(self)(*[column[selection] for column in columns])

    def check_lengths(self) -> None:
        """Raise ValueError if the columns differ in length; subclasses call it in `__post_init__`."""
        lengths = list(map(len, columns_of(self)))
        if lengths.count(lengths[0]) != len(lengths):
            named = dict(zip(column_names(type(self)), lengths, strict=True))
            raise ValueError(f"{type(self).__name__}: the columns differ in length: {named}")


_NAMES: dict[type, tuple[str, ...]] = {}
_COLUMNS: dict[type, "attrgetter[tuple[NDArray[Any], ...]]"] = {}


def column_names(columns: type) -> tuple[str, ...]:
    """The columns of a dataclass, in order, without derived ones. Cached, since `fields` builds them at each call."""
    names = _NAMES.get(columns)
    if names is None:
        names = _NAMES[columns] = tuple(f.name for f in fields(columns) if f.init)
    return names


def columns_of(table: object) -> tuple[NDArray[Any], ...]:
    """The columns of a dataclass with several columns, in order."""
    kind = type(table)
    columns = _COLUMNS.get(kind)
    if columns is None:
        columns = _COLUMNS[kind] = attrgetter(*column_names(kind))
    return columns(table)
