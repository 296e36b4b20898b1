"""Writes the page of parameters from the dataclasses that hold them: `python parameters.py docs/parameters.md`."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EFFECT = re.compile(r"\b(?:Higher|Longer|Larger|More): ")
SOURCE = re.compile(r"\bSource: ")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One field of a `...Parameters` dataclass."""

    name: str
    default: str
    text: str

    @property
    def meaning(self) -> str:
        """What it is, without effect and source."""
        return re.split(rf"{EFFECT.pattern}|{SOURCE.pattern}", self.text)[0].strip()

    @property
    def effect(self) -> str:
        """What raising it does, such as `Longer: more occlusions bridged.`; empty where the docstring has none."""
        found = EFFECT.search(self.text)
        return SOURCE.split(self.text[found.start() :])[0].strip() if found else ""

    @property
    def source(self) -> str:
        """Where the value comes from; empty where the docstring has none."""
        parts = SOURCE.split(self.text, maxsplit=1)
        return parts[1].strip() if len(parts) == 2 else ""


@dataclass(frozen=True, slots=True)
class Group:
    """A dataclass of parameters."""

    module: str
    name: str
    text: str
    parameters: tuple[Parameter, ...]


def groups(package: Path = ROOT / "vision") -> Iterator[Group]:
    """Every dataclass whose name ends in `Parameters`, in the order of modules."""
    for file in sorted(package.rglob("*.py")):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and node.name.endswith("Parameters"):
                yield Group(module, node.name, ast.get_docstring(node) or "", tuple(_parameters(node)))


def _parameters(node: ast.ClassDef) -> Iterator[Parameter]:
    for statement, following in zip(node.body, [*node.body[1:], None], strict=True):
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
            continue
        text = ""
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            text = " ".join(str(following.value.value).split())
        default = ast.unparse(statement.value) if statement.value else ""
        yield Parameter(statement.target.id, default, text)


def page(found: list[Group]) -> str:
    """The page as Markdown."""
    lines = [
        "# Parameters",
        "",
        "Every threshold of the analytics, with its default, the effect of raising it, and where the value comes from.",
        "What an operator sets is in the [camera file](cameras.md); these are for developers and researchers, who pass",
        "them to the stage that they belong to. Units are in the names: `_s` seconds, `_m` metres, `_mps` metres per",
        "second, `_px` pixels; a ratio has none.",
        "",
        "This page is generated from the dataclasses.",
    ]
    for group in found:
        lines += ["", f"## {group.name}", "", f"`{group.module}`: {' '.join(group.text.split())}", ""]
        lines += ["| parameter | default | meaning | effect of raising it | source |", "|---|---|---|---|---|"]
        lines += [
            f"| `{p.name}` | `{p.default}` | {_cell(p.meaning)} | {_cell(p.effect)} | {_cell(p.source)} |"
            for p in group.parameters
        ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(list(groups())), encoding="utf-8")
