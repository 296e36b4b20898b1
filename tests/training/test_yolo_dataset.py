"""Data sets in YOLO form: reading, writing, digests, errors."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.training_kit import HEIGHT, WIDTH, labels, picture, write_dataset
from vision.common.object_class import ObjectClass
from vision.core import NgatuError
from vision.training.data.yolo_dataset import digest, read_dataset, write_labels

CAR = (ObjectClass.CAR, 10.0, 20.0, 110.0, 80.0)
BUS = (ObjectClass.BUS, 120.0, 20.0, 300.0, 170.0)


def test_labels_are_read_as_written(tmp_path: Path) -> None:
    found = read_dataset(write_dataset(tmp_path / "d", {"train": {"a": labels(CAR, BUS)}}))
    (one,) = found.pictures("train")
    read = found.labels(one)
    assert read.class_id.tolist() == [ObjectClass.CAR.class_id, ObjectClass.BUS.class_id]
    np.testing.assert_allclose(read.in_px(one.read()), [CAR[1:], BUS[1:]], atol=0.01)
    assert one.read().shape == picture().shape == (HEIGHT, WIDTH, 3)


def test_class_numbers_are_mapped_by_name(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "d", {"val": {"a": labels()}}, names=["truck", "car"])
    (folder / "labels" / "val" / "a.txt").write_text("0 .5 .5 .1 .1\n1 .2 .2 .1 .1\n")
    found = read_dataset(folder)
    assert found.labels(found.pictures("val")[0]).class_id.tolist() == [
        ObjectClass.TRUCK.class_id,
        ObjectClass.CAR.class_id,
    ]


def test_a_picture_without_a_label_file_has_no_labels(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "d", {"val": {"a": labels(CAR)}})
    (folder / "labels" / "val" / "a.txt").unlink()
    found = read_dataset(folder)
    assert len(found.labels(found.pictures("val")[0])) == 0


def test_the_digest_depends_on_labels_and_not_on_the_folder(tmp_path: Path) -> None:
    here, there = (write_dataset(tmp_path / n, {"val": {"a": labels(CAR)}}) for n in "ab")
    first = digest(read_dataset(here).pictures("val"))
    assert first == digest(read_dataset(there).pictures("val"))
    write_labels(there / "labels" / "val" / "a.txt", labels(BUS))
    assert first != digest(read_dataset(there).pictures("val"))


@pytest.mark.parametrize(
    ("line", "message"),
    [("7 .5 .5 .1 .1", r"a\.txt:1: class 7"), ("0 .5 .5 .1", r"a\.txt:1: 4 values"), ("x 1 1 1 1", r"a\.txt:1: `x 1")],
)
def test_a_wrong_label_line_raises_with_file_and_line(tmp_path: Path, line: str, message: str) -> None:
    folder = write_dataset(tmp_path / "d", {"val": {"a": labels()}})
    (folder / "labels" / "val" / "a.txt").write_text(line + "\n")
    found = read_dataset(folder)
    with pytest.raises(NgatuError, match=message):
        found.labels(found.pictures("val")[0])


def test_an_unknown_class_raises(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "d", {"val": {"a": labels()}}, names=["car", "tram"])
    with pytest.raises(NgatuError, match=r"'tram' is unknown.*motorcycle"):
        read_dataset(folder)


def test_a_folder_that_is_not_a_data_set_raises(tmp_path: Path) -> None:
    with pytest.raises(NgatuError, match=r"it has no data\.yaml"):
        read_dataset(tmp_path)
    (tmp_path / "data.yaml").write_text("train: x\n")
    with pytest.raises(NgatuError, match="no list of class names"):
        read_dataset(tmp_path)


def test_a_missing_or_empty_split_raises(tmp_path: Path) -> None:
    found = read_dataset(write_dataset(tmp_path / "d", {"train": {"a": labels()}, "val": {}}))
    with pytest.raises(NgatuError, match=r"no 'test'.*train, val"):
        found.pictures("test")
    with pytest.raises(NgatuError, match="no pictures"):
        found.pictures("val")


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.01, 0.5), st.floats(0.01, 0.5)),
        max_size=8,
    )
)
def test_any_boxes_are_read_as_written(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, ...]]) -> None:
    boxes = [
        (list(ObjectClass)[int(k)], x * WIDTH, y * HEIGHT, (x + w) * WIDTH, (y + h) * HEIGHT) for k, x, y, w, h in rows
    ]
    folder = tmp_path_factory.mktemp("d") / "d"
    found = read_dataset(write_dataset(folder, {"val": {"a": labels(*boxes)}}))
    read = found.labels(found.pictures("val")[0])
    np.testing.assert_allclose(read.xyxy, labels(*boxes).xyxy, atol=2e-6)
    assert read.class_id.tolist() == labels(*boxes).class_id.tolist()
