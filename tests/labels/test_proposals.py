"""Weighted boxes fusion, proposed labels, and questions where models disagree."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.labels.labels_kit import assert_same, labelled, make_data_set, unlabelled
from vision.common.object_class import CLASSES, ObjectClass
from vision.core import Detections
from vision.labels.data_set.data_set import load
from vision.labels.data_set.provenance import Entry, Hint, append
from vision.labels.proposals import fuse, propose, propose_picture
from vision.labels.proposals.fusion import SAME_IOU
from vision.labels.review.reviews import QuestionKind, Review, ReviewState, read_reviews, write_reviews

CAR, BUS, RIDER = ObjectClass.CAR, ObjectClass.BUS, ObjectClass.MOTORCYCLE
Row = tuple[ObjectClass, tuple[float, float, float, float], float]
HERE = (100.0, 50.0, 160.0, 90.0)
NEAR = (104.0, 50.0, 164.0, 90.0)
THERE = (200.0, 50.0, 260.0, 90.0)


def found(*rows: Row) -> Detections:
    return Detections(
        xyxy=np.array([box for _, box, _ in rows], np.float32).reshape(-1, 4),
        confidence=np.array([confidence for _, _, confidence in rows], np.float32),
        class_id=np.array([kind.class_id for kind, _, _ in rows], np.int64),
    )


def hint(kind: ObjectClass, box: tuple[float, float, float, float], *, is_detected: bool = False) -> Hint:
    return Hint(track_id=1, object_class=kind, box=box, seen=is_detected)


def test_a_fused_box_is_the_mean_of_its_members_weighted_by_confidence() -> None:
    fused = fuse([found((CAR, HERE, 0.75)), found((CAR, NEAR, 0.25))])
    assert fused.xyxy.tolist() == [[101, 50, 161, 90]]
    assert fused.confidence.tolist() == [0.5]
    assert fused.votes.tolist() == [2]


def test_boxes_of_two_classes_or_of_one_model_are_not_fused() -> None:
    fused = fuse([found((CAR, HERE, 0.8), (CAR, NEAR, 0.6)), found((BUS, HERE, 0.7))])
    assert sorted(zip(fused.class_id.tolist(), fused.votes.tolist(), strict=True)) == [
        (CAR.class_id, 1),
        (CAR.class_id, 1),
        (BUS.class_id, 1),
    ]


@st.composite
def any_detections(draw: st.DrawFn) -> Detections:
    rows = []
    for _ in range(draw(st.integers(0, 5))):
        left, top = draw(st.integers(0, 200)), draw(st.integers(0, 100))
        box = (left, top, left + draw(st.integers(1, 100)), top + draw(st.integers(1, 80)))
        rows.append((draw(st.sampled_from(CLASSES)), box, draw(st.floats(0.125, 1, width=32))))
    return found(*rows)


@given(st.lists(any_detections(), min_size=1, max_size=4))
def test_every_box_joins_one_fused_box_within_the_hull_of_all_boxes(models: Sequence[Detections]) -> None:
    fused = fuse(models)
    assert fused.voted.sum(axis=0).tolist() == [len(one) for one in models]
    if len(fused):
        everything = np.concatenate([one.xyxy for one in models])
        assert (fused.xyxy >= everything.min(axis=0) - 1e-3).all()
        assert (fused.xyxy <= everything.max(axis=0) + 1e-3).all()


@given(st.lists(st.tuples(st.sampled_from(CLASSES), st.floats(0.5, 1, width=32)), max_size=8), st.integers(2, 4))
def test_boxes_that_all_models_agree_on_are_proposed_without_questions(
    rows: list[tuple[ObjectClass, float]], models: int
) -> None:
    apart = found(*((kind, (50.0 * n, 20.0, 50.0 * n + 40, 60.0), sure) for n, (kind, sure) in enumerate(rows)))
    proposal = propose_picture({f"m{n}": apart for n in range(models)})
    assert proposal.questions == ()
    assert sorted(proposal.boxes.xyxy[:, 0].tolist()) == apart.xyxy[:, 0].tolist()


def test_a_box_that_most_models_detect_is_proposed_with_a_question() -> None:
    proposal = propose_picture({"a": found((CAR, HERE, 0.8)), "b": found((CAR, NEAR, 0.8)), "c": found()})
    assert proposal.boxes.class_id.tolist() == [CAR.class_id]
    (question,) = proposal.questions
    assert (question.kind, question.object_class, question.said_by) == (QuestionKind.VOTE, CAR, ("a", "b"))
    assert question.bits == pytest.approx(0.918, abs=1e-3)


def test_a_box_that_one_of_two_models_detects_is_only_a_question() -> None:
    proposal = propose_picture({"a": found((CAR, HERE, 0.8)), "b": found()})
    assert len(proposal.boxes) == 0
    assert [q.bits for q in proposal.questions] == [1.0]


def test_a_track_of_the_same_class_adds_a_vote() -> None:
    models = {"a": found((CAR, HERE, 0.8)), "b": found()}
    assert len(propose_picture(models, [hint(CAR, NEAR, is_detected=True)]).boxes) == 1
    assert len(propose_picture(models, [hint(BUS, NEAR, is_detected=True)]).boxes) == 0


def test_a_track_that_no_model_detects_is_a_question() -> None:
    proposal = propose_picture({"a": found((CAR, HERE, 0.8)), "b": found((CAR, HERE, 0.8))}, [hint(RIDER, THERE)])
    asked = [q for q in proposal.questions if q.kind is QuestionKind.TRACK]
    assert [(q.object_class, q.box, q.said_by) for q in asked] == [(RIDER, THERE, ("track",))]


def test_a_class_conflict_proposes_the_majority_and_asks() -> None:
    models = {"a": found((CAR, HERE, 0.8)), "b": found((CAR, NEAR, 0.8)), "c": found((BUS, HERE, 0.9))}
    proposal = propose_picture(models)
    assert proposal.boxes.class_id.tolist() == [CAR.class_id]
    assert [(q.kind, q.object_class) for q in proposal.questions] == [
        (QuestionKind.CLASS, CAR),
        (QuestionKind.VOTE, CAR),
    ]


def test_uncertain_and_tiny_boxes_are_neither_proposed_nor_asked() -> None:
    tiny = (10.0, 10.0, 16.0, 40.0)
    models = {"a": found((CAR, HERE, 0.2), (CAR, tiny, 0.9)), "b": found((CAR, HERE, 0.25), (CAR, tiny, 0.9))}
    proposal = propose_picture(models)
    assert (len(proposal.boxes), proposal.questions) == (0, ())


class Model:
    """Returns the same detections for every picture."""

    def __init__(self, *rows: Row) -> None:
        self.rows = rows

    def detect(self, images: Sequence[np.ndarray]) -> list[Detections]:
        return [found(*self.rows) for _ in images]


def test_proposals_are_written_most_informative_first(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, [unlabelled("a_1.jpg"), unlabelled("b_1.jpg")])
    append(folder, Entry(picture="b_1.jpg", hints=(hint(RIDER, THERE),)))
    done = list(propose(load(folder), {"a": Model((CAR, HERE, 0.8)), "b": Model((CAR, HERE, 0.8))}))
    assert_same(load(folder).pictures, [labelled("a_1.jpg", (CAR, HERE)), labelled("b_1.jpg", (CAR, HERE))])
    reviews = read_reviews(folder)
    assert list(reviews) == ["b_1.jpg", "a_1.jpg"]
    assert reviews["b_1.jpg"].information_bits > reviews["a_1.jpg"].information_bits == 0
    assert [review.picture for review in done] == ["a_1.jpg", "b_1.jpg"]


def test_corrected_labels_are_never_replaced(tmp_path: Path) -> None:
    corrected = labelled("a_1.jpg", (BUS, THERE))
    folder = make_data_set(tmp_path, [corrected, unlabelled("b_1.jpg"), labelled("c_1.jpg", (BUS, HERE))])
    write_reviews(folder, [Review(picture="a_1.jpg", state=ReviewState.CORRECTED)])
    models = {"a": Model((CAR, HERE, 0.8)), "b": Model((CAR, HERE, 0.8))}
    for again in (False, True):
        list(propose(load(folder), models, again=again))
        expected = [corrected, labelled("b_1.jpg", (CAR, HERE)), labelled("c_1.jpg", (BUS, HERE))]
        assert_same(load(folder).pictures, expected)
    assert read_reviews(folder)["a_1.jpg"].state is ReviewState.CORRECTED


def test_stopping_early_keeps_the_proposals_made(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, [unlabelled("a_1.jpg"), unlabelled("b_1.jpg")])
    proposals = iter(propose(load(folder), {"a": Model((CAR, HERE, 0.8)), "b": Model()}))
    next(proposals)
    proposals.close()
    assert list(read_reviews(folder)) == ["a_1.jpg"]
    assert [picture.boxes is None for picture in load(folder).pictures] == [False, True]


def test_boxes_are_fused_above_the_threshold_of_the_paper() -> None:
    shifted = (100 + 60 * (1 - SAME_IOU) / (1 + SAME_IOU) + 1, 50.0, 161 + 60 * (1 - SAME_IOU) / (1 + SAME_IOU), 90.0)
    assert len(fuse([found((CAR, HERE, 0.8)), found((CAR, shifted, 0.8))])) == 2
    nearer = (shifted[0] - 2, 50.0, shifted[2] - 2, 90.0)
    assert len(fuse([found((CAR, HERE, 0.8)), found((CAR, nearer, 0.8))])) == 1
