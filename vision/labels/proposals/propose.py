"""Labels that models agree on, and the questions where they do not."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES
from vision.core import Detections
from vision.geometry import iou
from vision.labels.data_set.data_set import DataSet, image_file, open_image, write_labels
from vision.labels.data_set.picture import Boxes, LabelledPicture
from vision.labels.data_set.provenance import Hint, read_ledger
from vision.labels.proposals.fusion import Fused, fuse
from vision.labels.review.reviews import Kind, Question, Review, State, read_reviews, write_reviews
from vision.worker.context import DetectorProtocol

BELIEVED = 0.25
"""A fused box less sure than this is noise."""
SMALLEST_PX = 8.0
"""Nobody labels what is smaller, in width or height."""
TRACK_IOU = 0.5
CONFLICT_IOU = 0.6
"""Fused boxes of two classes that overlap so much are one road user."""
TRACKER = "track"


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """What is proposed for one picture."""

    boxes: Boxes
    questions: tuple[Question, ...]


def propose(data: DataSet, models: Mapping[str, DetectorProtocol], *, again: bool = False) -> Iterator[Review]:
    """Propose labels for every picture that nobody has labelled, and write them; yields each picture's review.

    `again`: also for those that have proposed labels; what people corrected stays in any case.
    The reviews are written when all are done, and when the caller stops early.
    """
    ledger, reviews = read_ledger(data.folder), read_reviews(data.folder)
    try:
        for picture in to_propose(data, reviews, again=again):
            image = open_image(image_file(data.folder, picture))
            seen = {name: model.detect([image])[0] for name, model in models.items()}
            entry = ledger.get(picture.name)
            proposal = propose_picture(seen, entry.hints if entry else ())
            boxes = proposal.boxes.cut(picture.width_px, picture.height_px)
            size = picture.width_px, picture.height_px
            write_labels(data.folder, LabelledPicture(picture.name, picture.split, *size, boxes))
            review = Review(picture=picture.name, state=State.PROPOSED, questions=proposal.questions)
            reviews[picture.name] = review
            yield review
    finally:
        write_reviews(data.folder, reviews.values())


def to_propose(data: DataSet, reviews: Mapping[str, Review], *, again: bool = False) -> list[LabelledPicture]:
    """The pictures that are to be labelled: without labels, or with `again` those whose labels no person has seen."""
    proposed = {name for name, review in reviews.items() if review.state is State.PROPOSED}
    return [p for p in data.pictures if p.boxes is None or (again and p.name in proposed)]


def propose_picture(seen: Mapping[str, Detections], hints: Sequence[Hint] = ()) -> Proposal:
    """What models saw in a picture, and where tracks were, to labels and questions.

    A box is proposed where more than half of the voters agree: each model is one, and so is the tracker where it says
    anything of the picture.
    """
    names = (*seen, TRACKER) if hints else tuple(seen)
    fused = _worth_it(fuse(list(seen.values())))
    supported = _supported(fused, hints)
    voted = np.concatenate([fused.voted, supported[:, None]], axis=1) if hints else fused.voted
    agreed = 2 * voted.sum(axis=1) > len(names)
    beaten, conflicts = _conflicts(fused, voted)
    told = agreed & ~beaten
    ballot = _Ballot(fused, voted, names)
    questions = [
        *(ballot.vote(row) for row in np.flatnonzero(~beaten).tolist()),
        *(ballot.question(row, Kind.CLASS, bits=1.0) for row in conflicts),
        *(_track_question(hint) for hint in _unseen(fused, hints)),
    ]
    boxes = Boxes(fused.xyxy[told].astype(np.float64), fused.class_id[told])
    return Proposal(boxes, tuple(sorted((q for q in questions if q.bits > 0), key=lambda q: -q.bits)))


def _worth_it(fused: Fused) -> Fused:
    sides_px = fused.xyxy[:, 2:] - fused.xyxy[:, :2]
    return fused[np.flatnonzero((fused.confidence >= BELIEVED) & (sides_px >= SMALLEST_PX).all(axis=1))]


def _supported(fused: Fused, hints: Sequence[Hint]) -> NDArray[np.bool_]:
    """(N,): the fused boxes that a track of their class lies on."""
    if not hints or not len(fused):
        return np.zeros(len(fused), np.bool_)
    overlap = iou(fused.xyxy, np.array([hint.box for hint in hints], np.float32))
    same = fused.class_id[:, None] == np.array([hint.object_class.class_id for hint in hints])
    return np.asarray(((overlap >= TRACK_IOU) & same).any(axis=1), np.bool_)


def _conflicts(fused: Fused, voted: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], list[int]]:
    """(N,) whether another class's box with more votes, or surer, lies there; and the winners of such conflicts."""
    overlap = iou(fused.xyxy, fused.xyxy) >= CONFLICT_IOU
    rivals = overlap & (fused.class_id[:, None] != fused.class_id[None, :])
    strength = voted.sum(axis=1) + fused.confidence
    beaten = np.asarray((rivals & (strength[None, :] > strength[:, None])).any(axis=1), np.bool_)
    winners = [int(row) for row in np.flatnonzero(rivals.any(axis=1) & ~beaten)]
    return beaten, winners


def _unseen(fused: Fused, hints: Sequence[Hint]) -> list[Hint]:
    """The tracks where no model sees anything of any class."""
    if not len(fused):
        return list(hints)
    return [h for h in hints if iou(np.array([h.box], np.float32), fused.xyxy).max() < TRACK_IOU]


def _track_question(hint: Hint) -> Question:
    return Question(kind=Kind.TRACK, object_class=hint.object_class, box=hint.box, said_by=(TRACKER,), bits=1.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Ballot:
    """Fused boxes, and (N, voters) who is for each."""

    fused: Fused
    voted: NDArray[np.bool_]
    names: Sequence[str]

    def vote(self, row: int) -> Question:
        return self.question(row, Kind.VOTE, bits=_entropy(float(self.voted[row].mean())))

    def question(self, row: int, kind: Kind, *, bits: float) -> Question:
        left, top, right, bottom = (round(float(edge), 1) for edge in self.fused.xyxy[row])
        return Question(
            kind=kind,
            object_class=CLASSES[self.fused.class_id[row]],
            box=(left, top, right, bottom),
            said_by=tuple(name for name, vote in zip(self.names, self.voted[row], strict=True) if vote),
            bits=round(bits, 3),
        )


def _entropy(share: float) -> float:
    """Of a vote with this share of yes, in bits: 1 at even votes, 0 where all say the same."""
    if not 0 < share < 1:
        return 0.0
    return -(share * math.log2(share) + (1 - share) * math.log2(1 - share))
