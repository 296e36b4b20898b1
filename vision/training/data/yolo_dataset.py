"""Reads data sets in YOLO form: `data.yaml`, pictures, and a text file of boxes for each picture."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vision.core import NgatuError
from vision.labels.data_set.class_names import class_numbers
from vision.labels.data_set.data_file import DATA_FILE, read_data_file
from vision.labels.data_set.data_set import SUFFIXES, Image, label_text, open_image
from vision.labels.data_set.picture import Boxes
from vision.labels.data_set.yolo import ClassNumbers, from_text, to_text
from vision.labels.errors import LabelError


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """The labelled boxes of a picture.

    Examples:
        >>> labels = Labels(np.array([[0.25, 0.5, 0.75, 1.0]], np.float32), np.array([2]))
        >>> labels.in_px(np.zeros((100, 200, 3), np.uint8)).tolist()
        [[50.0, 50.0, 150.0, 100.0]]
    """

    xyxy: NDArray[np.float32]
    """(N, 4): left, top, right, bottom as fractions of the picture's width and height."""
    class_id: NDArray[np.int64]
    """(N,): index into CLASSES."""

    def __len__(self) -> int:
        return len(self.class_id)

    def in_px(self, image: Image) -> NDArray[np.float32]:
        """(N, 4) boxes in pixels of this image."""
        height, width = image.shape[:2]
        return self.xyxy * np.array([width, height, width, height], np.float32)


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture and its label file. Without a label file the picture shows no road user."""

    picture: Path
    labels: Path

    @property
    def scene(self) -> str:
        """The name up to the first `_`; splits keep scenes together."""
        return self.picture.stem.partition("_")[0]

    def read(self) -> Image:
        """The picture as BGR (height, width, 3). Raises LabelError."""
        return open_image(self.picture)


@dataclass(frozen=True, slots=True)
class YoloDataSet:
    """A data set folder with `data.yaml`."""

    folder: Path
    name: str
    numbers: ClassNumbers
    splits: dict[str, Path]
    """Picture folder by split."""

    def pictures(self, split: str) -> list[PictureFile]:
        """The pictures of a split, by name. Raises NgatuError if there are none."""
        if split not in self.splits:
            raise NgatuError(f"data set {self.folder}: it has no '{split}'; its splits are {', '.join(self.splits)}")
        folder = self.splits[split]
        found = sorted(f for f in folder.rglob("*") if f.suffix.lower() in SUFFIXES)
        if not found:
            raise NgatuError(f"data set {self.folder}: its split '{split}' has no pictures in {folder}")
        return [PictureFile(file, _label_file(file)) for file in found]

    def labels(self, of: PictureFile) -> Labels:
        """The boxes of a picture, with our class numbers. Raises LabelError with all mistakes in its label file."""
        if not of.labels.is_file():
            return Labels(np.empty((0, 4), np.float32), np.empty(0, np.int64))
        boxes, problems = from_text(label_text(of.labels), of.labels, 1, 1, self.numbers)
        if problems:
            raise LabelError(problems)
        return Labels(boxes.xyxy.astype(np.float32), boxes.class_id)


def read_dataset(path: Path) -> YoloDataSet:
    """The data set of a folder or of a `data.yaml`. Raises LabelError with its mistakes."""
    file = path / DATA_FILE if path.is_dir() else path
    content = read_data_file(file)
    numbers = class_numbers(content.names, {}, file)
    return YoloDataSet(file.parent, file.parent.resolve().name, numbers, content.folders)


def digest(pictures: Iterable[PictureFile]) -> str:
    """SHA-256 over the bytes of pictures and label files, in order; does not depend on their folder."""
    whole = hashlib.sha256()
    for one in pictures:
        for file in (one.picture, one.labels):
            whole.update(hashlib.sha256(file.read_bytes() if file.is_file() else b"").digest())
    return whole.hexdigest()


def write_labels(file: Path, labels: Labels) -> None:
    """Write boxes in YOLO form, with our class numbers."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(to_text(Boxes(labels.xyxy.astype(np.float64), labels.class_id), 1, 1), encoding="utf-8")


def _label_file(picture: Path) -> Path:
    """`…/images/train/a.jpg` to `…/labels/train/a.txt`: as in YOLO, the last `images` is replaced."""
    parts = list(picture.parts)
    where = [i for i, part in enumerate(parts[:-1]) if part == "images"]
    if where:
        parts[where[-1]] = "labels"
    return Path(*parts).with_suffix(".txt")
