"""Adds a model file of the user: identifies it, copies it into the cache and writes its card."""

import re
from pathlib import Path

from ruamel.yaml import YAML

from vision.common.paths import cache_dir
from vision.core import ModelError
from vision.detection.class_map import unmapped
from vision.detection.loading import build_detector
from vision.detection.models.cards import FileSource, ModelCard, load_cards, read_card
from vision.detection.models.pull import put_into_cache
from vision.detection.models.self_test import SelfTestResult, run_self_test
from vision.detection.models.trial import try_out
from vision.detection.session import Session


def add(file: Path, *, name: str | None = None, card_file: Path | None = None) -> tuple[ModelCard, SelfTestResult]:
    """Test a model file and, if it passes, copy it with a card into the cache, where it is found by name.

    `card_file` is a card with what the file lacks, such as class names or another input. Raises ModelError naming the
    file and what was expected; nothing of it is in the cache then.
    """
    try_out(file, card_file)
    session = Session(file)
    given = read_card(card_file) if card_file else None
    detector = build_detector(session, given)
    card = (given or _card(detector.model.licence, file)).model_copy(
        update={
            "name": name or (given.name if given else _name(file)),
            "family": detector.model.family,
            "names": detector.model.names,
            "source": FileSource(kind="file", origin=str(file.resolve())),
            "sha256": None,
        }
    )
    _check_name_is_free(card)
    result = run_self_test(detector)
    if result.passed and not unmapped(detector.model.names, detector.model.classes):
        store(file, card)
    return card, result


def store(file: Path, card: ModelCard) -> None:
    """Put a model that has been tested into the cache, where its card is found by name."""
    put_into_cache(file, card.name)
    _write(card)


def _card(licence: str, file: Path) -> ModelCard:
    source = FileSource(kind="file", origin=str(file))
    return ModelCard(name=_name(file), title=f"Added from {file.name}", licence=licence, source=source)


def _name(file: Path) -> str:
    """The file's name, reduced to the characters that a card allows."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem).lstrip("._-") or "model"


def _check_name_is_free(card: ModelCard) -> None:
    known = load_cards().get(card.name)
    if known and known.source.kind != "file":
        raise ModelError(f"model '{card.name}': a card that comes with ngatu has this name; choose another by --name")


def _write(card: ModelCard) -> None:
    yaml = YAML()
    content = card.model_dump(mode="json", exclude_none=True)
    file = cache_dir("models") / f"{card.name}.yaml"
    with file.open("w", encoding="utf-8") as out:
        yaml.dump(content, out)
