"""What several models agree on becomes a label; where they do not, a question for people."""

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
from vision.labels.review.reviews import Kind, Review, State, read_reviews, write_reviews

CAR, BUS, RIDER = ObjectClass.CAR, ObjectClass.BUS, ObjectClass.MOTORCYCLE
Row = tuple[ObjectClass, tuple[float, float, float, float], float]
HERE = (100.0, 50.0, 160.0, 90.0)
NEAR = (104.0, 50.0, 164.0, 90.0)
THERE = (200.0, 50.0, 260.0, 90.0)


def seen(*rows: Row) -> Detections:
    return Detections(
        xyxy=np.array([box for _, box, _ in rows], np.float32).reshape(-1, 4),
        confidence=np.array([sure for _, _, sure in rows], np.float32),
        class_id=np.array([kind.class_id for kind, _, _ in rows], np.int64),
    )


def hint(kind: ObjectClass, box: tuple[float, float, float, float], *, is_seen: bool = False) -> Hint:
    return Hint(track_id=1, object_class=kind, box=box, seen=is_seen)


def test_a_fused_box_is_the_mean_of_its_members_each_weighted_by_its_confidence() -> None:
    fused = fuse([seen((CAR, HERE, 0.75)), seen((CAR, NEAR, 0.25))])
    assert fused.xyxy.tolist() == [[101, 50, 161, 90]]
    assert fused.confidence.tolist() == [0.5]
    assert fused.votes.tolist() == [2]


def test_boxes_of_two_classes_or_of_one_model_are_never_fused() -> None:
    fused = fuse([seen((CAR, HERE, 0.8), (CAR, NEAR, 0.6)), seen((BUS, HERE, 0.7))])
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
    return seen(*rows)


@given(st.lists(any_detections(), min_size=1, max_size=4))
def test_every_box_is_a_member_of_one_fused_box_which_lies_within_its_members(models: Sequence[Detections]) -> None:
    fused = fuse(models)
    assert fused.voted.sum(axis=0).tolist() == [len(one) for one in models]
    if len(fused):
        everything = np.concatenate([one.xyxy for one in models])
        assert (fused.xyxy >= everything.min(axis=0) - 1e-3).all()
        assert (fused.xyxy <= everything.max(axis=0) + 1e-3).all()


@given(st.lists(st.tuples(st.sampled_from(CLASSES), st.floats(0.5, 1, width=32)), max_size=8), st.integers(2, 4))
def test_models_that_say_the_same_leave_no_question_and_all_of_it_is_proposed(
    rows: list[tuple[ObjectClass, float]], models: int
) -> None:
    apart = seen(*((kind, (50.0 * n, 20.0, 50.0 * n + 40, 60.0), sure) for n, (kind, sure) in enumerate(rows)))
    proposal = propose_picture({f"m{n}": apart for n in range(models)})
    assert proposal.questions == ()
    assert sorted(proposal.boxes.xyxy[:, 0].tolist()) == apart.xyxy[:, 0].tolist()


def test_a_box_that_most_models_see_is_proposed_and_the_doubt_is_asked() -> None:
    proposal = propose_picture({"a": seen((CAR, HERE, 0.8)), "b": seen((CAR, NEAR, 0.8)), "c": seen()})
    assert proposal.boxes.class_id.tolist() == [CAR.class_id]
    (question,) = proposal.questions
    assert (question.kind, question.object_class, question.said_by) == (Kind.VOTE, CAR, ("a", "b"))
    assert question.bits == pytest.approx(0.918, abs=1e-3)


def test_a_box_that_one_model_of_two_sees_is_asked_and_not_proposed() -> None:
    proposal = propose_picture({"a": seen((CAR, HERE, 0.8)), "b": seen()})
    assert len(proposal.boxes) == 0
    assert [q.bits for q in proposal.questions] == [1.0]


def test_a_track_of_the_class_is_a_vote_more() -> None:
    models = {"a": seen((CAR, HERE, 0.8)), "b": seen()}
    assert len(propose_picture(models, [hint(CAR, NEAR, is_seen=True)]).boxes) == 1
    assert len(propose_picture(models, [hint(BUS, NEAR, is_seen=True)]).boxes) == 0


def test_a_track_where_no_model_sees_anything_is_asked() -> None:
    proposal = propose_picture({"a": seen((CAR, HERE, 0.8)), "b": seen((CAR, HERE, 0.8))}, [hint(RIDER, THERE)])
    asked = [q for q in proposal.questions if q.kind is Kind.TRACK]
    assert [(q.object_class, q.box, q.said_by) for q in asked] == [(RIDER, THERE, ("track",))]


def test_one_road_user_named_twice_is_proposed_once_by_the_majority_and_asked() -> None:
    models = {"a": seen((CAR, HERE, 0.8)), "b": seen((CAR, NEAR, 0.8)), "c": seen((BUS, HERE, 0.9))}
    proposal = propose_picture(models)
    assert proposal.boxes.class_id.tolist() == [CAR.class_id]
    assert [(q.kind, q.object_class) for q in proposal.questions] == [(Kind.CLASS, CAR), (Kind.VOTE, CAR)]


def test_what_nobody_is_sure_of_or_is_tiny_is_neither_proposed_nor_asked() -> None:
    tiny = (10.0, 10.0, 16.0, 40.0)
    models = {"a": seen((CAR, HERE, 0.2), (CAR, tiny, 0.9)), "b": seen((CAR, HERE, 0.25), (CAR, tiny, 0.9))}
    proposal = propose_picture(models)
    assert (len(proposal.boxes), proposal.questions) == (0, ())


class Model:
    """Says the same of every picture."""

    def __init__(self, *rows: Row) -> None:
        self.rows = rows

    def detect(self, images: Sequence[np.ndarray]) -> list[Detections]:
        return [seen(*self.rows) for _ in images]


def test_proposals_are_written_and_the_most_useful_look_comes_first(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, [unlabelled("a_1.jpg"), unlabelled("b_1.jpg")])
    append(folder, Entry(picture="b_1.jpg", hints=(hint(RIDER, THERE),)))
    done = list(propose(load(folder), {"a": Model((CAR, HERE, 0.8)), "b": Model((CAR, HERE, 0.8))}))
    assert_same(load(folder).pictures, [labelled("a_1.jpg", (CAR, HERE)), labelled("b_1.jpg", (CAR, HERE))])
    reviews = read_reviews(folder)
    assert list(reviews) == ["b_1.jpg", "a_1.jpg"]
    assert reviews["b_1.jpg"].usefulness > reviews["a_1.jpg"].usefulness == 0
    assert [review.picture for review in done] == ["a_1.jpg", "b_1.jpg"]


def test_what_people_corrected_is_never_proposed_anew(tmp_path: Path) -> None:
    corrected = labelled("a_1.jpg", (BUS, THERE))
    folder = make_data_set(tmp_path, [corrected, unlabelled("b_1.jpg"), labelled("c_1.jpg", (BUS, HERE))])
    write_reviews(folder, [Review(picture="a_1.jpg", state=State.CORRECTED)])
    models = {"a": Model((CAR, HERE, 0.8)), "b": Model((CAR, HERE, 0.8))}
    for again in (False, True):
        list(propose(load(folder), models, again=again))
        expected = [corrected, labelled("b_1.jpg", (CAR, HERE)), labelled("c_1.jpg", (BUS, HERE))]
        assert_same(load(folder).pictures, expected)
    assert read_reviews(folder)["a_1.jpg"].state is State.CORRECTED


def test_proposing_that_is_broken_off_keeps_what_was_done(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, [unlabelled("a_1.jpg"), unlabelled("b_1.jpg")])
    going = iter(propose(load(folder), {"a": Model((CAR, HERE, 0.8)), "b": Model()}))
    next(going)
    going.close()
    assert list(read_reviews(folder)) == ["a_1.jpg"]
    assert [picture.boxes is None for picture in load(folder).pictures] == [False, True]


def test_the_papers_threshold_decides_what_is_the_same() -> None:
    shifted = (100 + 60 * (1 - SAME_IOU) / (1 + SAME_IOU) + 1, 50.0, 161 + 60 * (1 - SAME_IOU) / (1 + SAME_IOU), 90.0)
    assert len(fuse([seen((CAR, HERE, 0.8)), seen((CAR, shifted, 0.8))])) == 2
    nearer = (shifted[0] - 2, 50.0, shifted[2] - 2, 90.0)
    assert len(fuse([seen((CAR, HERE, 0.8)), seen((CAR, nearer, 0.8))])) == 1
