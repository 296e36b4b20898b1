"""Validation of data sets, and of their provenance and review files."""

from pathlib import Path

import cv2
import pytest

from tests.labels.labels_kit import labelled, make_data_set, unlabelled
from vision.common.object_class import ObjectClass
from vision.labels.data_set.data_set import load, read
from vision.labels.data_set.picture import Split
from vision.labels.data_set.provenance import Entry, append, read_provenance
from vision.labels.data_set.validation import validate
from vision.labels.errors import LabelError
from vision.labels.review.reviews import read_reviews

CAR, BUS = ObjectClass.CAR, ObjectClass.BUS
HERE = (10.0, 20.0, 60.0, 80.0)


def test_validation_finds_every_kind_of_mistake(tmp_path: Path) -> None:
    folder = make_data_set(
        tmp_path,
        [
            labelled("a_1.jpg", (CAR, HERE), (CAR, HERE), split=Split.TRAIN),
            labelled("a_2.jpg", split=Split.VAL),
            unlabelled("b_1.jpg", Split.TRAIN),
            labelled("c_1.png", (BUS, HERE), split=Split.TRAIN),
            labelled("c_1.jpg", split=Split.VAL),
        ],
    )
    cv2.imwrite(str(folder / "images" / "train" / "b_2.jpg"), cv2.imread(str(folder / "images" / "train" / "b_1.jpg")))
    (folder / "labels" / "train" / "stray.txt").write_text("")
    (folder / "images" / "train" / "d_1.jpg").write_bytes(b"half a picture")
    (folder / "labels" / "val" / "a_2.txt").write_text("2 1.5 0.5 0.1 0.1\n")
    report = validate(read(folder))
    problems, remarks = ("\n".join(map(str, found)) for found in (report.problems, report.remarks))
    for message in (
        "a_2.txt:1: the box extends beyond",
        "scene 'a' is in both splits: 1 pictures in train, 1 in val",
        "stray",
        "d_1.jpg: not a picture",
    ):
        assert message in problems
    assert "c_1.png: it has the same name as" in problems or "c_1.jpg: it has the same name as" in problems
    for message in ("boxes 1 and 2 are one car twice", "learned as an empty road", "nearly the same as b_1.jpg"):
        assert message in remarks
    assert "the licence of 6 pictures is not stated" in remarks
    assert not report.is_valid
    assert report.boxes[Split.TRAIN] == {CAR: 2, BUS: 1}
    assert report.pictures[Split.TRAIN] == 4
    assert report.empty == {Split.VAL: 2}


def test_a_valid_data_set_has_neither_problems_nor_remarks(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, [labelled("a_1.jpg", (CAR, HERE), split=Split.TRAIN), labelled("b_1.jpg")])
    for name in ("a_1.jpg", "b_1.jpg"):
        append(folder, Entry(picture=name, licence="CC BY 4.0", owner="the city"))
    report = validate(load(folder))
    assert (report.problems, report.remarks) == ((), ())
    assert report.licences == {"CC BY 4.0, the city": 2}


def test_a_broken_line_of_provenance_or_reviews_raises_with_its_number(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, [])
    append(folder, Entry(picture="a_1.jpg"))
    for name, reads in (("ledger.jsonl", read_provenance), ("review.jsonl", read_reviews)):
        (folder / name).write_text('{"picture": "a_1.jpg", "state": "proposed"}\n{"picture": 7}\n')
        with pytest.raises(LabelError, match=rf"{name}:[12]: "):
            reads(folder)
