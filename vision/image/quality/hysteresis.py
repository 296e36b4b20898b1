"""Patience: what is seen at most looks for long enough holds, and ceases to hold the same way."""


class Hysteresis:
    """A condition with a minimum time to begin and one to end.

    A single look that says otherwise sets it back by its own share only, so that a bus in front of the lens or one
    good frame in the fog decides nothing.
    """

    LONGEST_STEP_S = 2.0
    """A look speaks for no more than this: after a gap nobody knows what was between."""

    def __init__(self, begin_after_s: float, end_after_s: float) -> None:
        self.holds = False
        self._begin_after_s = begin_after_s
        self._end_after_s = end_after_s
        self._level = 0.0
        self._looked_at_s: float | None = None

    def update(self, seen: bool | None, at_s: float) -> bool:
        """Whether it holds at `at_s`, after this look; `None`: the look says nothing."""
        since_s = 0.0 if self._looked_at_s is None else at_s - self._looked_at_s
        self._looked_at_s = at_s
        if seen is not None:
            self._step(seen, min(max(since_s, 0.0), self.LONGEST_STEP_S))
        return self.holds

    def _step(self, seen: bool, passed_s: float) -> None:
        """The level goes from 0 to 1 within one patience and back within the other."""
        patience_s = self._begin_after_s if seen else self._end_after_s
        change = passed_s / patience_s if patience_s > 0 else 1.0
        self._level = min(1.0, self._level + change) if seen else max(0.0, self._level - change)
        if self._level >= 1.0 - 1e-9:
            self.holds = True
        elif self._level <= 1e-9:
            self.holds = False
