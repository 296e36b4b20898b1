"""Pseudo-labels, rider box expansion, repetition of pictures, and the working copy."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.training_kit import FixedTeacher, detections, labels, picture, write_dataset
from vision.common.object_class import CLASSES, ObjectClass
from vision.core import Detections
from vision.training.data.prepare import already_prepared, description, prepare, repeats
from vision.training.data.pseudo_labels import add_pseudo_labels
from vision.training.data.rider_box_expansion import are_two_wheelers, expand, expansions, median_by_scene
from vision.training.data.yolo_dataset import Labels, read_dataset

MOTORCYCLE = (ObjectClass.MOTORCYCLE, 100.0, 60.0, 140.0, 140.0)
RIDER = (ObjectClass.PERSON, 105.0, 62.0, 135.0, 110.0)
WALKER = (ObjectClass.PERSON, 200.0, 60.0, 220.0, 120.0)
SPECK = (ObjectClass.PERSON, 10.0, 10.0, 14.0, 16.0)


def added(labelled: Labels, *teachers: Detections) -> list[str]:
    completed = add_pseudo_labels(picture(), labelled, teachers)
    np.testing.assert_array_equal(completed.xyxy[: len(labelled)], labelled.xyxy)
    return [CLASSES[i].value for i in completed.class_id[len(labelled) :]]


def test_an_unlabelled_pedestrian_is_added_and_a_rider_is_not() -> None:
    assert added(labels(MOTORCYCLE), detections(RIDER, WALKER, SPECK)) == ["person"]


def test_a_person_as_wide_as_tall_is_not_added() -> None:
    assert added(labels(), detections((ObjectClass.PERSON, 10.0, 10.0, 50.0, 60.0))) == []


def test_a_labelled_object_is_not_added_as_another_class() -> None:
    as_bicycle = (ObjectClass.BICYCLE, *MOTORCYCLE[1:])
    assert added(labels(MOTORCYCLE), detections(as_bicycle)) == []


def test_an_object_detected_twice_is_added_once() -> None:
    twice = (ObjectClass.PERSON, 201.0, 61.0, 221.0, 121.0)
    assert added(labels(), detections(WALKER, twice)) == ["person"]


def test_detections_that_teachers_disagree_on_are_not_added() -> None:
    car, truck = ((kind, 10.0, 10.0, 90.0, 60.0) for kind in (ObjectClass.CAR, ObjectClass.TRUCK))
    assert added(labels(), detections(WALKER, car), detections(WALKER, truck)) == ["person"]
    assert added(labels(), detections(WALKER), detections()) == []


def test_detections_below_the_confidence_are_not_added() -> None:
    assert added(labels(), detections(WALKER, confidence=[0.39])) == []
    assert added(labels(), detections(WALKER, confidence=[0.41])) == ["person"]


def test_a_picture_with_a_rare_class_is_repeated() -> None:
    common, rare = (
        frozenset({ObjectClass.CAR.class_id}),
        frozenset({ObjectClass.CAR.class_id, ObjectClass.BUS.class_id}),
    )
    times = repeats([common] * 90 + [rare] * 10)
    assert set(times[:90]) == {1}
    assert np.mean(times[90:]) == pytest.approx((0.6 / 0.1) ** 0.5, abs=0.35)
    assert repeats([frozenset()]) == [1]


def test_a_working_copy_has_links_labels_and_a_list_of_pictures(tmp_path: Path) -> None:
    given = {"a_1": labels(MOTORCYCLE), "a_2": labels()}
    found = read_dataset(write_dataset(tmp_path / "d", {"train": given, "val": {"b_1": labels()}}))
    assert already_prepared(tmp_path / "copy") is None
    prepared = prepare(found, tmp_path / "copy")
    assert (prepared.pictures, prepared.given, prepared.added) == (2, {"motorcycle": 1}, {})
    assert already_prepared(tmp_path / "copy") == prepared
    again = read_dataset(description(tmp_path / "copy"))
    assert len(again.labels(again.pictures("val")[0])) == 0
    listed = (tmp_path / "copy" / "train.txt").read_text().split()
    assert {Path(line).stem for line in listed} == {"a_1", "a_2"}
    assert len(listed) == prepared.shown
    assert all(Path(line).is_symlink() for line in listed)


def test_validation_pictures_are_not_trained_on(tmp_path: Path) -> None:
    found = read_dataset(write_dataset(tmp_path / "d", {"train": {"a": labels()}, "val": {"b": labels(WALKER)}}))
    prepare(found, tmp_path / "copy")
    assert "b" not in {Path(line).stem for line in (tmp_path / "copy" / "train.txt").read_text().split()}


HEADLESS = (ObjectClass.MOTORCYCLE, 100.0, 80.0, 140.0, 140.0)
"""As MOTORCYCLE, without the rider's head: an expansion by 20 of 60 pixels is missing."""


def test_a_label_expands_to_the_top_of_the_teachers_rider() -> None:
    labelled = labels(HEADLESS, WALKER)
    subsets = expansions(labelled.in_px(picture()), labelled.class_id, detections(MOTORCYCLE, WALKER))
    assert subsets.tolist() == pytest.approx([1 / 3, 0])
    expanded = expand(labelled, subsets, default=0.0)
    np.testing.assert_allclose(expanded.in_px(picture()), [MOTORCYCLE[1:], WALKER[1:]], atol=1e-3)


def test_a_label_with_its_rider_stays_and_none_shrinks_or_leaves_the_picture() -> None:
    labelled = labels(MOTORCYCLE)
    assert expansions(labelled.in_px(picture()), labelled.class_id, detections(MOTORCYCLE)).tolist() == [0]
    assert expansions(labelled.in_px(picture()), labelled.class_id, detections(HEADLESS)).tolist() == [0]
    at_the_edge = labels((ObjectClass.BICYCLE, 10.0, 2.0, 40.0, 60.0))
    assert expand(at_the_edge, np.array([0.5]), 0.0).xyxy[0, 1] == 0


def test_a_label_without_a_match_expands_by_the_median_of_its_scene() -> None:
    labelled = labels(HEADLESS)
    unmatched = expansions(labelled.in_px(picture()), labelled.class_id, detections(WALKER))
    assert np.isnan(unmatched).all()
    many = [np.full(25, 0.25), np.full(5, 0.5), unmatched]
    by_scene = median_by_scene(["a", "b", "a"], many, [np.ones(len(m), np.bool_) for m in many])
    assert by_scene == {"a": 0.25, "b": 0.0}
    assert expand(labelled, unmatched, by_scene["a"]).in_px(picture())[0, 1] == pytest.approx(80 - 0.25 * 60)


def test_bicycles_and_motorcycles_are_two_wheelers() -> None:
    kinds = [c.class_id for c in CLASSES]
    assert [CLASSES[i].value for i in np.flatnonzero(are_two_wheelers(kinds))] == ["bicycle", "motorcycle"]


def test_the_record_of_a_working_copy_counts_pseudo_labels(tmp_path: Path) -> None:
    found = read_dataset(write_dataset(tmp_path / "d", {"train": {"a_1": labels(HEADLESS)}}))
    teacher = FixedTeacher(detections(MOTORCYCLE, WALKER))
    prepared = prepare(found, tmp_path / "copy", [teacher])  # type: ignore[list-item]
    assert (prepared.given, prepared.added, prepared.teachers) == ({"motorcycle": 1}, {"person": 1}, ("fixed at 640",))
    copy = read_dataset(description(tmp_path / "copy"))
    written = (tmp_path / "copy" / "labels" / "train" / "a_1.txt").read_text().splitlines()
    assert len(written) == 2
    assert copy.numbers == {number: number for number in range(len(CLASSES))}
    assert float(written[0].split()[4]) == pytest.approx(80 / 180, abs=1e-4)
