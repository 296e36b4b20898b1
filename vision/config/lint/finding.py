"""One finding about a camera file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A likely mistake in a valid camera file.

    Examples:
        >>> str(Finding(("lines", 1), "it lies on line 'north'", "delete one"))
        "lines.1: it lies on line 'north': delete one"
    """

    key: tuple[int | str, ...]
    """The path to the culprit through maps and lists of the file."""
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.key))}: {self.message}: {self.remedy}"
