"""Average precision, its ranges, and the matching under it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.training_kit import labels, picture, seen
from vision.common.object_class import ObjectClass
from vision.training.evaluation.average_precision import AT_ALL, Part, average_precision, draws, interval
from vision.training.evaluation.comparison import compare, parts
from vision.training.evaluation.matches import IOUS, Hits, gather, look

CAR = ObjectClass.CAR


def car(left: float, top: float = 20.0, side: float = 40.0) -> tuple[ObjectClass, float, float, float, float]:
    return (CAR, left, top, left + side, top + side)


def hits_of(*pictures: tuple[list, list, list[float]]) -> Hits:  # type: ignore[type-arg]
    """(labels, seen, scores) of each picture."""
    return gather([look(picture(), labels(*there), seen(*found, confidence=s)) for there, found, s in pictures])


def ap(hits: Hits, kind: ObjectClass = CAR, part: Part | None = None) -> float:
    everything = Part(np.ones(hits.pictures, np.bool_))
    return float(average_precision(hits, kind, np.ones((1, hits.pictures)), part or everything)[0])


def test_all_found_and_nothing_else_is_one_and_nothing_found_is_zero() -> None:
    assert ap(hits_of(([car(10), car(100)], [car(10), car(100)], [0.9, 0.5]))) == pytest.approx(1)
    assert ap(hits_of(([car(10)], [], []))) == 0


def test_a_surer_mistake_costs_more_than_an_unsure_one() -> None:
    wrong = car(200)
    assert ap(hits_of(([car(10)], [car(10), wrong], [0.9, 0.5]))) == pytest.approx(1)
    assert ap(hits_of(([car(10)], [car(10), wrong], [0.5, 0.9]))) == pytest.approx(0.5)


def test_half_of_the_labels_found_is_a_half() -> None:
    assert ap(hits_of(([car(10), car(100)], [car(10)], [0.9]))) == pytest.approx(0.5)


def test_the_textbook_curve() -> None:
    """Hit, miss, hit, miss, hit over three labels: precisions 1, 2/3 and 3/5 at each third of recall."""
    boxes = [car(0), car(200, 100), car(60), car(260, 100), car(120)]
    hits = hits_of(([car(0), car(60), car(120)], boxes, [0.9, 0.8, 0.7, 0.6, 0.5]))
    assert ap(hits) == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)


def test_a_label_is_found_once() -> None:
    hits = hits_of(([car(10)], [car(10), car(12)], [0.9, 0.8]))
    assert (hits.label[:, 0] >= 0).tolist() == [True, False]


def test_another_class_at_the_place_is_no_hit() -> None:
    bus = (ObjectClass.BUS, *car(10)[1:])
    hits = hits_of(([car(10)], [bus], [0.9]))
    assert ap(hits) == 0
    assert np.isnan(ap(hits, ObjectClass.BUS))


def test_the_overlap_decides_at_which_of_the_ten_it_is_a_hit() -> None:
    """A box moved by a quarter of its side overlaps by 3/5."""
    hits = hits_of(([car(10)], [car(20)], [0.9]))
    assert (hits.label[0] >= 0).tolist() == [least <= 0.6 for least in IOUS]
    weights = np.ones((1, 1))
    whole = average_precision(hits, CAR, weights, Part(np.ones(1, np.bool_)), AT_ALL)[0]
    assert whole == pytest.approx(sum(least <= 0.6 for least in IOUS) / len(IOUS))


def test_what_hits_a_label_of_another_size_counts_neither_way() -> None:
    """Sizes are told at a long side of 640: these pictures are shown at twice their 320 pixels."""
    hits = hits_of(([car(10, side=10), car(100, side=60)], [car(10, side=10), car(100, side=60)], [0.9, 0.8]))
    everything = np.ones(1, np.bool_)
    assert ap(hits, part=Part(everything, 0, 32)) == pytest.approx(1)
    assert ap(hits, part=Part(everything, 96)) == pytest.approx(1)
    assert np.isnan(ap(hits, part=Part(everything, 32, 96)))


def test_a_drawing_weighs_pictures_as_if_they_stood_there_so_often() -> None:
    first, second = ([car(10)], [car(10)], [0.9]), ([car(10)], [car(200)], [0.8])
    once = hits_of(first, second)
    weighed = average_precision(once, CAR, np.array([[3.0, 1.0]]), Part(np.ones(2, np.bool_)))[0]
    assert weighed == pytest.approx(ap(hits_of(first, first, first, second)))


def test_the_range_holds_the_figure_and_narrows_with_more_pictures() -> None:
    good, bad = ([car(10)], [car(10)], [0.9]), ([car(10)], [car(200)], [0.8])
    widths = []
    for times in (4, 40):
        hits = hits_of(*([good, bad] * times))
        told = interval(average_precision(hits, CAR, draws(hits.pictures), Part(np.ones(hits.pictures, np.bool_))))
        assert told.low <= told.value <= told.high
        widths.append(told.high - told.low)
    assert widths[1] < widths[0] / 2


def test_no_label_tells_nothing() -> None:
    hits = hits_of(([], [car(10)], [0.9]))
    told = interval(average_precision(hits, CAR, draws(1), Part(np.ones(1, np.bool_))))
    assert np.isnan([told.value, told.low, told.high]).all()


def test_the_same_model_beside_itself_differs_by_nothing() -> None:
    hits = hits_of(([car(10), car(100)], [car(10), car(200)], [0.9, 0.5]), ([car(50)], [car(52)], [0.7]))
    whole = next(iter(parts(["a", "b"], [False, True])))
    score = compare(whole, hits, hits).classes[CAR]
    assert score.ap50 is not None
    assert (score.ap50.value, score.ap50.low, score.ap50.high) == (0, 0, 0)


def test_parts_are_the_whole_the_sizes_the_scenes_and_what_light_there_is() -> None:
    named = {n.name: int(n.part.pictures.sum()) for n in parts(["a", "b", "b"], [False, False, True])}
    assert named["whole"] == 3
    assert (named["scene a"], named["scene b"], named["day"], named["night"]) == (1, 2, 2, 1)
    assert "night" not in {n.name for n in parts(["a"], [False])}


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(0.05, 0.95), st.booleans()), min_size=1, max_size=12), st.floats(0.2, 3))
def test_only_the_order_of_the_scores_counts(found: list[tuple[float, bool]], power: float) -> None:
    pictures = [([car(10)], [car(10) if hit else car(200)], [score]) for score, hit in found]
    bent = [(there, boxes, [float(np.float32(s)) ** power for s in scores]) for there, boxes, scores in pictures]
    if len({round(s, 3) for s, _ in found}) == len(found):
        assert ap(hits_of(*pictures)) == pytest.approx(ap(hits_of(*bent)))
    assert 0 <= ap(hits_of(*pictures)) <= 1
