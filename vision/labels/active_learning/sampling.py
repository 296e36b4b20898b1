"""How many pictures a camera gives: few, spread over the hour, the most doubtful of each stretch."""

from vision.labels.active_learning.uncertainty import Judged

HOUR_S = 3600.0


class Quota:
    """At most `per_hour` pictures of one camera in each hour of the clock.

    The hour is cut into as many stretches, and of each the frame with the highest score is kept. It holds one frame.
    """

    def __init__(self, per_hour: int) -> None:
        self._stretch_s = HOUR_S / per_hour
        self._stretch: int | None = None
        self._best: Judged | None = None

    def turn(self, judged: Judged) -> Judged | None:
        """Time goes on to this frame. Returns the best of the stretch that is over with it, if any."""
        stretch = int(judged.frame.captured_at.timestamp() // self._stretch_s)
        if stretch == self._stretch:
            return None
        self._stretch = stretch
        return self.finish()

    def wants(self, judged: Judged) -> bool:
        """Whether it would be the best of its stretch so far."""
        return bool(judged.doubts) and (self._best is None or judged.score > self._best.score)

    def keep(self, judged: Judged) -> None:
        """It is the best so far."""
        self._best = judged

    def finish(self) -> Judged | None:
        """The best of the stretch that has begun, once."""
        best, self._best = self._best, None
        return best
