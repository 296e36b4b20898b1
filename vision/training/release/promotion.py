"""Promotes a model to the default of this machine: one line in a file that all workers poll."""

from datetime import datetime
from pathlib import Path

from pydantic import Field

from vision.common.atomic_file import write_atomically
from vision.common.digest import sha256_of
from vision.config.base import Config
from vision.core import ModelError
from vision.detection.loading import locate
from vision.detection.models.cards import DEFAULT_MODEL, ModelCard, default_model, default_pointer, find_card
from vision.training.evaluation.report import Evaluation


class PromotionRecord(Config):
    """The record of one promotion, kept in the folder of the model's card."""

    model: str = Field(title="Model", description="The new default.")
    before: str = Field(title="Before", description="The previous default.")
    at: datetime = Field(title="When", description="UTC.")
    passed: bool = Field(title="Passed", description="Whether the gate passed it.")
    worse: tuple[str, ...] = Field((), title="Worse", description="The findings of the gate.")
    reason: str | None = Field(None, title="Reason", description="Why it was promoted despite the gate.")


def promote(
    name: str, evaluation: Evaluation | None, *, at: datetime, force: bool = False, reason: str | None = None
) -> PromotionRecord:
    """Make a model the default if an evaluation of its file against the present default passed the gate.

    Returning to the model that comes with ngatu needs no evaluation. With `force` and a written reason the model is
    promoted regardless, and the record says so. Raises ModelError if the model is refused.
    """
    file, card = locate(name)
    if card is None:
        raise ModelError(f"model {name}: only a model with a card can be the default; add it by `ngatu models add`")
    before = default_model()
    objections = _objections(card, file, evaluation, before)
    if objections and not (force and (reason or "").strip()):
        raise ModelError(
            f"model '{card.name}' is not made the default: {'; '.join(objections)}. "
            'Train it further, or promote it regardless by --force --reason "…", which is recorded'
        )
    record = PromotionRecord(
        model=card.name,
        before=before,
        at=at,
        passed=not objections,
        worse=tuple(objections),
        reason=reason if force else None,
    )
    _append(record)
    _write_atomically(default_pointer(), card.name + "\n")
    return record


def records_file(name: str) -> Path:
    """The file of a model's promotions, one JSON document per line."""
    return default_pointer().with_name(f"{find_card(name).name}.promotions.jsonl")


def _objections(card: ModelCard, file: Path, evaluation: Evaluation | None, before: str) -> list[str]:
    if card.name in {before, DEFAULT_MODEL}:
        return []
    if evaluation is None:
        return [f"no evaluation was given (`ngatu models evaluate {card.name} --against {before} --save FILE`)"]
    if evaluation.model.sha256 != sha256_of(file):
        return [f"the evaluation is of another file, {evaluation.model.name}"]
    if evaluation.against is None or evaluation.against.sha256 != _present_digest(before):
        return [f"the evaluation is not against the present default, '{before}'"]
    return list(evaluation.worse)


def _present_digest(name: str) -> str:
    file, _ = locate(name)
    return sha256_of(file)


def _append(record: PromotionRecord) -> None:
    file = records_file(record.model)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        out.write(record.model_dump_json() + "\n")


def _write_atomically(file: Path, text: str) -> None:
    """Replace a small file atomically."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, text.encode())
