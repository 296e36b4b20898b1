"""Labels completed by teachers, and pictures shown as often as they count."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.training_kit import Seer, labels, picture, seen, write_dataset
from vision.common.object_class import CLASSES, ObjectClass
from vision.core import Detections
from vision.training.data.prepare import already_prepared, description, prepare, repeats
from vision.training.data.pseudo_labels import complete
from vision.training.data.rider_box_expansion import grow, ridden, room, usual
from vision.training.data.yolo_dataset import Labels, read_dataset

MOTORCYCLE = (ObjectClass.MOTORCYCLE, 100.0, 60.0, 140.0, 140.0)
RIDER = (ObjectClass.PERSON, 105.0, 62.0, 135.0, 110.0)
WALKER = (ObjectClass.PERSON, 200.0, 60.0, 220.0, 120.0)
SPECK = (ObjectClass.PERSON, 10.0, 10.0, 14.0, 16.0)


def added(people: Labels, *teachers: Detections) -> list[str]:
    whole = complete(picture(), people, teachers)
    np.testing.assert_array_equal(whole.xyxy[: len(people)], people.xyxy)
    return [CLASSES[i].value for i in whole.class_id[len(people) :]]


def test_a_pedestrian_whom_nobody_labelled_is_added_and_the_rider_is_not() -> None:
    assert added(labels(MOTORCYCLE), seen(RIDER, WALKER, SPECK)) == ["person"]


def test_a_person_as_wide_as_tall_is_a_rider_cut_off_and_is_not_added() -> None:
    assert added(labels(), seen((ObjectClass.PERSON, 10.0, 10.0, 50.0, 60.0))) == []


def test_what_is_labelled_already_is_not_added_under_another_class() -> None:
    as_bicycle = (ObjectClass.BICYCLE, *MOTORCYCLE[1:])
    assert added(labels(MOTORCYCLE), seen(as_bicycle)) == []


def test_one_object_seen_twice_is_added_once() -> None:
    twice = (ObjectClass.PERSON, 201.0, 61.0, 221.0, 121.0)
    assert added(labels(), seen(WALKER, twice)) == ["person"]


def test_what_teachers_disagree_on_stays_out() -> None:
    car, truck = ((kind, 10.0, 10.0, 90.0, 60.0) for kind in (ObjectClass.CAR, ObjectClass.TRUCK))
    assert added(labels(), seen(WALKER, car), seen(WALKER, truck)) == ["person"]
    assert added(labels(), seen(WALKER), seen()) == []


def test_an_unsure_teacher_adds_nothing() -> None:
    assert added(labels(), seen(WALKER, confidence=[0.39])) == []
    assert added(labels(), seen(WALKER, confidence=[0.41])) == ["person"]


def test_a_picture_with_a_rare_class_is_shown_more_often() -> None:
    common, rare = (
        frozenset({ObjectClass.CAR.class_id}),
        frozenset({ObjectClass.CAR.class_id, ObjectClass.BUS.class_id}),
    )
    times = repeats([common] * 90 + [rare] * 10)
    assert set(times[:90]) == {1}
    assert np.mean(times[90:]) == pytest.approx((0.6 / 0.1) ** 0.5, abs=0.35)
    assert repeats([frozenset()]) == [1]


def test_a_working_copy_has_links_completed_labels_and_a_list(tmp_path: Path) -> None:
    given = {"a_1": labels(MOTORCYCLE), "a_2": labels()}
    found = read_dataset(write_dataset(tmp_path / "d", {"train": given, "val": {"b_1": labels()}}))
    assert already_prepared(tmp_path / "copy") is None
    made = prepare(found, tmp_path / "copy")
    assert (made.pictures, made.given, made.added) == (2, {"motorcycle": 1}, {})
    assert already_prepared(tmp_path / "copy") == made
    again = read_dataset(description(tmp_path / "copy"))
    assert len(again.labels(again.pictures("val")[0])) == 0
    listed = (tmp_path / "copy" / "train.txt").read_text().split()
    assert {Path(line).stem for line in listed} == {"a_1", "a_2"}
    assert len(listed) == made.shown
    assert all(Path(line).is_symlink() for line in listed)


def test_the_validation_pictures_are_not_among_those_trained_on(tmp_path: Path) -> None:
    found = read_dataset(write_dataset(tmp_path / "d", {"train": {"a": labels()}, "val": {"b": labels(WALKER)}}))
    prepare(found, tmp_path / "copy")
    assert "b" not in {Path(line).stem for line in (tmp_path / "copy" / "train.txt").read_text().split()}


HEADLESS = (ObjectClass.MOTORCYCLE, 100.0, 80.0, 140.0, 140.0)
"""As MOTORCYCLE, but the label leaves out the rider's head: 20 of 60 pixels are to be added."""


def test_a_label_grows_up_to_where_the_teacher_sees_the_rider_end() -> None:
    people = labels(HEADLESS, WALKER)
    parts = room(people.in_px(picture()), people.class_id, seen(MOTORCYCLE, WALKER))
    assert parts.tolist() == pytest.approx([1 / 3, 0])
    grown = grow(people, parts, else_by=0.0)
    np.testing.assert_allclose(grown.in_px(picture()), [MOTORCYCLE[1:], WALKER[1:]], atol=1e-3)


def test_a_label_that_holds_its_rider_stays_and_none_shrinks_or_leaves_the_picture() -> None:
    people = labels(MOTORCYCLE)
    assert room(people.in_px(picture()), people.class_id, seen(MOTORCYCLE)).tolist() == [0]
    assert room(people.in_px(picture()), people.class_id, seen(HEADLESS)).tolist() == [0]
    at_the_edge = labels((ObjectClass.BICYCLE, 10.0, 2.0, 40.0, 60.0))
    assert grow(at_the_edge, np.array([0.5]), 0.0).xyxy[0, 1] == 0


def test_where_the_teacher_sees_nothing_a_label_grows_as_is_usual_in_its_scene() -> None:
    people = labels(HEADLESS)
    unseen = room(people.in_px(picture()), people.class_id, seen(WALKER))
    assert np.isnan(unseen).all()
    many = [np.full(25, 0.25), np.full(5, 0.5), unseen]
    by_scene = usual(["a", "b", "a"], many, [np.ones(len(m), np.bool_) for m in many])
    assert by_scene == {"a": 0.25, "b": 0.0}
    assert grow(people, unseen, by_scene["a"]).in_px(picture())[0, 1] == pytest.approx(80 - 0.25 * 60)


def test_only_two_wheelers_are_ridden() -> None:
    kinds = [c.class_id for c in CLASSES]
    assert [CLASSES[i].value for i in np.flatnonzero(ridden(kinds))] == ["bicycle", "motorcycle"]


def test_a_working_copy_by_a_teacher_says_what_was_added(tmp_path: Path) -> None:
    found = read_dataset(write_dataset(tmp_path / "d", {"train": {"a_1": labels(HEADLESS)}}))
    teacher = Seer(seen(MOTORCYCLE, WALKER))
    made = prepare(found, tmp_path / "copy", [teacher])  # type: ignore[list-item]
    assert (made.given, made.added, made.teachers) == ({"motorcycle": 1}, {"person": 1}, ("seer at 640",))
    copy = read_dataset(description(tmp_path / "copy"))
    written = (tmp_path / "copy" / "labels" / "train" / "a_1.txt").read_text().splitlines()
    assert len(written) == 2
    assert copy.numbers == {number: number for number in range(len(CLASSES))}
    assert float(written[0].split()[4]) == pytest.approx(80 / 180, abs=1e-4)
