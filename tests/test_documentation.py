"""The documentation names files, commands, settings, paths and event fields that exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from pydantic import SecretStr

from api.app import create_app
from api.settings import ServiceSettings
from vision.cli import build_app
from vision.common.object_class import ObjectClass
from vision.config.settings import WorkerSettings
from vision.contracts import IncidentKind, LiveView
from vision.contracts.base import Message
from vision.contracts.events import AnyEvent

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md")
    if path.name != "parameters.md"
}
INTEGRATORS = PAGES["docs/integrators.md"]
TOP_LEVEL = {path.name for path in ROOT.iterdir()} - {"shared", "site", "var"}
OF_THE_TESTS = {"NGATU_TRAIN_PYTHON"}
"""Variables that no settings class has."""


def quoted(text: str) -> list[str]:
    """What stands in backticks, outside of code blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def commands(group: typer.core.TyperGroup) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (name,)
        if isinstance(command, typer.core.TyperGroup):
            yield from ((name, *rest) for rest in commands(command))


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names_exist(page: str) -> None:
    names = [name for name in quoted(PAGES[page]) if "/" in name and name.split("/")[0] in TOP_LEVEL]
    assert [name for name in names if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_a_page_names_exist(page: str) -> None:
    group = typer.main.get_command(build_app())
    assert isinstance(group, typer.core.TyperGroup)
    known = set(commands(group))
    groups = {parts[0] for parts in known if len(parts) > 1}
    code = "\n".join(
        [*re.findall(r"```.*?```|^ {4}[^\n]*$", PAGES[page], re.DOTALL | re.MULTILINE), *quoted(PAGES[page])]
    )
    named = re.findall(r"^ *ngatu ([a-z][a-z-]*)(?: ([a-z][a-z-]*)\b(?![-/.]))?", code, re.MULTILINE)
    wrong = [
        (first, second)
        for first, second in named
        if (first,) not in known or (first in groups and second and (first, second) not in known)
    ]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES)
def test_variables_that_a_page_names_are_settings(page: str) -> None:
    known = {f"NGATU_{name.upper()}" for each in (ServiceSettings, WorkerSettings) for name in each.model_fields}
    assert set(re.findall(r"NGATU_[A-Z_]*[A-Z]", PAGES[page])) - known - OF_THE_TESTS == set()


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    """The service's description of itself."""
    return create_app(ServiceSettings(database=SecretStr("sqlite:///unused.sqlite3"))).openapi()


def fields_of(schema: object) -> Iterator[str]:
    """Names of properties at any depth of a JSON schema."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
    if isinstance(schema, dict | list):
        for part in schema.values() if isinstance(schema, dict) else schema:
            yield from fields_of(part)


def test_the_integrators_guide_names_every_path_of_the_service(openapi: dict[str, Any]) -> None:
    for path in openapi["paths"]:
        short = re.sub(r"\{(\w+?)_id\}", lambda found: "{signal}" if found[1] == "signal" else "{id}", path)
        assert short.removeprefix("/api/v1") in INTEGRATORS, path


def test_answers_in_the_integrators_guide_have_fields_of_the_service(openapi: dict[str, Any]) -> None:
    examples = "".join(re.findall(r"```json\n(.*?)```", INTEGRATORS, re.DOTALL))
    keys = set(re.findall(r'"([a-z_0-9]+)":', examples))
    known = {*fields_of(openapi), *fields_of(LiveView.model_json_schema())}
    facts, ids = set(quoted(INTEGRATORS.split("| `facts` |")[1].split("\n\n")[0])), {"north"}
    assert keys - known - facts - ids - {object_class.value for object_class in ObjectClass} == set()


def test_the_integrators_guide_names_every_field_of_every_event() -> None:
    section = INTEGRATORS.split("## Server-sent events")[1].split("\n## ")[0]
    rows = {row.split("|")[1].strip(): row for row in section.splitlines() if row.startswith("| `")}
    for event in get_args(AnyEvent):
        kind = event.model_fields["kind"].default
        row = rows[f"`{kind}`"]
        fields = event.model_fields.keys() - Message.model_fields.keys() - {"kind"}
        text = INTEGRATORS if kind == "incident" else row
        marks = ("`{}`", '"{}"')
        assert [f for f in sorted(fields) if not any(mark.format(f) in text for mark in marks)] == []


def test_the_integrators_guide_names_every_kind_of_incident() -> None:
    section = INTEGRATORS.split("## Incidents")[1].split("\n## ")[0]
    rows = {name for row in section.splitlines() if row.startswith("| `") for name in quoted(row.split("|")[1])}
    assert rows - {"incident_kind"} == {kind.value for kind in IncidentKind}
