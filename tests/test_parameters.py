"""Every threshold is a documented parameter: what it is, the effect of raising it, where its value comes from."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from parameters import ROOT, Group, Parameter, groups, page

GROUPS = list(groups())


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_every_parameter_is_documented(group: Group) -> None:
    assert group.text, f"{group.module}.{group.name} has no docstring"
    lacking = [p.name for p in group.parameters if not (p.default and p.meaning and p.effect and p.source)]
    assert not lacking, f"{group.module}.{group.name}: default, meaning, effect or source is missing of {lacking}"


def test_the_page_has_every_parameter() -> None:
    text = page(GROUPS)
    for group in GROUPS:
        assert f"## {group.name}\n" in text
        for parameter in group.parameters:
            assert f"| `{parameter.name}` | `{parameter.default}` |" in text


def test_a_docstring_is_split_into_meaning_effect_and_source() -> None:
    text = "Tracks are looked for this long, seconds. Longer: more occlusions bridged. Source: chosen."
    parameter = Parameter("max_gap_s", "1.5", text)
    assert parameter.meaning == "Tracks are looked for this long, seconds."
    assert parameter.effect == "Longer: more occlusions bridged."
    assert parameter.source == "chosen."


LOOSE_ALLOWED = {
    "KMH_PER_MPS": "unit",
    "KMH_PER_MPH": "unit",
    "STD_PER_MEDIAN": "statistics of the normal distribution",
    "MEDIAN_TO_STD": "statistics of the normal distribution",
    "FIRST_ROWS": "initial size of a table that grows",
    "NEGLIGIBLE_S": "avoids a division by zero",
    "LIBRARY_FPS": "the frame rate that the tracker library assumes",
    "MAX_FRAMES": "size of a buffer",
    "VELOCITIES": "size of a buffer",
    "POSITIONS": "size of a buffer",
    "OUTLINE_MARGIN_PX": "size of an image filter",
    "TOLERANCE_S": "rounding of times",
}
"""By module constant of the stages: why it is no parameter."""


def numbers(file: Path) -> Iterator[str]:
    """Names of the module constants that are plain numbers."""
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            values = ast.literal_eval(statement.value) if _is_literal(statement.value) else None
            if isinstance(values, int | float) and not isinstance(values, bool):
                yield from (target.id for target in targets if isinstance(target, ast.Name))


def _is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant))


@pytest.mark.parametrize("package", ["analytics", "tracking", "image"])
def test_no_threshold_is_a_loose_constant(package: str) -> None:
    files = sorted((ROOT / "vision" / package).rglob("*.py"))
    loose = [f"{file.relative_to(ROOT)}: {name}" for file in files for name in numbers(file)]
    unexplained = [each for each in loose if each.rsplit(" ", 1)[1] not in LOOSE_ALLOWED]
    assert not unexplained, "make them fields of a documented ...Parameters dataclass:\n" + "\n".join(unexplained)
