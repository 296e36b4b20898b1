"""Proposes labels that most models agree on, and questions where they disagree."""

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
from vision.labels.data_set.provenance import Hint, read_provenance
from vision.labels.proposals.fusion import FusedBoxes, fuse
from vision.labels.review.reviews import Question, QuestionKind, Review, ReviewState, read_reviews, write_reviews
from vision.worker.context import DetectorProtocol

MIN_CONFIDENCE = 0.25
"""A fused box with a lower confidence is ignored."""
MIN_SIDE_PX = 8.0
"""A fused box that is narrower or lower is ignored: people do not label objects this small."""
TRACK_IOU = 0.5
"""A track supports a fused box from this IoU on."""
CONFLICT_IOU = 0.6
"""Fused boxes of two classes with at least this IoU are one road user."""
TRACKER = "track"


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """Proposed labels and open questions of one picture."""

    boxes: Boxes
    questions: tuple[Question, ...]


def propose(data: DataSet, models: Mapping[str, DetectorProtocol], *, again: bool = False) -> Iterator[Review]:
    """Propose and write labels for every unlabelled picture; yields the review of each.

    With `again` also for pictures that have proposed labels. Corrected labels are never replaced. The reviews are
    written at the end, also if the caller stops early.
    """
    provenance, reviews = read_provenance(data.folder), read_reviews(data.folder)
    try:
        for picture in pictures_to_label(data, reviews, again=again):
            image = open_image(image_file(data.folder, picture))
            detections = {name: model.detect([image])[0] for name, model in models.items()}
            entry = provenance.get(picture.name)
            proposal = propose_picture(detections, entry.hints if entry else ())
            boxes = proposal.boxes.clip(picture.width_px, picture.height_px)
            size = picture.width_px, picture.height_px
            write_labels(data.folder, LabelledPicture(picture.name, picture.split, *size, boxes))
            review = Review(picture=picture.name, state=ReviewState.PROPOSED, questions=proposal.questions)
            reviews[picture.name] = review
            yield review
    finally:
        write_reviews(data.folder, reviews.values())


def pictures_to_label(data: DataSet, reviews: Mapping[str, Review], *, again: bool = False) -> list[LabelledPicture]:
    """Pictures without labels; with `again` also those with labels that no person has checked."""
    proposed = {name for name, review in reviews.items() if review.state is ReviewState.PROPOSED}
    return [p for p in data.pictures if p.boxes is None or (again and p.name in proposed)]


def propose_picture(detections: Mapping[str, Detections], hints: Sequence[Hint] = ()) -> Proposal:
    """Labels and questions from the detections of models, by name, and the boxes of tracks.

    A box is proposed if more than half of the voters agree. Every model votes; the tracker votes if there are hints.
    """
    names = (*detections, TRACKER) if hints else tuple(detections)
    fused = _plausible(fuse(list(detections.values())))
    supported = _supported_by_tracks(fused, hints)
    voted = np.concatenate([fused.voted, supported[:, None]], axis=1) if hints else fused.voted
    agreed = 2 * voted.sum(axis=1) > len(names)
    outvoted, winners = _class_conflicts(fused, voted)
    accepted = agreed & ~outvoted
    ballot = _Ballot(fused, voted, names)
    questions = [
        *(ballot.vote_question(row) for row in np.flatnonzero(~outvoted).tolist()),
        *(ballot.question(row, QuestionKind.CLASS, bits=1.0) for row in winners),
        *(_track_question(hint) for hint in _undetected(fused, hints)),
    ]
    boxes = Boxes(fused.xyxy[accepted].astype(np.float64), fused.class_id[accepted])
    return Proposal(boxes, tuple(sorted((q for q in questions if q.bits > 0), key=lambda q: -q.bits)))


def _plausible(fused: FusedBoxes) -> FusedBoxes:
    sides_px = fused.xyxy[:, 2:] - fused.xyxy[:, :2]
    return fused[np.flatnonzero((fused.confidence >= MIN_CONFIDENCE) & (sides_px >= MIN_SIDE_PX).all(axis=1))]


def _supported_by_tracks(fused: FusedBoxes, hints: Sequence[Hint]) -> NDArray[np.bool_]:
    """(N,): whether a track of the same class overlaps the fused box."""
    if not hints or not len(fused):
        return np.zeros(len(fused), np.bool_)
    overlap = iou(fused.xyxy, np.array([hint.box for hint in hints], np.float32))
    same = fused.class_id[:, None] == np.array([hint.object_class.class_id for hint in hints])
    return np.asarray(((overlap >= TRACK_IOU) & same).any(axis=1), np.bool_)


def _class_conflicts(fused: FusedBoxes, voted: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], list[int]]:
    """(N,) whether a box of another class with more votes, or more confidence, overlaps; and the rows that won."""
    overlap = iou(fused.xyxy, fused.xyxy) >= CONFLICT_IOU
    rivals = overlap & (fused.class_id[:, None] != fused.class_id[None, :])
    strength = voted.sum(axis=1) + fused.confidence
    outvoted = np.asarray((rivals & (strength[None, :] > strength[:, None])).any(axis=1), np.bool_)
    winners = [int(row) for row in np.flatnonzero(rivals.any(axis=1) & ~outvoted)]
    return outvoted, winners


def _undetected(fused: FusedBoxes, hints: Sequence[Hint]) -> list[Hint]:
    """The tracks that overlap no fused box of any class."""
    if not len(fused):
        return list(hints)
    return [h for h in hints if iou(np.array([h.box], np.float32), fused.xyxy).max() < TRACK_IOU]


def _track_question(hint: Hint) -> Question:
    return Question(kind=QuestionKind.TRACK, object_class=hint.object_class, box=hint.box, said_by=(TRACKER,), bits=1.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Ballot:
    """Fused boxes and the votes for each, (N, voters)."""

    fused: FusedBoxes
    voted: NDArray[np.bool_]
    names: Sequence[str]

    def vote_question(self, row: int) -> Question:
        return self.question(row, QuestionKind.VOTE, bits=_entropy_bits(float(self.voted[row].mean())))

    def question(self, row: int, kind: QuestionKind, *, bits: float) -> Question:
        left, top, right, bottom = (round(float(edge), 1) for edge in self.fused.xyxy[row])
        return Question(
            kind=kind,
            object_class=CLASSES[self.fused.class_id[row]],
            box=(left, top, right, bottom),
            said_by=tuple(name for name, vote in zip(self.names, self.voted[row], strict=True) if vote),
            bits=round(bits, 3),
        )


def _entropy_bits(share: float) -> float:
    """Entropy of a vote with this share of yes: 1 bit for even votes, 0 if all agree."""
    if not 0 < share < 1:
        return 0.0
    return -(share * math.log2(share) + (1 - share) * math.log2(1 - share))
