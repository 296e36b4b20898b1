"""What the struct-of-arrays classes share: one mask, or one index array, filters every column at once."""

from dataclasses import fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Selection = NDArray[np.bool_] | NDArray[np.integer[Any]] | slice


class Columns:
    """Base of frozen dataclasses whose fields are arrays of one length N along their first axis."""

    __slots__ = ()

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))  # type: ignore[arg-type]

    def __getitem__(self, selection: Selection) -> Self:
        columns = {f.name: getattr(self, f.name)[selection] for f in fields(self)}  # type: ignore[arg-type]
        return replace(self, **columns)  # type: ignore[type-var]

    def check_lengths(self) -> None:
        """Refuse columns of different lengths. Called by each subclass after it is made."""
        lengths = {f.name: len(getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]
        if len(set(lengths.values())) > 1:
            raise ValueError(f"{type(self).__name__}: the columns differ in length: {lengths}")
