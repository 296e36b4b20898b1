"""Hysteresis over time: a condition begins or ends only after most observations have shown it for long enough."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HysteresisParameters:
    """How much one observation counts."""

    max_step_s: float = 2.0
    """One observation counts for at most this long, seconds: what happened in a gap is unknown. Longer: after gaps,
    fewer observations decide. Source: chosen."""


DEFAULTS = HysteresisParameters()


class Hysteresis:
    """A condition with a minimum time to begin and one to end.

    A single contrary observation delays it by its own share only: a bus in front of the lens, or one good frame in fog,
    decides nothing.

    Examples:
        >>> raining = Hysteresis(begin_after_s=2.0, end_after_s=2.0)
        >>> [raining.update(True, at_s) for at_s in (0.0, 1.0, 2.0)]
        [False, False, True]
        >>> raining.update(False, 3.0)
        True
    """

    def __init__(self, begin_after_s: float, end_after_s: float, parameters: HysteresisParameters = DEFAULTS) -> None:
        self.holds = False
        self._begin_after_s = begin_after_s
        self._end_after_s = end_after_s
        self._max_step_s = parameters.max_step_s
        self._level = 0.0
        self._observed_s: float | None = None

    def update(self, observed: bool | None, at_s: float) -> bool:
        """Adds an observation at `at_s`; None: undecided. Returns whether the condition holds."""
        passed_s = 0.0 if self._observed_s is None else at_s - self._observed_s
        self._observed_s = at_s
        if observed is not None:
            self._step(observed, min(max(passed_s, 0.0), self._max_step_s))
        return self.holds

    def _step(self, observed: bool, passed_s: float) -> None:
        """Moves the level from 0 to 1 within the time to begin, and back within the time to end."""
        required_s = self._begin_after_s if observed else self._end_after_s
        change = passed_s / required_s if required_s > 0 else 1.0
        self._level = min(1.0, self._level + change) if observed else max(0.0, self._level - change)
        if self._level >= 1.0 - 1e-9:
            self.holds = True
        elif self._level <= 1e-9:
            self.holds = False
