"""Builders of small data sets, and hypothesis strategies for boxes and pictures."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from hypothesis import strategies as st

from vision.common.object_class import CLASSES, ObjectClass
from vision.labels.data_set.data_set import create, write_labels
from vision.labels.data_set.picture import Boxes, LabelledPicture, Split

WIDTH, HEIGHT = 320, 180
Row = tuple[ObjectClass, tuple[float, float, float, float]]


def boxes(*rows: Row) -> Boxes:
    return Boxes.of([(kind.class_id, box) for kind, box in rows])


def labelled(
    name: str, *rows: Row, split: Split = Split.NEW, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> LabelledPicture:
    return LabelledPicture(name, split, *size, boxes(*rows))


def unlabelled(name: str, split: Split = Split.NEW) -> LabelledPicture:
    return LabelledPicture(name, split, WIDTH, HEIGHT, None)


def noise(seed: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A picture of random grey blocks, different for each seed."""
    grey = np.random.default_rng(seed).integers(0, 255, (9, 16), np.uint8)
    return cv2.cvtColor(cv2.resize(grey, (width, height), interpolation=cv2.INTER_NEAREST), cv2.COLOR_GRAY2BGR)


def make_data_set(folder: Path, pictures: Iterable[LabelledPicture]) -> Path:
    """Write a data set; each picture has different noise."""
    create(folder)
    for number, picture in enumerate(pictures):
        image = noise(number, picture.width_px, picture.height_px)
        assert cv2.imwrite(str(folder / "images" / picture.split / picture.name), image)
        write_labels(folder, picture)
    return folder


@st.composite
def any_boxes(draw: st.DrawFn, width_px: int, height_px: int) -> Boxes:
    """Boxes of at least one pixel inside the picture."""
    rows = []
    for _ in range(draw(st.integers(0, 6))):
        left, top = draw(st.floats(0, width_px - 1)), draw(st.floats(0, height_px - 1))
        right, bottom = draw(st.floats(left + 1, width_px)), draw(st.floats(top + 1, height_px))
        rows.append((draw(st.sampled_from(CLASSES)).class_id, (left, top, right, bottom)))
    return Boxes.of(rows)


@st.composite
def any_pictures(draw: st.DrawFn) -> list[LabelledPicture]:
    """Pictures of any size with any boxes, some empty, some unlabelled."""
    stems = st.text("abcdefghijk -.'&<\"ơđ_", min_size=1, max_size=12).filter(lambda t: t.strip(" .") == t)
    pictures = []
    for name in draw(st.lists(stems, max_size=5, unique=True)):
        width_px, height_px = draw(st.integers(2, 4096)), draw(st.integers(2, 4096))
        found = draw(st.none() | any_boxes(width_px, height_px))
        pictures.append(LabelledPicture(f"{name}.jpg", draw(st.sampled_from(Split)), width_px, height_px, found))
    return pictures


def assert_same(found: Sequence[LabelledPicture], expected: Sequence[LabelledPicture], within_px: float = 1e-3) -> None:
    """Assert the same pictures and boxes in the same order."""
    assert [(p.name, p.split, p.width_px, p.height_px) for p in found] == [
        (p.name, p.split, p.width_px, p.height_px) for p in expected
    ]
    for one, other in zip(found, expected, strict=True):
        assert (one.boxes is None) == (other.boxes is None), one.name
        if one.boxes is not None and other.boxes is not None:
            assert one.boxes.class_id.tolist() == other.boxes.class_id.tolist()
            np.testing.assert_allclose(one.boxes.xyxy, other.boxes.xyxy, atol=within_px, rtol=0)
