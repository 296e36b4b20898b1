"""Every threshold is a documented parameter: what it is, the effect of raising it, where its value comes from."""

import pytest
from parameters import Group, Parameter, groups, page

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
