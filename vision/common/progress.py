"""How a long step says how far it is, without knowing who listens."""

from collections.abc import Callable

Report = Callable[[str, int, int | None], None]
"""What is being done, how many bytes of it, of how many (None where that is not known)."""


def quiet(_step: str, _done: int, _total: int | None) -> None:
    """Nobody listens."""
