"""Limits how many frames a camera gives: the most uncertain one of each interval of the hour."""

from vision.labels.active_learning.uncertainty import ScoredFrame

HOUR_S = 3600.0


class Quota:
    """Selects at most `per_hour` frames of one camera in each clock hour.

    The hour is divided into as many intervals; the frame with the highest score of each is selected. Holds one frame.
    """

    def __init__(self, per_hour: int) -> None:
        self._interval_s = HOUR_S / per_hour
        self._interval: int | None = None
        self._best: ScoredFrame | None = None

    def advance(self, frame: ScoredFrame) -> ScoredFrame | None:
        """Advance to the time of this frame. Returns the best frame of an interval that ends with it, if any."""
        interval = int(frame.frame.captured_at.timestamp() // self._interval_s)
        if interval == self._interval:
            return None
        self._interval = interval
        return self.finish()

    def accepts(self, frame: ScoredFrame) -> bool:
        """Whether this frame is the best of its interval up to now."""
        return bool(frame.reasons) and (self._best is None or frame.score > self._best.score)

    def keep(self, frame: ScoredFrame) -> None:
        """Keep this frame as the best of its interval."""
        self._best = frame

    def finish(self) -> ScoredFrame | None:
        """The best frame of the interval that has begun; returned once."""
        best, self._best = self._best, None
        return best
