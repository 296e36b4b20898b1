"""A running median in constant memory."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunningMedianParameters:
    """How fast the median follows."""

    mean_count: int = 20
    """The first values are averaged; the median is followed from there. More: a better start, known later. Source:
    chosen."""
    max_step: float = 0.0005
    """Largest change by one value, in the value's unit. Larger: follows faster, and is misled faster by odd values.
    Source: chosen."""


DEFAULTS = RunningMedianParameters()


class RunningMedian:
    """Follows the median of values by small steps towards each: stochastic approximation (Robbins and Monro 1951).

    Examples:
        >>> median = RunningMedian()
        >>> for value in [0.4] * 30 + [0.9]:
        ...     median.add(value)
        >>> round(median.value, 4)
        0.4005
    """

    def __init__(self, parameters: RunningMedianParameters = DEFAULTS) -> None:
        self.value = math.nan
        """NaN before the first value."""
        self._parameters = parameters
        self._sum = 0.0
        self._count = 0

    def add(self, value: float) -> None:
        """Adds one value; NaN is ignored."""
        if math.isnan(value):
            return
        p = self._parameters
        self._count = min(self._count + 1, p.mean_count + 1)
        if self._count <= p.mean_count:
            self._sum += value
            self.value = self._sum / self._count
        else:
            self.value += math.copysign(min(p.max_step, abs(value - self.value)), value - self.value)
