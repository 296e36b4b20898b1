"""Chooses the frames of a stream that are analysed at a given rate."""


class FrameSampler:
    """Chooses frames so that on average `fps` of them are due per second.

    It uses media time, not a frame count: variable frame rates and lost frames do not bias it, and 12 of 30 fps are 12,
    not 10 or 15. All frames of a stream slower than `fps` are due; without `fps`, every frame is.

    Examples:
        >>> sampler = FrameSampler(fps=10)
        >>> sum(sampler.due(n / 25) for n in range(25))
        10
    """

    def __init__(self, fps: float | None = None) -> None:
        if fps is not None and fps <= 0:
            raise ValueError(f"the sampling rate must be above 0 frames per second, got {fps}")
        self._step_s = None if fps is None else 1 / fps
        self._due_at_s: float | None = None
        self._last_s = 0.0

    def due(self, media_time_s: float) -> bool:
        """Whether the frame of this media time (seconds, rising from call to call) is due.

        A frame is due when no later one is expected nearer to the ideal time: at most half the latest frame interval
        early.
        """
        if self._step_s is None:
            return True
        interval_s = media_time_s - self._last_s
        self._last_s = media_time_s
        if self._due_at_s is None:
            self._due_at_s = media_time_s
        lateness_s = media_time_s - self._due_at_s
        if lateness_s < -min(interval_s, self._step_s) / 2:
            return False
        is_behind = lateness_s >= self._step_s
        self._due_at_s = (media_time_s if is_behind else self._due_at_s) + self._step_s
        return True
