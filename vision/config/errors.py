"""Errors in a config file: the place, what is wrong, and the remedy."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vision.common.errors import NgatuError
from vision.common.redaction import redact


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One mistake. `line` and `column` count from 1; None for the file as a whole."""

    path: Path | None
    line: int | None
    column: int | None
    key: str
    """The path to the value through maps and lists, such as `lines.0.end.1`; empty for the file as a whole."""
    message: str
    remedy: str

    def __post_init__(self) -> None:
        """Remove credentials: keys and values of a broken file may hold them."""
        for name in ("key", "message", "remedy"):
            object.__setattr__(self, name, redact(getattr(self, name)))

    def __str__(self) -> str:
        """`camera_configs/nts-01.yaml:12: lines.0.end.1: 1.4 is more than 1: write a number up to 1`."""
        place = str(self.path) if self.path else ""
        if self.path and self.line is not None:
            place = f"{place}:{self.line}"
        return ": ".join(part for part in (place, self.key, self.message, self.remedy) if part)


class ConfigError(NgatuError):
    """A config that cannot be used. Never holds a secret: values of addresses are left out."""

    def __init__(self, problems: Iterable[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @classmethod
    def single(
        cls,
        message: str,
        remedy: str,
        *,
        path: Path | None = None,
        line: int | None = None,
        column: int | None = None,
        key: str = "",
    ) -> "ConfigError":
        """An error of one problem."""
        return cls([ConfigProblem(path, line, column, key, message, remedy)])
