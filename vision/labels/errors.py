"""What is wrong with labels that people or other tools wrote: where, what, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vision.core import NgatuError


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in one file."""

    path: Path
    message: str
    remedy: str
    line: int | None = None
    """From 1; None where the file as a whole is meant, or `place` says it better."""
    place: str = ""
    """Where in a document without lines: `annotations.3.bbox`."""

    def __str__(self) -> str:
        """`labels/train/a.txt:3: class 9 is unknown: the classes are 0 to 5`."""
        where = str(self.path) if self.line is None else f"{self.path}:{self.line}"
        return ": ".join(part for part in (where, self.place, self.message, self.remedy) if part)


class LabelError(NgatuError):
    """Labels, or a data set of them, that cannot be used."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @classmethod
    def single(cls, path: Path, message: str, remedy: str, *, line: int | None = None, place: str = "") -> "LabelError":
        """An error of one problem."""
        return cls([Problem(path, message, remedy, line, place)])
