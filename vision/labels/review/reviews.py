"""Reviews: which pictures people should correct first, and which they corrected; one JSON line per picture."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from vision.common.object_class import ObjectClass
from vision.labels.errors import LabelError

REVIEW_FILE = "review.jsonl"


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class QuestionKind(StrEnum):
    """Why a box is uncertain."""

    VOTE = "vote"
    """Some models detect it: too few to accept it, or too few to be certain."""
    CLASS = "class"
    """Models detect an object there and disagree on its class."""
    TRACK = "track"
    """A track passes here, and no model detects an object."""


class Question(_Line):
    """A box in a picture that a person should decide on."""

    kind: QuestionKind
    object_class: ObjectClass
    box: tuple[float, float, float, float]
    """Left, top, right, bottom in pixels."""
    said_by: tuple[str, ...]
    """The models that detect it, by name; `track` for the tracker."""
    bits: float
    """Information of the answer: 1 if votes are even, 0 if all agree."""


class ReviewState(StrEnum):
    PROPOSED = "proposed"
    CORRECTED = "corrected"
    """A person has checked the labels."""


class Review(_Line):
    """The review of one picture."""

    picture: str
    state: ReviewState
    questions: tuple[Question, ...] = ()
    corrected_at: AwareDatetime | None = None
    corrected_in: str = ""
    """The file that the corrected labels came from."""

    @property
    def information_bits(self) -> float:
        """Information that a person's answers would give; 0 once the picture is corrected."""
        return 0.0 if self.state is ReviewState.CORRECTED else sum(question.bits for question in self.questions)


def read_reviews(folder: Path) -> dict[str, Review]:
    """Reviews by picture name; empty if the file does not exist. Raises LabelError with the line."""
    file = folder / REVIEW_FILE
    if not file.is_file():
        return {}
    reviews: dict[str, Review] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            review = Review.model_validate_json(line)
        except ValidationError as error:
            why = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the line'}: {e['msg']}" for e in error.errors())
            raise LabelError.single(file, why, "fix the line, or propose again", line=number) from None
        reviews[review.picture] = review
    return reviews


def write_reviews(folder: Path, reviews: Iterable[Review]) -> None:
    """Replace the file atomically, most informative pictures first."""
    ordered = sorted(reviews, key=lambda review: (-review.information_bits, review.picture))
    scratch = folder / f"{REVIEW_FILE}.part"
    scratch.write_text("".join(review.model_dump_json() + "\n" for review in ordered), encoding="utf-8")
    scratch.replace(folder / REVIEW_FILE)
