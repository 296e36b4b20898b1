"""What is usual for a camera: the median of what it was, learnt slowly and in constant memory."""

import math

FIRST = 20
"""Values that are averaged plainly, until the median can be followed from there."""
SMALLEST_STEP = 0.0005
"""A year of odd values cannot carry it away faster than this at a time."""


class RunningMedian:
    """Follows the median of values by small steps towards each (a stochastic approximation: Robbins and Monro 1951)."""

    def __init__(self) -> None:
        self.value = math.nan
        """NaN until there is something to go by."""
        self._sum = 0.0
        self._count = 0

    def add(self, value: float) -> None:
        """Take in one value; NaN is passed over."""
        if math.isnan(value):
            return
        self._count = min(self._count + 1, FIRST + 1)
        if self._count <= FIRST:
            self._sum += value
            self.value = self._sum / self._count
        else:
            self.value += math.copysign(min(SMALLEST_STEP, abs(value - self.value)), value - self.value)
