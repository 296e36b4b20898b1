"""What people should look at, the most useful look first, and what they have corrected: a line of JSON a picture."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from vision.common.object_class import ObjectClass
from vision.labels.errors import LabelError

REVIEW_FILE = "review.jsonl"


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Kind(StrEnum):
    """Why a place is doubtful."""

    VOTE = "vote"
    """Some see it, too few to believe it, or too few to be sure."""
    CLASS = "class"
    """Something is there, and models name it differently."""
    TRACK = "track"
    """A track passes here, and no model sees anything."""


class Question(_Line):
    """A place in a picture that a person should decide on."""

    kind: Kind
    object_class: ObjectClass
    box: tuple[float, float, float, float]
    """Left, top, right, bottom in pixels."""
    said_by: tuple[str, ...]
    """Who sees it: models by name, `track` for the tracker."""
    bits: float
    """How much an answer tells: 1 where votes are even, 0 where all agree."""


class State(StrEnum):
    PROPOSED = "proposed"
    CORRECTED = "corrected"
    """A person has looked at it."""


class Review(_Line):
    """One picture."""

    picture: str
    state: State
    questions: tuple[Question, ...] = ()
    corrected_at: AwareDatetime | None = None
    corrected_in: str = ""
    """The file the corrected labels came from."""

    @property
    def usefulness(self) -> float:
        """Bits that a person's look would tell; none once it was looked at."""
        return 0.0 if self.state is State.CORRECTED else sum(question.bits for question in self.questions)


def read_reviews(folder: Path) -> dict[str, Review]:
    """The reviews by picture; none where there is no file. Raises LabelError naming the line."""
    file = folder / REVIEW_FILE
    if not file.is_file():
        return {}
    found: dict[str, Review] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            review = Review.model_validate_json(line)
        except ValidationError as error:
            why = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the line'}: {e['msg']}" for e in error.errors())
            raise LabelError.single(file, why, "mend the line, or propose anew", line=number) from None
        found[review.picture] = review
    return found


def write_reviews(folder: Path, reviews: Iterable[Review]) -> None:
    """Write them all, the most useful look first; whole or not at all."""
    ordered = sorted(reviews, key=lambda review: (-review.usefulness, review.picture))
    scratch = folder / f"{REVIEW_FILE}.part"
    scratch.write_text("".join(review.model_dump_json() + "\n" for review in ordered), encoding="utf-8")
    scratch.replace(folder / REVIEW_FILE)
