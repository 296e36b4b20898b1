"""Making a model the default of this machine: one line in a file, which every worker reads again and again."""

from datetime import datetime
from pathlib import Path

from pydantic import Field

from vision.common.atomic_file import write_whole
from vision.config.base import Config
from vision.core import ModelError
from vision.detection.cards import DEFAULT_MODEL, ModelCard, default_model, default_pointer, find_card
from vision.detection.loading import locate
from vision.training.data.yolo_dataset import file_digest
from vision.training.evaluation.report import Evaluation


class Promoted(Config):
    """The record of one promotion, kept beside the model's card."""

    model: str = Field(title="Model", description="Now the default.")
    before: str = Field(title="Before", description="The default until then.")
    at: datetime = Field(title="When", description="UTC.")
    passed: bool = Field(title="Passed", description="Whether the gate let it through.")
    worse: tuple[str, ...] = Field((), title="Worse", description="What the gate held against it.")
    reason: str | None = Field(None, title="Reason", description="Why it was promoted all the same.")


def promote(
    name: str, evaluation: Evaluation | None, *, at: datetime, force: bool = False, reason: str | None = None
) -> Promoted:
    """Make a model the default, if an evaluation of this very file against the present default found it no worse.

    Going back to the one that comes with ngatu needs none.
    With `force` and a written reason it is promoted all the same, and the record says so. Raises ModelError where it
    is refused.
    """
    file, card = locate(name)
    if card is None:
        raise ModelError(f"model {name}: only a model with a card can be the default; take it in by `ngatu models add`")
    before = default_model()
    against = _objections(card, file, evaluation, before)
    if against and not (force and (reason or "").strip()):
        raise ModelError(
            f"model '{card.name}' is not made the default: {'; '.join(against)}. "
            'Train it further, or promote it all the same by --force --reason "…", which is recorded'
        )
    record = Promoted(
        model=card.name,
        before=before,
        at=at,
        passed=not against,
        worse=tuple(against),
        reason=reason if force else None,
    )
    _remember(record)
    _whole(default_pointer(), card.name + "\n")
    return record


def records_file(name: str) -> Path:
    """Every promotion of a model, a JSON document a line."""
    return default_pointer().with_name(f"{find_card(name).name}.promotions.jsonl")


def _objections(card: ModelCard, file: Path, evaluation: Evaluation | None, before: str) -> list[str]:
    if card.name in {before, DEFAULT_MODEL}:
        return []
    if evaluation is None:
        return [f"no evaluation was given (`ngatu models evaluate {card.name} --against {before} --save FILE`)"]
    if evaluation.model.sha256 != file_digest(file):
        return [f"the evaluation is of another file, {evaluation.model.name}"]
    if evaluation.against is None or evaluation.against.sha256 != _present_digest(before):
        return [f"the evaluation is not against the present default, '{before}'"]
    return list(evaluation.worse)


def _present_digest(name: str) -> str:
    file, _ = locate(name)
    return file_digest(file)


def _remember(record: Promoted) -> None:
    file = records_file(record.model)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        out.write(record.model_dump_json() + "\n")


def _whole(file: Path, text: str) -> None:
    """Write a small file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, text.encode())
