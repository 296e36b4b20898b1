"""How a long operation reports its progress."""

from collections.abc import Callable

Report = Callable[[str, int, int | None], None]
"""Called with the step, the bytes done and the bytes in all (None where unknown)."""


def quiet(_step: str, _done: int, _total: int | None) -> None:
    """Ignore the progress."""
