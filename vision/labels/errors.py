"""Errors in labels that people or other tools wrote: where, what, and how to fix it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vision.core import NgatuError


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in one file.

    Examples:
        >>> print(Problem(Path("labels/train/a.txt"), "class 9 is unknown", "the classes are 0 to 5", line=3))
        labels/train/a.txt:3: class 9 is unknown: the classes are 0 to 5
    """

    path: Path
    message: str
    remedy: str
    line: int | None = None
    """From 1; None for a problem of the whole file, or of a document without lines."""
    place: str = ""
    """Location in a document without lines: `annotations.3.bbox`."""

    def __str__(self) -> str:
        where = str(self.path) if self.line is None else f"{self.path}:{self.line}"
        return ": ".join(part for part in (where, self.place, self.message, self.remedy) if part)


class LabelError(NgatuError):
    """Labels, or a data set, that cannot be used; `problems` lists every mistake."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @classmethod
    def single(cls, path: Path, message: str, remedy: str, *, line: int | None = None, place: str = "") -> "LabelError":
        """An error with one problem."""
        return cls([Problem(path, message, remedy, line, place)])
