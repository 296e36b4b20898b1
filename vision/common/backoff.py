"""How long to wait before the next attempt after repeated failures."""

import secrets


class Backoff:
    """Waits that double from `first_s` up to `longest_s`.

    `jitter` shortens each wait by a random part of it, at most that much, so that many cameras or workers do not try
    again at the same moment. 0: the waits are exact.

    Examples:
        >>> backoff = Backoff(first_s=1, longest_s=5)
        >>> [backoff.next_wait_s() for _ in range(4)]
        [1.0, 2.0, 4.0, 5.0]
        >>> backoff.reset()
        >>> backoff.next_wait_s()
        1.0
    """

    def __init__(self, *, first_s: float, longest_s: float, jitter: float = 0.0) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._jitter = jitter
        self._failures = 0

    def next_wait_s(self) -> float:
        """Seconds to wait after one more failure."""
        wait_s = float(min(self._first_s * 2.0 ** min(self._failures, 30), self._longest_s))
        self._failures += 1
        return wait_s * (1 - self._jitter * secrets.randbelow(1001) / 1000)

    def reset(self) -> None:
        """Start from the first wait again, after a success."""
        self._failures = 0
