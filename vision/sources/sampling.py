"""Which of a stream's frames are looked at: the only place that turns a wanted rate into a choice of frames."""


class FrameSampler:
    """Chooses frames of a stream so that on average `fps` of them are due a second.

    It goes by media time, never by counting, so variable frame rates and lost frames do not bias it: of 30 fps, a
    wanted 12 gives 12, not 10 or 15. A stream slower than `fps` is used whole. Without `fps`, every frame is due.
    """

    def __init__(self, fps: float | None = None) -> None:
        if fps is not None and fps <= 0:
            raise ValueError(f"the wanted rate must be above 0 frames a second, got {fps}")
        self._step_s = None if fps is None else 1 / fps
        self._due_at_s: float | None = None
        self._last_s = 0.0

    def due(self, media_time_s: float) -> bool:
        """Whether the frame of this media time (seconds, rising from call to call) is to be looked at.

        A frame is taken when no later one can be expected to lie nearer to the due moment: half the latest frame
        interval early at most.
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
