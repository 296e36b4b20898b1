"""Average precision, its intervals, subsets, and matching."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.training_kit import detections, labels, picture
from vision.common.object_class import ObjectClass
from vision.training.evaluation.average_precision import AT_ALL, Subset, average_precision, bootstrap_weights, interval
from vision.training.evaluation.comparison import compare, subsets
from vision.training.evaluation.matches import IOUS, Matches, match, picture_result

CAR = ObjectClass.CAR


def car(left: float, top: float = 20.0, side: float = 40.0) -> tuple[ObjectClass, float, float, float, float]:
    return (CAR, left, top, left + side, top + side)


def matches_of(*pictures: tuple[list, list, list[float]]) -> Matches:  # type: ignore[type-arg]
    """From (labels, detections, confidences) of each picture."""
    return match(
        [
            picture_result(picture(), labels(*labelled), detections(*found, confidence=s))
            for labelled, found, s in pictures
        ]
    )


def ap(matches: Matches, kind: ObjectClass = CAR, subset: Subset | None = None) -> float:
    everything = Subset(np.ones(matches.pictures, np.bool_))
    return float(average_precision(matches, kind, np.ones((1, matches.pictures)), subset or everything)[0])


def test_perfect_detection_scores_one_and_no_detection_zero() -> None:
    assert ap(matches_of(([car(10), car(100)], [car(10), car(100)], [0.9, 0.5]))) == pytest.approx(1)
    assert ap(matches_of(([car(10)], [], []))) == 0


def test_a_more_confident_false_positive_costs_more() -> None:
    wrong = car(200)
    assert ap(matches_of(([car(10)], [car(10), wrong], [0.9, 0.5]))) == pytest.approx(1)
    assert ap(matches_of(([car(10)], [car(10), wrong], [0.5, 0.9]))) == pytest.approx(0.5)


def test_half_of_the_labels_detected_scores_a_half() -> None:
    assert ap(matches_of(([car(10), car(100)], [car(10)], [0.9]))) == pytest.approx(0.5)


def test_a_precision_recall_curve_by_hand() -> None:
    """Alternating true and false positives on three labels: precision 1, 2/3 and 3/5 at each third of recall."""
    boxes = [car(0), car(200, 100), car(60), car(260, 100), car(120)]
    matches = matches_of(([car(0), car(60), car(120)], boxes, [0.9, 0.8, 0.7, 0.6, 0.5]))
    assert ap(matches) == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)


def test_a_label_is_matched_once() -> None:
    matches = matches_of(([car(10)], [car(10), car(12)], [0.9, 0.8]))
    assert (matches.label[:, 0] >= 0).tolist() == [True, False]


def test_a_detection_of_another_class_does_not_match() -> None:
    bus = (ObjectClass.BUS, *car(10)[1:])
    matches = matches_of(([car(10)], [bus], [0.9]))
    assert ap(matches) == 0
    assert np.isnan(ap(matches, ObjectClass.BUS))


def test_the_iou_decides_at_which_thresholds_a_detection_matches() -> None:
    """A box shifted by a quarter of its side has an IoU of 3/5."""
    matches = matches_of(([car(10)], [car(20)], [0.9]))
    assert (matches.label[0] >= 0).tolist() == [least <= 0.6 for least in IOUS]
    weights = np.ones((1, 1))
    whole = average_precision(matches, CAR, weights, Subset(np.ones(1, np.bool_)), AT_ALL)[0]
    assert whole == pytest.approx(sum(least <= 0.6 for least in IOUS) / len(IOUS))


def test_a_match_with_a_label_of_another_size_is_ignored() -> None:
    """Sizes refer to a longer side of 640, twice that of these pictures."""
    matches = matches_of(([car(10, side=10), car(100, side=60)], [car(10, side=10), car(100, side=60)], [0.9, 0.8]))
    everything = np.ones(1, np.bool_)
    assert ap(matches, subset=Subset(everything, 0, 32)) == pytest.approx(1)
    assert ap(matches, subset=Subset(everything, 96)) == pytest.approx(1)
    assert np.isnan(ap(matches, subset=Subset(everything, 32, 96)))


def test_weights_equal_repeated_pictures() -> None:
    first, second = ([car(10)], [car(10)], [0.9]), ([car(10)], [car(200)], [0.8])
    once = matches_of(first, second)
    weighted = average_precision(once, CAR, np.array([[3.0, 1.0]]), Subset(np.ones(2, np.bool_)))[0]
    assert weighted == pytest.approx(ap(matches_of(first, first, first, second)))


def test_the_interval_contains_the_figure_and_narrows_with_more_pictures() -> None:
    good, bad = ([car(10)], [car(10)], [0.9]), ([car(10)], [car(200)], [0.8])
    widths = []
    for times in (4, 40):
        matches = matches_of(*([good, bad] * times))
        found = interval(
            average_precision(
                matches, CAR, bootstrap_weights(matches.pictures), Subset(np.ones(matches.pictures, np.bool_))
            )
        )
        assert found.low <= found.value <= found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 2


def test_average_precision_without_labels_is_undefined() -> None:
    matches = matches_of(([], [car(10)], [0.9]))
    found = interval(average_precision(matches, CAR, bootstrap_weights(1), Subset(np.ones(1, np.bool_))))
    assert np.isnan([found.value, found.low, found.high]).all()


def test_a_model_compared_with_itself_has_no_difference() -> None:
    matches = matches_of(([car(10), car(100)], [car(10), car(200)], [0.9, 0.5]), ([car(50)], [car(52)], [0.7]))
    whole = next(iter(subsets(["a", "b"], [False, True])))
    score = compare(whole, matches, matches).classes[CAR]
    assert score.ap50 is not None
    assert (score.ap50.value, score.ap50.low, score.ap50.high) == (0, 0, 0)


def test_subsets_are_all_pictures_sizes_scenes_and_present_light() -> None:
    named = {n.name: int(n.subset.pictures.sum()) for n in subsets(["a", "b", "b"], [False, False, True])}
    assert named["whole"] == 3
    assert (named["scene a"], named["scene b"], named["day"], named["night"]) == (1, 2, 2, 1)
    assert "night" not in {n.name for n in subsets(["a"], [False])}


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(0.05, 0.95), st.booleans()), min_size=1, max_size=12), st.floats(0.2, 3))
def test_average_precision_depends_only_on_the_order_of_confidences(
    found: list[tuple[float, bool]], power: float
) -> None:
    pictures = [([car(10)], [car(10) if matched else car(200)], [score]) for score, matched in found]
    transformed = [
        (labelled, boxes, [float(np.float32(s)) ** power for s in scores]) for labelled, boxes, scores in pictures
    ]
    if len({round(s, 3) for s, _ in found}) == len(found):
        assert ap(matches_of(*pictures)) == pytest.approx(ap(matches_of(*transformed)))
    assert 0 <= ap(matches_of(*pictures)) <= 1
