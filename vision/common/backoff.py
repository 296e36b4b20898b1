"""How long to wait before the next attempt: longer each time, and never all cameras at once."""

import secrets

FIRST_WAIT_S = 0.5


class Backoff:
    """Doubling waits up to a longest one, each shortened by chance by up to a half."""

    def __init__(self, at_most_s: float) -> None:
        self._at_most_s = at_most_s
        self._attempts = 0

    def next_wait_s(self) -> float:
        wait_s = min(FIRST_WAIT_S * 2.0 ** min(self._attempts, 30), self._at_most_s)
        self._attempts += 1
        return wait_s * (0.5 + secrets.randbelow(1001) / 2000)

    def reset(self) -> None:
        """It worked: the next failure is a first one."""
        self._attempts = 0
