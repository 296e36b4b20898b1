"""The words of the field: private words stay out of code, comments, documentation, pages and tests."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ENDINGS = (".py", ".ts", ".tsx", ".md", ".yaml", ".css", ".html")

INSTEAD = {
    r"trembl\w*": "jitter",
    r"leaps?|leapt|leaping": "ID switch, or jump",
    r"heirs?|inherits?|inherited|bequeath\w*": "stitched track, successor, takes over",
    r"paces?|paced_s": "speed",
    r"hiders?": "occluder",
    r"sightings?|sighted": "observation",
    r"told|tells|telling": "reported, published, shown",
    r"lying": "road object",
    r"ledgers?": "history, lifecycle, log",
    r"whoever|whosoever": "the vehicle that",
    r"standers?": "stopped vehicle",
    r"last_?words": "final result",
    r"taught": "learned state",
    r"travelled_m": "displacement_m",
    r"foot_px|feet_px": "bottom_center_px",
    r"still_since_s": "stopped_since_s",
    r"swift\w*|brisk\w*": "fast",
    r"gerunds?|tellers?": "name the thing",
    r"learnt": "learned",
    r"anew|afresh": "again; starts again, restarts",
    r"believed|everybody": "accepted, used; all",
    r"stood": "was, was stopped",
    r"untold": "undecided",
    r"for certain|at last": "certainly; finally",
}
"""By private word (a regular expression over whole words of prose and parts of names): the field's."""

PEOPLE = {r"he|him|his|himself": "it, the vehicle, the person, the operator", r"who|whom|whose": "that, which"}
"""Pronouns for persons: no vehicle is one."""
NO_PERSONS = ("vision/analytics/", "vision/tracking/", "vision/geometry/", "vision/core/")
"""Where nothing but road users is spoken of."""

ALLOWED: dict[str, str] = {
    "tests/test_vocabulary.py": "names them",
    "CHANGELOG.md": "says what was renamed",
    "models/traffic26n/card.md": "is written by the release that it describes",
}
"""By file, or by folder: why private words may stand there."""

QUOTED: dict[str, tuple[str, ...]] = {
    "api/storage/types.py": ("inherit_cache",),
    "api/web/src/styles/base.css": (": inherit;",),
    "api/web/src/styles/detail.css": (": inherit;",),
    "api/web/src/styles/page.css": (": inherit;",),
    "vision/config/zones.py": ('"told":',),
    "vision/training/evaluation/report.py": ('"untold"', "`untold`"),
    "tests/training/test_gate.py": ('"untold"',),
    "vision/contracts/keys.py": (":health-told", ":signals-told"),
    "docs/cameras.md": ("`told`",),
    "docs/integrators.md": (":health-told",),
    "docs/labels.md": ("ledger.jsonl",),
    "vision/labels/data_set/data_set.py": ("ledger.jsonl",),
    "vision/labels/data_set/provenance.py": ("ledger.jsonl",),
    "tests/labels/test_validation.py": ("ledger.jsonl",),
    "tests/config/test_schema.py": ('"told"',),
}
"""By file: names that it cannot choose, of earlier versions, CSS and libraries; lines with them may stay."""


def _pattern(words: dict[str, str]) -> re.Pattern[str]:
    # A part of snake_case, CamelCase or prose: no lower-case letter may go on behind it.
    lower = "|".join(words)
    camel = "|".join(word[0].upper() + word[1:] for each in words for word in each.split("|"))
    return re.compile(rf"(?<![A-Za-z])(?:{lower})(?![a-z])|(?<![A-Z])(?:{camel})(?![a-z])")


def _files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [name for name in listed.stdout.splitlines() if name.endswith(ENDINGS) and (ROOT / name).is_file()]


def _found(name: str, words: dict[str, str]) -> list[str]:
    pattern, quoted = _pattern(words), QUOTED.get(name, ())
    lines = enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1)
    found = ((n, line, pattern.search(line)) for n, line in lines if not any(text in line for text in quoted))
    return [f"{name}:{n}: {hit[0]}: {line.strip()[:90]}" for n, line, hit in found if hit]


def _is_checked(name: str) -> bool:
    return not name.startswith(tuple(ALLOWED))


def test_no_private_words() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    found = []
    for name in filter(_is_checked, _files()):
        found += _found(name, INSTEAD)
        if name.startswith(NO_PERSONS):
            found += _found(name, PEOPLE)
    assert not found, "private words (see INSTEAD and PEOPLE for the field's):\n" + "\n".join(found)


@pytest.mark.parametrize("text", ["a box that trembles", "leapt_px", "HeirFinder", "SignalTold", "self._told_s = 0"])
def test_private_words_are_found_in_prose_and_names(text: str, tmp_path: Path) -> None:
    assert _pattern(INSTEAD).search(text)


@pytest.mark.parametrize("text", ["space", "workspace_px", "this", "when", "underlying", "the", "Whole"])
def test_parts_of_other_words_are_not_private(text: str) -> None:
    assert not _pattern(INSTEAD | PEOPLE).search(text)
